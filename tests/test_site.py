"""The parts of the documentation that its own build would notice only when it runs."""

import importlib
import inspect
import json
import re
from pathlib import Path

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
