"""The example that the README promises, and the form of the gallery's pages."""

import ast
import json
import sys
from pathlib import Path

import pytest

PAGES = sorted(Path("examples").glob("plot_*.py"))


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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_gallery_pages_have_a_title_blocks_and_a_place(page, monkeypatch):
    text = page.read_text(encoding="utf-8")
    title, line, _ = ast.get_docstring(ast.parse(text)).split("\n", 2)
    assert set(line) == {"="}
    assert len(line) == len(title)
    assert text.count("# %%\n") >= 3
    monkeypatch.syspath_prepend("docs")
    import _gallery

    assert _gallery.place(page) in range(len(PAGES))
