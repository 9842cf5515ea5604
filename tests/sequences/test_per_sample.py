"""What comes with sequences: weights and groups."""

import numpy as np
import pytest

from skattn.sequences._per_sample import read_groups, read_weights
from skattn.sequences._samples import Samples

FIVE = Samples(np.zeros((5, 3, 1)))


def test_a_single_weight_is_that_of_all_samples():
    assert read_weights(2.0, FIVE).tolist() == [2.0] * 5
    assert read_weights([1, 2, 3, 4, 5], FIVE).tolist() == [1, 2, 3, 4, 5]
    assert read_weights(None, FIVE) is None


def test_weights_and_groups_have_one_entry_a_sample():
    with pytest.raises(ValueError, match="X has 5, sample_weight has 1"):
        read_weights([1.0], FIVE)
    with pytest.raises(ValueError, match="X has 5, groups has 2"):
        read_groups(["a", "b"], 5)
    assert read_groups(["a"] * 5, 5).tolist() == ["a"] * 5
    assert read_groups(None, 5) is None


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.ones(5) + 1j, "sample_weight is of type complex"),
        (np.zeros(5, "M8[D]"), "sample_weight is of type datetime64"),
        (["a"] * 5, "sample_weight"),
        (np.ones((5, 2)), r"sample_weight has shape \(5, 2\); allowed is \(n_samples,"),
    ],
)
def test_weights_that_are_no_numbers_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        read_weights(wrong, FIVE)
