"""The tidy table of weights: order, labels, padding, libraries."""

import sys
from itertools import chain

import numpy as np
import pytest

from skattn import LSTMAttentionRegressor
from skattn.inspection import attention_frame

from .conftest import Linear

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_all_samples_in_order_far_above_a_batch(library):
    X = RNG.normal(size=(700, 3, 1))
    ids = [f"patient {i}" for i in range(700)]
    model = Linear([1, 2, 3])
    frame = attention_frame(model, X, ids, library=library)
    assert type(frame).__module__.startswith(library)
    assert list(frame.columns) == ["id", "step", "weight"]
    np.testing.assert_array_equal(frame["id"].to_numpy(), np.repeat(ids, 3))
    np.testing.assert_array_equal(frame["step"].to_numpy(), np.tile(range(3), 700))
    np.testing.assert_array_equal(
        frame["weight"].to_numpy(), model.predict_attention(X).ravel()
    )


def test_alignments_and_targets_have_columns():
    X, y = RNG.normal(size=(20, 6, 2)), RNG.normal(size=(20, 3, 2))
    model = LSTMAttentionRegressor(
        decoder="lstm",
        target_channels="all",
        channel_independent=True,
        patch_size=4,
        max_epochs=1,
        random_state=0,
    ).fit(X, y)
    dates = np.datetime64("2024-01-01") + np.arange(6)
    frame = attention_frame(model, X, times=dates)
    assert list(frame) == ["id", "output_step", "target", "step", "time", "weight"]
    index = ["id", "output_step", "target", "step"]
    table = frame.set_index(index)["weight"].unstack().to_numpy()
    weights = model.predict_attention(X, unit="patch")
    np.testing.assert_array_equal(table, weights.reshape(-1, 2))
    # 6 days in patches of 4: the first, incomplete one holds two
    assert [*frame["time"].dt.day.unique()] == [1, 3]


def test_ragged_sequences_have_rows_for_their_own_steps():
    X = [RNG.normal(size=(n, 1)) for n in (2, 4, 3)]
    times = [[f"{i}-{n}" for i in range(n)] for n in (2, 4, 3)]
    frame = attention_frame(Linear(np.ones(4)), X, times=times)
    assert frame["id"].tolist() == [0, 0, 1, 1, 1, 1, 2, 2, 2]
    assert frame["time"].tolist() == [*chain(*times)]
    assert frame.groupby("id")["weight"].sum().to_numpy() == pytest.approx(1.0)


def test_wrong_ids_times_and_libraries_are_named(monkeypatch):
    X, model = RNG.normal(size=(5, 3, 1)), Linear(np.ones(3))
    with pytest.raises(ValueError, match=r"ids has shape \(4,\), but X has 5"):
        attention_frame(model, X, ids=range(4))
    with pytest.raises(ValueError, match="times has 7 labels where X has 3 time steps"):
        attention_frame(model, X, times=range(7))
    with pytest.raises(ValueError, match="times has labels of 2 samples, but X has 5"):
        attention_frame(model, X, times=[[1, 2, 3]] * 2)
    with pytest.raises(ValueError, match="library='dask' must be"):
        attention_frame(model, X, library="dask")
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(ImportError, match="pip install polars"):
        attention_frame(model, X, library="polars")
