"""The example that the README promises, and the form of the gallery's pages."""

import ast
import json
import subprocess
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import numpy as np
import pytest

import skattn

PAGES = sorted(Path("examples").rglob("plot_*.py"))


def test_the_electricity_demo_beats_ridge_and_shows_it(tmp_path, monkeypatch, capsys):
    monkeypatch.syspath_prepend("examples")
    monkeypatch.setattr(sys, "argv", ["demo", "--out", str(tmp_path)])
    import electricity_day_ahead

    electricity_day_ahead.main()

    results = json.loads((tmp_path / "results.json").read_text())
    assert set(results) == {"yesterday", "last_week", "ridge", "mlp", "skattn"}
    for row in results.values():
        assert set(row) == {"mape", "rmse", "seconds"}
    assert results["skattn"]["mape"] <= 1.50
    assert results["skattn"]["mape"] < results["ridge"]["mape"]
    for name in ("attention.png", "forecast.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
    shown = capsys.readouterr()
    assert "LSTMAttentionRegressor      1." in shown.out
    assert str(tmp_path / "attention.png") in shown.out
    assert "60/60" in shown.err


def test_the_server_answers_as_the_estimator_and_says_what_is_wrong(tmp_path):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 6, 2))
    model = skattn.LSTMAttentionRegressor(max_epochs=2, random_state=0)
    skattn.to_onnx(model.fit(X, X[:, 2, 0]), tmp_path / "model.onnx")
    command = [sys.executable, "examples/serve.py", tmp_path / "model.onnx", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            address = server.stdout.readline().split()[-1]
            answer = json.load(ask(address, {"X": X[:3].tolist()}))
            with pytest.raises(HTTPError) as refusal:
                ask(address, {"X": [[1.0]]})
            said = json.load(refusal.value)
        finally:
            server.terminate()
    np.testing.assert_allclose(answer["prediction"], model.predict(X[:3]), rtol=1e-4)
    weights = model.predict_attention(X[:3])
    np.testing.assert_allclose(answer["attention"], weights, atol=1e-5)
    assert refusal.value.code == 400
    assert said["error"]


def ask(address, content):
    return urlopen(Request(address, json.dumps(content).encode()), timeout=30)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_gallery_pages_have_a_title_blocks_and_a_place(page, monkeypatch):
    text = page.read_text(encoding="utf-8")
    title, line, _ = ast.get_docstring(ast.parse(text)).split("\n", 2)
    assert set(line) == {"="}
    assert len(line) == len(title)
    assert text.count("# %%\n") >= 3
    monkeypatch.syspath_prepend("docs")
    import _gallery

    assert _gallery.place(page) >= 0
    assert page.stem.removeprefix("plot_") in _gallery.SECTIONS[page.parent.name]
