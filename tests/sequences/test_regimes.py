import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from skattn import LSTMAttentionRegressor
from skattn.sequences import OverTime, RegimeScaler

RNG = np.random.default_rng(0)
REGIME = RNG.integers(3, size=600)
ROWS = np.stack(
    [
        REGIME * 5.0 + 0.01 * RNG.normal(size=600),
        REGIME * 100 + (REGIME + 1) * RNG.normal(size=600),
    ],
    axis=1,
)


@parametrize_with_checks([RegimeScaler([0], n_regimes=1, random_state=0)])
def test_checks_of_scikit_learn(estimator, check):
    check(estimator)


def test_each_regime_has_mean_0_and_deviation_1():
    out = RegimeScaler([0], n_regimes=3, random_state=0).fit_transform(ROWS)
    for regime in range(3):
        own = ROWS[regime == REGIME, 1]
        expected = (own - own.mean()) / own.std()
        np.testing.assert_allclose(out[regime == REGIME, 1], expected, atol=1e-9)
    expected = (ROWS[:, 0] - ROWS[:, 0].mean()) / ROWS[:, 0].std()
    np.testing.assert_allclose(out[:, 0], expected)


def test_names_and_numbers_from_the_end_are_the_same_column():
    frame = pd.DataFrame(ROWS, columns=["altitude", "sensor"])
    one = RegimeScaler(["altitude"], n_regimes=3, random_state=0).fit_transform(frame)
    other = RegimeScaler([-2], n_regimes=3, random_state=0).fit_transform(ROWS)
    np.testing.assert_array_equal(one, other)


def test_a_column_that_does_not_vary_in_a_regime_is_0_there():
    rows = np.column_stack([ROWS[:, 0], REGIME * 7.0])
    out = RegimeScaler([0], n_regimes=3, random_state=0).fit_transform(rows)
    assert not out[:, 1].any()


def test_it_is_lifted_over_time_in_a_pipeline():
    X = ROWS.reshape(60, 10, 2)
    scaler = OverTime(RegimeScaler([0], n_regimes=3, random_state=0))
    model = LSTMAttentionRegressor(hidden_size=4, max_epochs=2, random_state=0)
    pipe = make_pipeline(scaler, model).fit(X, X[:, -1, 1])
    assert pipe.predict(X[:3]).shape == (3,)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"columns": []}, r"columns=\[\] must name"),
        ({"columns": [2]}, "from -2 to 1"),
        ({"columns": ["a"]}, "names 'a'"),
        ({"columns": [0], "n_regimes": 0}, "n_regimes=0 must be a whole number"),
        ({"columns": [0], "n_regimes": 601}, "600 rows, fewer than n_regimes=601"),
    ],
)
def test_errors_name_the_argument(parameters, message):
    with pytest.raises(ValueError, match=message):
        RegimeScaler(**parameters).fit(ROWS)


def test_the_global_random_state_stays_as_it_was_without_a_random_state():
    before = np.random.get_state()[1].copy()
    RegimeScaler([0], n_regimes=3).fit(ROWS)
    np.testing.assert_array_equal(np.random.get_state()[1], before)


@pytest.mark.parametrize("n_conditions", [1, 3])
def test_there_are_no_more_regimes_than_distinct_conditions(n_conditions):
    rows = ROWS.copy()
    rows[:, 0] = REGIME % n_conditions
    scaler = RegimeScaler([0], random_state=0).fit(rows)
    assert scaler.mean_.shape == (n_conditions, 2)
    exact = RegimeScaler([0], n_regimes=n_conditions, random_state=0).fit(rows)
    np.testing.assert_array_equal(scaler.transform(rows), exact.transform(rows))


def test_a_flag_is_no_number_of_regimes():
    with pytest.raises(ValueError, match="n_regimes=True must be a whole number"):
        RegimeScaler([0], n_regimes=True).fit(ROWS)


def test_a_condition_that_does_not_vary_has_the_unit_1():
    rng = np.random.default_rng(0)
    rows = np.c_[rng.integers(2, size=1000) * 10.0, np.full(1000, 0.1)]
    scaler = RegimeScaler([0, 1], n_regimes=2, random_state=0).fit(rows)
    changed = scaler.transform(rows + 1e-6)
    np.testing.assert_allclose(changed[:, 1], 1e-6, atol=1e-9)
