"""Transformers over the time steps of sequences."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectFdr
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    KBinsDiscretizer,
    MinMaxScaler,
    PowerTransformer,
    RobustScaler,
    StandardScaler,
)
from sklearn.utils.estimator_checks import parametrize_with_checks

from skattn import LSTMAttentionRegressor
from skattn.sequences import OverTime, Sequences, to_tslearn


def _make(seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(3, 2, size=(n, 3)) for n in rng.integers(1, 9, 40)]


@parametrize_with_checks([OverTime(StandardScaler())])
def test_scikit_learn_contract(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    "transformer",
    [StandardScaler(), MinMaxScaler(), PowerTransformer(), PCA(2), RobustScaler()],
)
def test_steps_are_transformed_as_rows(transformer):
    X = _make()
    expected = transformer.fit_transform(np.concatenate(X))
    result = OverTime(transformer).fit_transform(X)
    assert [len(x) for x in result] == [len(x) for x in X]
    np.testing.assert_allclose(np.concatenate(result), expected)


def test_padded_arrays_give_what_lists_give_and_stay_padded():
    X = _make()
    padded = to_tslearn(X)
    as_list = OverTime(PCA(2)).fit_transform(X)
    as_array = OverTime(PCA(2), padding_value=np.nan).fit_transform(padded)
    np.testing.assert_array_equal(to_tslearn(as_list), as_array)


def test_flat_rows_stay_flat():
    X = np.random.default_rng(0).normal(size=(20, 6))
    result = OverTime(StandardScaler(), n_timesteps=3).fit_transform(X)
    steps = StandardScaler().fit_transform(X.reshape(-1, 2))
    np.testing.assert_allclose(result, steps.reshape(20, 6))


@pytest.mark.parametrize("form", ["list", "array", "flat"])
def test_inverse_transform_gives_back_x(form):
    X = _make() if form == "list" else np.random.default_rng(0).normal(size=(9, 4, 3))
    X = X[:, :, 0] if form == "flat" else X
    lifted = OverTime(PCA(whiten=True)).fit(X)
    back = lifted.inverse_transform(lifted.transform(X))
    for ours, theirs in zip(back, X, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_inverse_of_fewer_channels():
    X = np.random.default_rng(0).normal(size=(9, 4, 3))
    lifted = OverTime(PCA(2)).fit(X)
    assert lifted.inverse_transform(lifted.transform(X)).shape == X.shape


def test_gaps_are_the_transformers_business():
    X = np.random.default_rng(0).normal(size=(9, 4, 3))
    X[2, 1, 0] = np.nan
    assert np.isnan(OverTime(StandardScaler()).fit_transform(X)).sum() == 1
    with pytest.raises(ValueError, match="NaN"):
        OverTime(PCA()).fit(X)


def test_sequences_of_other_lengths_at_transform():
    lifted = OverTime(StandardScaler()).fit(np.ones((3, 4, 2)))
    assert lifted.transform(np.ones((5, 7, 2))).shape == (5, 7, 2)
    with pytest.raises(ValueError, match="3 channels"):
        lifted.transform(np.ones((5, 7, 3)))


def test_a_transformer_that_changes_rows_is_refused():
    class Halve(StandardScaler):
        def transform(self, X):
            return X[::2]

    with pytest.raises(ValueError, match="one row for each"):
        OverTime(Halve()).fit_transform(np.ones((4, 6, 2)))


def test_a_thing_that_is_no_transformer_is_refused():
    with pytest.raises(ValueError, match="'transformer' parameter"):
        OverTime("scale").fit(np.ones((4, 6, 2)))


def test_names_of_channels_go_through():
    pandas = pytest.importorskip("pandas")
    frames = [pandas.DataFrame(x, columns=["a", "b", "c"]) for x in _make()]
    lifted = OverTime(StandardScaler()).fit(frames)
    assert [*lifted.get_feature_names_out()] == ["a", "b", "c"]
    with pytest.raises(ValueError, match="input_features is not equal"):
        lifted.get_feature_names_out(["x", "y", "z"])
    lifted = OverTime(StandardScaler()).fit(_make())
    assert [*lifted.get_feature_names_out(["x", "y", "z"])] == ["x", "y", "z"]
    assert [*OverTime(PCA(2)).fit(frames).get_feature_names_out()] == ["pca0", "pca1"]


def test_sparse_output_becomes_dense():
    X = np.random.default_rng(0).random((9, 4, 3))
    sparse, dense = KBinsDiscretizer(2), KBinsDiscretizer(2, encode="onehot-dense")
    found = OverTime(sparse).fit_transform(X)
    assert found.shape == (9, 4, 6)
    np.testing.assert_array_equal(found, OverTime(dense).fit_transform(X))


def test_other_numbers_of_rows_are_refused():
    with pytest.raises(ValueError, match="one row for each"):
        OverTime(FunctionTransformer(lambda x: x[:3])).fit_transform(np.ones((9, 4, 3)))


def test_sequences_keep_the_names_of_channels_there_and_back():
    frames = [pd.DataFrame(x, columns=["load", "temp", "wind"]) for x in _make()]
    X = Sequences(frames)
    lifted = OverTime(StandardScaler()).fit(X)
    there = lifted.transform(X)
    assert there.names.channels == ["load", "temp", "wind"]
    assert lifted.inverse_transform(there).names.channels == ["load", "temp", "wind"]


def test_searches_through_a_pipeline():
    X = _make()
    y = np.array([x[-1, 0] for x in X])
    pipeline = make_pipeline(
        OverTime(RobustScaler()),
        LSTMAttentionRegressor(max_epochs=1, hidden_size=4, random_state=0),
    )
    grid = {"overtime__transformer": [RobustScaler(), StandardScaler(), PCA(2)]}
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise").fit(X, y)
    assert search.predict(X).shape == (40,)


@pytest.mark.parametrize("container", ["pandas", "polars"])
@pytest.mark.parametrize("form", [np.asarray, list, lambda X: X.reshape(len(X), -1)])
def test_sequences_stay_sequences_whatever_frames_are_asked_for(container, form):
    pytest.importorskip(container)
    X = form(np.random.default_rng(0).normal(size=(20, 5, 2)))
    model = LSTMAttentionRegressor(n_timesteps=5, max_epochs=1, random_state=0)
    steps = make_pipeline(OverTime(StandardScaler(), n_timesteps=5), model)
    expected = steps.fit(X, range(20)).predict(X)
    features = steps.transform(X)
    with config_context(transform_output=container):
        np.testing.assert_array_equal(steps.fit(X, range(20)).predict(X), expected)
    framed = clone(steps).set_output(transform=container).fit(X, range(20))
    np.testing.assert_array_equal(np.asarray(framed.transform(X)), features)
    assert type(framed.transform(X)).__module__.startswith(container)


def test_a_transformer_finds_channels_by_name():
    lists = _make()
    frames = [pd.DataFrame(x, columns=["a", "b", "c"]) for x in lists]
    chosen = ColumnTransformer([("s", StandardScaler(), ["a"])], remainder="drop")
    lifted = OverTime(chosen).fit(frames)
    plain = OverTime(StandardScaler()).fit([x[:, :1] for x in lists])
    for one, other in zip(
        lifted.transform(frames),
        plain.transform([x[:, :1] for x in lists]),
        strict=True,
    ):
        np.testing.assert_allclose(one, other)
    assert lifted.get_feature_names_out().tolist() == ["s__a"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # of rows without names
        lifted.transform(lists)


def test_a_transformer_that_needs_y_is_refused():
    with pytest.raises(ValueError, match=r"transformer=SelectFdr\(\) needs y, but"):
        OverTime(SelectFdr()).fit(_make())


def test_lists_stay_lists_whatever_the_steps_of_rows():
    lifted = OverTime(StandardScaler(), n_timesteps=5).fit(_make())
    for one, other in zip(
        lifted.transform(_make()),
        OverTime(StandardScaler()).fit(_make()).transform(_make()),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)
    back = lifted.inverse_transform(lifted.transform(_make()))
    for one, other in zip(back, _make(), strict=True):
        np.testing.assert_allclose(one, other)


@pytest.mark.parametrize(
    ("function", "padding"),
    [
        (lambda rows: rows > 0, np.nan),
        (lambda rows: np.sign(rows).astype(int), np.nan),
        (lambda rows: (rows > 0).astype(np.uint8), -1.0),
        (lambda rows: np.sign(rows).astype(int), -999.5),
    ],
    ids=["flags", "whole", "no sign", "fraction"],
)
def test_padding_stays_padding_whatever_type_comes_out(function, padding):
    X = np.random.default_rng(0).normal(size=(4, 5, 2))
    X[:, 3:] = padding
    over = OverTime(FunctionTransformer(function), padding_value=padding)
    found = over.fit_transform(X)
    np.testing.assert_array_equal(found[:, 3:], np.full((4, 2, 2), padding))
    np.testing.assert_array_equal(found[:, :3], function(X[:, :3]))


def test_a_last_step_that_becomes_padding_is_refused():
    X = np.abs(np.random.default_rng(0).normal(size=(4, 5, 2)))
    X[1, 2] = 0.1
    X[1, 3:] = 0.0
    over = OverTime(Binarizer(threshold=0.2), padding_value=0.0).fit(X)
    with pytest.raises(ValueError, match=r"last step of sample 1 into padding_value=0"):
        over.transform(X)
