"""Training: losses, schedules, validation, weights, going on, callbacks, progress."""

from copy import deepcopy
from threading import Lock

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, PredefinedSplit, TimeSeriesSplit
from skorch.callbacks import (
    BatchScoring,
    Callback,
    Checkpoint,
    EarlyStopping,
    EpochScoring,
)

from skattn import LSTMAttentionClassifier, LSTMAttentionRegressor
from skattn.training import train

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 8, 2))
Y = 1000 + 50 * X[:, 2, 0]  # the answer stands at step 2 of channel 0
FAST = {"hidden_size": 8, "max_epochs": 3, "random_state": 0}


def fast(**parameters):
    return LSTMAttentionRegressor(**FAST | parameters)


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber"])
@pytest.mark.parametrize("optimizer", ["adam", "adamw", "rmsprop", "sgd"])
def test_every_loss_falls_with_every_optimizer(loss, optimizer):
    rate = 0.3 if optimizer == "sgd" else 0.01
    model = fast(loss=loss, optimizer=optimizer, learning_rate=rate, max_epochs=8)
    losses = model.fit(X, Y).history_["train_loss"]
    assert losses[-1] < 0.98 * losses[0]


@pytest.mark.parametrize("schedule", ["cosine", "one_cycle"])
def test_schedules_move_the_learning_rate(schedule):
    model = fast(lr_schedule=schedule, max_epochs=9, early_stopping=False).fit(X, Y)
    rates = model.history_["learning_rate"]
    assert len(rates) == 9
    if schedule == "cosine":
        assert rates == sorted(rates, reverse=True)
        assert rates[-1] < 1e-7
    else:
        assert max(rates) > 2 * rates[0] > 2 * rates[-1]


def test_plateau_halves_the_rate_when_nothing_improves():
    noise = RNG.normal(size=300)
    model = fast(lr_schedule="plateau", n_iter_no_change=30, max_epochs=30)
    model.set_params(early_stopping=True, batch_size=64)
    rates = model.set_params(learning_rate=0.02).fit(X, noise).history_["learning_rate"]
    assert rates[-1] in (0.02 / 2**k for k in range(1, 6))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # noise
@pytest.mark.parametrize("tol", [0.0, 0.5])
def test_early_stopping_keeps_the_weights_of_the_best_epoch(tol):
    noise = RNG.normal(size=300)
    model = fast(max_epochs=60, learning_rate=0.03, n_iter_no_change=4, tol=tol)
    model.set_params(early_stopping=True, lr_schedule=None, batch_size=64)
    X_val, y_val = RNG.normal(size=(50, 8, 2)), RNG.normal(size=50)
    model.fit(X, noise, X_val=X_val, y_val=y_val)
    losses = model.history_["validation_loss"]
    assert len(losses) < 60
    scaled = (y_val - model.predict(X_val)) / noise.std()
    assert np.mean(scaled**2) == pytest.approx(min(losses), rel=1e-4)
    assert model.best_validation_loss_ == min(losses)
    assert model.n_iter_ == len(losses)
    assert len(losses) >= 5
    reference = losses[0]
    misses = 0
    for loss in losses[1:]:  # the rule, written down again
        improved = loss < reference - tol * reference
        reference, misses = (loss, 0) if improved else (reference, misses + 1)
    assert misses == 4


def test_one_cycle_runs_to_its_end_and_the_best_epoch_is_kept():
    noise = RNG.normal(size=300)
    model = fast(max_epochs=12, early_stopping=True, n_iter_no_change=1)
    X_val, y_val = RNG.normal(size=(50, 8, 2)), RNG.normal(size=50)
    model.fit(X, noise, X_val=X_val, y_val=y_val)
    losses = model.history_["validation_loss"]
    assert len(losses) == 12
    scaled = (y_val - model.predict(X_val)) / noise.std()
    assert np.mean(scaled**2) == pytest.approx(min(losses), rel=1e-4)


def test_by_default_all_samples_train_for_all_epochs():
    model = fast().fit(X, Y)
    assert model.n_iter_ == FAST["max_epochs"]
    assert model.best_validation_loss_ is None
    assert set(model.history_) == {"train_loss", "learning_rate", "seconds"}


@pytest.fixture
def trained(monkeypatch):
    """What was handed to the training room: plan, training and validation part."""
    seen = {}

    def spy(module, loss, plan, train_data, valid_data, **options):
        seen.update(plan=plan, train=train_data, valid=valid_data)
        return train(module, loss, plan, train_data, valid_data, **options)

    monkeypatch.setattr("skattn._base.train", spy)
    return seen


NUMBERED = np.arange(300.0)  # y that tells which sample it belongs to


def rows_of(model, dataset):
    target = dataset[slice(None)][1].numpy()
    rows = model._target.decode(target)
    return rows.round().astype(int)


@pytest.mark.parametrize("fraction", [0.1, 0.4])
@pytest.mark.parametrize("split", ["random", "tail", TimeSeriesSplit(3)])
def test_the_validation_part_is_the_one_asked_for(trained, split, fraction):
    model = fast(validation_split=split, validation_fraction=fraction)
    model.set_params(early_stopping=True).fit(X, NUMBERED)
    rows, valid = (rows_of(model, trained[part]) for part in ("train", "valid"))
    if split == "random":
        assert len(valid) == 300 * fraction
        assert sorted([*rows, *valid]) == list(range(300))
        assert valid.max() - valid.min() > len(valid)
    elif split == "tail":
        assert valid.tolist() == list(range(300 - int(300 * fraction), 300))
        assert rows.tolist() == list(range(valid[0] - 8))  # a gap of one window
    else:
        expected = [*split.split(X)][-1]
        np.testing.assert_array_equal(rows, expected[0])
        np.testing.assert_array_equal(valid, expected[1])


def test_groups_stay_on_one_side(trained):
    groups = np.arange(300) % 7
    model = fast(early_stopping=True, validation_fraction=0.3)
    model.fit(X, NUMBERED, groups=groups)
    rows, valid = (rows_of(model, trained[part]) for part in ("train", "valid"))
    assert sorted([*rows, *valid]) == list(range(300))
    assert len(set(groups[valid])) == 2
    assert not set(groups[rows]) & set(groups[valid])


def test_splitters_see_what_the_user_gave():
    class Spy:
        def split(self, X_, y=None, groups=None):
            np.testing.assert_array_equal(X_, X)
            np.testing.assert_array_equal(y, NUMBERED)
            mask = np.arange(300) < 200
            yield mask, ~mask

    model = fast(early_stopping=True, validation_split=Spy())
    assert model.fit(X, NUMBERED).n_iter_ == 3


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd"])
@pytest.mark.parametrize("decoder", ["dense", "lstm"])
def test_weight_decay_shrinks_the_matrices_of_the_lstms_alone(optimizer, decoder):
    def train_for_a_step(**parameters):
        settings = {"batch_size": 300, "max_epochs": 1, "random_state": 0}
        model = fast(**settings, optimizer=optimizer, decoder=decoder, **parameters)
        model.set_params(gradient_clip=None, lr_schedule=None)
        return dict(model.fit(X, Y).module_.named_parameters())

    start = train_for_a_step(learning_rate=1e-30)
    plain = train_for_a_step(weight_decay=0.0)
    decayed = train_for_a_step(weight_decay=5.0)
    for name, weights in plain.items():
        change = (decayed[name] - weights).detach()
        if "weight_ih" in name or "weight_hh" in name:
            assert float((change * start[name].detach()).sum()) < 0
            if optimizer != "adam":  # which turns the sum of both into a step
                expected = -0.01 * 5 * start[name].detach()
                np.testing.assert_allclose(change, expected, atol=1e-6)
        else:
            assert not change.any()


@pytest.mark.parametrize(
    ("decay", "settings"),
    [
        (1.0, {"lr_schedule": "one_cycle"}),
        (1.0, {"lr_schedule": "cosine"}),
        (0.0, {"lr_schedule": None}),
        (0.0, {"lr_schedule": "one_cycle", "optimizer": "adam"}),
    ],
)
def test_automatic_decay_is_for_adamw_at_a_rate_that_falls(decay, settings):
    plain, auto = (fast(weight_decay=w, **settings).fit(X, Y) for w in (decay, "auto"))
    np.testing.assert_array_equal(plain.predict(X), auto.predict(X))


@pytest.mark.parametrize(
    ("n_samples", "n_steps"), [(40, 3), (300, 19), (2000, 63), (20_000, 79)]
)
def test_automatic_batches_follow_the_number_of_samples(n_samples, n_steps):
    X_ = np.zeros((n_samples, 2, 1))
    model = fast(hidden_size=1, max_epochs=1).fit(X_, np.arange(n_samples))
    assert model.net_.history[0]["train_batch_count"] == n_steps


def test_dropout_acts_in_training():
    dropped = fast(dropout=0.5).fit(X, Y)  # one layer: on the context alone
    assert not np.array_equal(dropped.predict(X), fast().fit(X, Y).predict(X))


def test_gradient_clipping_limits_a_step_of_plain_descent():
    def step(clip):
        model = fast(
            gradient_clip=clip,
            optimizer="sgd",
            learning_rate=1.0,
            batch_size=300,
            max_epochs=1,
            lr_schedule=None,
        )
        start = clone(model).set_params(learning_rate=1e-30).fit(X, Y).module_
        end = model.fit(X, Y).module_.state_dict()
        parts = start.state_dict().items()
        return sum(float((end[n] - p).square().sum()) for n, p in parts) ** 0.5

    assert step(1e-3) == pytest.approx(1e-3, rel=1e-2)
    assert step(None) > 1e-2


def test_ctrl_c_keeps_the_weights_so_far_and_warns():
    class Impatient(Callback):
        def __init__(self, epoch):
            self.epoch = epoch

        def on_batch_end(self, net, **kwargs):
            if len(net.history) == self.epoch:
                raise KeyboardInterrupt

    with pytest.warns(ConvergenceWarning, match="interrupted in epoch 3"):
        model = fast(callbacks=[Impatient(3)], max_epochs=9).fit(X, Y)
    assert model.n_iter_ == 2
    assert model.predict(X).shape == (300,)
    with pytest.raises(KeyboardInterrupt):  # nothing was learned yet
        fast(callbacks=[Impatient(1)]).fit(X, Y)


def test_a_skorch_scoring_callback_sees_scaled_predictions():
    def error(net, dataset, y):
        truth = dataset[slice(None)][1].numpy()
        return float(np.mean((net.predict(dataset) - truth) ** 2))

    scoring = EpochScoring(error, name="own_error")
    model = fast(
        early_stopping=True,
        callbacks=[
            scoring,
            Checkpoint(
                f_params=None, f_optimizer=None, f_criterion=None, f_history=None
            ),
        ],
    ).fit(X, Y)
    losses = model.history_["validation_loss"]
    assert model.net_.history[:, "own_error"] == pytest.approx(losses, rel=1e-5)


def test_going_on_with_another_network_is_refused():
    model = fast(warm_start=True).fit(X, Y)
    for name, value in {
        "hidden_size": 32,
        "attention": "mean",
        "scale_inputs": False,
    }.items():
        changed = deepcopy(model).set_params(**{name: value})
        for method in (changed.fit, changed.partial_fit):
            with pytest.raises(ValueError, match=f"{name}=.* cannot change"):
                method(X, Y)
    assert deepcopy(model).set_params(max_epochs=1, batch_size=9).fit(X, Y).n_iter_ == 4


def test_history_and_best_loss_tell_which_call_validated():
    model = fast(early_stopping=True).fit(X, Y)
    first = model.best_validation_loss_
    model.partial_fit(X, Y)
    losses = model.history_["validation_loss"]
    assert np.isnan(losses).tolist() == [False] * 3 + [True]
    assert model.best_validation_loss_ is None
    assert first == min(losses[:3])


def test_partial_fit_weighs_later_calls_against_the_first():
    start = fast(learning_rate=1e-3, batch_size=64)
    light, heavy = (clone(start).partial_fit(X, Y, np.ones(300)) for _ in range(2))
    light.partial_fit(X, -Y, np.full(300, 1e-6))
    heavy.partial_fit(X, -Y, np.full(300, 3.0))
    ratio = heavy.history_["train_loss"][1] / light.history_["train_loss"][1]
    assert ratio == pytest.approx(3e6, rel=1e-2)


def test_other_units_than_the_channels_are_warned_of():
    with pytest.warns(UserWarning, match="in their units"):
        fast(target_channels=0).fit(X, Y * 1e6)


def test_numpy_integers_torch_defaults_and_inference_mode_do_not_matter():
    expected = fast().fit(X, Y).predict(X)
    numbers = fast(hidden_size=np.int64(8), patch_size=np.int32(1))
    np.testing.assert_array_equal(numbers.fit(X, Y).predict(X), expected)
    with torch.inference_mode():
        np.testing.assert_array_equal(fast().fit(X, Y).predict(X), expected)
    torch.set_default_dtype(torch.float64)
    try:
        np.testing.assert_array_equal(fast().fit(X, Y).predict(X), expected)
    finally:
        torch.set_default_dtype(torch.float32)


def test_sample_weights_choose_what_is_learned():
    contrary = np.r_[Y, 2000 - Y]
    both = np.r_[X, X]
    weights = np.r_[np.full(300, 1.0), np.full(300, 0.01)]
    model = fast(max_epochs=30, learning_rate=0.02, lr_schedule="one_cycle")
    model.set_params(batch_size=32, hidden_size=16, weight_decay=0.0)
    model.fit(both, contrary, weights)
    assert model.score(X, Y) > 0.8


def test_samples_of_weight_zero_are_as_if_not_there():
    weights = np.r_[np.ones(200), np.zeros(100)]
    one = fast().fit(X, Y, weights)
    other = fast().fit(X[:200], Y[:200], np.ones(200))
    np.testing.assert_array_equal(one.predict(X), other.predict(X))


def test_warm_start_goes_on_and_a_plain_fit_starts_anew():
    model = fast(warm_start=True, early_stopping=False).fit(X, Y)
    scaler, first = model._input_scaler, model.predict(X)
    model.fit(X + 5, Y)
    assert model.n_iter_ == 6
    assert model._input_scaler is scaler
    fresh = clone(model).set_params(warm_start=False).fit(X, Y).fit(X, Y)
    np.testing.assert_array_equal(fresh.predict(X), first)


def test_partial_fit_trains_one_pass_and_keeps_its_scales():
    model = fast(early_stopping=True, lr_schedule="cosine", learning_rate=0.01)
    for _ in range(20):
        for start in range(0, 300, 100):
            rows = slice(start, start + 100)
            model.partial_fit(X[rows], Y[rows])
    assert model.n_iter_ == 60
    losses = model.history_["train_loss"]
    assert losses[-1] < 0.5 * losses[0]
    assert model._input_scaler.mean == pytest.approx(X[:100].mean((0, 1)))
    assert len(model.attention_weights_) == 100


def test_repeated_partial_fit_equals_one_fit_over_the_same_epochs():
    whole = fast(lr_schedule=None, dropout=0.2).fit(X, Y)
    parts = fast(dropout=0.2)
    for _ in range(3):
        parts.partial_fit(X, Y)
    np.testing.assert_array_equal(whole.predict(X), parts.predict(X))


def test_the_optimizer_may_change_between_partial_fits():
    model = fast().partial_fit(X, Y)
    model.set_params(optimizer="sgd", learning_rate=0.5).partial_fit(X, Y)
    assert model.history_["learning_rate"] == [0.01, 0.5]


class Recorder(Callback):
    def __init__(self, events=()):
        self.events = events

    def initialize(self):
        self.epochs_ = 0
        return self

    def on_epoch_end(self, net, **kwargs):
        self.epochs_ += 1


def test_the_callers_own_callbacks_are_called():
    recorder = Recorder()
    model = fast(callbacks=[("recorder", recorder)]).fit(X, Y)
    assert dict(model.net_.callbacks_)["recorder"] is recorder
    assert recorder.epochs_ == 3
    assert model.fit(X, Y).get_params()["callbacks"] == [("recorder", recorder)]
    assert recorder.epochs_ == 3  # skorch initializes them for each fit


def test_a_callback_may_hold_a_lock():
    class Guarded(Recorder):
        def __init__(self):
            super().__init__()
            self.lock = Lock()

    guarded = Guarded()
    fast(callbacks=[guarded]).fit(X, Y)
    assert guarded.epochs_ == 3


def test_optuna_prunes_trials_of_its_default_study():
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.WARNING)

    class Pruning(Callback):
        def __init__(self, trial):
            self.trial = trial

        def on_epoch_end(self, net, **kwargs):
            self.trial.report(net.history[-1, "train_loss"], len(net.history))
            if self.trial.should_prune():
                raise optuna.TrialPruned

    def objective(trial):
        rate = [0.01, 0.01, 1e-6, 1e-6, 1e-6][trial.number]
        model = fast(callbacks=[Pruning(trial)], learning_rate=rate, max_epochs=4)
        return model.fit(X, Y).history_["train_loss"][-1]

    pruner = optuna.pruners.MedianPruner(n_startup_trials=2, n_warmup_steps=1)
    study = optuna.create_study(pruner=pruner)
    study.optimize(objective, n_trials=5)
    states = [trial.state.name for trial in study.trials]
    assert states == ["COMPLETE"] * 2 + ["PRUNED"] * 3
    assert len(study.trials[2].intermediate_values) < 4


@pytest.mark.parametrize(
    "numbers",
    [
        {"max_epochs": np.int64(3), "batch_size": np.int32(64)},
        {"learning_rate": np.float64(0.01), "hidden_size": np.int64(8)},
        {"n_heads": np.int64(2), "dropout": np.float32(0), "tol": np.float64(1e-4)},
        {"n_iter_no_change": np.int64(3), "weight_decay": np.float64(1.0)},
        {"early_stopping": np.bool_(False), "bidirectional": np.bool_(True)},
    ],
    ids=str,
)
def test_numbers_of_numpy_are_those_of_python(numbers):
    model = fast(**numbers).fit(X, Y)
    plain = fast(**{name: value.item() for name, value in numbers.items()}).fit(X, Y)
    np.testing.assert_array_equal(model.predict(X), plain.predict(X))
    assert model.get_params()[next(iter(numbers))] is next(iter(numbers.values()))


def test_a_grid_of_numpy_numbers_is_searched():
    grid = {"batch_size": 2 ** np.arange(3, 6), "max_epochs": np.arange(1, 3)}
    search = GridSearchCV(fast(), grid, cv=2, error_score="raise").fit(X, Y)
    assert search.best_params_["max_epochs"] == 2


def test_the_validation_loss_does_not_depend_on_the_unit_of_weights():
    weights = RNG.uniform(100, 300, size=300)
    model = fast(max_epochs=1)
    model.fit(X, Y, weights, X_val=X, y_val=Y)
    error = (
        np.mean((model.predict(X) - Y) ** 2) / model._target.scaler.scale.item() ** 2
    )
    assert model.best_validation_loss_ == pytest.approx(error, rel=1e-5)


def test_the_validation_loss_of_a_split_is_weighted_by_its_own_samples():
    weights = np.where(np.arange(300) < 200, 1.0, RNG.uniform(1, 90, size=300))
    split = PredefinedSplit(np.where(np.arange(300) < 200, -1, 0))
    model = fast(max_epochs=1, early_stopping=True, validation_split=split)
    model.fit(X, Y, weights)
    errors = ((model.predict(X) - Y) / model._target.scaler.scale.item()) ** 2
    expected = np.average(errors[200:], weights=weights[200:])
    assert model.best_validation_loss_ == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("channel_independent", [False, True])
def test_the_penalty_of_conicity_counts_samples_by_their_weight(channel_independent):
    own = {"target_channels": [0, 1], "channel_independent": channel_independent}
    own |= {"anchor": False, "linear_skip": False, "early_stopping": False}
    y = RNG.normal(size=(300, 2, 2))
    weights = RNG.integers(1, 4, size=300)
    options = {"conicity_penalty": 5.0, "learning_rate": 0.01, "lr_schedule": None}
    one_step = {"batch_size": 2000, "max_epochs": 1, "optimizer": "sgd"} | options
    weighted = fast(**one_step, **own).fit(X, y, weights)
    rows = np.repeat(np.arange(300), weights)
    repeated = fast(**one_step, **own).fit(X[rows], y[rows])
    gap = np.abs(weighted.predict(X) - repeated.predict(X)).max()
    assert gap < 1e-5
    loss = weighted.history_["train_loss"][0]
    assert loss == pytest.approx(repeated.history_["train_loss"][0], rel=1e-5)
    assert loss != pytest.approx(
        fast(**one_step, **own).fit(X, y).history_["train_loss"][0], rel=1e-4
    )


@pytest.mark.parametrize("verbose", [1, 2])
def test_verbose_shows_progress(verbose, capfd):
    fast(verbose=verbose, early_stopping=True).fit(X, Y)
    shown = capfd.readouterr()
    if verbose == 1:
        assert "3/3" in shown.err
        assert "validation=" in shown.err
    else:
        assert "train_loss" in shown.out


def test_silence_is_the_default(capfd):
    fast().fit(X, Y)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber"])
def test_a_fit_that_learns_nothing_is_warned_about(loss):
    # First weights are right about some noise by chance, so it is always the same.
    noise = np.random.default_rng(1).normal(size=300)
    model = fast(loss=loss, learning_rate=1e-6, random_state=0)
    with pytest.warns(
        ConvergenceWarning, match="(hardly|no) better than the .* of a const"
    ):
        model.fit(X, noise)


@pytest.mark.parametrize("weighted", [False, True])
def test_the_constant_is_the_best_one_for_each_kind_of_target(weighted):
    weight = RNG.uniform(0.5, 3, size=300) if weighted else np.ones(300)
    with pytest.warns(ConvergenceWarning, match="nothing was learned") as caught:
        fast(learning_rate=1e-9).fit(X, Y, sample_weight=weight)
    assert "the 1 of a constant" in str(caught[0].message)
    labels = (X[:, 2, 0] > 0.7).astype(int)
    share = np.average(labels, weights=weight)
    entropy = -share * np.log(share) - (1 - share) * np.log(1 - share)
    model = LSTMAttentionClassifier(**FAST, conv_layers=0, learning_rate=1e-9)
    with pytest.warns(ConvergenceWarning, match=f"the {entropy:.3g} of a constant"):
        model.fit(X, labels, sample_weight=weight)


@pytest.mark.filterwarnings("error:Training ended at a loss")
def test_a_fit_that_learns_is_not_warned_about():
    fast(max_epochs=20).fit(X, Y)
    fast().partial_fit(X, RNG.normal(size=300))  # one step of many


def test_the_last_state_is_refused_with_self_attention_that_it_would_ignore():
    X = np.random.default_rng(0).normal(size=(20, 5, 2))
    model = LSTMAttentionRegressor(attention="last", self_attention_heads=2)
    with pytest.raises(ValueError, match=r"self_attention_heads=2 must be 0"):
        model.fit(X, X[:, 2, 0])


@pytest.mark.parametrize("loss", ["squared_error", "huber"])
def test_noise_that_is_not_symmetric_is_warned_about(loss):
    noise = (np.random.default_rng(1).random(300) < 0.4).astype(float)
    model = fast(loss=loss, learning_rate=1e-6, random_state=0)
    with pytest.warns(ConvergenceWarning, match="better than the .* of a const"):
        model.fit(X, noise)


def test_a_callback_that_stops_training_is_told_from_nothing_else():
    stop = EarlyStopping(monitor="train_loss", patience=1, threshold=0.9)
    with pytest.warns(ConvergenceWarning, match="by Ctrl-C or by one of callbacks"):
        fast(max_epochs=9, callbacks=[stop]).fit(X, Y)


@pytest.mark.parametrize("on_train", [True, False])
def test_callbacks_find_losses_and_sizes_of_batches(on_train):
    scoring = BatchScoring(lambda net, X, y: 0.5, name="half", on_train=on_train)
    model = fast(callbacks=[scoring], early_stopping=True, batch_size=100)
    model.fit(X, Y)
    assert [epoch["half"] for epoch in model.net_.history] == [0.5] * model.n_iter_


def test_a_default_device_of_torch_changes_nothing():
    expected = fast().fit(X, Y).predict(X)
    torch.set_default_device("meta")
    try:
        model = fast().fit(X, Y)
        found = model.predict(X), model.predict_attention(X)
        assert torch.get_default_device().type == "meta"
    finally:
        torch.set_default_device(None)
    np.testing.assert_array_equal(found[0], expected)
