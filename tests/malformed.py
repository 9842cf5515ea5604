"""Random inputs, most of them malformed, and what may come of them."""

import math
import warnings

import numpy as np
from sklearn.exceptions import NotFittedError

from skattn import LSTMAttentionClassifier, LSTMAttentionRegressor

ODD_VALUES = [np.nan, np.inf, -np.inf, None, "a", 1e300, 1e-300, 2**70, 1j, True, b"x"]
ODD_PARAMETERS = {
    "n_timesteps": [0, 2, 3, -1, "2", 2.0, None],
    "padding_value": [np.nan, 0, -1.0, np.inf, "0", None],
    "missing": ["error", "mask", "forward", "drop", None],
    "patch_size": [1, 2, 9, 0],
    "n_heads": [1, 2, 3],
    "attention": ["additive", "feature", "location", "mean", "max", "last", "dots"],
    "decoder": ["dense", "lstm"],
    "values": ["states", "inputs"],
    "target_channels": [None, "all", 0, 5, [0, 1], [0, 0], "heat"],
    "anchor": [False, True],
    "linear_skip": [False, True, "ridge"],
    "channel_independent": [False, True],
    "early_stopping": [False, True],
    "validation_split": ["random", "tail", "none"],
    "loss": ["squared_error", "quantile"],
}


def try_one(seed):
    """Fit and predict on one random input; return what came of it.

    A finite answer of the right length is fine, and so is one of the three errors with
    a message; anything else is returned as a complaint.
    """
    rng = np.random.default_rng(seed)
    regression = rng.random() < 0.7
    cls = LSTMAttentionRegressor if regression else LSTMAttentionClassifier
    model = cls(hidden_size=2, max_epochs=1, random_state=0)
    known = model.get_params()
    for name in rng.choice([*ODD_PARAMETERS], rng.integers(0, 4), replace=False):
        if name in known:
            options = ODD_PARAMETERS[name]
            model.set_params(**{str(name): options[rng.integers(len(options))]})
    X = _make_x(rng)
    y = _make_y(rng, _count(X), regression)
    asked = _make_x(rng) if rng.random() < 0.3 else X
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if rng.random() > 0.05:
                model.fit(X, y)
            answers = model.predict(asked), model.transform(asked)
            weights = model.predict_attention(asked)
    except (ValueError, TypeError, NotFittedError) as error:
        return None if str(error).strip() else f"{seed}: no message in {error!r}"
    except Exception as error:  # what this looks for
        return f"{seed}: {type(error).__name__}: {error}"
    for answer in (*answers, weights):
        if len(answer) != _count(asked):
            return f"{seed}: {len(answer)} answers for {_count(asked)} samples"
        if answer.dtype.kind == "f" and not np.isfinite(answer).all():
            return f"{seed}: not finite"
    return None


def _count(X):
    try:
        return len(X)
    except TypeError:
        return 1


def _make_x(rng):
    n, steps, channels = rng.integers(0, 7), rng.integers(0, 7), rng.integers(0, 4)
    kind = rng.integers(9)
    if kind == 0:
        X = rng.normal(size=(n, steps))
    elif kind <= 3:
        X = rng.normal(size=(n, steps, channels))
    elif kind <= 6:
        X = [
            rng.normal(size=(rng.integers(rng.random() > 0.1, 6), channels))
            for _ in range(n)
        ]
    else:
        odd = [None, "abc", 3, {}, [[]], [1, 2], [[1], [1, 2]], np.array("x"), [[None]]]
        return odd[rng.integers(len(odd))]
    return _damage(rng, X)


def _damage(rng, X):
    """Put odd values, types and shapes into an input."""
    choice = rng.integers(8)
    if choice == 0 and len(X):
        value = ODD_VALUES[rng.integers(len(ODD_VALUES))]
        target = X[rng.integers(len(X))] if isinstance(X, list) else X
        if math.prod(np.shape(target)):
            try:
                target.flat[rng.integers(target.size)] = value
            except (TypeError, ValueError, OverflowError):
                changed = target.astype(object)
                changed.flat[0] = value
                return [changed, *X[1:]] if isinstance(X, list) else changed
    elif choice == 1 and isinstance(X, list) and X:
        wrong = [None, 3, np.ones((2, 9)), np.ones((2, 2, 2)), "x", np.ones(3)]
        return [*X, wrong[rng.integers(len(wrong))]]
    elif choice == 2 and not isinstance(X, list):
        kinds = ["f2", "f4", "i1", "u8", "b1", "c16", "O", "U4", "M8[s]"]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return X.astype("i8").astype(kinds[rng.integers(len(kinds))])
    elif choice == 3 and not isinstance(X, list):
        return X.tolist()
    return X


def _make_y(rng, n, regression):
    if not regression:
        return rng.choice(np.array(["a", "b", "c"]), n)
    kind = rng.integers(10)
    if kind < 5:
        return rng.normal(size=n)
    if kind == 5:
        return rng.normal(size=(n, rng.integers(0, 4)))
    if kind == 6:
        return rng.normal(size=(n, rng.integers(0, 3), rng.integers(0, 3)))
    if kind == 7:
        return rng.normal(size=n + 1)
    odd = [None, 3, "x", ["a"] * n, [np.nan] * n, [np.inf] * n, [1e300] * n, [[]] * n]
    return odd[rng.integers(len(odd))]
