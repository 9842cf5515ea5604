"""From an estimator's parameters to training, and from a trained net back."""

import os

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback

from skattn import LSTMAttentionRegressor
from skattn.sequences._samples import Samples
from skattn.sequences._scaling import InputScaler
from skattn.training import pack_net, run_network, unpack_net, widen

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 5, 2)).astype(np.float32)
Y = X[:, 2, 0]
SETTINGS = {"hidden_size": 4, "max_epochs": 3, "random_state": 0}


def fit(**parameters):
    return LSTMAttentionRegressor(**SETTINGS | parameters).fit(X, Y)


@pytest.mark.parametrize(
    ("n_samples", "batch_size"),
    [(40, 16), (1023, 16), (1024, 32), (2047, 32), (4096, 128), (20_000, 256)],
)
def test_batches_grow_with_the_samples_in_powers_of_two(n_samples, batch_size):
    x = np.ones((n_samples, 1, 1), np.float32)
    model = LSTMAttentionRegressor(
        hidden_size=1, max_epochs=1, early_stopping=False, batch_size="auto"
    ).fit(x, x[:, 0, 0])
    assert model.net_.batch_size == batch_size


@pytest.mark.parametrize(
    ("parameters", "decay"),
    [
        ({"optimizer": "adamw", "lr_schedule": "cosine"}, 1.0),
        ({"optimizer": "adamw", "lr_schedule": "one_cycle"}, 1.0),
        ({"optimizer": "adamw", "lr_schedule": None}, 0.0),
        ({"optimizer": "adam", "lr_schedule": "cosine"}, 0.0),
        ({"optimizer": "adamw", "lr_schedule": "cosine", "weight_decay": 0.25}, 0.25),
    ],
)
def test_decay_is_chosen_where_the_rate_falls(parameters, decay):
    model = fit(**{"weight_decay": "auto", "max_epochs": 1} | parameters)
    assert model.net_.weight_decay == decay


class Steps(Callback):
    """Writes down the rate of each step."""

    def __init__(self):
        self.rates = []

    def on_grad_computed(self, net, **kwargs):
        self.rates.append(net.optimizer_.param_groups[0]["lr"])


def rates_of(**parameters):
    model = LSTMAttentionRegressor(
        **SETTINGS | {"batch_size": 10, "early_stopping": False} | parameters,
        callbacks=[Steps()],
    ).fit(X, Y)
    (watch,) = [c for _, c in model.net_.callbacks_ if isinstance(c, Steps)]
    return np.array(watch.rates)


def test_the_cosine_falls_step_by_step_to_nothing():
    rates = rates_of(learning_rate=0.01, lr_schedule="cosine")
    expected = 0.01 * (1 + np.cos(np.pi * np.arange(12) / 12)) / 2
    np.testing.assert_allclose(rates, expected, rtol=1e-6)


def test_one_cycle_is_torchs():
    rates = rates_of(learning_rate=0.01, lr_schedule="one_cycle")
    optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.ones(1))], lr=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 0.01, total_steps=13, cycle_momentum=False
    )
    expected = []
    for _ in range(12):
        expected.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    np.testing.assert_allclose(rates, expected, rtol=1e-6)


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_one_cycle_leaves_the_momentum_alone(optimizer):
    model = fit(optimizer=optimizer, lr_schedule="one_cycle", early_stopping=False)
    (group,) = model.net_.optimizer_.param_groups
    if optimizer == "adamw":
        assert group["betas"] == (0.9, 0.999)
    else:
        assert group["momentum"] == 0


def test_the_rate_halves_after_five_epochs_without_improvement():
    model = LSTMAttentionRegressor(
        hidden_size=4,
        max_epochs=20,
        optimizer="sgd",
        learning_rate=1e-6,  # so small that nothing improves
        lr_schedule="plateau",
        early_stopping=False,
        random_state=0,
    ).fit(X, Y)
    rates = np.array(model.history_["learning_rate"])
    falls = np.flatnonzero(np.diff(rates)) + 1
    assert len(falls) >= 2
    assert set(np.diff(falls)) <= {5, 6}
    np.testing.assert_allclose(rates[falls] / rates[falls - 1], 0.5)


@pytest.mark.parametrize("patience", [1, 3])
def test_training_ends_when_the_loss_stalls_and_takes_the_best_weights(patience):
    model = fit(
        max_epochs=30,
        learning_rate=1e-6,  # every epoch improves, by less than counts
        lr_schedule=None,
        early_stopping=True,
        n_iter_no_change=patience,
        tol=0.1,
    )
    losses = model.history_["validation_loss"]
    assert len(losses) == 1 + patience
    jumping = fit(
        max_epochs=12,
        learning_rate=0.5,
        lr_schedule=None,
        early_stopping=True,
        n_iter_no_change=12,
        scale_targets=False,
    )
    losses = jumping.history_["validation_loss"]
    assert losses[-1] > min(losses)
    assert jumping.best_validation_loss_ == min(losses)
    best = int(np.argmin(losses)) + 1
    shorter = fit(
        max_epochs=best,
        learning_rate=0.5,
        lr_schedule=None,
        early_stopping=True,
        n_iter_no_change=12,
        scale_targets=False,
    )
    np.testing.assert_array_equal(jumping.predict(X), shorter.predict(X))


def test_one_cycle_goes_to_its_end_whatever_the_loss():
    settings = {"early_stopping": True, "n_iter_no_change": 1, "tol": 0.99}
    assert fit(max_epochs=9, lr_schedule="one_cycle", **settings).n_iter_ == 9
    assert fit(max_epochs=9, lr_schedule=None, **settings).n_iter_ < 9


def test_the_bar_shows_epochs_and_losses(capsys):
    fit(verbose=1, early_stopping=True)
    shown = capsys.readouterr().err
    assert "3/3" in shown
    assert "train=" in shown
    assert "validation=" in shown
    fit(verbose=0)
    assert capsys.readouterr() == ("", "")
    fit(verbose=2, early_stopping=False)
    out, err = capsys.readouterr()
    assert "train_loss" in out
    assert "epoch/s" not in err


def test_interrupted_training_keeps_the_epochs_that_ended():
    class Stop(Callback):
        def on_batch_begin(self, net, **kwargs):
            if len(net.history) == 3:
                raise KeyboardInterrupt

    with pytest.warns(UserWarning, match="interrupted in epoch 3"):
        model = fit(max_epochs=9, callbacks=[Stop()], early_stopping=False)
    assert model.n_iter_ == 2


def test_an_interrupt_before_the_first_epoch_ends_is_raised():
    class Stop(Callback):
        def on_batch_begin(self, net, **kwargs):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(callbacks=[Stop()])


def test_another_optimiser_starts_without_the_earlier_ones_state():
    model = fit(optimizer="adam", warm_start=True, early_stopping=False)
    first = model.net_.optimizer_.state_dict()["state"]
    model.set_params(optimizer="sgd").fit(X, Y)
    assert model.n_iter_ == 6
    assert not any("exp_avg" in part for part in model.net_.optimizer_.state.values())
    model.set_params(optimizer="adam").fit(X, Y)
    again = model.set_params(optimizer="adam").fit(X, Y).net_.optimizer_
    assert float(first[0]["step"]) == 9.0  # three epochs of three batches
    assert float(again.state_dict()["state"][0]["step"]) == 18.0


def test_a_net_comes_back_from_plain_arrays():
    model = fit(optimizer="adam", early_stopping=True)
    state = pack_net(model.net_)
    net = unpack_net(state, model._architecture)
    assert not net.module_.training
    for name, weights in model.module_.state_dict().items():
        assert torch.equal(net.module_.state_dict()[name], weights)
    assert [epoch["train_loss"] for epoch in net.history] == model.history_[
        "train_loss"
    ]
    again = pack_net(net)
    assert again["settings"] == state["settings"]
    assert again["history"] == state["history"]
    for part in ("weights", "moments"):
        assert again[part].keys() == state[part].keys()
        for name, array in state[part].items():
            np.testing.assert_array_equal(again[part][name], array)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: w | {"more": np.zeros(1)}, "an unknown array of weights 'more'"),
        (lambda w: dict([*w.items()][1:]), "There is no array of weights"),
        (lambda w: {k: v[None] for k, v in w.items()}, r"have shape \(1, "),
        (lambda w: {k: v.astype(float) for k, v in w.items()}, "and type float64"),
    ],
)
def test_weights_of_another_network_are_refused(change, message):
    model = fit(max_epochs=1)
    state = pack_net(model.net_)
    with pytest.raises(ValueError, match=message):
        unpack_net(state | {"weights": change(state["weights"])}, model._architecture)


def test_moments_of_another_shape_are_refused():
    model = fit(max_epochs=1, optimizer="adam")
    state = pack_net(model.net_)
    moments = {name: array[None] for name, array in state["moments"].items()}
    with pytest.raises(ValueError, match="but its parameter has"):
        unpack_net(state | {"moments": moments}, model._architecture)


IDENTITY = InputScaler(np.zeros(1), np.ones(1))


@pytest.mark.parametrize("ragged", [False, True])
def test_networks_run_block_by_block_in_the_order_of_the_samples(ragged):
    values = np.arange(601.0 * 4).reshape(601, 4, 1)
    lengths = np.arange(601) % 4 + 1 if ragged else None
    sizes = []

    def run(inputs, other):
        sizes.append(inputs.x.shape[:2])
        assert (inputs.lengths is None) != ragged
        return torch.stack([inputs.x[:, 0, 0], other[:, 0]], 1)

    other = RNG.normal(size=(601, 1)).astype(np.float32)
    sequences = Samples(values, lengths)
    found = run_network(run, sequences, IDENTITY, "cpu", [other])
    np.testing.assert_array_equal(found[:, 0], values[:, 0, 0])
    np.testing.assert_array_equal(found[:, 1], other[:, 0])
    # Blocks are even, and run in any order.
    assert sorted(size[0] for size in sizes) == [199, 201, 201]
    assert sorted(size[1] for size in sizes) == ([2, 3, 4] if ragged else [4, 4, 4])


def test_a_sample_alone_has_the_answer_that_it_has_among_others():
    model = fit(max_epochs=1)
    whole = model.predict(X)
    for row in (0, 7, 39):
        alone = model.predict(X[row : row + 1])[0]
        assert alone == pytest.approx(whole[row], abs=1e-6 * float(whole.std()))


def test_parts_are_filled_with_zeros_up_to_the_steps():
    part = torch.ones(2, 3, 2)
    wide = widen(part, [1, 2], 3)
    assert wide.shape == (2, 3, 3)
    assert torch.equal(wide[:, :, :2], part)
    assert (wide[:, :, 2] == 0).all()
    assert widen(wide, [1, 2], 3) is wide


def run_once():
    values = Samples(np.ones((4, 1, 1)))
    run_network(lambda inputs: inputs.x[:, 0], values, IDENTITY, "cpu")
    return torch.get_num_threads()


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("two_threads")
def test_the_first_process_keeps_its_threads():
    assert run_once() == 2


@pytest.mark.usefixtures("two_threads")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_goes_on_with_one_thread():
    child = os.fork()
    if child == 0:
        try:
            os._exit(run_once())
        finally:
            os._exit(99)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 1
