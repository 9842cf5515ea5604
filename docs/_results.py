"""The directive ``results``: the table of a benchmark's result file."""

import json
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

FOLDER = Path(__file__).parent.parent / "benchmarks" / "results"


class Results(SphinxDirective):
    """Show a result file: table, notes, and where and when it was measured."""

    required_arguments = 1

    def run(self):
        path = FOLDER / f"{self.arguments[0]}.json"
        if not path.exists():
            raise self.error(f"There is no result file {path.name}; run the benchmark.")
        self.env.note_dependency(str(path))
        result = json.loads(path.read_text())
        lines = [".. list-table::", "   :header-rows: 1", "   :class: results", ""]
        for row in [result["columns"], *result["table"]]:
            lines += [f"   {'-' if i else '* -'} {c}" for i, c in enumerate(row)]
        lines = [line.replace("   - ", "     - ", 1) for line in lines]
        for note in result["notes"]:
            lines += ["", note]
        lines += [
            "",
            f"Measured on {result['date']} with {result['versions']}; "
            f"{result['processor']}.",
        ]
        parent = nodes.container()
        self.state.nested_parse(StringList(lines, str(path)), 0, parent)
        return parent.children


def setup(app):
    """Register the directive."""
    app.add_directive("results", Results)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
