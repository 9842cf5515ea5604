"""Sequences in any form, steps in patches, and the labels that tables give them."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from skattn.inspection import (
    attention_frame,
    gradient_importance,
    occlusion_importance,
    timestep_permutation_importance,
)

from .conftest import Linear

RNG = np.random.default_rng(0)


class Asked(Linear):
    """Remembers what it was given, and adds up the first channel."""

    def __init__(self, steps, **attributes):
        super().__init__(steps)
        self.asked = []
        vars(self).update(attributes)

    def fit(self, X, y):
        return self

    def predict(self, X):
        self.asked.append(X)
        return super().predict([np.asarray(x).reshape(len(x), -1) for x in X])


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame])
def test_frames_stay_frames_with_their_columns(kind):
    X = [kind({"b": RNG.normal(size=n), "a": RNG.normal(size=n)}) for n in (3, 1, 2)]
    model = Asked(np.ones(3))
    found = occlusion_importance(model, X)
    assert found.shape == (3, 3)
    for asked in model.asked:
        assert all(isinstance(x, kind) for x in asked)
        assert all([*x.columns] == ["b", "a"] for x in asked)
        assert {len(x) for x in asked} == {1, 2, 3}


def test_flat_lists_stay_flat():
    X = [RNG.normal(size=n) for n in (3, 1, 2)]
    model = Asked(np.ones(3))
    found = occlusion_importance(model, X)
    mean = np.concatenate(X).mean()
    for row, x in zip(found, X, strict=True):
        np.testing.assert_allclose(row[: len(x)], x - mean, atol=1e-12)
    assert all(x.ndim == 1 for asked in model.asked for x in asked)


@pytest.mark.parametrize("padding", [np.nan, -7.0])
def test_padding_is_no_step(padding):
    X = RNG.normal(size=(4, 5, 1))
    X[1, 3:] = padding
    X[2, 1:] = padding
    lengths = [5, 3, 1, 5]

    class Padded(Linear):
        padding_value = padding

        def predict(self, X):
            return np.where(padding == X, 0.0, np.nan_to_num(X))[:, :, 0] @ self.steps

    w = RNG.normal(size=5)
    found = occlusion_importance(Padded(w), X)
    mean = np.concatenate([x[:n] for x, n in zip(X, lengths, strict=True)]).mean()
    for row, x, n in zip(found, X, lengths, strict=True):
        np.testing.assert_allclose(row[:n], w[:n] * (x[:n, 0] - mean), atol=1e-12)
        assert (row[n:] == 0).all()


def test_flat_rows_are_cut_into_the_steps_of_the_fit():
    X = RNG.normal(size=(6, 8))  # four steps of two channels

    class Rows(Linear):
        n_timesteps_in_ = 4

        def predict(self, X):
            assert X.shape[1:] == (8,)
            return X.reshape(-1, 4, 2)[:, :, 0] @ self.steps

    w = RNG.normal(size=4)
    found = occlusion_importance(Rows(w), X)
    expected = w * (X[:, ::2] - X[:, ::2].mean())
    np.testing.assert_allclose(found, expected, atol=1e-12)
    with pytest.raises(ValueError, match=r"\(6, 7\), but flat rows are cut into the 4"):
        occlusion_importance(Rows(w), X[:, :7])


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((0, 3, 1), r"X has shape \(0, 3, 1\); allowed"),
        ((2, 3, 1, 1), r"X has shape \(2, 3, 1, 1\); allowed"),
        ((0, 3), r"X has shape \(0, 3\)"),
        ((3, 0), r"X has shape \(3, 0\)"),
        ((3,), r"X has shape \(3,\)"),
    ],
)
def test_other_forms_are_refused(shape, message):
    with pytest.raises(ValueError, match=message):
        occlusion_importance(Linear(np.ones(3)), np.zeros(shape))


def test_whole_numbers_are_taken_and_float32_stays():
    model = Asked(np.ones(3))
    whole = RNG.integers(9, size=(4, 3, 1))
    found = occlusion_importance(model, whole)
    np.testing.assert_allclose(found, whole[:, :, 0] - whole.mean(), atol=1e-12)
    assert model.asked[0].dtype == np.float64
    occlusion_importance(model, whole.astype(np.float32))
    assert model.asked[-1].dtype == np.float32


def test_lines_between_neighbours_of_patches_in_ragged_sequences():
    X = [RNG.normal(size=(n, 1)) for n in (7, 4, 3)]
    w = np.ones(7)
    found = occlusion_importance(Linear(w), X, patch_size=3, replacement="interpolate")
    x = X[0][:, 0]  # patches: 0; 1 to 3; 4 to 6
    first, last = x[0] - x[1], x[4:].sum() - 3 * x[3]
    line = x[0] + (x[4] - x[0]) * np.array([1, 2, 3]) / 4
    np.testing.assert_allclose(found[0], [first, x[1:4].sum() - line.sum(), last])
    x = X[1][:, 0]  # patches: 0; 1 to 3
    expected = [x[0] - x[1], x[1:].sum() - 3 * x[0], 0.0]
    np.testing.assert_allclose(found[1], expected, atol=1e-12)
    # One patch, no neighbour: the mean takes its place.
    mean = np.concatenate(X).mean()
    expected = [X[2].sum() - 3 * mean, 0.0, 0.0]
    np.testing.assert_allclose(found[2], expected, atol=1e-12)


@pytest.mark.parametrize("value", [True, 1.0, "1", 0, -1])
def test_sizes_of_patches_are_whole_and_positive(value):
    with pytest.raises(ValueError, match="patch_size="):
        occlusion_importance(Linear(np.ones(3)), np.ones((2, 3, 1)), patch_size=value)
    found = occlusion_importance(Linear(np.ones(3)), np.ones((2, 3, 1)), patch_size=1)
    assert found.shape == (2, 3)


def test_steps_are_shuffled_among_samples_that_have_as_many():
    X = [RNG.normal(size=(n, 1)) for n in [5] * 6 + [4] * 6]
    y = np.zeros(12)
    model = Asked(np.ones(5))
    result = timestep_permutation_importance(
        model,
        X,
        y,
        scoring=lambda model, X, y: -np.mean((model.predict(X) - y) ** 2),
        patch_size=2,
        n_repeats=3,
        random_state=0,
    )
    assert result.importances.shape == (3, 3)
    np.testing.assert_allclose(result.importances_mean, result.importances.mean(1))
    np.testing.assert_allclose(result.importances_std, result.importances.std(1))
    scores = [-np.mean(np.square(Linear(np.ones(5)).predict(a))) for a in model.asked]
    np.testing.assert_allclose(
        result.importances, scores[0] - np.reshape(scores[1:], (3, 3))
    )
    # Five steps are patches of 1, 2, 2, four of 2, 2: counted from the end.
    long = [[0], [1, 2], [3, 4]]
    short = [[0, 1], [2, 3], []]
    for number, asked in enumerate(model.asked[1:]):
        before, after = [], []
        for x, changed in zip(X, asked, strict=True):
            inside = (long if len(x) == 5 else short)[number // 3]
            outside = [step for step in range(len(x)) if step not in inside]
            np.testing.assert_array_equal(x[outside], changed[outside])
            before.append(tuple(x[inside, 0]))
            after.append(tuple(changed[inside, 0]))
        assert sorted(before) == sorted(after)
        assert before != after


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_labels_of_time_steps_stand_for_patches(library):
    X = [RNG.normal(size=(n, 1)) for n in (5, 2, 3)]

    class Patched(Linear):
        patch_size = 2

        def predict_attention(self, X):
            rows = [[0.5, 0.25, 0.25], [1, 0, 0], [0.5, 0.5, 0]]
            return np.array(rows)

    model = Patched(np.ones(5))
    expected = {
        "shared": [0, 1, 3, 0, 0, 1],
        "own": [10, 11, 13, 20, 30, 31],
        "patches": [7, 8, 9, 7, 7, 8],
    }
    own = [np.arange(n) + 10 * (i + 1) for i, n in enumerate((5, 2, 3))]
    by_patch = [[7, 8, 9], [7], [7, 8]]
    forms = {"shared": np.arange(5), "own": own, "patches": by_patch}
    for form, times in forms.items():
        frame = attention_frame(model, X, list("abc"), times, library=library)
        assert list(frame["id"]) == list("aaabcc")
        assert list(frame["step"]) == [0, 1, 2, 0, 0, 1]
        assert list(frame["weight"]) == [0.5, 0.25, 0.25, 1.0, 0.5, 0.5]
        assert list(frame["time"]) == expected[form]
    with pytest.raises(ValueError, match="times has 4 labels where X has 5 time steps"):
        attention_frame(model, X, times=np.arange(4))
    with pytest.raises(ValueError, match="labels of 2 samples, but X has 3"):
        attention_frame(model, X, times=own[:2])
    with pytest.raises(ValueError, match=r"ids has shape \(2,\)"):
        attention_frame(model, X, ids=[1, 2])
    with pytest.raises(ValueError, match="library='arrow' must be"):
        attention_frame(model, X, library="arrow")


def test_gradients_ask_for_a_network_and_whole_steps():
    X = np.ones((2, 3, 1))
    with pytest.raises(TypeError, match="Linear does not provide"):
        gradient_importance(Linear(np.ones(3)), X)
    with pytest.raises(ValueError, match="n_steps=0 must be at least 1"):
        gradient_importance(Linear(np.ones(3)), X, n_steps=0)
