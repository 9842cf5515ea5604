"""What inspection puts in the place of categories, and what it predicts."""

import numpy as np
import pytest

from skattn import LSTMAttentionClassifier, LSTMAttentionRegressor
from skattn.inspection import occlusion_importance
from skattn.inspection._replacement import choose_replacement
from skattn.inspection._series import find_mean, read_series

RNG = np.random.default_rng(0)
WORDS = np.array(["a", "b", "c", "d", "e"], dtype=object)
TEXT = [WORDS[RNG.integers(0, 5, (n, 1))] for n in RNG.integers(4, 9, 60)]
Y = np.array([(x == "c").sum() for x in TEXT], dtype=float)
FAST = {"hidden_size": 4, "max_epochs": 2, "random_state": 0}


@pytest.mark.parametrize("scale_inputs", [False, True])
def test_the_mean_of_categories_is_one_that_is_unknown(scale_inputs):
    model = LSTMAttentionRegressor(**FAST, scale_inputs=scale_inputs).fit(TEXT, Y)
    series = read_series(model, TEXT)
    assert find_mean(model, series).tolist() == [0]
    found = occlusion_importance(model, TEXT[:1])
    hidden = TEXT[0].copy()
    hidden[1] = "never seen"
    change = model.predict(TEXT[:1]) - model.predict([hidden])
    np.testing.assert_allclose(found[0, 1], change[0], atol=1e-6)


def test_between_categories_stands_the_nearer_one():
    model = LSTMAttentionRegressor(**FAST).fit(TEXT, Y)
    x = WORDS[[4, 0, 1, 3, 2]][:, None]
    series = read_series(model, [x])
    put_in = choose_replacement(model, series, "interpolate")
    taken = put_in(np.array([0]), np.array([[False, True, True, True, False]]))
    (row,) = series.build(taken)
    assert row[:, 0].tolist() == ["e", "e", "e", "c", "c"]


@pytest.mark.parametrize(
    "values", [["x", "yy", None], [1, 2, None], [True, False, None], [None, "x", 3]]
)
def test_what_is_unknown_stays_so_where_missing_is_a_category(values):
    random = np.random.default_rng(1)
    X = np.empty((80, 5, 1), dtype=object)
    X[:, :, 0] = np.array([*values, None], dtype=object)[random.integers(0, 3, (80, 5))]
    model = LSTMAttentionClassifier(**FAST, categorical_features=[0])
    model.fit([*X], random.integers(0, 2, 80))
    new = X[:6].copy()
    new[:, 2, 0] = 17 if isinstance(values[1], int) else "new"
    series = read_series(model, [*new])
    assert (series.values[:, 2] == 0).all()
    np.testing.assert_array_equal(
        model.predict_proba(series.whole()), model.predict_proba([*new])
    )


def test_rare_words_stay_rare():
    texts = [x.copy() for x in TEXT]
    texts[0][1] = texts[1][2] = None
    texts[2][0] = "rare"
    model = LSTMAttentionRegressor(**FAST, min_frequency=2).fit(texts, Y)
    assert "rare" not in model.categories_[0]
    assert None in model.categories_[0]
    series = read_series(model, texts)
    np.testing.assert_array_equal(model.predict(series.whole()), model.predict(texts))
