"""Do the tests notice wrong code? Break the code at random and run a folder's tests.

A mutant is the package with one change: another operator or comparison, a condition
turned round, another number. Each runs in a copy of the tree against the tests of its
folder alone; those that no test notices are listed.

    python -m benchmarks.mutants --count 200 --seed 0
    python -m benchmarks.mutants --lines skattn/nn/_dropout.py:29
"""

import argparse
import ast
import builtins
import multiprocessing
import os
import queue
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
FOLDERS = ("nn", "sequences", "training", "inspection")
OPERATORS: dict[type, list[type]] = {
    ast.Add: [ast.Sub],
    ast.Sub: [ast.Add],
    ast.Mult: [ast.Div],
    ast.Div: [ast.Mult],
    ast.FloorDiv: [ast.Mult],
    ast.Mod: [ast.Mult],
    ast.Pow: [ast.Mult],
    ast.MatMult: [ast.Mult],
    ast.LShift: [ast.RShift],
    ast.RShift: [ast.LShift],
    ast.BitAnd: [ast.BitOr],
    ast.BitOr: [ast.BitAnd],
    ast.Lt: [ast.LtE, ast.GtE],
    ast.LtE: [ast.Lt, ast.Gt],
    ast.Gt: [ast.GtE, ast.LtE],
    ast.GtE: [ast.Gt, ast.Lt],
    ast.Eq: [ast.NotEq],
    ast.NotEq: [ast.Eq],
    ast.Is: [ast.IsNot],
    ast.IsNot: [ast.Is],
    ast.In: [ast.NotIn],
    ast.NotIn: [ast.In],
    ast.And: [ast.Or],
    ast.Or: [ast.And],
}
# A process that has imported these starts each run, which spares it seconds.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    [
        "torch",
        "skorch",
        "sklearn.utils.estimator_checks",
        "pandas",
        "polars",
        "scipy.stats",
        "matplotlib.pyplot",
    ]
)
TEXT_OR_LIST = (ast.JoinedStr, ast.List, ast.ListComp, ast.Tuple)


class Mutant(NamedTuple):
    """A change of one piece of a file."""

    path: str
    line: int
    before: str
    after: str
    start: int  # bytes from the start of the file
    end: int


def find_mutants(path: Path) -> list[Mutant]:
    """List all changes of a file that are tried, in the order of its lines."""
    source = path.read_bytes()
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found: set[Mutant] = set()
    for node in _walk(ast.parse(source)):
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[node.end_lineno - 1] + node.end_col_offset
        before = source[start:end].decode()
        name = str(path.relative_to(ROOT))
        found.update(
            Mutant(name, node.lineno, before, after, start, end)
            for after in _change(node)
        )
    return sorted(found, key=lambda mutant: (mutant.start, mutant.end, mutant))


def _walk(node: ast.AST) -> Iterator[Any]:
    """Give what may be changed: no annotations, no texts, nothing said in errors.

    Nor is ``strict=True``, which is there for mistakes that the code does not make.
    """
    is_warning = isinstance(node, ast.Call) and "warn" in ast.unparse(node.func)
    is_strict = isinstance(node, ast.keyword) and node.arg == "strict"
    if isinstance(node, ast.Raise | ast.JoinedStr) or is_warning or is_strict:
        return
    if isinstance(node, ast.expr):
        yield node
    for name, part in ast.iter_fields(node):
        if name not in ("annotation", "returns"):
            for child in part if isinstance(part, list) else [part]:
                if isinstance(child, ast.AST):
                    yield from _walk(child)
    if isinstance(node, ast.If | ast.IfExp | ast.While):
        yield from _turned(node.test)
    if isinstance(node, ast.comprehension):
        for test in node.ifs:
            yield from _turned(test)


def _turned(test: ast.expr) -> Iterator[ast.expr]:
    """Give a condition that no other change turns round, marked for `_change`."""
    if not isinstance(test, ast.Compare) or len(test.ops) > 1:
        copy: Any = ast.Expression(test)
        for name in ("lineno", "col_offset", "end_lineno", "end_col_offset"):
            setattr(copy, name, getattr(test, name))
        yield copy


def _change(node: Any) -> Iterator[str]:
    """Give the code of each change of one expression."""
    if isinstance(node, ast.Expression):
        yield f"(not ({ast.unparse(node.body)}))"
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float, bool):
        value = node.value
        other = not value if isinstance(value, bool) else value + 1
        yield f"({other})"
    elif isinstance(node, ast.UnaryOp):
        yield f"({ast.unparse(node.operand)})"
    elif isinstance(node, ast.BinOp | ast.BoolOp) and not _is_plain(node):
        for other in OPERATORS.get(type(node.op), []):
            changed = {**vars(node), "op": other()}
            yield f"({ast.unparse(type(node)(**changed))})"
    elif isinstance(node, ast.Compare):
        for i, op in enumerate(node.ops):
            for other in OPERATORS[type(op)]:
                ops = [*node.ops[:i], other(), *node.ops[i + 1 :]]
                changed = ast.Compare(node.left, ops, node.comparators)
                yield f"({ast.unparse(changed)})"


def _is_plain(node: Any) -> bool:
    """Tell unions of types and sums of texts or lists, which would break at once."""
    parts = [node.left, node.right] if isinstance(node, ast.BinOp) else []
    if isinstance(node.op, ast.BitOr):
        types = [ast.unparse(part).rpartition(".")[2] for part in parts]
        return any(t == "None" or t[0].isupper() or t in dir(builtins) for t in types)
    return any(
        isinstance(part, TEXT_OR_LIST) or isinstance(getattr(part, "value", 0), str)
        for part in parts
    )


def order_tests(path: str) -> list[str]:
    """List the tests of a file's folder, those first that name most of what it has."""
    tree = ast.parse((ROOT / path).read_bytes())
    names = {part.name.strip("_") for part in tree.body if hasattr(part, "name")}
    files = sorted((ROOT / "tests" / path.split("/")[1]).glob("test_*.py"))
    counts = {file: sum(map(file.read_text().count, names)) for file in files}
    ranked = sorted(files, key=lambda file: -counts[file])
    return [str(file.relative_to(ROOT)) for file in ranked]


def run_tests(copy: Path, tests: list[str], limit: float | None) -> bool:
    """Run tests in a copy of the tree; tell whether all passed in time."""
    process = FORKS.Process(target=_run_pytest, args=(copy, tests))
    process.start()
    process.join(limit)
    if process.exitcode is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.join()
    return process.exitcode == 0


def _run_pytest(copy: Path, tests: list[str]) -> None:
    os.setsid()  # children of tests end with it
    silence = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(silence, stream)
    os.chdir(copy)
    os.environ["PYTHONPATH"] = str(copy)
    del os.environ["PYTHONWARNINGS"]
    sys.path.insert(0, str(copy))
    sys.dont_write_bytecode = True  # that of a mutant would outlive it
    import pytest

    code = pytest.main(["-x", "-q", "-p", "no:cacheprovider", *tests])
    os._exit(int(code))  # threads that a mutant left behind are not waited for


def use_copy(copies: "queue.Queue[Path]", use: Callable[[Path], bool]) -> bool:
    """Borrow a copy of the tree that nobody else uses."""
    copy = copies.get()
    try:
        return use(copy)
    finally:
        copies.put(copy)


def try_mutant(mutant: Mutant, copy: Path, limit: float) -> bool:
    """Tell whether a mutant survives."""
    source = (ROOT / mutant.path).read_bytes()
    file = copy / mutant.path
    file.write_bytes(
        source[: mutant.start] + mutant.after.encode() + source[mutant.end :]
    )
    os.utime(file, (0, 0))  # never that of the compiled original
    survives = run_tests(copy, order_tests(mutant.path), limit)
    shutil.copy2(ROOT / mutant.path, file)
    return survives


def choose(options: argparse.Namespace) -> list[Mutant]:
    """Draw the sample, or take all mutants of the given lines."""
    found = [
        mutant
        for folder in options.folders
        for path in sorted((ROOT / "skattn" / folder).rglob("*.py"))
        for mutant in find_mutants(path)
    ]
    if options.lines:
        return [m for m in found if f"{m.path}:{m.line}" in options.lines]
    count = min(options.count, len(found))
    return random.Random(options.seed).sample(found, count)


def describe(mutant: Mutant) -> str:
    """Give one line: where, what stood there, and what stands there now."""
    before, after = (" ".join(t.split()) for t in (mutant.before, mutant.after))
    return f"{mutant.path}:{mutant.line}: {before}  ->  {after}"


def main() -> None:
    """Try a sample of mutants and print those that survive."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--folders", nargs="+", default=FOLDERS)
    parser.add_argument("--lines", nargs="+", help="try all mutants of FILE:LINE")
    options = parser.parse_args()
    mutants = choose(options)
    os.environ["OMP_NUM_THREADS"] = "1"
    os.environ["CI"] = "1"  # hypothesis: the same examples each time, without deadline
    os.environ["PYTHONWARNINGS"] = (
        "ignore:resource_tracker"  # of tests that are cut off
    )
    skipped = shutil.ignore_patterns(".*", "build", "__pycache__", "docs", "results")
    with tempfile.TemporaryDirectory() as temporary:
        copies: queue.Queue[Path] = queue.Queue()
        for job in range(options.jobs):
            copies.put(copy := Path(temporary) / str(job))
            shutil.copytree(ROOT, copy, ignore=skipped)
            compiling = [sys.executable, "-m", "compileall", "-q", copy / "skattn"]
            subprocess.run(compiling, check=True)

        def time_plain(folder: str) -> float:
            began = time.monotonic()
            if not use_copy(
                copies, lambda copy: run_tests(copy, [f"tests/{folder}"], None)
            ):
                raise SystemExit(f"tests/{folder} fails without a mutant.")
            return 30 + 5 * (time.monotonic() - began)

        def answer(mutant: Mutant) -> bool:
            limit = limits[mutant.path.split("/")[1]]
            survives = use_copy(copies, lambda copy: try_mutant(mutant, copy, limit))
            print(describe(mutant) if survives else ".", file=sys.stderr, flush=True)
            return survives

        with ThreadPoolExecutor(options.jobs) as pool:
            folders = sorted({mutant.path.split("/")[1] for mutant in mutants})
            limits = dict(zip(folders, pool.map(time_plain, folders), strict=True))
            answers = list(pool.map(answer, mutants))
    survivors = sorted(m for m, lives in zip(mutants, answers, strict=True) if lives)
    print()
    for mutant in survivors:
        print(describe(mutant))
    killed = len(mutants) - len(survivors)
    print(f"{killed} of {len(mutants)} killed ({100 * killed / len(mutants):.1f} %)")


if __name__ == "__main__":
    main()
