"""Malformed `Sequences` get a sentence that names the argument; `make soak` tries more.

Each case is wrong in one known way, so that an answer is a failure too.
"""

import re
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skattn import LSTMAttentionRegressor

from . import malformed_fits as fits
from . import malformed_sequences as cases

TINY = {"hidden_size": 2, "max_epochs": 1, "random_state": 0, "conv_layers": 0}


def complain(error, words):
    """Return what is wrong with a message, if anything is."""
    text = str(error)
    if re.search(rf"(?<![\w]){re.escape(words)}(?![a-z])", text) and len(text) > 20:
        return None
    return f"{type(error).__name__} does not name {words!r}: {text}"


def fit(parts, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return LSTMAttentionRegressor(**TINY | options).fit(parts.build(), parts.y)


@given(form=cases.forms, beside=cases.besides, seed=cases.seeds)
def test_sound_sequences_are_learned_and_predicted(form, beside, seed):
    parts = cases.make_parts(form, beside, seed)
    answers = fit(parts).predict(parts.build())
    assert answers.shape == parts.y.shape
    assert np.isfinite(answers).all()


@given(
    damage=st.sampled_from(cases.CONSTRUCTION),
    form=cases.forms,
    beside=cases.besides,
    seed=cases.seeds,
)
def test_what_cannot_be_built_is_named(damage, form, beside, seed):
    parts = cases.make_parts(form, beside, seed)
    words = damage(parts)
    with pytest.raises((ValueError, TypeError)) as caught:
        parts.build()
    assert complain(caught.value, words) is None


@given(
    damage=st.sampled_from(fits.FITTING),
    form=cases.forms,
    beside=cases.besides,
    seed=cases.seeds,
)
def test_what_cannot_be_learned_is_named(damage, form, beside, seed):
    parts = cases.make_parts(form, beside, seed)
    words = damage(parts)
    with pytest.raises((ValueError, TypeError)) as caught:
        fit(parts)
    assert complain(caught.value, words) is None


@given(
    damage=st.sampled_from(fits.PREDICTING),
    form=cases.forms,
    beside=cases.besides,
    seed=cases.seeds,
)
def test_what_a_fitted_schema_does_not_know_is_named(damage, form, beside, seed):
    parts = cases.make_parts(form, beside, seed)
    model, sound = fit(parts), parts.build()
    before = model.predict(sound)
    words = damage(parts)
    with pytest.raises((ValueError, TypeError)) as caught:
        model.predict(parts.build())
    assert complain(caught.value, words) is None
    np.testing.assert_array_equal(model.predict(sound), before)
