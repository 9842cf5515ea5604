"""How much of the package is typed as anything at all.

mypy's ``disallow_any_explicit`` also counts each plain ``np.ndarray``, whose type NumPy
completes with Any, so that the word itself is counted here.
"""

import re
from pathlib import Path

import skattn

ROOT = Path(skattn.__file__).parent
COUNTS = {
    path.relative_to(ROOT).as_posix(): len(re.findall(r"\bAny\b", path.read_text()))
    for path in ROOT.rglob("*.py")
}


def test_estimators_targets_and_the_probe_are_typed_throughout():
    strict = re.compile(r"_(regressor|classifier|explain|history|probe)\.py|targets/.*")
    assert {name: n for name, n in COUNTS.items() if strict.fullmatch(name) and n} == {}


def test_few_values_are_typed_as_anything():
    assert sum(COUNTS.values()) < 150, {name: n for name, n in COUNTS.items() if n}
