"""The net that trains: losses, penalty, decay, parts of batches and its records."""

import math

import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss
from skorch.callbacks import Callback
from torch import nn

from skattn import LSTMAttentionRegressor
from skattn.nn import AttentionNetwork, Inputs, NetworkOutput, initialize
from skattn.targets._losses import CrossEntropy
from skattn.training import AttentionNet
from skattn.training._data import Batch, Weighted

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 5, 2)).astype(np.float32)
Y = X[:, 2, 0]
SETTINGS = {"hidden_size": 4, "batch_size": 16, "max_epochs": 3, "random_state": 0}


class NoDecay(nn.Linear):
    """A module of which nothing decays."""

    def decaying_parameters(self):
        return []


def make_net(module=None, **settings):
    """Make a net that is about to train, on the loss of each output."""
    defaults = {
        "seed": 0,
        "criterion": nn.MSELoss(reduction="none"),
        "optimizer": torch.optim.SGD,
        "lr": 0.1,
        "train_split": None,
        "verbose": 0,
    }
    net = AttentionNet(module or NoDecay(1, 1), **defaults | settings)
    return net.initialize()


def make_output(prediction, states=None, mask=None):
    empty = torch.zeros(len(prediction), 0)
    states = torch.ones(len(prediction), 2, 2) if states is None else states
    return NetworkOutput(prediction, empty, None, None, states, mask)


# One long state rules the mean, and three short ones point the other way.
OPPOSED = [[10.0, 0.0], [-1.0, 0.0], [-1.0, 0.0], [-1.0, 0.0]]
ALIKE = [[1.0, 0.0], [3.0, 0.0], [1.0, 0.0], [2.0, 0.0]]


@pytest.mark.parametrize("training", [False, True])
def test_the_conicity_penalty_counts_alike_states_and_only_in_training(training):
    prediction, target = torch.tensor([[[1.0]], [[2.0]], [[4.0]]]), torch.zeros(3, 1, 1)
    states = torch.tensor([OPPOSED, ALIKE, ALIKE])
    net = make_net(conicity_penalty=0.5)
    loss = net.get_loss(make_output(prediction, states), target, None, training)
    # The cosines are -0.5, 1 and 1; what is negative counts as 0.
    penalty = 0.5 * (0.0 + 1.0 + 1.0) / 3
    expected = (1.0 + 4.0 + 16.0) / 3 + (penalty if training else 0.0)
    assert loss.item() == pytest.approx(expected, rel=1e-6)


def test_the_conicity_penalty_reads_real_steps_alone():
    states = torch.tensor([[[1.0, 0.0], [1.0, 0.0], [-9.0, 0.0], [-9.0, 0.0]]])
    mask = torch.tensor([[True, True, False, False]])
    zero = torch.zeros(1, 1, 1)
    net = make_net(conicity_penalty=2.0)
    assert net.get_loss(make_output(zero, states, mask), zero, None, True) == 2.0


def test_losses_are_averaged_over_outputs_and_then_by_the_weights_of_samples():
    prediction = torch.from_numpy(RNG.normal(size=(5, 3, 2)))
    target = torch.from_numpy(RNG.normal(size=(5, 3, 2)))
    weight = torch.from_numpy(RNG.uniform(size=5))
    weighted = Weighted(Inputs(torch.zeros(5, 1, 1)), weight)
    loss = make_net().get_loss(make_output(prediction), target, weighted)
    squares = ((prediction - target).numpy() ** 2).mean((1, 2))
    assert loss.item() == pytest.approx((squares * weight.numpy()).mean(), rel=1e-12)


def test_the_cross_entropy_is_scikit_learns_log_loss():
    scores = RNG.normal(size=(50, 4))
    classes = RNG.integers(4, size=50)
    chances = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    hot = torch.from_numpy(np.eye(4)[classes])[:, None]
    losses = CrossEntropy()(torch.from_numpy(scores)[:, None], hot)
    assert losses.shape == (50, 1)
    assert losses.mean().item() == pytest.approx(
        log_loss(classes, chances, labels=range(4)), rel=1e-12
    )


@pytest.mark.parametrize("weighted", [False, True])
def test_a_batch_cut_in_two_has_the_loss_and_the_gradient_of_the_whole(weighted):
    """Seven eighths of a million states are more than one part holds."""
    network = AttentionNetwork(1, n_timesteps=50, horizon=1, n_targets=1)
    initialize(network, torch.Generator().manual_seed(0))
    x = torch.from_numpy(RNG.normal(size=(257, 50, 1))).float()
    y = x[:, 10:11]
    weight = torch.linspace(0.5, 1.5, 257) if weighted else None
    features = Weighted(Inputs(x), weight)
    net = make_net(network)
    net.on_train_begin(net)
    step = net.train_step_single(Batch(features, y))
    found = [p.grad.clone() for p in network.parameters()]
    net.module_.zero_grad()
    output = network(x)
    loss = net.get_loss(output, y, features, True)
    loss.backward()
    assert step["loss"].item() == pytest.approx(loss.item(), rel=1e-5)
    assert step["y_pred"].shape == y.shape
    torch.testing.assert_close(
        step["y_pred"], output.prediction.detach(), atol=1e-6, rtol=1e-5
    )
    for one, parameter in zip(found, network.parameters(), strict=True):
        torch.testing.assert_close(one, parameter.grad, atol=1e-7, rtol=1e-3)


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_decay_shrinks_the_matrices_of_lstms_and_nothing_else(optimizer):
    """With no gradient from the loss, decay alone moves the weights."""
    still = SETTINGS | {
        "optimizer": optimizer,
        "learning_rate": 0.5,
        "lr_schedule": None,
        "max_epochs": 1,
        "batch_size": 40,
        "early_stopping": False,
        "scale_targets": False,
        "gradient_clip": None,
    }
    zero = np.zeros(40, dtype=np.float32)
    plain, decayed = (
        LSTMAttentionRegressor(**still, weight_decay=decay)
        .fit(X, zero)
        .module_.state_dict()
        for decay in (0.0, 0.125)
    )
    first = LSTMAttentionRegressor(**still | {"learning_rate": 1e-12}, weight_decay=0.0)
    first = first.fit(X, zero).module_.state_dict()
    for name, weights in plain.items():
        shrinks = "weight_ih" in name or "weight_hh" in name
        expected = weights - 0.5 * 0.125 * first[name] if shrinks else weights
        torch.testing.assert_close(decayed[name], expected, atol=1e-5, rtol=1e-4)


def test_each_epoch_records_its_losses_batches_and_rate():
    model = LSTMAttentionRegressor(
        **SETTINGS, early_stopping=True, n_iter_no_change=9, validation_fraction=0.25
    ).fit(X, Y)
    history = model.net_.history
    assert len(history) == 3
    for prefix, n_batches in (("train", 2), ("valid", 1)):
        least = math.inf
        for epoch in history:
            loss = epoch[f"{prefix}_loss"]
            assert epoch[f"{prefix}_loss_best"] == (loss < least)
            assert epoch[f"{prefix}_batch_count"] == n_batches
            least = min(least, loss)
    assert all(epoch["learning_rate"] > 0 for epoch in history)
    assert all(epoch["batches"] == [] for epoch in history)


def test_the_recorded_loss_is_the_mean_over_samples_not_over_batches():
    settings = SETTINGS | {"batch_size": 16, "max_epochs": 1, "learning_rate": 1e-12}
    model = LSTMAttentionRegressor(
        **settings, early_stopping=False, scale_targets=False, lr_schedule=None
    ).fit(X, Y)
    expected = np.mean((model.predict(X) - Y) ** 2)
    assert model.history_["train_loss"][0] == pytest.approx(expected, rel=1e-5)


def test_training_that_blows_up_says_in_which_epoch():
    model = LSTMAttentionRegressor(
        **SETTINGS,
        optimizer="sgd",
        learning_rate=1e30,
        gradient_clip=None,
        lr_schedule=None,
    )
    with pytest.raises(ValueError, match=r"non-finite in epoch [12] \(train_loss"):
        model.fit(X, Y)


def test_batches_come_in_order_unless_they_are_to_train_on():
    model = LSTMAttentionRegressor(**SETTINGS, early_stopping=False)
    seen = []

    class Watch(Callback):
        def on_train_begin(self, net, X, **kwargs):
            whole = X[slice(0, len(X))].features.inputs.x
            for options in ({}, {"training": False}, {"training": True}):
                batches = net.get_iterator(X, **options)
                rows = torch.cat([batch.features.inputs.x for batch in batches])
                seen.append(torch.equal(rows, whole))

    model.set_params(callbacks=[Watch()]).fit(X, Y)
    assert seen == [True, True, False]


def test_callbacks_that_score_see_the_network_as_it_predicts():
    net = make_net(AttentionNetwork(2, n_timesteps=5, horizon=1, n_targets=1))
    features = Weighted(Inputs(torch.from_numpy(X)), None)
    batch = Batch(features, torch.from_numpy(Y)[:, None, None])
    prediction = net.evaluation_step(batch)
    assert not net.module_.training
    assert not prediction.requires_grad
    assert prediction.shape == (40, 1, 1)


class Watching(Callback):
    """Counts what it is told of."""

    def __init__(self):
        self.seen = []

    def on_batch_begin(self, net, batch, training, **kwargs):
        self.seen.append(("begin", training))

    def on_batch_end(self, net, batch, training, **kwargs):
        self.seen.append(("end", training))
        assert net.module_.training == training


def test_callbacks_are_told_of_every_batch():
    model = LSTMAttentionRegressor(
        **SETTINGS | {"max_epochs": 1},
        early_stopping=True,
        validation_fraction=0.25,
        callbacks=[Watching()],
    ).fit(X, Y)
    (watch,) = [c for _, c in model.net_.callbacks_ if isinstance(c, Watching)]
    each = [(when, training) for training in (True, True, False) for when in WHEN]
    assert watch.seen == each


WHEN = ("begin", "end")
