"""The example that the README promises."""

import json
import sys


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
