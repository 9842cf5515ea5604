"""Weights in one vector train as they would one by one."""

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback
from torch import nn

from skattn import LSTMAttentionRegressor
from skattn.nn._build import build_network
from skattn.training import Stream, make_generator
from skattn.training._environment import derive

RNG = np.random.default_rng(0)
X = RNG.normal(size=(70, 6, 2)).astype(np.float32)
Y = (X[:, 2, 0] + 0.1 * RNG.normal(size=70)).astype(np.float32)
SETTINGS = {
    "hidden_size": 8,
    "batch_size": 16,
    "max_epochs": 4,
    "learning_rate": 0.01,
    "lr_schedule": None,
    "scale_inputs": False,
    "scale_targets": False,
    "random_state": 3,
}


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_losses_are_those_of_a_plain_loop_over_the_same_batches(decay):
    model = LSTMAttentionRegressor(**SETTINGS, weight_decay=decay).fit(X, Y)
    network = build_network(
        make_generator(model._seed, Stream.WEIGHTS), model._architecture
    )
    groups = [{"params": []}, {"params": [], "weight_decay": decay}]
    for name, weights in network.named_parameters():
        decays = "weight_ih" in name or "weight_hh" in name
        groups[decays]["params"].append(weights)
    optimizer = torch.optim.AdamW(groups, lr=0.01, weight_decay=0.0, foreach=False)
    x, y = torch.from_numpy(X), torch.from_numpy(Y)
    losses = []
    for epoch in range(4):
        order = torch.Generator()
        order.manual_seed(derive(model._seed, Stream.ORDER, epoch))
        total = 0.0
        for rows in torch.randperm(70, generator=order).split(16):
            optimizer.zero_grad()
            prediction = network(x[rows]).prediction[:, 0, 0]
            loss = nn.functional.mse_loss(prediction, y[rows])
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            total += loss.item() * len(rows)
        losses.append(total / 70)
    np.testing.assert_allclose(model.history_["train_loss"], losses, rtol=1e-5)


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "rmsprop", "sgd"])
def test_all_optimisers_train_as_parameter_by_parameter(optimizer):
    settings = SETTINGS | {"optimizer": optimizer, "gradient_clip": 0.5}
    flat = LSTMAttentionRegressor(**settings).fit(X, Y)
    # Callbacks of users see a net as skorch has it, one parameter each.
    plain = LSTMAttentionRegressor(**settings, callbacks=[Callback()]).fit(X, Y)
    np.testing.assert_allclose(
        flat.history_["train_loss"], plain.history_["train_loss"], rtol=1e-5
    )


def test_training_goes_on_from_either_layout():
    first = LSTMAttentionRegressor(**SETTINGS).fit(X, Y)
    second = LSTMAttentionRegressor(**SETTINGS, callbacks=[Callback()]).fit(X, Y)
    for model in (first, second):
        model.set_params(callbacks=[Callback()] if model is first else None)
        model.partial_fit(X, Y)
    np.testing.assert_allclose(
        first.history_["train_loss"], second.history_["train_loss"], rtol=1e-5
    )


def test_weights_own_their_memory_after_training():
    model = LSTMAttentionRegressor(**SETTINGS).fit(X, Y)
    pointers = {p.untyped_storage().data_ptr() for p in model.module_.parameters()}
    assert len(pointers) == len([*model.module_.parameters()])
    moments = model.net_.optimizer_.state_dict()["state"]
    assert len(moments) == len(pointers)


def test_training_goes_on_with_weights_that_nothing_moved():
    """With callbacks weights train one by one, and the unread ones have no state."""
    model = LSTMAttentionRegressor(**SETTINGS, attention="mean", positions="learned")
    model.set_params(warm_start=True, callbacks=[Callback()]).fit(X, Y)
    model.set_params(callbacks=None).fit(X, Y)
    assert np.isfinite(model.predict(X)).all()
