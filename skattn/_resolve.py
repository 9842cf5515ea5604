"""Parameters without "auto", and whether they go together."""

from ._rules import CONV_CHANNELS, Given, Rules, count_units
from ._seen import Seen
from .nn._scores import SCORES


def resolve_auto(
    given: Given,
    seen: Seen,
    known: dict[str, tuple[object, str]],
    rules: Rules,
) -> tuple[Given, dict[str, tuple[object, str]]]:
    """Return parameters without "auto", and what was chosen why.

    Parameters
    ----------
    given : dict
        The parameters by name.
    seen : Seen
        What the data are.
    known : dict of tuple
        Values and reasons that were chosen before, and are kept.
    rules : dict of callable
        By the name of the parameter, in their order.

    Returns
    -------
    given : dict
        A copy in which no parameter that has a rule is "auto".
    choices : dict of tuple
        Value and reason of each choice.
    """
    given, choices = dict(given), {}
    for name, rule in rules.items():
        if name == "embedding_size" and not seen.n_categories:
            given[name] = 0  # whatever was asked for
        if name == "segment_size" and given["values"] != "segments":
            given[name] = 0
        if given.get(name) == "auto":
            value, reason = known.get(name) or rule(given, seen)
            given[name], choices[name] = value, (value, reason)
    return given, choices


def check_together(given: Given) -> None:
    """Check that the values of parameters go together.

    Parameters
    ----------
    given : dict
        The parameters by name, without "auto".

    Raises
    ------
    ValueError
        If they have no meaning together.
    """
    _check_heads(given)
    _check_segments(given)
    _check_decay(given)


def _check_heads(given: Given) -> None:
    """Check that heads divide the size of a state, and of what stands next to it."""
    size, n_directions = count_units(given), 2 if given["bidirectional"] else 1
    beyond = ""
    if given["conv_layers"] and given["passthrough"]:
        size += CONV_CHANNELS
        beyond = f", and {CONV_CHANNELS} channels of the convolutions"
    names = ["self_attention_heads"]
    if given["attention"] in SCORES:
        names.append("n_heads")
    for name in names:
        heads = given[name]
        if given["passthrough"] and not given["conv_layers"] and heads not in (0, 1):
            raise ValueError(
                f"{name}={heads} does not go with passthrough=True, as heads cut "
                "states into parts of one size; with convolutions they do."
            )
        if isinstance(heads, int) and heads and size % heads:
            raise ValueError(
                f"{name}={heads} does not divide the states' size of {size} "
                f"(hidden_size={given['hidden_size']}, in {n_directions} "
                f"direction(s){beyond})."
            )


def _check_segments(given: Given) -> None:
    """Check that a segment is read in whole patches."""
    segment, patch = given["segment_size"], given["patch_size"]
    assert isinstance(segment, int)
    assert isinstance(patch, int)
    if segment % patch:
        raise ValueError(
            f"patch_size={patch} must divide segment_size={segment}, as segments are "
            "read in whole patches."
        )


def _check_decay(given: Given) -> None:
    rate, decay = given["learning_rate"], given["weight_decay"]
    assert isinstance(rate, int | float)
    assert isinstance(decay, int | float)
    if given["optimizer"] in ("adamw", "sgd") and rate * decay > 1:
        raise ValueError(
            f"weight_decay={decay!r} with learning_rate={rate!r} takes more than the "
            "whole of each weight in a step; their product must be at most 1."
        )
