"""Pictures of recorded results, drawn when the pages are built, for light and dark.

``generated/faith-light.svg`` and ``generated/faith-dark.svg``: error and scores of
models of segments by the strength of the penalty on contributions that cancel.
"""

import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from _hero import INKS, ORANGE
from _results import FOLDER

BLUE = "#3b82c4"
NAMES = {"engines": "engines, cycles", "electricity": "electricity demand, %"}
# How the table calls one network and the mean of four, and how their lines look.
KINDS = {
    "segments": {"ls": "-", "marker": "o", "ms": 4},
    "4 seeds": {"ls": "--", "marker": "D", "ms": 3.5},
}


def read_curves():
    """Return errors and scores by data, kind and penalty, and the error with states."""
    rows = json.loads((FOLDER / "faithfulness_segments.json").read_text())["rows"]
    curves = {}
    for name in NAMES:
        found, states = {kind: {} for kind in KINDS}, []
        for row in rows:
            if row["data"] != name:
                continue
            if row["method"] == "states":
                states.append(row["test_error"])
                continue
            measures = row["test_measures"]  # each with its confidence interval
            sizes = (measures[f"size_{name}"][0] for name in ("deletion", "insertion"))
            kind, penalty = row["method"].split(", penalty ")
            scores = (row["test_error"], *sizes)
            found[kind].setdefault(float(penalty), []).append(scores)
        curves[name] = found, np.mean(states)
    return curves


def draw(curves, ink, path):
    """Draw the error above the scores, a column for each data set."""
    names = ("text.color", "axes.labelcolor", "axes.edgecolor")
    names += ("xtick.color", "ytick.color")
    settings = dict.fromkeys(names, ink) | {"font.size": 10, "svg.hashsalt": "skattn"}
    with plt.rc_context(settings):
        figure, axes = plt.subplots(
            2, 2, figsize=(7.2, 4.6), sharex="col", layout="constrained"
        )
        for (top, bottom), (name, (found, states)) in zip(
            axes.T, curves.items(), strict=True
        ):
            top.axhline(states, color=ink, lw=1, ls=":", label="states")
            places = {p: place for place, p in enumerate(sorted(found["segments"]))}
            for kind, style in KINDS.items():
                mean = "" if kind == "segments" else ", mean of four"
                draw_kind(top, bottom, found[kind], places, style, mean)
            top.set_title(NAMES[name], loc="left", fontsize=10)
            bottom.set(ylim=(0.7, 1.05), xlabel="penalty")
            bottom.set_xticks([*places.values()], [f"{p:g}" for p in places])
        axes[0, 0].set_ylabel("error on test data")
        axes[1, 0].set_ylabel("score")
        for panel in axes[:, 1]:
            panel.legend(frameon=False, fontsize=8)
        for panel in axes.flat:
            panel.spines[["top", "right"]].set_visible(False)
        figure.savefig(path, transparent=True, metadata={"Date": None})
        plt.close(figure)


def draw_kind(top, bottom, found, places, style, mean):
    """Draw error and scores of one network, or of the mean of four."""
    penalties = sorted(found)
    values = np.array([np.mean(found[p], axis=0) for p in penalties]).T
    spreads = np.array([np.std(found[p], axis=0) for p in penalties]).T
    for panel, number, colour, label in (
        (top, 0, ORANGE, "segments"),
        (bottom, 1, BLUE, "deletion"),
        (bottom, 2, ORANGE, "insertion"),
    ):
        panel.errorbar(
            [places[p] for p in penalties],
            values[number],
            spreads[number],
            label=label + mean,
            color=colour,
            capsize=2,
            **style,
        )


def draw_all(app):
    """Draw all pictures for both themes."""
    folder = Path(app.srcdir) / "generated"
    folder.mkdir(exist_ok=True)
    curves = read_curves()
    for theme, (ink, _) in INKS.items():
        draw(curves, ink, folder / f"faith-{theme}.svg")


def setup(app):
    """Draw before pages are read."""
    app.connect("builder-inited", draw_all)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
