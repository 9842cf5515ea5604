"""Plain sentences for the measures of a faithfulness report."""

import numpy as np

from ._intervals import Estimate

# Changes below this share of the output's spread are taken for none.
NEGLIGIBLE = 0.02


def say_agreement(estimate: Estimate, random: float, what: str) -> str:
    """Say how the weights' ranking agrees with another."""
    tau, low, _ = estimate
    if np.isnan(tau):
        return (
            f"All weights of a sample are equal, so that they rank nothing, and {what} "
            "cannot agree with them."
        )
    if low <= random:
        degree = "no better than random weights do"
    else:
        degree = _grade(tau, 0.6, "well", 0.3, "in part", "a little")
    return (
        f"The weights rank the steps as {what} does {degree} (mean Kendall tau; 1 is "
        "the same order, 0 none)."
    )


def say_score(estimate: Estimate, action: str) -> str:
    """Say what a deletion or insertion score means."""
    score, low, high = estimate
    if np.isnan(score):
        return "Not measured: replacing steps does not change the predictions at all."
    if low <= 0 <= high:
        return (
            f"{action} steps by their weights does no more than at random, since the "
            "interval contains 0: these weights do not tell what matters."
        )
    if high < 0:
        return (
            f"{action} steps by their weights does less than at random: the steps that "
            "matter have small weights."
        )
    degree = _grade(
        score, 0.8, "nearly as much as", 0.5, "much of what", "a part of what"
    )
    return (
        f"{action} steps by their weights does {degree} the greedy order does (1), "
        "counted from random orders (0)."
    )


def say_change(estimate: Estimate, how: str) -> str:
    """Say what other weights do to the predictions."""
    change = estimate[0]
    if change == 0:
        return (
            f"With {how} the predictions do not change at all: they do not depend on "
            "where the weights lie, and the weights explain nothing."
        )
    if change < NEGLIGIBLE:
        return (
            f"With {how} the predictions hardly change ({change:.1%} of their spread): "
            "very different weights give the same answers."
        )
    return (
        f"With {how} the predictions change by {change:.0%} of their spread: it "
        "matters where the weights lie."
    )


def say_conicity(estimate: Estimate, sums_inputs: bool) -> str:
    """Say how alike the states are, which need not be what is summed up."""
    if sums_inputs:
        return (
            "Mean cosine of the states with their mean. With values='inputs' the "
            "weights sum up inputs, and alike states do no harm."
        )
    degree = _grade(
        estimate[0],
        0.8,
        "hardly differ, so that any weights give nearly the same context",
        0.5,
        "resemble each other in part",
        "differ, so that weights can choose between them",
    )
    return f"The states of a sequence {degree} (mean cosine with their mean)."


def say_share(estimate: Estimate) -> str:
    """Say how much of the predictions' variation came through the attention."""
    share = estimate[0]
    if share == 1:
        return "All of a prediction goes through the attention."
    return (
        f"{share:.0%} of the variation of the predictions goes through the attention; "
        f"{1 - share:.0%} comes by anchor and linear_skip, of which the weights say "
        "nothing."
    )


def say_seeds(estimate: Estimate, n_refits: int) -> str:
    """Say how alike the weights of models are that differ in their seed."""
    degree = _grade(
        estimate[0],
        0.6,
        "agree",
        0.3,
        "agree in part",
        "do not agree: the same data support other weights as well",
    )
    return (
        f"The weights of {n_refits} models trained from other seeds {degree} (mean "
        "Kendall tau between them)."
    )


def _grade(
    value: float, high: float, good: str, middle: float, fair: str, poor: str
) -> str:
    if value >= high:
        return good
    return fair if value >= middle else poor
