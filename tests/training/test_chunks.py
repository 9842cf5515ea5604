"""Batches are trained in chunks, as if they were whole."""

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback
from torch import nn

from skattn import LSTMAttentionClassifier, LSTMAttentionRegressor
from skattn.nn import Inputs
from skattn.training import _data
from skattn.training._data import Batch, Weighted

RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 12, 2)).astype(np.float32)
Y = X[:, 2, :] + 0.1 * RNG.normal(size=(90, 2))
WEIGHTS = RNG.uniform(0.5, 2.0, 90)
RAGGED = [x[: RNG.integers(3, 13)] for x in X]
SETTINGS = {"hidden_size": 8, "batch_size": 45, "max_epochs": 3, "random_state": 0}


class Counting(nn.Module):
    """Has a number of states a step.

    Parameters
    ----------
    size : int
        The number.
    """

    def __init__(self, size):
        super().__init__()
        self.size = size

    def count_states(self, n_timesteps):
        return n_timesteps * self.size


def make_batch(n_samples, n_timesteps):
    x = torch.arange(n_samples * n_timesteps).view(n_samples, n_timesteps, 1)
    numbers = torch.arange(n_samples)
    return Batch(Weighted(Inputs(x, numbers), numbers.float()), numbers)


@pytest.mark.parametrize(
    ("n_samples", "n_timesteps", "size", "sizes"),
    [
        (256, 50, 64, [64] * 4),  # the default for many samples
        (32, 50, 64, [32]),  # too little work to share
        (32, 200, 64, [16] * 2),
        (31, 50, 1 << 15, [31]),  # never fewer than 16
        (33, 50, 1 << 15, [17, 16]),
        (130, 5000, 8, [17, 17, 16, 16, 16, 16, 16, 16]),
        (256, 50, 256, [32] * 8),
        (7, 10_000, 512, [7]),
        (0, 50, 64, [0]),
    ],
)
def test_chunks_are_even_and_cut_by_shape(n_samples, n_timesteps, size, sizes):
    chunks = _data.cut(make_batch(n_samples, n_timesteps), Counting(size))
    assert [len(target) for _, target in chunks] == sizes


@pytest.mark.parametrize("n_samples", [32, 100, 1000])
@pytest.mark.parametrize("n_states", [1 << 10, 1 << 13, 1 << 16])
def test_a_chunk_has_at_most_so_many_states_unless_it_were_thin(n_samples, n_states):
    number = _data.count_chunks(n_samples, n_states)
    assert number == n_samples // 16 or n_samples * n_states <= number << 19


def test_chunks_in_order_are_the_batch():
    batch = make_batch(100, 100)
    chunks = _data.cut(batch, Counting(512))
    for whole, split in (
        (batch.target, [chunk.target for chunk in chunks]),
        (batch.features.weight, [chunk.features.weight for chunk in chunks]),
        (batch.features.inputs.x, [chunk.features.inputs.x for chunk in chunks]),
        (
            batch.features.inputs.lengths,
            [chunk.features.inputs.lengths for chunk in chunks],
        ),
    ):
        assert torch.equal(torch.cat(split), whole)


def test_a_module_that_counts_no_states_takes_batches_whole():
    batch = make_batch(100, 100)
    assert _data.cut(batch, nn.Identity()) == [batch]


def make_chunks_small(monkeypatch):
    """Let batches of the data above be cut into several chunks."""
    monkeypatch.setattr(_data, "_CHUNK_STATES", 1)
    monkeypatch.setattr(_data, "_CHUNK_SAMPLES", 4)


def fit_both(monkeypatch, model, *data, **more):
    """Fit with whole batches, then with chunks; return both histories of losses."""
    monkeypatch.setattr(_data, "_CHUNK_SAMPLES", 1 << 40)
    whole = model.fit(*data, **more).history_["train_loss"]
    seen = []
    cut = _data.cut

    def watched(batch, module):
        chunks = cut(batch, module)
        seen.append(len(chunks))
        return chunks

    make_chunks_small(monkeypatch)
    monkeypatch.setattr("skattn.training._net.cut", watched)
    chunked = model.fit(*data, **more).history_["train_loss"]
    assert min(seen) > 1
    return whole, chunked


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"conicity_penalty": 0.5},
        {"target_channels": [0, 1], "channel_independent": True, "anchor": True},
        {"decoder": "lstm", "teacher_forcing": 1.0},
        {"patch_size": 2, "bidirectional": True},
    ],
)
def test_losses_are_those_of_whole_batches(monkeypatch, settings):
    y = np.stack([Y, Y], 1) if "decoder" in settings else Y
    if "target_channels" in settings:
        y = Y[:, None]
    model = LSTMAttentionRegressor(**SETTINGS | settings)
    whole, chunked = fit_both(monkeypatch, model, X, y, sample_weight=WEIGHTS)
    np.testing.assert_allclose(chunked, whole, rtol=1e-5)


def test_losses_of_a_classifier_and_ragged_sequences_are_those_of_whole_batches(
    monkeypatch,
):
    model = LSTMAttentionClassifier(**SETTINGS, class_weight="balanced", conv_layers=0)
    whole, chunked = fit_both(monkeypatch, model, RAGGED, Y[:, 0] > 0)
    np.testing.assert_allclose(chunked, whole, rtol=1e-5)


def test_callbacks_see_the_predictions_of_the_whole_batch(monkeypatch):
    make_chunks_small(monkeypatch)
    shapes = []

    class Watch(Callback):
        def on_batch_end(self, net, batch, training, y_pred, **kwargs):
            shapes.append((training, y_pred.shape == batch[1].shape))

    LSTMAttentionRegressor(**SETTINGS, callbacks=[Watch()]).fit(X, Y)
    assert shapes
    assert all(same for _, same in shapes)


def test_chunks_with_dropout_draw_the_same_masks_again(monkeypatch):
    make_chunks_small(monkeypatch)
    model = LSTMAttentionRegressor(**SETTINGS, num_layers=2, dropout=0.5)
    first = model.fit(X, Y).predict(X)
    np.testing.assert_array_equal(model.fit(X, Y).predict(X), first)
