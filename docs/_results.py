"""The directive ``results``: the table of a benchmark's result file."""

import importlib
import json
import re
import sys
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "benchmarks" / "results"


class Results(SphinxDirective):
    """Show a result file: table, notes, and where and when it was measured.

    ``:configurations:`` names the module that measured it. What its rows were fitted
    with is then printed in full below the table. ``:rows:`` is a regular expression:
    only rows that it is found in are shown, their cells joined by " | ". ``:brief:``
    leaves out the notes, for a second table of the same file.
    """

    required_arguments = 1
    option_spec: ClassVar = {
        "configurations": directives.unchanged_required,
        "rows": directives.unchanged_required,
        "brief": directives.flag,
    }

    def run(self):
        path = FOLDER / f"{self.arguments[0]}.json"
        if not path.exists():
            raise self.error(f"There is no result file {path.name}; run the benchmark.")
        self.env.note_dependency(str(path))
        result = json.loads(path.read_text())
        wide = " wide" if len(result["columns"]) > 7 else ""
        lines = [
            ".. list-table::",
            "   :header-rows: 1",
            f"   :class: results{wide}",
            "",
        ]
        for row in fill_columns(
            [result["columns"], *self.choose_rows(result["table"])]
        ):
            lines += [f"   {'-' if i else '* -'} {c}" for i, c in enumerate(row)]
        lines = [line.replace("   - ", "     - ", 1) for line in lines]
        if "brief" not in self.options:
            for note in result["notes"]:
                lines += ["", note]
            lines += [
                "",
                f"Measured on {result['date']} with {result['versions']}; "
                f"{result['processor']}.",
            ]
        if "configurations" in self.options:
            lines += self.write_configurations(self.options["configurations"])
        parent = nodes.container()
        self.state.nested_parse(StringList(lines, str(path)), 0, parent)
        return parent.children

    def choose_rows(self, table):
        """Return the rows that are asked for; that there are none is an error."""
        pattern = self.options.get("rows", "")
        chosen = [row for row in table if re.search(pattern, " | ".join(row))]
        if not chosen:
            raise self.error(f"No row of {self.arguments[0]} has {pattern!r}.")
        return chosen

    def write_configurations(self, name):
        """Write the estimators of a benchmark as code, from what it runs itself."""
        module = importlib.import_module(name)
        self.env.note_dependency(module.__file__)
        lines = ["", ".. dropdown:: All parameters of the rows of skattn", ""]
        for row, parameters in module.CONFIGURATIONS.items():
            given = [f"{key}={value!r}," for key, value in parameters.items()]
            code = [f"{module.ESTIMATOR.__name__}(", *given, "random_state=seed,", ")"]
            body = [code[0], *(f"    {line}" for line in code[1:-1]), code[-1]]
            lines += ["   .. code-block:: python", f"      :caption: {row}", ""]
            lines += [*(f"      {line}" for line in body), ""]
        return lines


def fill_columns(rows):
    """Return the rows without columns that are empty, each deviation on one line."""
    kept = [i for i in range(len(rows[0])) if any(row[i] for row in rows[1:])]
    return [[keep_together(row[i]) for i in kept] for row in rows]


def keep_together(cell):
    """Write a cell whose signs stand on the line of the number that follows."""
    return (
        str(cell)
        .replace("± ", "±\N{NO-BREAK SPACE}")
        .replace("<= ", "≤\N{NO-BREAK SPACE}")
    )


def setup(app):
    """Register the directive, and find the benchmarks."""
    sys.path.insert(0, str(ROOT))
    app.add_directive("results", Results)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
