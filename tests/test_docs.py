"""Docstrings: examples run, and every public object is described as numpydoc wants."""

import doctest
import importlib
import inspect
import pkgutil
import re
import textwrap
import tomllib
from pathlib import Path

import numpy as np
import pytest
import sklearn.utils._param_validation
from numpydoc.validate import validate

import skattn
from skattn import LSTMAttentionRegressor

modern_numpy = pytest.mark.skipif(
    np.__version__.startswith("1."), reason="NumPy 1 writes numbers in another way"
)
ROOT = Path(__file__).parents[1]
WITH_TOOLKITS = {"skattn.adapters.aeon", "skattn.adapters.sktime"}  # tests/adapters
MODULES = [
    module.name
    for module in pkgutil.walk_packages(skattn.__path__, "skattn.")
    if module.name not in WITH_TOOLKITS
]
PUBLIC_MODULES = [
    "skattn",
    "skattn.datasets",
    "skattn.inspection",
    "skattn.metrics",
    "skattn.nn",
    "skattn.sequences",
]

GUIDE = sorted((ROOT / "docs" / "guide").glob("*.rst"))
PYTHON = re.compile(
    r"^(?P<indent> *)\.\. code-block:: python\n"
    r"(?P<options>(?:(?P=indent) +:.*\n)*)\n"
    r"(?P<code>(?:(?P=indent) +.*\n|\n)+)",
    re.MULTILINE,
)
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
IGNORED = set(SETTINGS["numpydoc_validation"]["checks"])  # "all" but these


TOP = {
    f"{module}.{name}"
    for module in PUBLIC_MODULES
    for name in importlib.import_module(module).__all__
}


def public_objects():
    for module in PUBLIC_MODULES:
        names = importlib.import_module(module).__all__
        for name in names:
            thing = getattr(importlib.import_module(module), name)
            if not (inspect.isclass(thing) or inspect.isfunction(thing)):
                continue
            yield f"{module}.{name}"
            if inspect.isclass(thing):
                for method, _ in inspect.getmembers(thing, inspect.isfunction):
                    own = method in vars(thing) or thing is LSTMAttentionRegressor
                    ours = getattr(thing, method).__module__.startswith("skattn")
                    if own and ours and not method.startswith("_"):
                        yield f"{module}.{name}.{method}"


@modern_numpy
@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_run(name):
    failed, _ = doctest.testmod(importlib.import_module(name))
    assert failed == 0


@modern_numpy
@pytest.mark.parametrize("name", skattn.__all__)
def test_examples_of_the_packages_own_classes_run(name):
    # doctest skips these in the modules where they stand, and their methods.
    runner = doctest.DocTestRunner()
    for test in doctest.DocTestFinder().find(getattr(skattn, name), name, module=False):
        runner.run(test)
    assert runner.summarize().failed == 0


@modern_numpy
@pytest.mark.parametrize(
    "page",
    [ROOT / "README.md", ROOT / "docs" / "index.rst", *GUIDE],
    ids=lambda page: page.stem,
)
def test_examples_in_the_guide_run_alone_in_an_empty_folder(
    page, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    failed, _ = doctest.testfile(str(page), module_relative=False)
    assert failed == 0
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    "page",
    sorted(path for path in GUIDE if PYTHON.search(path.read_text())),
    ids=lambda page: page.stem,
)
def test_code_of_the_guide_that_is_not_marked_runs(page, tmp_path, monkeypatch):
    text = page.read_text()
    assert not re.search(
        r"^ *(?!\.\. )\S.*::$", text, re.MULTILINE
    )  # language is named
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in PYTHON.finditer(text):
        code = textwrap.dedent(block["code"])
        compile(code, str(page), "exec")
        if ":class: not-run" not in block["options"]:
            exec(code, names)


@pytest.mark.parametrize("name", sorted(public_objects()))
def test_public_objects_pass_numpydoc(name):
    report = validate(name)
    # Methods are shown in the example of their class.
    ignored = IGNORED | ({"EX01"} if name not in TOP else set())
    errors = [
        f"{code}: {text}" for code, text in report["errors"] if code not in ignored
    ]
    assert errors == []


def test_constraints_signature_and_docstring_name_the_same_parameters():
    parameters = list(inspect.signature(LSTMAttentionRegressor).parameters)
    assert set(LSTMAttentionRegressor._parameter_constraints) == set(parameters)
    documented = [
        line.split(" : ")[0].strip()
        for line in inspect.getdoc(LSTMAttentionRegressor).splitlines()
        if " : " in line and not line.startswith(" ")
    ]
    assert documented[: len(parameters)] == parameters


def test_defaults_satisfy_their_own_constraints():
    sklearn.utils._param_validation.validate_parameter_constraints(
        LSTMAttentionRegressor._parameter_constraints,
        LSTMAttentionRegressor().get_params(deep=False),
        "LSTMAttentionRegressor",
    )


def test_docstrings_open_as_scikit_learns_do():
    riddles = ("Give ", "Say ", "Tell ", "Ask ", "Mind ", "Take over", "Bring ")
    opening = re.compile(r'"""(' + "|".join(riddles) + ")")
    found = [
        f"{path.name}: {match[0]}"
        for path in Path(skattn.__file__).parent.rglob("*.py")
        for match in opening.finditer(path.read_text())
    ]
    assert found == []
