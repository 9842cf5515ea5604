"""Paired rounds: every contender once a round, so that all see the same machine."""

import gc
from dataclasses import dataclass, field

import numpy as np

from .clock import now


@dataclass
class Rows:
    """The table so far.

    Parameters
    ----------
    rounds : int
        Rounds of each comparison.
    """

    rounds: int
    found: list = field(default_factory=list)

    def compare(self, work, contenders, targets, ours="skattn", rounds=None, warm=True):
        """Run contenders in turn, and note the ratio of ours to each other one.

        Parameters
        ----------
        work : str
            What they do.
        contenders : dict of callable
            Each does the work and returns its seconds, or None to be timed here.
        targets : dict of float
            The largest ratio that is wanted, by contender; those without one are
            noted for information.
        ours : str, default="skattn"
            Which contender the others are compared with.
        rounds : int, default=None
            Instead of those given to the table.
        warm : bool, default=True
            Whether all are called once before the first round.
        """
        seconds, errors = take_rounds(contenders, rounds or self.rounds, warm)
        for peer in contenders:
            if peer == ours:
                continue
            row = {"work": work, "peer": peer, "target": targets.get(peer)}
            error = errors.get(peer) or errors.get(ours)
            if error is not None:
                row["error"] = error
            else:
                row["seconds"] = seconds[ours]
                row["peer_seconds"] = seconds[peer]
                row["ratios"] = [*np.divide(seconds[ours], seconds[peer])]
            self.add(row)

    def add(self, row):
        """Note a row: of ratios, of one ``figure``, or of an ``error``."""
        if "ratios" in row:
            row["ratios"] = [float(ratio) for ratio in row["ratios"]]
            row["figure"] = float(np.median(row["ratios"]))
        self.found.append(row)
        print("  ".join(show(row)), flush=True)


def take_rounds(contenders, rounds, warm=True):
    """Give the seconds of each contender in each round, and the errors of others."""
    seconds, errors = {name: [] for name in contenders}, {}
    for turn in range(0 if warm else 1, rounds + 1):
        names = [name for name in contenders if name not in errors]
        for name in names if turn % 2 else reversed(names):
            try:
                taken = clock(contenders[name])
            except Exception as error:  # a peer that fails is named, not hidden
                errors[name] = first_line(error)
                continue
            if turn:  # the round before the first is for warming up
                seconds[name].append(taken)
    return seconds, errors


def clock(work):
    """Give the seconds that some work takes: its own figure if it returns one."""
    gc.collect()
    began = now()
    own = work()
    taken = now() - began
    return taken if own is None else own


def first_line(error):
    """Write an error in one line."""
    text = str(error).strip()
    kind = "" if type(error).__name__ == "PeerError" else f"{type(error).__name__}: "
    return (kind + (text.splitlines()[0] if text else "no message"))[:200]


def show(row):
    """Write a row for the table: work, peer, figure, range, target, met."""
    target, digits = row.get("target"), row.get("digits", 3)
    sign = ">=" if row.get("larger") else "<="
    wanted = "" if target is None else f"{sign} {target:.3g}"
    if "error" in row:
        met = "" if target is None else "not measured"
        return [row["work"], row["peer"], f"did not run: {row['error']}", wanted, met]
    figure = row["figure"]
    measured = f"{figure:.{digits}f}"
    if "ratios" in row:
        low, high = min(row["ratios"]), max(row["ratios"])
        few = f", {n} round{'s' * (n > 1)}" if (n := len(row["ratios"])) < 5 else ""
        measured += f" ({low:.{digits}f} to {high:.{digits}f}{few})"
    measured += row.get("unit", "")
    met = ""
    if target is not None:
        good = figure >= target if row.get("larger") else figure <= target
        met = "yes" if good else "no"
    return [row["work"], row["peer"], measured, wanted, met]
