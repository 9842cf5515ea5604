"""Validation parts: disjoint, as large as asked, and in whole groups."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import KFold, TimeSeriesSplit

from skattn.training import split_validation


def split(n_samples, groups=None, how="random", fraction=0.1, gap=0, seed=0):
    return split_validation(
        np.zeros((n_samples, 1)),
        np.zeros(n_samples),
        groups,
        validation_split=how,
        validation_fraction=fraction,
        gap=gap,
        seed=seed,
    )


@given(st.integers(2, 60), st.floats(0.01, 0.99), st.integers(0, 99))
def test_a_random_split_covers_all_samples_once(n_samples, fraction, seed):
    train, valid = split(n_samples, fraction=fraction, seed=seed)
    assert sorted([*train, *valid]) == list(range(n_samples))
    assert len(train) >= 1
    assert abs(len(valid) - fraction * n_samples) <= 1


@given(st.integers(5, 60), st.integers(0, 3))
def test_a_tail_split_leaves_a_gap(n_samples, gap):
    train, valid = split(n_samples, how="tail", fraction=0.2, gap=gap)
    assert valid[-1] == n_samples - 1
    assert valid[0] - train[-1] == gap + 1
    assert train[0] == 0


@given(st.lists(st.integers(0, 5), min_size=8, max_size=40), st.floats(0.05, 0.95))
def test_groups_stay_together(labels, fraction):
    labels = np.array([*labels, 0, 1])
    train, valid = split(len(labels), groups=labels, fraction=fraction)
    assert sorted([*train, *valid]) == list(range(len(labels)))
    assert not set(labels[train]) & set(labels[valid])
    assert len(valid)


def test_a_splitters_last_split_counts():
    splitter = TimeSeriesSplit(3)
    train, valid = split(20, how=splitter)
    expected = [*splitter.split(np.zeros(20))][-1]
    np.testing.assert_array_equal(train, expected[0])
    np.testing.assert_array_equal(valid, expected[1])


def test_the_split_depends_on_the_seed_alone():
    one, same, other = split(50, seed=1), split(50, seed=1), split(50, seed=2)
    np.testing.assert_array_equal(one[1], same[1])
    assert set(one[1]) != set(other[1])


class Overlapping:
    def split(self, X, y=None, groups=None):
        yield np.arange(len(X)), np.arange(2)


class Given:
    def __init__(self, train, valid):
        self.parts = np.array(train), np.array(valid)

    def split(self, X, y=None, groups=None):
        yield self.parts


class Empty:
    def split(self, X, y=None, groups=None):
        yield from ()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_samples": 1}, r"early_stopping=True.*n_samples=1"),
        ({"n_samples": 9, "how": "tail", "gap": 9}, "validation_split='tail' leaves"),
        ({"n_samples": 3, "groups": np.zeros(3)}, "groups holds 1 group"),
        ({"n_samples": 3, "groups": np.arange(3), "how": "tail"}, "groups cannot"),
        ({"n_samples": 5, "how": Overlapping()}, "5 training and 2 validation"),
        ({"n_samples": 5, "how": Empty()}, "0 training and 0 validation"),
        ({"n_samples": 5, "how": Given([0, 1], [7])}, "indices from 7 to 7; X has 5"),
        ({"n_samples": 5, "how": Given([0, 0], [1])}, "different whole numbers"),
        ({"n_samples": 5, "how": Given([0.5], [1])}, "different whole numbers"),
        ({"n_samples": 5, "how": Given([True] * 4, [1])}, "pairs of masks"),
    ],
)
def test_impossible_splits_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        split(**arguments)


def test_a_splitter_gets_the_groups():
    class ByGroup(KFold):
        def split(self, X, y=None, groups=None):
            yield np.flatnonzero(groups == 0), np.flatnonzero(groups == 1)

    train, valid = split(4, groups=np.array([0, 1, 0, 1]), how=ByGroup())
    assert train.tolist() == [0, 2]
    assert valid.tolist() == [1, 3]


@given(st.lists(st.integers(0, 3), min_size=2, max_size=40), st.floats(0.05, 0.95))
def test_classes_have_like_shares_and_one_sample_to_train_on(labels, fraction):
    labels = np.array([*labels, 0, 0])
    n = len(labels)
    train, valid = split_validation(
        np.zeros((n, 1)),
        labels,
        None,
        validation_split="random",
        validation_fraction=fraction,
        gap=0,
        seed=0,
        strata=labels,
    )
    assert sorted([*train, *valid]) == list(range(n))
    assert set(labels[train]) == set(labels)
    spare = n - len(set(labels))
    wanted = min(max(1, round(fraction * n)), n - 1, spare)
    assert len(valid) == wanted
    for label in set(labels):
        share = wanted * ((labels == label).sum() - 1) / spare
        assert abs((labels[valid] == label).sum() - share) <= 1


def test_classes_that_occur_once_cannot_be_split():
    with pytest.raises(ValueError, match="y holds no class twice"):
        split_validation(
            np.zeros((3, 1)),
            np.arange(3),
            None,
            validation_split="random",
            validation_fraction=0.1,
            gap=0,
            seed=0,
            strata=np.arange(3),
        )


@pytest.mark.parametrize("how", ["random", "tail"])
def test_two_samples_are_enough(how):
    train, valid = split(2, how=how, fraction=0.99)
    assert len(train) == len(valid) == 1


@pytest.mark.parametrize("form", ["masks", "indices", "unsigned"])
def test_sides_of_a_split_may_be_masks_or_whole_numbers(form):
    train, valid = np.array([4, 0, 2]), np.array([1])
    given = {
        "masks": (np.isin(np.arange(5), train), np.isin(np.arange(5), valid)),
        "indices": (train, valid),
        "unsigned": (train.astype(np.uint8), valid.astype(np.uint8)),
    }[form]
    found = split(5, how=Given(*given))
    assert sorted(found[0].tolist()) == [0, 2, 4]
    assert found[1].tolist() == [1]
    with pytest.raises(ValueError, match="indices from -1 to 2; X has 5"):
        split(5, how=Given([-1, 2], [1]))
    with pytest.raises(ValueError, match="3 training and 0 validation"):
        split(5, how=Given([0, 1, 2], []))
