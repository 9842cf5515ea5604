"""Count the checks of other toolkits, which run several for each name."""

from collections import Counter
from importlib.util import find_spec

import pytest

# `make test-adapters` has an environment with all of them.
NEEDED = {
    "test_aeon.py": "aeon",
    "test_ecosystem.py": "mlflow",
    "test_sktime.py": "sktime",
}
collect_ignore = [file for file, tool in NEEDED.items() if find_spec(tool) is None]

_COUNTS = pytest.StashKey[Counter]()


def pytest_configure(config):
    """Begin at none."""
    config.stash[_COUNTS] = Counter()


@pytest.fixture
def count(request):
    """Return a function that adds checks to those of an estimator."""

    def add(estimator, number):
        name = estimator if isinstance(estimator, type) else type(estimator)
        request.config.stash[_COUNTS][name.__name__] += number

    return add


def pytest_terminal_summary(terminalreporter, config):
    """Print how many checks each adapter passed."""
    counts = config.stash.get(_COUNTS, Counter())
    if counts:
        terminalreporter.section("checks of other toolkits that passed")
    for name, number in sorted(counts.items()):
        terminalreporter.write_line(f"{name}: {number}")
