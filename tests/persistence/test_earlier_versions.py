"""Files of earlier versions load, predict the same, and go on training."""

import pickle
import warnings
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

import skattn
from skattn import LSTMAttentionRegressor

from . import make_fixtures_0_2 as of_0_2
from .make_fixtures import CASES, FAST, NO_GRAPH, make_data, read_form

FOLDERS = [Path(__file__).parent / "data" / "0.1"]
FILES = [(folder, name) for folder in FOLDERS for name in CASES]
IDS = [f"{folder.name}-{name}" for folder, name in FILES]


def assert_near(one, other, spread=None):
    """Check that two answers differ by at most 1e-6 of their spread, and rounding.

    Processors differ by some bits of a float32, whose size is that of the answer: where
    shares are nearly equal, this is more than a millionth of the spread.
    """
    assert one.shape == other.shape
    spread = np.std(other) if spread is None else spread
    bits = 2 * np.finfo(np.float32).eps * np.abs(other).max()
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-6 * spread + bits)


@pytest.mark.parametrize(("folder", "name"), FILES, ids=IDS)
def test_a_file_predicts_as_it_did(folder, name):
    model = skattn.load(folder / f"{name}.safetensors")
    expected = np.load(folder / f"{name}.npz")
    taken = read_form(name, expected["X"])
    answer = getattr(model, "predict_proba", model.predict)(taken)
    assert_near(answer, expected["prediction"])
    # Weights sum to 1; where they are nearly equal their spread is rounding.
    weights = model.predict_attention(taken, unit="patch")
    assert_near(weights, expected["attention"], spread=1)
    assert_near(model.transform(taken), expected["context"])


@pytest.mark.parametrize(("folder", "name"), FILES, ids=IDS)
def test_a_file_goes_on_training(folder, name):
    model = skattn.load(folder / f"{name}.safetensors")
    X, y = make_data(name)
    if model.get_params().get("class_weight") == "balanced":
        model.set_params(class_weight=None)
    n_epochs = model.n_iter_
    assert (model.conv_layers_, model.max_epochs_, model.batch_size_) == (0, 3, 16)
    model.partial_fit(read_form(name, X), y)
    assert model.n_iter_ == n_epochs + 1


@pytest.mark.parametrize(("folder", "name"), FILES, ids=IDS)
def test_a_graph_predicts_as_it_did(folder, name):
    if name in NO_GRAPH:
        assert not (folder / f"{name}.onnx").exists()
        return
    session = onnxruntime.InferenceSession(folder / f"{name}.onnx")
    expected = np.load(folder / f"{name}.npz")
    answers = session.run(None, {"X": expected["X"]})
    for answer, key in zip(answers, ("prediction", "attention"), strict=False):
        spread = 1 if key == "attention" else 10 * np.std(expected[key])
        assert_near(answer, expected[key], spread)


@pytest.mark.parametrize("name", of_0_2.CASES)
def test_a_file_of_0_2_predicts_as_it_did_and_goes_on_training(name):
    model = skattn.load(of_0_2.FOLDER / f"{name}.safetensors")
    X, y = of_0_2.make_data(name)
    expected = np.load(of_0_2.FOLDER / f"{name}.npz")
    found = of_0_2.answers(model, X[:12])
    assert set(found) == set(expected)
    for key, answer in found.items():
        if answer.dtype.kind in "iU":
            np.testing.assert_array_equal(answer, expected[key])
        else:
            assert_near(answer, expected[key], 1 if key == "attention" else None)
    n_epochs = model.n_iter_
    assert model.partial_fit(X, y).n_iter_ == n_epochs + 1


@pytest.mark.parametrize("name", of_0_2.GRAPHS)
def test_a_graph_of_0_2_predicts_as_it_did(name):
    session = onnxruntime.InferenceSession(of_0_2.FOLDER / f"{name}.onnx")
    expected = np.load(of_0_2.FOLDER / f"{name}.npz")
    prediction, attention, *_ = session.run(None, {"X": of_0_2.make_data(name)[0][:12]})
    assert_near(prediction, expected["prediction"], 10 * expected["prediction"].std())
    assert_near(attention, expected["attention"], spread=1)


def test_a_pickle_of_another_version_is_warned_about_by_name():
    X = np.random.default_rng(0).normal(size=(20, 4, 2))
    model = LSTMAttentionRegressor(hidden_size=4, max_epochs=1).fit(X, X[:, 0, 0])
    state = model.__getstate__()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pickle.loads(pickle.dumps(model))
    other = LSTMAttentionRegressor.__new__(LSTMAttentionRegressor)
    with pytest.warns(UserWarning, match=r"pickled by skattn 0\.1\.0.*skattn\.save"):
        other.__setstate__(state | {"version": "0.1.0"})
    np.testing.assert_array_equal(other.predict(X), model.predict(X))


# The arguments that the guide lists under "The defaults of version 0.1".
DEFAULTS_OF_0_1 = {
    "conv_layers": 0,
    "patch_size": 1,
    "query": "last",
    "bidirectional": False,
    "passthrough": False,
    "dropout": 0.0,
    "learning_rate": 0.01,
    "max_epochs": 30,
    "early_stopping": False,
}
FORECASTS_OF_0_1 = {
    "anchor": False,
    "linear_skip": False,
    "loss": "squared_error",
    "scale_windows": False,
    "validation_split": "random",
}


@pytest.mark.filterwarnings("ignore")  # of offsets, as the fixtures were made
@pytest.mark.parametrize("name", CASES)
def test_the_arguments_of_0_1_train_what_0_1_trained(name):
    kind, parameters = CASES[name]
    settings = DEFAULTS_OF_0_1
    if name.startswith("regressor"):
        settings = settings | FORECASTS_OF_0_1
    X, y = make_data(name)
    model = kind(**settings | FAST | parameters).fit(read_form(name, X), y)
    expected = np.load(FOLDERS[0] / f"{name}.npz")
    taken = read_form(name, expected["X"])
    answer = getattr(model, "predict_proba", model.predict)(taken)
    spread = np.std(expected["prediction"])
    np.testing.assert_allclose(
        answer, expected["prediction"], rtol=0, atol=1e-4 * spread
    )


def test_a_file_without_scale_windows_is_trained_further_in_the_units_it_had():
    """Its "auto" is what the network was built with, whatever sizes come now."""
    model = skattn.load(FOLDERS[0].parent / "0.2" / "classifier_stem.safetensors")
    rng = np.random.default_rng(0)
    shape = (30, model.n_timesteps_in_, model.n_channels_in_)
    X = rng.normal(size=shape) * np.exp(4 * rng.normal(size=(30, 1, 1)))
    model.partial_fit(X, np.resize(model.classes_, 30))
    assert model.scale_windows_ is False
