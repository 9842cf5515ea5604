"""The pages of the estimators: parameters in groups, with an index in front.

The docstring of an estimator has one flat list of parameters, as numpydoc wants it. On
its page they stand in sections. numpydoc writes the docstring first; what it made of
parameters, attributes and references is then taken out, and put where the template of
the page asks for it by the directive ``docstring-part``.
"""

import re

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

GROUPS = {
    "Input": (
        "n_timesteps padding_value missing categorical_features min_frequency "
        "embedding_size embeddings scale_inputs"
    ),
    "Network": (
        "conv_layers patch_size hidden_size num_layers bidirectional passthrough "
        "dropout"
    ),
    "Attention": (
        "attention query n_heads normalizer self_attention_heads positions values "
        "segment_size cancellation_penalty state_bypass conicity_penalty"
    ),
    "Output": (
        "decoder teacher_forcing output_activation target_channels anchor linear_skip "
        "scale_windows channel_independent scale_targets loss quantile class_weight "
        "label_smoothing tolerance"
    ),
    "Training": (
        "optimizer learning_rate lr_schedule weight_decay gradient_clip batch_size "
        "max_epochs early_stopping validation_fraction validation_split "
        "n_iter_no_change tol callbacks warm_start"
    ),
    "Machine": "checkpoint device random_state verbose store_attention",
}
GROUPED = [
    "skattn.LSTMAttentionClassifier",
    "skattn.LSTMAttentionPointer",
    "skattn.LSTMAttentionRegressor",
]
HEADS = {":Parameters:": "parameters", ":Attributes:": "attributes"}
NAME = re.compile(r"\*\*(\w+)\*\*|(\w+)\b")
parts: dict[tuple[str, str], list[str]] = {}


def group_of(name):
    """Return the group of a parameter; one without a group is an error."""
    for group, names in GROUPS.items():
        if name in names.split():
            return group
    raise ExtensionError(f"docs/_parameters.py has no group for {name!r}.")


def take_parts(app, what, name, thing, options, lines):
    """Take parameters, attributes and references out of an estimator's docstring."""
    if what != "class" or name not in GROUPED:
        return
    kept, target = [], None
    # numpydoc's labels, such as R997753667d2b-16, are for pages of several docstrings.
    for line in (re.sub(r"\[R[0-9a-f]+-(\d+)\]", r"[\1]", line) for line in lines):
        if re.match(r"\.\. only:: latex|\s+(\[\d+\]_(, )?)+$", line):
            continue  # a list of the labels, for other forms of output
        if line.strip() in HEADS:
            target = parts[name, HEADS[line.strip()]] = []
        elif line.startswith(".. rubric:: References"):
            target = parts[name, "references"] = []
        elif line.startswith(".. rubric::") or (line.startswith(":") and target):
            target = None
            kept.append(line)
        else:
            (kept if target is None else target).append(line)
    lines[:] = kept


def shorten(app, what, name, thing, options, signature, returned):
    """Leave the parameters out of an estimator's signature: the index has them."""
    return ("(*, ...)", returned) if name in GROUPED else None


def split(lines):
    """Yield the name and the lines of each entry of a list of parameters."""
    indent = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
    entry = []
    for line in [*(line[indent:] for line in lines), "end"]:
        if line and not line[0].isspace():
            if entry:
                yield NAME.search(entry[0])[0].strip("*"), entry
            entry = []
        if line or entry:
            entry.append(line)


class DocstringPart(SphinxDirective):
    """Show the parameters of one group, the attributes, or the references."""

    required_arguments = 2

    def run(self):
        name, part = self.arguments
        if part == "references":
            return self.parse(parts[name, part])
        where = part if part == "attributes" else "parameters"
        shown = []
        for entry, lines in split(parts[name, where]):
            if part == "attributes" or group_of(entry) == part:
                parsed = self.parse(lines)
                term = next(node for node in parsed[0].findall(nodes.term))
                term["ids"].append(f"{where[:-1]}-{entry}")
                shown += parsed
        return shown

    def parse(self, lines):
        """Parse lines of the docstring."""
        parent = nodes.container()
        self.state.nested_parse(StringList(lines, self.arguments[0]), 0, parent)
        return parent.children


class ParameterIndex(SphinxDirective):
    """List the parameters of an estimator by group, with links to each."""

    required_arguments = 1

    def run(self):
        names = [name for name, _ in split(parts[self.arguments[0], "parameters"])]
        index = nodes.definition_list(classes=["parameter-index"])
        for group in GROUPS:
            links = nodes.paragraph()
            for name in names:
                if group_of(name) == group:
                    target = nodes.reference(refid=f"parameter-{name}", internal=True)
                    target += nodes.literal(text=name)
                    links += [target, nodes.Text(" ")]
            head = nodes.term(text=group)
            index += nodes.definition_list_item("", head, nodes.definition("", links))
        return [index]


def setup(app):
    """Take the parts after numpydoc has written them."""
    app.connect("autodoc-process-docstring", take_parts, priority=900)
    app.connect("autodoc-process-signature", shorten)
    app.add_directive("docstring-part", DocstringPart)
    app.add_directive("parameter-index", ParameterIndex)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
