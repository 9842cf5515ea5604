"""Pickles, copies and what they hold: plain arrays and settings, for all versions."""

import pickle
import pickletools
from copy import copy, deepcopy

import joblib
import numpy as np
import pytest
import torch

from skattn import LSTMAttentionRegressor
from skattn.training import choose_device

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 6, 2)) + [0, 5]
Y = X[:, 3, 0]


def fitted(**parameters):
    settings = {"hidden_size": 8, "max_epochs": 2, "random_state": 0} | parameters
    return LSTMAttentionRegressor(**settings).fit(X, Y)


def through_joblib(model, tmp_path):
    joblib.dump(model, tmp_path / "model.joblib")
    return joblib.load(tmp_path / "model.joblib")


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "rmsprop", "sgd"])
def test_training_goes_on_from_a_copy_with_the_same_bits(optimizer, tmp_path):
    model = fitted(optimizer=optimizer)
    copies = [
        deepcopy(model),
        copy(model),
        pickle.loads(pickle.dumps(model)),
        through_joblib(model, tmp_path),
    ]
    history = model.history_
    expected = model.partial_fit(X, Y).predict(X)
    for other in copies:
        assert other.history_ == history
        np.testing.assert_array_equal(other.partial_fit(X, Y).predict(X), expected)


def test_an_unfitted_estimator_keeps_its_parameters():
    model = LSTMAttentionRegressor(hidden_size=3, target_channels=[0, 1])
    other = pickle.loads(pickle.dumps(model))
    assert other.get_params() == model.get_params()
    assert not hasattr(other, "net_")


def test_a_pickle_names_no_class_of_torch_or_skorch():
    opcodes = pickletools.genops(pickle.dumps(fitted(), protocol=2))
    names = {str(arg) for op, arg, _ in opcodes if op.name == "GLOBAL"}
    assert "skattn LSTMAttentionRegressor" in names
    assert not [name for name in names if name.startswith(("torch", "skorch"))]


def test_a_state_is_a_snapshot():
    model = fitted()
    state = model.__getstate__()
    before = deepcopy(state["net"]["weights"])
    with torch.no_grad():
        for parameter in model.module_.parameters():
            parameter.zero_()
    for name, weights in before.items():
        np.testing.assert_array_equal(state["net"]["weights"][name], weights)


def test_what_an_accelerator_trained_loads_without_one():
    state = fitted().__getstate__()
    state["net"]["device"] = "cuda:7"
    with pytest.raises(ValueError, match="cuda:7"):
        choose_device("cuda:7")
    other = LSTMAttentionRegressor.__new__(LSTMAttentionRegressor)
    other.__setstate__(state)
    assert other.net_.device == "cpu"
    np.testing.assert_array_equal(other.predict(X), fitted().predict(X))


@pytest.mark.parametrize(
    "change",
    [{"format": 99, "version": "9.9"}, {"parameters": {"invented": 1}}],
)
def test_another_format_says_which_version_wrote_it(change):
    state = fitted().__getstate__() | {"version": "9.9"} | change
    other = LSTMAttentionRegressor.__new__(LSTMAttentionRegressor)
    with pytest.raises(ValueError, match=r"written by skattn 9\.9"):
        other.__setstate__(state)
    assert vars(other) == {}


def test_a_parameter_of_a_later_version_has_its_default():
    state = fitted().__getstate__()
    del state["parameters"]["gradient_clip"]
    other = LSTMAttentionRegressor.__new__(LSTMAttentionRegressor)
    other.__setstate__(state)
    assert other.gradient_clip == 1.0


def test_history_keeps_numbers_and_text_only():
    model = fitted()
    model.net_.history[-1].update(score=np.float32(0.5), note="good", junk=object())
    epoch = pickle.loads(pickle.dumps(model)).net_.history[-1]
    assert epoch["score"] == 0.5
    assert epoch["note"] == "good"
    assert "junk" not in epoch
