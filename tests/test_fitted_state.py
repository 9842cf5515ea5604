"""What was fitted decides, whatever the parameters say afterwards."""

import re

import numpy as np
import pandas as pd
import pytest

from skattn import (
    LSTMAttentionClassifier,
    LSTMAttentionPointer,
    LSTMAttentionRegressor,
)
from skattn.sequences import OverTime, Sequences

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 6, 2))
Y = X[:, 3, 0]
GAPS = np.where(RNG.uniform(size=X.shape) < 0.2, np.nan, X)
PADDED = np.where(
    (np.arange(6) < RNG.integers(2, 7, size=60)[:, None])[..., None], X, -9
)
FAST = {"hidden_size": 4, "max_epochs": 2, "random_state": 0}
BOTH = pytest.mark.parametrize(
    ("kind", "y", "answer"),
    [
        (LSTMAttentionRegressor, Y, "predict"),
        (LSTMAttentionClassifier, Y > 0, "predict_proba"),
    ],
)


@BOTH
def test_missing_set_after_fit_does_not_reach_predictions(kind, y, answer):
    model = kind(**FAST).fit(X, y)
    expected = getattr(model, answer)(X)
    model.set_params(missing="mask")
    np.testing.assert_array_equal(getattr(model, answer)(X), expected)
    with pytest.raises(ValueError, match="Input X contains NaN"):
        getattr(model, answer)(GAPS)


@BOTH
@pytest.mark.parametrize("fitted", ["mask", "forward"])
def test_gaps_are_taken_as_they_were_in_fit(kind, y, answer, fitted):
    model = kind(**FAST, missing=fitted).fit(GAPS, y)
    expected = getattr(model, answer)(GAPS)
    assert np.isfinite(expected).all()
    for other in ("error", "mask", "forward"):
        model.set_params(missing=other)
        np.testing.assert_array_equal(getattr(model, answer)(GAPS), expected)


@BOTH
def test_padding_is_what_it_was_in_fit(kind, y, answer):
    model = kind(**FAST, padding_value=-9).fit(PADDED, y)
    expected = getattr(model, answer)(PADDED)
    for other in (None, 0.0, np.nan):
        model.set_params(padding_value=other)
        np.testing.assert_array_equal(getattr(model, answer)(PADDED), expected)


@pytest.mark.parametrize(
    ("fitted", "changed", "data"),
    [
        ({"missing": "mask"}, {"missing": "forward"}, GAPS),
        ({"missing": "error"}, {"missing": "mask"}, X),
        ({"padding_value": -9}, {"padding_value": None}, PADDED),
        ({"n_timesteps": 6}, {"n_timesteps": 3}, X.reshape(60, -1)),
    ],
    ids=str,
)
def test_a_change_where_training_goes_on_is_refused_by_name(fitted, changed, data):
    model = LSTMAttentionRegressor(**FAST, **fitted, warm_start=True).fit(data, Y)
    expected = model.predict(data)
    model.set_params(**changed)
    for train in (model.fit, model.partial_fit):
        with pytest.raises(ValueError, match=f"{next(iter(changed))}=.*cannot change"):
            train(data, Y)
    np.testing.assert_array_equal(model.predict(data), expected)
    model.set_params(**fitted).partial_fit(data, Y)


def test_padding_with_nan_is_no_change():
    padded = np.where(PADDED == -9, np.nan, PADDED)
    model = LSTMAttentionRegressor(**FAST, padding_value=np.nan).fit(padded, Y)
    model.set_params(padding_value=float("nan")).partial_fit(padded, Y)


def test_lifted_transformers_keep_their_padding():
    from sklearn.preprocessing import StandardScaler

    lifted = OverTime(StandardScaler(), padding_value=-9).fit(PADDED)
    expected = lifted.transform(PADDED)
    lifted.set_params(padding_value=None)
    np.testing.assert_array_equal(lifted.transform(PADDED), expected)


@pytest.mark.parametrize("number", [-999.9, np.float64(-999.9), np.float32(-999.9)])
def test_padding_of_another_float_type_is_found(number):
    padded = np.where(PADDED == -9, number, PADDED).astype(np.float32)
    model = LSTMAttentionRegressor(**FAST, padding_value=number).fit(padded, Y)
    lengths = (PADDED != -9).all(2).sum(1)
    listed = [x[:n].astype(np.float32) for x, n in zip(X, lengths, strict=True)]
    expected = LSTMAttentionRegressor(**FAST).fit(listed, Y).predict(listed)
    np.testing.assert_allclose(model.predict(padded), expected, atol=1e-6)


def frames(columns):
    return [pd.DataFrame(x, columns=["a", "b"])[columns] for x in X]


def test_every_frame_of_a_list_is_checked_against_the_fitted_columns():
    model = LSTMAttentionRegressor(**FAST).fit(frames(["a", "b"]), Y)
    expected = model.predict(X)
    np.testing.assert_array_equal(model.predict(frames(["a", "b"])), expected)
    later = [X[0], *frames(["b", "a"])[1:]]  # the first one has no names
    for wrong in (frames(["b", "a"]), later):
        with pytest.raises(ValueError, match=r"feature names|same columns"):
            model.predict(wrong)
    with pytest.raises(ValueError, match=r"X\[1\] has the columns"):
        model.predict([frames(["a", "b"])[0], *frames(["b", "a"])[1:]])


def test_names_come_from_the_first_frame_wherever_it_stands():
    mixed = [X[0], *frames(["a", "b"])[1:]]
    model = LSTMAttentionRegressor(**FAST, target_channels="b")
    model.fit(mixed, X[:, 3, 1])
    assert model.feature_names_in_.tolist() == ["a", "b"]


@BOTH
def test_one_step_of_many_channels_is_warned_about(kind, y, answer):
    swapped = X[:, :, :1].transpose(0, 2, 1)  # aeon's and sktime's axes
    for data in (swapped, [*swapped]):
        with pytest.warns(UserWarning, match=r"one time step and 6.*from_aeon"):
            kind(**FAST).fit(data, y)


@pytest.mark.parametrize(
    ("kind", "y"),
    [
        (LSTMAttentionRegressor, Y),
        (LSTMAttentionClassifier, Y > 0),
        (LSTMAttentionPointer, [[1, 2]] * len(Y)),
    ],
)
def test_what_fit_sets_is_documented(kind, y):
    model = kind(**FAST).fit(X, y)
    text = kind.__doc__.split("Attributes\n")[1].split("References\n")[0]
    fixed = set()
    if kind is LSTMAttentionPointer:  # no choice, and nothing goes past its attention
        fixed = {f"{name}_" for name in (*kind._fixed, "attention_share")}
    names = {name for name in dir(model) if re.fullmatch(r"[a-z]\w*_", name)}
    assert not names - fixed - {*re.findall(r"\w+_\b", text)}


@pytest.mark.parametrize(
    ("kind", "y"),
    [
        (LSTMAttentionRegressor, Y),
        (LSTMAttentionClassifier, Y > 0),
        (LSTMAttentionPointer, [1] * len(Y)),
    ],
)
def test_what_is_documented_is_there_after_some_fit(kind, y):
    text = kind.__doc__.split("Attributes\n")[1].split("References\n")[0]
    heads = re.findall(r"^    (\S.*(?:\\\n    .*)*) : ", text, flags=re.MULTILINE)
    documented = {name for head in heads for name in re.findall(r"\w+_\b", head)}
    options = FAST | {"embedding_size": 2, "categorical_features": [1]}
    if kind is LSTMAttentionRegressor:
        options |= {"loss": "quantile", "quantile": [0.1, 0.5]}
    frames = [pd.DataFrame({"a": x[:, 0], "b": x[:, 1] > 0}) for x in X]
    static = pd.DataFrame({"kind": np.where(Y > 0, "x", "y")})
    sequences = Sequences(frames, static=static)
    additive = {"values": "inputs", "conv_layers": 0}
    if kind is LSTMAttentionPointer:
        additive = {}
    models = [kind(**options).fit(sequences, y), kind(**FAST, **additive).fit(X, y)]
    missing = {name for name in documented if not any(hasattr(m, name) for m in models)}
    assert not missing


@pytest.mark.parametrize("kinds", [("f2",), ("f4", "f8"), ("f2", "f4"), ("f2", "f8")])
def test_padding_is_found_after_a_change_of_the_float_type(kinds):
    padded = np.where(PADDED == -9, -7.1, PADDED)
    for kind in kinds:
        padded = padded.astype(kind)
    model = LSTMAttentionRegressor(**FAST, padding_value=-7.1).fit(padded, Y)
    lengths = (PADDED != -9).all(2).sum(1)
    found = model.predict_attention(padded, as_list=True)
    assert [len(row) for row in found] == lengths.tolist()


def test_a_value_near_the_padding_is_data():
    near = np.where(PADDED == -9, float(np.float16(-7.1)), PADDED)
    model = LSTMAttentionRegressor(**FAST, padding_value=-7.1).fit(near, Y)
    assert {len(row) for row in model.predict_attention(near, as_list=True)} == {6}
