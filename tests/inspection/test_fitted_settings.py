"""Fitted state decides, not parameters that were set after fit; the probe is typed."""

import inspect

import numpy as np
import pandas as pd
import pytest

from skattn import LSTMAttentionRegressor
from skattn._probe import Probe as OwnProbe
from skattn.inspection import (
    AttentionDisplay,
    attention_faithfulness,
    attention_frame,
    conicity,
    gradient_importance,
    occlusion_importance,
    timestep_permutation_importance,
)
from skattn.inspection._estimators import (
    Architecture,
    Probe,
    Schema,
    find_probe,
    read_settings,
)
from skattn.nn._build import Architecture as OwnArchitecture
from skattn.sequences import to_tslearn
from skattn.sequences._schema import Schema as OwnSchema

from .conftest import Linear

RNG = np.random.default_rng(0)
X = RNG.normal(size=(30, 7, 3))
TARGETS = RNG.normal(size=(30, 3, 2)) + X[:, :3, :2]
LENGTHS = RNG.integers(3, 8, 30)
PADDED = to_tslearn([x[:n] for x, n in zip(X, LENGTHS, strict=True)])
FAST = {"hidden_size": 8, "max_epochs": 2, "early_stopping": False, "random_state": 0}

# Parameters of the fit, X, y, and what the parameters are changed to afterwards.
CHANGES = {
    "patches": ({"patch_size": 3}, X, TARGETS, {"patch_size": 2, "values": "inputs"}),
    "targets": (
        {"channel_independent": True, "target_channels": [0, 1], "decoder": "lstm"},
        X,
        TARGETS,
        {"channel_independent": False, "target_channels": None, "decoder": "dense"},
    ),
    "alone": (
        {"channel_independent": True, "target_channels": [0, 1]},
        X,
        TARGETS[:, :2],
        {"channel_independent": False},
    ),
    "padding": (
        {"padding_value": np.nan, "values": "inputs"},
        PADDED,
        X[:, 2, 0],
        {"padding_value": None, "values": "states", "missing": "forward"},
    ),
    "padding comes": ({}, np.abs(X), X[:, 2, 0], {"padding_value": 0.0}),
    "rows": (
        {"n_timesteps": 7},
        X.reshape(30, -1),
        X[:, 2, 0],
        {"n_timesteps": 3, "scale_inputs": False, "patch_size": 4},
    ),
}


def _inspect(model, X, y):
    """Return all that inspection tells of a model."""
    report = attention_faithfulness(model, X, max_samples=10, random_state=0)
    shuffled = timestep_permutation_importance(model, X, y, n_repeats=1, random_state=0)
    arrays = [
        *(
            occlusion_importance(model, X, replacement=r)
            for r in ("mean", "interpolate")
        ),
        gradient_importance(model, X, n_steps=5),
        conicity(model, X),
        shuffled.importances,
    ]
    if model.predict_attention(X).ndim < 4:
        arrays.append(AttentionDisplay.from_estimator(model, X).weights)
    return str(report), report.deletion, arrays, attention_frame(model, X)


@pytest.mark.parametrize("name", [*CHANGES])
def test_parameters_set_after_fit_change_nothing(name):
    parameters, X, y, changes = CHANGES[name]
    if name == "padding comes":
        X = X.copy()
        X[:, -1] = 0.0  # would be padding
    model = LSTMAttentionRegressor(**FAST, **parameters).fit(X, y)
    text, deletion, arrays, frame = _inspect(model, X, y)
    assert not any(
        line.startswith("tau_gradient: Not measured") for line in text.splitlines()
    )
    model.set_params(**changes)
    again = _inspect(model, X, y)
    assert again[0] == text
    np.testing.assert_array_equal(again[1], deletion)
    for array, expected in zip(again[2], arrays, strict=True):
        np.testing.assert_array_equal(array, expected)
    pd.testing.assert_frame_equal(again[3], frame)


def test_other_estimators_are_read_by_their_attributes():
    model = Linear(np.ones(4))
    assert find_probe(model) is None
    assert read_settings(model).patch_size is None
    model.patch_size, model.padding_value, model.channel_independent = 2, -1.0, True
    settings = read_settings(model)
    assert settings.n_timesteps is None
    assert settings.patch_size == 2
    assert settings.padding_value == -1.0
    assert settings.channel_independent
    padded = np.array([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, -1.0, -1.0]])[:, :, None]
    assert (occlusion_importance(model, padded)[1, 2:] == 0).all()


@pytest.mark.parametrize(
    ("protocol", "own"),
    [(Probe, OwnProbe), (Architecture, OwnArchitecture), (Schema, OwnSchema)],
)
def test_protocols_describe_the_probe_of_own_estimators(protocol, own):
    """Inspection must not import these classes, so that mypy cannot compare them."""
    fields = own.__dataclass_fields__
    for name, member in vars(protocol).items():
        if isinstance(member, property):
            assert name in fields or isinstance(vars(own)[name], property)
        elif inspect.isfunction(member) and not name.startswith("_"):
            expected = inspect.signature(getattr(own, name)).parameters
            assert [*inspect.signature(member).parameters] == [*expected]
