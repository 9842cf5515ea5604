"""Random malformed input gets a sentence or a finite answer; `make soak` tries more."""

import pytest

from .malformed import try_one


@pytest.mark.parametrize("block", range(4))
def test_malformed_input_gets_a_sentence_or_a_finite_answer(block):
    complaints = [try_one(seed) for seed in range(150 * block, 150 * (block + 1))]
    assert [complaint for complaint in complaints if complaint] == []
