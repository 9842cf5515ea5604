"""Fit, predict and save without any extra; `make release` runs this."""

import tempfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from sklearn.model_selection import GridSearchCV

import skattn
from skattn import LSTMAttentionClassifier, LSTMAttentionRegressor


def expect_message(extra, call):
    """Check that what needs an extra says how to install it."""
    message = ""
    try:
        call()
    except ImportError as error:
        message = str(error)
    assert f"skattn[{extra}]" in message, f"{extra}: {message!r}"


def main():
    """Run all that needs no extra, and look at what the rest says."""
    for package in ("matplotlib", "onnx", "pandas", "safetensors"):
        assert find_spec(package) is None, f"{package} is installed"
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 12, 2))
    y = X[:, 3, 0] * X[:, 7, 1]
    regressor = LSTMAttentionRegressor(max_epochs=2, random_state=0).fit(X, y)
    assert regressor.predict(X).shape == (200,)
    assert regressor.predict_attention(X).shape == (200, 12)
    assert regressor.transform(X).shape[0] == 200
    print(regressor.fit_summary_)
    classifier = LSTMAttentionClassifier(max_epochs=2, random_state=0)
    search = GridSearchCV(classifier, {"hidden_size": [4, 8]}, cv=2).fit(X, y > 0)
    assert search.predict_proba(X).shape == (200, 2)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        expect_message("persistence", lambda: skattn.save(regressor, path))
        expect_message("onnx", lambda: skattn.to_onnx(regressor, path))
    print(f"skattn {skattn.__version__} works without extras.")


if __name__ == "__main__":
    main()
