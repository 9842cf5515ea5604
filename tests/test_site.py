"""The parts of the documentation that its own build would notice only when it runs."""

import importlib
import inspect
import json
import re
from pathlib import Path

import numpy as np
import pytest

import skattn

ROOT = Path(__file__).parents[1]
TABLES = {
    "cmapss": "cmapss",
    "electricity": "electricity",
    "epf": "epf_np",
    "etth1": "etth1",
    "m4": "m4_hourly",
    "quantiles": "quantiles",
    "vowels": "vowels",
}


@pytest.fixture
def load(monkeypatch):
    pytest.importorskip("sphinx")
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    return importlib.import_module


@pytest.mark.parametrize("name", ["Regressor", "Classifier", "Pointer"])
def test_every_parameter_has_one_group(load, name):
    groups = load("_parameters").GROUPS
    grouped = [parameter for names in groups.values() for parameter in names.split()]
    assert len(set(grouped)) == len(grouped)
    estimator = getattr(skattn, f"LSTMAttention{name}")
    assert set(inspect.signature(estimator).parameters) <= set(grouped)


def test_every_search_has_its_entry_on_its_page(load):
    for query, page in load("_search").EXPECTED.items():
        text = (ROOT / "docs" / f"{page}.rst").read_text()
        entries = re.findall(r"^ *\.\. index:: ! (.+)$", text, re.MULTILINE)
        assert query in [entry.lower() for entry in entries]


@pytest.mark.parametrize("name", TABLES)
def test_configurations_are_rows_of_their_table_and_make_estimators(name, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    module = importlib.import_module(f"benchmarks.published.{name}")
    path = ROOT / "benchmarks" / "results" / f"{TABLES[name]}.json"
    rows = {row[0] for row in json.loads(path.read_text())["table"]}
    assert set(module.CONFIGURATIONS) <= rows
    for parameters in module.CONFIGURATIONS.values():
        module.ESTIMATOR(**parameters)


def test_formulas_are_drawn_in_the_colour_of_the_text(load):
    drawn = load("_formulas").draw(r"\hat{x} = \gamma \, x")
    assert drawn.startswith("<svg")
    assert 'fill="currentColor"' in drawn
    assert r'aria-label="\hat{x} = \gamma \, x"' in drawn
    assert "#" not in re.sub(r"#[A-Za-z][\w-]+", "", drawn)  # no colour of its own


def test_dark_figures_turn_over_all_but_maps(load):
    figures = load("_figures")
    light = np.ones((10, 20, 3))
    light[2:4] = 0.0  # a black line
    light[5:9, 10:] = (0.0, 0.13, 0.3)  # the darkest colour of a map
    nothing = np.array([0.8, 0.8, 0.8])
    light[8, 10:] = nothing
    dark = figures.darken(light, [((0.5, 0.1, 1.0, 0.5), nothing)])
    np.testing.assert_allclose(dark[0, 0, 3], 0.0, atol=1e-9)  # white: the page
    np.testing.assert_allclose(dark[2, 0], 1.0)  # black: white, and opaque
    np.testing.assert_allclose(dark[5, 15], (0.0, 0.13, 0.3, 1.0))  # as it was
    assert dark[8, 15, 3] < 0.3  # no value: turned over


def test_only_maps_whose_large_values_are_bright_are_kept(load):
    figures = load("_figures")
    plt = pytest.importorskip("matplotlib.pyplot")
    figure, axes = plt.subplots(1, 3)
    axes[0].imshow([[0.0, 1.0]], cmap="cividis")
    axes[1].imshow([[0.0, 1.0]], cmap="PuOr")
    axes[2].plot([0, 1])
    maps = figures.find_maps(figure)
    plt.close(figure)
    assert len(maps) == 1


def test_results_can_be_cut_to_rows(load):
    directive = load("_results").Results
    own = directive.__new__(directive)
    own.options, own.arguments = {"rows": r"^b \| 1"}, ["speed"]
    table = [["a", "1"], ["b", "1"], ["b", "2"]]
    assert own.choose_rows(table) == [["b", "1"]]
    own.options = {}
    assert own.choose_rows(table) == table


def test_results_leave_out_empty_columns_and_keep_deviations_together(load):
    rows = [["work", "ratio", "target"], ["fit", "0.5 ± 0.1", ""], ["import", "1", ""]]
    expected = [["work", "ratio"], ["fit", "0.5 ±\xa00.1"], ["import", "1"]]
    assert load("_results").fill_columns(rows) == expected


def test_tables_of_speed_show_each_row_once():
    path = ROOT / "benchmarks" / "results" / "speed.json"
    rows = [" | ".join(row) for row in json.loads(path.read_text())["table"]]
    patterns = []
    for page in ("speed", "devices"):
        text = (ROOT / "docs" / "guide" / f"{page}.rst").read_text()
        found = re.findall(r"\.\. results:: speed\n   :rows: (.+)\n", text)
        patterns += found
    shown = [sum(bool(re.search(one, row)) for one in patterns) for row in rows]
    assert [row for row, times in zip(rows, shown, strict=True) if times != 1] == []
