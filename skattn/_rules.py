"""What "auto" means: a rule for each parameter, which reads the data.

The table of the rules, and how they were chosen, stand in the guide.
"""

from collections.abc import Callable
from itertools import zip_longest
from math import ceil

import numpy as np

from ._measures import (
    find_continued,
    measure_roughness,
    measure_typical_size,
    measure_usual_roughness,
)
from ._seen import Choice, Seen
from .nn._scores import SCORES
from .nn._skip import LINEAR_PATHS
from .training._ridge import LinearForm

Given = dict[str, object]

# Channels of each convolution.
CONV_CHANNELS = 64

# Windows whose sizes differ by more than this, from their first to their ninth tenth,
# are read in units of their own.
_SPREAD = 5.0

# Sequences that deviate by less than this share of what is usual in their channels are
# lost there: they are read in units of their own.
_LOST = 0.25

# If a typical window has less than this share of the mean squared change, a few windows
# hold all of it, as where a sensor failed.
_FEW_CHANGES = 0.02

# Changes of a target's own channel are the simple form: it is as good as the last value
# where a series moves on to levels that it never had. Levels, and other channels, must
# each lower the error by a tenth, in squares.
_LESS_SIMPLE = 1.2

# Training samples from which on a part is set aside to judge a forecast's network.
_ENOUGH_TO_JUDGE = 50

# Those from which on the path of windows in units of their own is trained.
_ENOUGH_TO_TRAIN = 300

# Steps of the LSTM that are left of a long sequence without convolutions.
_MOST_STEPS = 96

# Steps of the LSTM that a stem leaves of a long sequence.
_STEPS_AFTER_STEM = 24

# Segments that are left of a sequence: at best, at most, and those of one period.
_SEGMENTS, _MOST_SEGMENTS = 8, 10
_FEWEST_PERIODS, _MOST_PERIODS = 3, 14

# Steps of the LSTM in a segment, at most.
_STEPS_IN_SEGMENT = 12

# Steps of the optimiser that training takes at least.
_LEAST_STEPS = {True: 300, False: 1500}  # with a stem, without
_LEAST_EPOCHS = 30

# Times that a category comes in the mean, below which its vector is learned by heart.
_FEW = 50
_LEAST_WORDS = 200

# Steps of the optimiser that words take: more of them learn sentences by heart.
_WORD_STEPS = 600
_WORD_EPOCHS = 12

# Numbers in the vector of a category: at most, and at least where convolutions read
# nothing but vectors.
_LARGEST_VECTOR = 128
_SMALLEST_VECTOR = 32

# Batches: the largest power of 2 with which a pass has so many, in these bounds.
_BATCHES = 32
_SMALLEST_BATCH, _LARGEST_BATCH = 16, 256

# A channel is smooth if the mean square of its differences is below this share of its
# variance: what tells its sequences apart may then be far below its deviation. Numbers
# of such sequences are found by convolutions, those of others better without.
SMOOTH = 0.0625

# Below this, sequences are smooth to an LSTM: its steps tell much the same.
_GENTLE = 0.25

# Above this, for all channels, steps know nothing of each other: white noise has 2.
_UNRELATED = 1.5

_WORDS = "many words come seldom, and are soon learned by heart"


def _choose_early_stopping(given: Given, seen: Seen) -> Choice:
    if not seen.forecasts:
        return Choice(False, "all samples are trained on")
    closed = given.get("linear_skip") in ("auto", "ar", "arx")
    closed = closed and given["output_activation"] == "identity"
    if not closed or _trains_path(given, seen):
        return Choice(False, "all samples are trained on")
    if seen.n_samples < _ENOUGH_TO_JUDGE:
        return Choice(False, f"{seen.n_samples} samples are too few to set some aside")
    return Choice(True, "the last samples judge what the network adds to ridge")


def _choose_validation_split(given: Given, seen: Seen) -> Choice:
    if given.get("target_channels") is not None:
        return Choice("tail", "forecasts are judged on what comes later")
    return Choice("random", "samples are in no order")


def _decline(given: Given, seen: Seen) -> Choice:
    """Leave off what is for forecasts, and say why."""
    if given.get("target_channels") is not None and given["missing"] == "mask":
        return Choice(False, "does not go with missing='mask'")
    if given.get("target_channels") is None:
        channel = find_continued(seen.samples)
        if channel is not None:
            return Choice(False, f"y goes on with X: see target_channels={channel}")
    return Choice(False, "only for forecasts of sequences of one length")


def _choose_scale_windows(given: Given, seen: Seen) -> Choice:
    if given.get("target_channels") is None:
        return _choose_own_units(given, seen)
    if not seen.forecasts or seen.measure_spread is None:
        return _decline(given, seen)
    if given["values"] != "states" or given["output_activation"] != "identity":
        return Choice(False, "only with values='states' and an output that is not bent")
    ratio = seen.measure_spread()
    reason = f"sizes of windows differ by a factor of {ratio:.2g}"
    return Choice("standard" if ratio > _SPREAD else False, reason)


def _choose_own_units(given: Given, seen: Seen) -> Choice:
    """Choose whether sequences are read in units of their own, where y is apart."""
    if given["values"] != "states" or given["missing"] != "error":
        return Choice(False, "only with values='states' and missing='error'")
    if given.get("linear_skip") not in (None, False, "auto"):
        return Choice(False, "a linear path reads no levels and sizes")
    conv = given["conv_layers"]
    if conv == "auto":
        conv = _choose_conv_layers(given, seen).value
    # Convolutions read differences as well, on which levels have no effect.
    levels = not (seen.classifies or conv)
    share = measure_typical_size(seen.samples, levels, seen.coded)
    if share is None:
        return Choice(False, "no channel of numbers varies within sequences")
    reason = f"typical sequences have {share:.2g} of their channel's deviation"
    return Choice("standard" if share < _LOST else False, reason)


def _choose_anchor(given: Given, seen: Seen) -> Choice:
    if not seen.forecasts or seen.compare is None:
        return _decline(given, seen)
    if given["output_activation"] != "identity":
        return Choice(False, "does not go with a bent output")
    return Choice(*_compare(given, seen, "anchor"))


def _choose_linear_skip(given: Given, seen: Seen) -> Choice:
    if not seen.forecasts or seen.compare is None:
        return _decline(given, seen)
    if given["output_activation"] != "identity":
        return Choice(False, "does not go with a bent output")
    if _trains_path(given, seen):
        return Choice(True, "windows in units of their own differ in more than a line")
    return Choice(*_compare(given, seen, "linear_skip"))


def _trains_path(given: Given, seen: Seen) -> bool:
    """Check whether a linear path is trained with the rest, instead of fitted first."""
    enough = seen.n_samples >= _ENOUGH_TO_TRAIN
    own_units = bool(given["scale_windows"])
    return enough and own_units and given["linear_skip"] == "auto"


def _choose_loss(given: Given, seen: Seen) -> Choice:
    in_own_units = given["scale_windows"] and given["target_channels"] is not None
    if in_own_units and given["linear_skip"] not in LINEAR_PATHS:
        return Choice("absolute_error", "some windows deviate by many of their units")
    if seen.forecasts and seen.measure_typical_change is not None:
        share = seen.measure_typical_change()
        # Where nothing changes as a rule, a median would never see a change.
        if 0.0 < share < _FEW_CHANGES:
            reason = f"a typical window has {share:.2g} of the mean squared change"
            return Choice("absolute_error", reason)
    return Choice("squared_error", "predictions are means")


def _compare(given: Given, seen: Seen, name: str) -> tuple[object, str]:
    """Return the value of the form that ridge predicts later samples best with."""
    assert seen.compare is not None
    anchor, path, scale = (given[n] for n in ("anchor", "linear_skip", "scale_windows"))
    assert isinstance(scale, bool | str)
    errors = {
        form: error
        for form, error in seen.compare(scale).items()
        if (anchor == "auto" or bool(anchor) == bool(form[0]))
        and (path == form[1] or path not in ("ar", "arx"))
    }
    if not errors:  # of what was asked for nothing can be compared
        plain = LinearForm(anchor=False, linear_skip="ar")
        return getattr(plain, name), "too many inputs to compare"
    # Levels in units of their own move with the window, as changes do.
    margin = 1.0 if scale else _LESS_SIMPLE
    best = min(errors, key=lambda form: errors[form] * margin ** _count_steps(form))
    others = [error for form, error in errors.items() if form != best]
    reason = f"ridge has an error of {errors[best]:.3g} on later samples"
    if others and min(others) < errors[best]:
        reason += f", hardly less ({min(others):.3g}) in a less simple form"
    elif others:
        reason += f", {min(others):.3g} in another form"
    return getattr(best, name), reason


def _count_steps(form: LinearForm) -> int:
    """Return by how many steps a form is less simple than changes of own histories."""
    return (not form.anchor) + (form.linear_skip == "arx")


def _choose_conv_layers(given: Given, seen: Seen) -> Choice:
    if given["values"] == "inputs":
        return Choice(0, "values='inputs' sums inputs that nothing has mixed")
    if given["values"] == "segments":
        return Choice(0, "values='segments' come from segments that nothing has mixed")
    if _has_words(seen):
        return Choice(0, _WORDS)
    if seen.classifies:
        return Choice(3, "classification: shapes are found by convolutions")
    if given["target_channels"] is not None or given["channel_independent"]:
        return Choice(0, "forecasts: convolutions before the LSTM did not help")
    if seen.n_categories:
        return Choice(0, "the vectors of categories are learned with the states")
    if seen.samples.y[0].size > 1:
        return Choice(0, "several outputs: convolutions did not help all of them")
    share = measure_usual_roughness(seen.samples)
    if share < SMOOTH:
        return Choice(3, f"steps differ by {share:.2g} of the variance alone")
    return Choice(0, "numbers: only smooth sequences go through convolutions")


def _choose_embedding_size(given: Given, seen: Seen) -> Choice:
    if seen.vector_size is not None:
        return Choice(seen.vector_size, "the size of the vectors in embeddings")
    alone = seen.tokens and given["conv_layers"]
    least = [_SMALLEST_VECTOR if alone else 1] * len(seen.coded)
    sizes = tuple(
        min(_LARGEST_VECTOR, max(smallest, ceil(1.6 * number**0.56)))
        for number, smallest in zip_longest(seen.n_categories, least, fillvalue=1)
    )
    reason = f"for {' and '.join(map(str, seen.n_categories))} categories"
    if alone:
        reason += ", which convolutions read"
    return Choice(sizes, reason)


def _choose_segment_size(given: Given, seen: Seen) -> Choice:
    length = seen.n_timesteps
    if seen.forecasts and seen.find_period is not None:
        period = seen.find_period()
        if period and _FEWEST_PERIODS <= ceil(length / period) <= _MOST_PERIODS:
            return Choice(period, "the period of the sequences")
    size = max(1, round(length / _SEGMENTS))
    if ceil(length / size) > _MOST_SEGMENTS:
        size += 1
    return Choice(size, f"leaves {ceil(length / size)} segments of {length} steps")


def _choose_patch_size(given: Given, seen: Seen) -> Choice:
    segment = given["segment_size"]
    if segment:
        assert isinstance(segment, int)
        sizes = (n for n in range(1, segment + 1) if segment % n == 0)
        size = next(n for n in sizes if segment // n <= _STEPS_IN_SEGMENT)
        return Choice(size, f"leaves {segment // size} steps of {segment} in a segment")
    if not given["conv_layers"]:
        return _choose_plain_patch(given, seen)
    return _leave_some(seen.n_timesteps)


def _leave_some(length: int) -> Choice:
    """Return the patches of which a sequence has about `_STEPS_AFTER_STEM`."""
    size = max(1, round(length / _STEPS_AFTER_STEM))
    if size == 1:
        return Choice(1, f"{length} steps are few enough to be read one by one")
    return Choice(size, f"leaves {ceil(length / size)} of {length} steps")


def _choose_plain_patch(given: Given, seen: Seen) -> Choice:
    length = seen.n_timesteps
    if seen.forecasts and seen.find_period is not None and length > _STEPS_AFTER_STEM:
        period = seen.find_period()
        if period is not None:
            return Choice(period, "the period of the sequences")
        return _leave_some(length)
    size = ceil(length / _MOST_STEPS)
    if size == 1:
        return Choice(1, "without convolutions, each step is read by itself")
    return Choice(size, f"leaves {ceil(length / size)} of {length} steps")


def _choose_query(given: Given, seen: Seen) -> Choice:
    if given.get("decoder") == "lstm":
        return Choice("last", "the LSTM decoder brings its own")
    return Choice("learned", "does not depend on what the last state keeps")


def _choose_bidirectional(given: Given, seen: Seen) -> Choice:
    conv, size, epochs = (given[n] for n in ("conv_layers", "batch_size", "max_epochs"))
    assert isinstance(size, int)
    assert isinstance(epochs, int)
    n_steps = epochs * ceil(seen.n_samples / size)
    if not conv and n_steps < _LEAST_STEPS[False]:
        # States of both directions are told apart late: a step's value may lie in any.
        return Choice(False, f"{n_steps} steps of the optimiser are few for two LSTMs")
    return Choice(True, "each step is seen with what follows it")


def _choose_passthrough(given: Given, seen: Seen) -> Choice:
    if given["values"] != "states":
        return Choice(False, "only with values='states'")
    if given["conv_layers"]:
        return _choose_convolved(given)
    if _has_words(seen):
        return Choice(False, _WORDS)
    if seen.forecasts:
        return Choice(False, "forecasts have a linear path for what is read")
    heads = (given["n_heads"], given["self_attention_heads"])
    if given["attention"] not in SCORES or heads != (1, 0):
        return Choice(False, "only for one head with a score")
    if given["query"] != "learned" or given.get("decoder") == "lstm":
        return Choice(False, "a state as the query finds steps by their states")
    if not given["scale_inputs"]:
        return Choice(False, "inputs in units of their own would drown the states")
    if seen.n_categories:
        return Choice(False, "the vectors of categories are learned with the states")
    least = measure_roughness(seen.samples).min(initial=np.inf)
    if not _UNRELATED <= least < np.inf:
        return Choice(False, "steps of a channel are like the one before")
    return Choice(True, "no step is like the one before: each is found by itself")


def _choose_positions(given: Given, seen: Seen) -> Choice:
    if given["passthrough"] and not given["conv_layers"]:
        return Choice("scaled_sinusoidal", "steps are found by where they stand, too")
    return Choice(None, "states know the order by themselves")


def count_units(given: Given) -> int:
    """Return the size of a state of the LSTM, in all directions."""
    hidden_size = given["hidden_size"]
    assert isinstance(hidden_size, int)
    return 2 * hidden_size if given["bidirectional"] else hidden_size


def _choose_convolved(given: Given) -> Choice:
    """Choose whether states stand alone after convolutions: where heads ask for it."""
    size = count_units(given)
    for name in ("n_heads", "self_attention_heads"):
        heads = given[name]
        if isinstance(heads, int) and heads and (size + CONV_CHANNELS) % heads:
            return Choice(False, f"{name}={heads} divides the states alone")
    return Choice(True, "what convolutions find stands next to the states")


def _choose_dropout(given: Given, seen: Seen) -> Choice:
    if given["conv_layers"]:
        return Choice(0.2, "with convolutions")
    if _has_words(seen):
        return Choice(0.4, _WORDS)
    return Choice(0.0, "without convolutions, the decay of the LSTM is enough")


def _choose_label_smoothing(given: Given, seen: Seen) -> Choice:
    if given["conv_layers"]:
        return Choice(0.1, "convolutions soon learn labels by heart")
    return Choice(0.0, "only with convolutions")


def _choose_learning_rate(given: Given, seen: Seen) -> Choice:
    if given["conv_layers"]:
        return Choice(0.009, "with convolutions")
    if _has_words(seen):
        return Choice(0.003, _WORDS)
    if not (seen.forecasts or seen.n_categories):
        share = measure_usual_roughness(seen.samples)
        if share < _GENTLE:
            return Choice(0.003, f"steps differ by {share:.2g} of the variance alone")
    return Choice(0.01, "without convolutions")


def _has_words(seen: Seen) -> bool:
    """Return whether samples are of many words that come a few times in the mean."""
    n_words = max(seen.n_categories, default=0)
    return seen.tokens and n_words >= _LEAST_WORDS and seen.n_steps < _FEW * n_words


def _choose_weight_decay(given: Given, seen: Seen) -> Choice:
    # A rate that stays keeps strong decay at work to the end, and scores blunt.
    falls = given["lr_schedule"] in ("cosine", "one_cycle")
    if given["optimizer"] != "adamw" or not falls:
        return Choice(0.0, "only 'adamw' with a rate that falls to 0 decays")
    if given["conv_layers"]:
        return Choice(0.01, "with convolutions")
    return Choice(1.0, "'adamw' with a rate that falls to 0")


def _choose_batch_size(given: Given, seen: Seen) -> Choice:
    most = seen.n_samples // _BATCHES
    power = 1 << max(most.bit_length() - 1, 0)
    size = min(max(power, _SMALLEST_BATCH), _LARGEST_BATCH)
    if given["conv_layers"]:  # batches of one size have statistics of one quality
        size = ceil(seen.n_samples / ceil(seen.n_samples / min(size, _SMALLEST_BATCH)))
    return Choice(size, f"for {seen.n_samples} training samples")


def _choose_max_epochs(given: Given, seen: Seen) -> Choice:
    size = given["batch_size"]
    assert isinstance(size, int)
    n_batches = ceil(seen.n_samples / size)
    least, epochs = _LEAST_STEPS[bool(given["conv_layers"])], _LEAST_EPOCHS
    if _has_words(seen) and not given["conv_layers"]:
        least, epochs = _WORD_STEPS, _WORD_EPOCHS
    number = max(epochs, ceil(least / n_batches))
    return Choice(number, f"{number * n_batches} steps of the optimiser")


# In this order, as later rules read earlier values. These come before the split.
Rules = dict[str, Callable[[Given, Seen], Choice]]
FIRST_RULES: Rules = {
    "scale_windows": _choose_scale_windows,
    "early_stopping": _choose_early_stopping,
    "validation_split": _choose_validation_split,
}
RULES: Rules = {
    "anchor": _choose_anchor,
    "linear_skip": _choose_linear_skip,
    "loss": _choose_loss,
    "conv_layers": _choose_conv_layers,
    "embedding_size": _choose_embedding_size,
    "segment_size": _choose_segment_size,
    "patch_size": _choose_patch_size,
    "query": _choose_query,
    "batch_size": _choose_batch_size,
    "max_epochs": _choose_max_epochs,
    "bidirectional": _choose_bidirectional,
    "passthrough": _choose_passthrough,
    "positions": _choose_positions,
    "dropout": _choose_dropout,
    "label_smoothing": _choose_label_smoothing,
    "learning_rate": _choose_learning_rate,
    "weight_decay": _choose_weight_decay,
}
