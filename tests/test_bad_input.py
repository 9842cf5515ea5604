"""Bad input gets a sentence, and a fitted estimator stays as it was."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.model_selection import KFold
from skorch.callbacks import Callback

from skattn import LSTMAttentionClassifier, LSTMAttentionRegressor

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 6, 2))
Y = RNG.normal(size=40)
FAST = {"hidden_size": 4, "max_epochs": 1, "random_state": 0}


def spoiled(array, value):
    array = array.astype(type(value) if isinstance(value, str) else float)
    array[3, ...] = value
    return array


DAYS = pd.date_range("2020-01-01", periods=40)
WORDS = pd.DataFrame({0: ["a"] * 6, 1: ["b"] * 6})


def frame(**columns):
    return pd.DataFrame({"load": np.arange(40.0)} | columns)


BAD_FITS = [
    ({}, {"X": spoiled(X, np.nan)}, r"Input X contains NaN"),
    ({}, {"X": spoiled(X, np.inf)}, r"Input X contains infinity"),
    ({}, {"y": spoiled(Y, np.nan)}, r"Input y contains NaN"),
    ({}, {"y": spoiled(Y, -np.inf)}, r"Input y contains infinity"),
    ({}, {"y": None}, r"requires y to be passed"),
    ({}, {"y": Y[:5]}, r"X has 40, y has 5"),
    ({}, {"y": np.zeros((40, 2, 2, 2))}, r"y has shape \(40, 2, 2, 2\); allowed"),
    ({}, {"y": np.zeros((40, 0))}, r"y has shape \(40, 0\)"),
    ({}, {"y": np.array(["a"] * 40)}, r"could not convert string to float"),
    (
        {"categorical_features": None},
        {"X": np.array([["a"] * 6] * 40, dtype=object)},
        r"does not hold numbers",
    ),
    ({}, {"X": X.astype(complex)}, r"Complex data not supported"),
    ({}, {"X": X[:0], "y": Y[:0]}, r"0 sample\(s\).*minimum of 1"),
    ({}, {"X": X[:, :0]}, r"X has shape \(40, 0, 2\)"),
    ({}, {"X": X[:, :, :0]}, r"X has shape \(40, 6, 0\)"),
    ({}, {"X": X[:, 0, 0]}, r"X has 1 axis; .*make_windows cuts"),
    ({}, {"X": X[..., None]}, r"X has 4 axes"),
    ({}, {"X": 3.0}, r"Expected 2D array, got scalar"),
    ({"n_timesteps": 5}, {"X": X.reshape(40, 12)}, r"n_timesteps=5 does not divide"),
    ({}, {"sample_weight": np.full(40, -1.0)}, r"[Nn]egative values.*sample_weight"),
    ({}, {"sample_weight": np.zeros(40)}, r"sample_weight is zero for all"),
    ({}, {"sample_weight": np.ones(3)}, r"X has 40, sample_weight has 3"),
    ({}, {"sample_weight": np.full(40, np.nan)}, r"sample_weight contains NaN"),
    ({}, {"groups": np.ones(3)}, r"X has 40, groups has 3"),
    ({}, {"groups": np.ones((40, 2))}, r"groups has shape \(40, 2\)"),
    ({}, {"groups": 3}, r"groups=3 must have one entry"),
    ({}, {"y": np.ma.masked_greater(Y, 0)}, r"y contains NaN"),
    ({}, {"X": np.ma.masked_greater(X, 1)}, r"X contains NaN"),
    ({}, {"y": 3.0}, r"y=3.0 must have one entry"),
    ({}, {"sample_weight": [None] * 40}, r"sample_weight contains NaN"),
    ({"callbacks": [(3, Callback())]}, {}, r"callbacks holds \(3"),
    ({}, {"X_val": X}, r"y_val is missing"),
    ({}, {"y_val": Y}, r"X_val is missing"),
    ({}, {"X_val": X[:, :, :1], "y_val": Y}, r"X_val has 1 channels.*fitted on 2"),
    ({}, {"X_val": X, "y_val": Y[:3]}, r"X_val has 40, y_val has 3"),
    ({}, {"X_val": X, "y_val": np.ones((40, 2))}, r"y_val has shape \(40, 2\)"),
    ({"target_channels": 2}, {}, r"target_channels=2 names the channel 2.*2 channels"),
    (
        {"target_channels": "load"},
        {},
        r"channels of X have no names.*as_sequences=True",
    ),
    ({"target_channels": [0, -3]}, {}, r"names the channel -3"),
    ({"target_channels": [0, 0]}, {}, r"each only once"),
    ({"target_channels": []}, {}, r"at least one channel"),
    ({"target_channels": ["load"]}, {}, r"names the channel 'load'"),
    ({"target_channels": [0, 1]}, {}, r"names 2 channels, but y of shape \(40,\)"),
    ({"anchor": True}, {}, r"anchor=True needs target_channels"),
    ({"channel_independent": True}, {}, r"channel_independent=True needs target"),
    ({"linear_skip": "arx"}, {}, r"linear_skip='arx' needs target_channels"),
    ({"loss": "quantile"}, {}, r"loss='quantile' needs quantile"),
    ({"quantile": 1.5}, {}, r"'quantile' parameter"),
    ({"hidden_size": 0}, {}, r"'hidden_size' parameter.*Got 0"),
    ({"attention": "nearest"}, {}, r"'attention' parameter.*'nearest'"),
    ({"max_epochs": 2.5}, {}, r"'max_epochs' parameter"),
    ({"device": "warp"}, {}, r"device='warp' cannot be used"),
    (
        {"target_channels": 0, "scale_targets": False},
        {},
        r"scale_targets=False does not go with target_channels and scale_inputs=True",
    ),
    (
        {
            "learning_rate": 1e30,
            "lr_schedule": None,
            "gradient_clip": None,
            "optimizer": "sgd",
        },
        {},
        r"non-finite in epoch 1 .*learning rate 1e\+30",
    ),
    ({"scale_inputs": False}, {"X": X * 1e200}, r"X contains a value too large"),
    ({}, {"X_val": X * 1e200, "y_val": Y}, r"X_val contains a value too large"),
    ({}, {"X_val": spoiled(X, np.nan), "y_val": Y}, r"Input X_val contains NaN"),
    ({}, {"X_val": X[:, :, 0], "y_val": Y}, r"X_val has shape \(40, 6\), but flat"),
    ({"validation_split": "tial"}, {}, r"validation_split='tial' must be 'auto'"),
    ({"validation_split": KFold}, {}, r"validation_split=.*KFold.* must be 'auto'"),
    ({"callbacks": ["foo"]}, {}, r"callbacks holds 'foo'"),
    ({"device": "meta"}, {}, r"device='meta' cannot be used"),
    ({}, {"groups": np.array([None, "a"] * 20)}, r"groups mixes labels"),
    ({"device": "hpu"}, {}, r"device='hpu' cannot be used"),
    ({"hidden_size": True}, {}, r"hidden_size=True must be a number"),
    ({"n_heads": True}, {}, r"n_heads=True must be a number"),
    ({"batch_size": True}, {}, r"batch_size=True must be a number"),
    ({"learning_rate": True}, {}, r"learning_rate=True must be a number"),
    ({"weight_decay": 1e9}, {}, r"weight_decay=1000000000\.0 with learning_rate=0\.01"),
    ({"weight_decay": 1e9, "optimizer": "sgd"}, {}, r"weight_decay=1000000000\.0"),
    ({}, {"X": (X, Y)}, r"X is a tuple of two inputs with 3 and 1 axes"),
    ({}, {"X": ([*X], Y)}, r"X is a tuple of two inputs"),
    ({}, {"X": frame(kind=["a", "b"] * 20)}, r"X has a column 'kind' of type \w+"),
    ({}, {"X": frame(kind=pd.Categorical(["a", "b"] * 20))}, r"'kind' of type categ"),
    ({}, {"X": frame(when=DAYS)}, r"X has a column 'when' of type datetime64"),
    ({}, {"X": pd.DataFrame({"when": DAYS})}, r"'when' of type datetime64"),
    ({}, {"X": [pd.DataFrame(x) for x in X[1:]] + [WORDS]}, r"X\[39\] has a column"),
    (
        {},
        {"X": torch.zeros(40, 6, 2).to_sparse()},
        r"X is a tensor of layout torch\.sp",
    ),
    ({}, {"X": torch.zeros(40, 6, 2, device="meta")}, r"X is a tensor.*'meta'"),
    ({}, {"y": torch.zeros(40, device="meta")}, r"y is a tensor.*'meta'"),
    ({}, {"sample_weight": torch.zeros(40, device="meta")}, r"sample_weight is a ten"),
]


def test_a_classifier_does_not_look_for_an_order_of_its_samples():
    model = LSTMAttentionClassifier(**FAST, validation_split="auto")
    with pytest.raises(ValueError, match="split='auto' must be 'random', 'tail' or an"):
        model.fit(X, Y > 0)


@pytest.mark.parametrize(("parameters", "arguments", "message"), BAD_FITS)
def test_a_bad_fit_is_explained_and_changes_nothing(parameters, arguments, message):
    model = LSTMAttentionRegressor(**FAST).fit(X, Y)
    before, state = model.predict(X), dict(vars(model))
    model.set_params(**parameters)
    with pytest.raises((ValueError, TypeError), match=message):
        model.fit(**{"X": X, "y": Y} | arguments)
    model.set_params(**LSTMAttentionRegressor(**FAST).get_params())
    assert {name: id(value) for name, value in vars(model).items()} == {
        name: id(value) for name, value in state.items()
    }
    np.testing.assert_array_equal(model.predict(X), before)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (X[:, :, :1], r"X has 1 channels \(the last axis.*fitted on 2"),
        (X[:, :, 0], r"X has shape \(40, 6\), but flat rows.* 6 x 2 = 12 columns"),
        (X[0], r"X has shape \(6, 2\), but flat rows"),
        (spoiled(X, np.nan), r"Input X contains NaN"),
        (X[:0], r"0 sample"),
    ],
)
@pytest.mark.parametrize("method", ["predict", "transform", "predict_attention"])
def test_bad_input_to_a_fitted_model_is_explained(method, bad, message):
    model = LSTMAttentionRegressor(**FAST).fit(X, Y)
    with pytest.raises(ValueError, match=message):
        getattr(model, method)(bad)


@pytest.mark.parametrize(
    ("X_more", "y_more", "message"),
    [
        (X[:, :, :1], Y, r"X has 1 channels"),
        (X, np.ones((40, 2)), r"y has shape \(40, 2\).*was \(\) before"),
        (X, spoiled(Y, np.nan), r"Input y contains NaN"),
    ],
)
@pytest.mark.parametrize("method", ["partial_fit", "fit"])
def test_going_on_with_other_data_is_refused(method, X_more, y_more, message):
    model = LSTMAttentionRegressor(**FAST, warm_start=True).fit(X, Y)
    before = model.predict(X)
    with pytest.raises(ValueError, match=message):
        getattr(model, method)(X_more, y_more)
    np.testing.assert_array_equal(model.predict(X), before)
    assert model.n_iter_ == 1


def test_a_diverging_partial_fit_leaves_the_fitted_weights():
    model = LSTMAttentionRegressor(**FAST).fit(X, Y)
    before = model.predict(X)
    model.set_params(learning_rate=1e30, optimizer="sgd", gradient_clip=None)
    model.set_params(batch_size=8)
    with pytest.raises(ValueError, match="non-finite in epoch 2"):
        model.partial_fit(X, Y)
    np.testing.assert_array_equal(model.predict(X), before)


def test_score_wants_the_form_that_predictions_have():
    y = RNG.normal(size=(40, 3, 2))
    model = LSTMAttentionRegressor(**FAST).fit(X, y)
    with pytest.raises(ValueError, match=r"y has shape \(40, 2, 3\)"):
        model.score(X, y.transpose(0, 2, 1))


def test_huge_weights_count_like_small_ones():
    huge = LSTMAttentionRegressor(**FAST).fit(X, Y, np.full(40, 1e308))
    plain = LSTMAttentionRegressor(**FAST).fit(X, Y, np.ones(40))
    np.testing.assert_allclose(huge.predict(X), plain.predict(X), rtol=1e-5)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_feature_names_are_checked_as_scikit_learn_does(library):
    names = [f"t{i}" for i in range(6)]
    make = pytest.importorskip(library).DataFrame
    frame = make(dict(zip(names, X[:, :, 0].T, strict=True)))
    model = LSTMAttentionRegressor(**FAST).fit(frame, Y)
    assert model.feature_names_in_.tolist() == names
    plain = LSTMAttentionRegressor(**FAST).fit(X[:, :, 0], Y)
    np.testing.assert_array_equal(model.predict(frame), plain.predict(X[:, :, 0]))
    other = make({"other": X[:, 0, 0], **{name: frame[name] for name in names[1:]}})
    with pytest.raises(ValueError, match="feature names"):
        model.predict(other)
    with pytest.raises(ValueError, match="feature names"):
        model.fit(frame, Y, X_val=frame[names[::-1]], y_val=Y)


def test_longer_sequences_than_the_linear_skip_knows_are_refused():
    model = LSTMAttentionRegressor(**FAST, linear_skip=True).fit(X, Y)
    assert model.predict(X[:, :4]).shape == (40,)
    with pytest.raises(ValueError, match=r"12 time steps, but linear_skip.*at most 6"):
        model.predict(np.concatenate([X, X], axis=1))


def test_tensors_of_bfloat16_are_read():
    tensor = torch.from_numpy(X).bfloat16()
    model = LSTMAttentionRegressor(**FAST).fit(tensor, torch.from_numpy(Y).bfloat16())
    np.testing.assert_array_equal(model.predict(tensor), model.predict(tensor.float()))


@pytest.mark.parametrize("variant", [{}, {"attention": "scaled_dot"}])
def test_predictions_inside_autocast_are_those_outside(variant):
    model = LSTMAttentionRegressor(**FAST, **variant).fit(X, Y)
    with torch.autocast("cpu"):
        inside = model.predict(X), model.predict_attention(X), model.transform(X)
    outside = model.predict(X), model.predict_attention(X), model.transform(X)
    for one, other in zip(inside, outside, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_table_of_one_column_is_told_to_be_no_sequence():
    series = pd.DataFrame({"load": np.arange(30.0)})
    with pytest.warns(UserWarning, match="frame of one column.*make_windows cuts them"):
        LSTMAttentionRegressor(**FAST).fit(series, np.arange(30.0))
