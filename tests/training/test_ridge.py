"""The linear path in closed form agrees with scikit-learn's ridge regression."""

import pickle

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold

from skattn import LSTMAttentionRegressor
from skattn.sequences import Sequences, make_windows

WINDOW, HORIZON = 12, 3
SETTINGS = {
    "target_channels": "all",
    "linear_skip": "ridge",
    "anchor": False,
    "hidden_size": 4,
    "max_epochs": 2,
    "random_state": 0,
}
PENALTIES = np.logspace(1, -6, 15)


def series(n_times=114, seed=0):
    rng = np.random.default_rng(seed)
    waves = np.sin(np.arange(n_times)[:, None] * [0.3, 0.5] + [0.0, 1.0])
    return 5.0 + waves + rng.normal(scale=0.3, size=(n_times, 2)).cumsum(0) * 0.3


def fit(X, y, sample_weight=None, **parameters):
    model = LSTMAttentionRegressor(**SETTINGS | parameters)
    return model.fit(X, y, sample_weight)


def solve(X, y, anchor, weights=None):
    """Find matrix and bias on scaled values by scikit-learn alone."""
    share = np.ones(len(X)) if weights is None else weights / weights.mean()
    mean = np.average(X.mean(1), axis=0, weights=share)
    scale = np.sqrt(np.average(((X - mean) ** 2).mean(1), axis=0, weights=share))
    X, y = (X - mean) / scale, (y - mean) / scale
    level = X[:, -1:] if anchor else 0.0
    X, y = X - level, y - level

    def fold(part, picked):
        return part[picked].transpose(0, 2, 1).reshape(-1, part.shape[1])

    def ridge(picked, penalty):
        inputs, weight = fold(X, picked), np.repeat(share[picked], X.shape[2])
        centred = inputs - np.average(inputs, axis=0, weights=weight)
        alpha = penalty * (weight @ centred**2).mean()
        model = Ridge(alpha, solver="cholesky")
        return model.fit(inputs, fold(y, picked), weight)

    errors = np.zeros(len(PENALTIES))
    for picked, left in KFold(10).split(X):
        picked = picked[(picked < left[0] - 10) | (picked > left[-1] + 10)]
        weight = np.repeat(share[left], X.shape[2])
        for i, penalty in enumerate(PENALTIES):
            residual = ridge(picked, penalty).predict(fold(X, left)) - fold(y, left)
            # Stretches count by the root of their mean square.
            squares = (weight @ residual**2).sum() / weight.sum()
            errors[i] += weight.sum() * np.sqrt(squares)
    return ridge(np.arange(len(X)), PENALTIES[errors.argmin()])


@pytest.mark.parametrize("anchor", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("channel_independent", [False, True])
def test_the_weights_are_those_of_ridge(anchor, weighted, channel_independent):
    X, y = make_windows(series(), WINDOW, HORIZON)
    weights = np.linspace(0.5, 2.0, len(X)) if weighted else None
    model = fit(X, y, weights, anchor=anchor, channel_independent=channel_independent)
    expected = solve(X, y, anchor, weights)
    linear = model.module_.skip.linear
    np.testing.assert_allclose(linear.weight, expected.coef_, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(linear.bias, expected.intercept_, rtol=1e-3, atol=1e-5)


def test_sequences_of_different_lengths_end_together():
    X, y = make_windows(series(), WINDOW, HORIZON)
    cut = [row[len(row) - n :] for row, n in zip(X, [12, 7, 9] * 34, strict=False)]
    model = fit(cut, y, scale_inputs=False)
    padded = np.zeros_like(X)
    for row, short in zip(padded, cut, strict=True):
        row[len(row) - len(short) :] = short
    other = fit(padded, y, scale_inputs=False)
    linear, same = model.module_.skip.linear, other.module_.skip.linear
    np.testing.assert_allclose(linear.weight, same.weight, rtol=1e-4, atol=1e-6)


def test_training_leaves_the_linear_path_alone():
    X, y = make_windows(series(), WINDOW, HORIZON)
    model = fit(X, y, max_epochs=1, warm_start=True)
    before = model.module_.skip.linear.weight.numpy().copy()
    states = model.module_.encoder.forwards[0].weight_hh_l0.detach().numpy().copy()
    model.fit(X[:50], y[:50])  # goes on, on other samples
    model.partial_fit(X[50:], y[50:])
    np.testing.assert_array_equal(model.module_.skip.linear.weight, before)
    trained = model.module_.encoder.forwards[0].weight_hh_l0.detach().numpy()
    assert (trained != states).any()


def test_a_memmap_and_an_array_give_the_same(tmp_path):
    X, y = make_windows(series().astype(np.float32), WINDOW, HORIZON)
    stored = np.memmap(tmp_path / "X", np.float32, "w+", shape=X.shape)
    stored[:] = X
    np.testing.assert_array_equal(fit(stored, y).predict(X), fit(X, y).predict(X))


def test_a_straight_line_is_found_without_training():
    line = np.arange(200.0)[:, None] / 50
    X, y = make_windows(line, WINDOW, HORIZON)
    model = fit(X, y, anchor=True, max_epochs=1, learning_rate=1e-9)
    model.module_.decoder.output.weight.data.zero_()
    np.testing.assert_allclose(model.predict(X), y, atol=1e-3)


@pytest.mark.parametrize("n_samples", [1, 2, 6])
@pytest.mark.parametrize("level", [0.0, 3.0])
def test_few_and_constant_samples_have_an_answer(n_samples, level):
    X = np.full((n_samples, 4, 1), level)
    model = fit(X, np.full((n_samples, 2), level + 1.0))
    assert np.isfinite(model.predict(X)).all()
    assert np.isfinite(model.module_.skip.linear.weight.numpy()).all()


def test_repeating_days_leave_no_directions_to_blow_up():
    day = 10 + 3 * np.sin(np.arange(12) * np.pi / 6) + 0.1 * np.arange(12)
    X, y = make_windows(np.tile(day, 102)[:, None], 12, 12, stride=12)
    model = fit(X, y)
    noise = np.random.default_rng(0).normal(scale=0.1, size=X.shape)
    np.testing.assert_allclose(model.predict(X + noise), model.predict(X), atol=1.0)


@pytest.mark.filterwarnings("ignore:Half of y lies:UserWarning")
def test_equal_windows_with_other_targets_get_their_mean():
    X = np.full((100, 6, 1), 123.456)
    y = 100 + np.random.default_rng(0).normal(size=(100, 2))
    model = fit(X, y, scale_inputs=False, learning_rate=1e-9)
    linear = model.module_.skip.linear
    np.testing.assert_allclose(linear.weight, 0.0, atol=1e-6)
    np.testing.assert_allclose(linear.bias, y.mean(0), rtol=1e-5)


def test_weights_that_vanish_over_time_count_as_such():
    X, y = make_windows(series(3012), WINDOW, 1)
    weights = 0.9 ** np.arange(len(X))[::-1]
    model = fit(X, y, weights)
    recent = fit(X[-300:], y[-300:], weights[-300:])
    for row in (0, -1):
        np.testing.assert_allclose(
            model.predict(X[-1:])[0, row], recent.predict(X[-1:])[0, row], atol=0.2
        )


@pytest.mark.filterwarnings("ignore:Half of y lies:UserWarning")
def test_values_far_from_zero_lose_no_digits():
    X, y = make_windows((series() * 256).round() / 256, WINDOW, HORIZON)
    far = X + 8192, y + 8192  # as exact in float32
    weights = [
        fit(*data, scale_inputs=False).module_.skip.linear.weight
        for data in (far, (X, y))
    ]
    np.testing.assert_allclose(*weights, rtol=1e-6, atol=1e-6)


def test_the_strongest_penalty_is_taken_where_nothing_can_be_judged():
    X, y = make_windows(series(17), WINDOW, HORIZON)
    model = fit(X, y, scale_inputs=False)
    inputs, ahead = (p.transpose(0, 2, 1).reshape(-1, p.shape[1]) for p in (X, y))
    alpha = 10 * ((inputs - inputs.mean(0)) ** 2).sum(0).mean()
    expected = Ridge(alpha, solver="cholesky").fit(inputs, ahead).coef_
    np.testing.assert_allclose(model.module_.skip.linear.weight, expected, atol=1e-6)


def test_a_copy_predicts_and_goes_on_with_the_path_fixed():
    X, y = make_windows(series(), WINDOW, HORIZON)
    model = pickle.loads(pickle.dumps(fit(X, y, warm_start=True)))
    before = model.module_.skip.linear.weight.numpy().copy()
    model.fit(X, y)
    np.testing.assert_array_equal(model.module_.skip.linear.weight, before)


def test_one_stretch_of_failures_does_not_choose_the_penalty():
    """Elsewhere the series is a noisy wave, which a strong penalty would lose."""
    rng = np.random.default_rng(0)
    wave = np.sin(0.5 * np.arange(900)) + 0.02 * rng.normal(size=900)
    failed = wave.copy()
    failed[600:640] += 40 * rng.normal(size=40)
    X, y = make_windows(failed, WINDOW, HORIZON)
    model = fit(X, y, target_channels=0, linear_skip="ar")
    X, y = make_windows(wave, WINDOW, HORIZON)
    assert model.score(X, y) > 0.5


def test_stretches_of_little_weight_still_judge():
    """Nearly all weight lies in the last stretch, which only the others can judge."""
    X, y = make_windows(series(), WINDOW, HORIZON)
    weights = 0.7 ** np.arange(len(X))[::-1]
    expected = solve(X, y, True, weights)
    linear = fit(X, y, weights, anchor=True).module_.skip.linear
    np.testing.assert_allclose(linear.weight, expected.coef_, rtol=1e-2, atol=1e-3)


def plain_rows(n_samples=160, y_shape=(2,), seed=3):
    rng = np.random.default_rng(seed)
    X = 4.0 + rng.normal(size=(n_samples, 5, 3)) * [1.0, 10.0, 0.1]
    flat = X.reshape(n_samples, -1)
    size = int(np.prod(y_shape, dtype=int))
    y = flat / flat.std(0) @ rng.normal(size=(15, size)) + 0.3 * rng.normal(
        size=(n_samples, size)
    )
    return X, y.reshape(n_samples, *y_shape)


def solve_plain(X, y):
    """Find matrix and bias on scaled flat rows, by scikit-learn alone."""
    rows = ((X - X.mean((0, 1))) / X.std((0, 1))).reshape(len(X), -1)
    y = (y - y.mean(0)) / y.std(0)

    def ridge(picked, penalty):
        x = rows[picked]
        alpha = penalty * ((x - x.mean(0)) ** 2).sum(0).mean()
        return Ridge(alpha, solver="cholesky").fit(x, y[picked])

    errors = np.zeros(len(PENALTIES))
    for picked, left in KFold(10).split(X):
        step = len(left)
        picked = picked[(picked < left[0] - step) | (picked > left[-1] + step)]
        for i, penalty in enumerate(PENALTIES):
            residual = ridge(picked, penalty).predict(rows[left]) - y[left]
            errors[i] += (residual**2).sum()
    return ridge(np.arange(len(X)), PENALTIES[errors.argmin()])


PLAIN = SETTINGS | {"target_channels": None}


@pytest.mark.parametrize("form", ["array", "list", "flat"])
def test_without_target_channels_flat_rows_are_regressed(form):
    X, y = plain_rows()
    given = {"array": X, "list": [*X], "flat": X.reshape(len(X), -1)}[form]
    model = LSTMAttentionRegressor(**PLAIN, n_timesteps=5).fit(given, y)
    expected, linear = solve_plain(X, y), model.module_.skip.linear
    np.testing.assert_allclose(linear.weight, expected.coef_, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(linear.bias, expected.intercept_, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("y_shape", [(), (1,), (4,), (3, 2)])
def test_any_y_is_regressed_and_the_path_counted(y_shape):
    X, y = plain_rows(y_shape=y_shape)
    model = LSTMAttentionRegressor(**PLAIN, learning_rate=1e-9).fit(X, y)
    model.module_.decoder.output.weight.data.zero_()
    assert model.predict(X).shape == y.shape
    assert model.score(X, y) > 0.95
    alone = LSTMAttentionRegressor(**PLAIN | {"linear_skip": False}).fit(X, y)
    assert alone.score(X, y) < 0.9
    assert 0 < model.attention_share_ < 1


def test_quantiles_statics_and_gaps_go_with_it():
    X, y = plain_rows(y_shape=())
    X -= X.mean((0, 1))
    model = LSTMAttentionRegressor(
        **PLAIN, loss="quantile", quantile=[0.1, 0.5, 0.9], values="inputs"
    ).fit(X, y)
    total = model.base_value_ + model.predict_contributions(X).sum((1, 2))
    np.testing.assert_allclose(total, model.predict(X), atol=1e-3)
    static = np.random.default_rng(0).normal(size=(len(X), 1))
    whole = Sequences(X, static=static)
    assert LSTMAttentionRegressor(**PLAIN).fit(whole, y).score(whole, y) > 0.9
    gaps = X.copy()
    gaps[::3, 2, 1] = np.nan
    for missing in ("forward", "mask"):
        model = LSTMAttentionRegressor(**PLAIN, missing=missing)
        assert model.fit(gaps, y).score(gaps, y) > 0.5
    copy = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(copy.predict(gaps), model.predict(gaps))


def test_flat_rows_of_several_lengths_are_refused():
    X, y = plain_rows()
    ragged = [row[: 3 + i % 3] for i, row in enumerate(X)]
    model = LSTMAttentionRegressor(**PLAIN)
    with pytest.raises(ValueError, match=r"must have one length; got 3 to 5 steps"):
        model.fit(ragged, y)
    assert not hasattr(model, "net_")
    assert model.set_params(linear_skip=True).fit(ragged, y).predict(ragged).shape
