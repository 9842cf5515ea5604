"""X in all its forms, through a transformer that takes what the estimators take."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skattn.sequences import OverTime, WindowSplit, make_windows

RNG = np.random.default_rng(0)
CUBE = RNG.normal(size=(6, 4, 2))


def lift(**settings):
    return OverTime(FunctionTransformer(), **settings)


def read(X, **settings):
    """Give the steps that a transformer sees."""
    seen = []
    look = FunctionTransformer(lambda steps: seen.append(steps) or steps)
    model = OverTime(look, **settings).fit(X)
    model.transform(X)
    return model, seen[-1]


@pytest.mark.parametrize(
    "form",
    [
        lambda X: X,
        lambda X: X.tolist(),
        lambda X: [*X],
        lambda X: tuple(X),
        torch.from_numpy,
        lambda X: [torch.from_numpy(x) for x in X],
        lambda X: pd.Series([*X]),
        lambda X: [pd.DataFrame(x, columns=["a", "b"]) for x in X],
    ],
)
def test_forms_of_the_same_sequences_have_the_same_steps(form):
    model, steps = read(form(CUBE))
    np.testing.assert_array_equal(steps, CUBE.reshape(-1, 2))
    assert (model.n_timesteps_in_, model.n_channels_in_) == (4, 2)
    assert model.n_features_in_ == 2


@pytest.mark.parametrize(
    "form",
    [lambda X: X, pd.DataFrame, lambda X: [*X], lambda X: [torch.tensor(x) for x in X]],
)
def test_flat_rows_are_cut_by_n_timesteps(form):
    model, steps = read(form(CUBE.reshape(6, 8)), n_timesteps=4)
    np.testing.assert_array_equal(steps, CUBE.reshape(-1, 2))
    assert (model.n_timesteps_in_, model.n_channels_in_) == (4, 2)
    assert model.n_features_in_ == 8


def test_lists_of_vectors_are_sequences_of_one_channel_without_n_timesteps():
    X = [np.arange(3.0), np.arange(2.0)]
    model, steps = read(X)
    np.testing.assert_array_equal(steps[:, 0], [0, 1, 2, 0, 1])
    assert (model.n_timesteps_in_, model.n_channels_in_) == (3, 1)
    assert [x.shape for x in model.transform(X)] == [(3, 1), (2, 1)]
    with pytest.raises(ValueError, match="rows of different shapes, which n_timesteps"):
        lift(n_timesteps=2).fit(X)


def test_float32_stays_and_whole_numbers_become_floats():
    assert read(CUBE.astype(np.float32))[1].dtype == np.float32
    assert read(np.ones((2, 3, 1), int))[1].dtype == np.float64


@pytest.mark.parametrize("padding", [np.nan, -9.0])
def test_padding_is_read_off_and_put_back(padding):
    X = CUBE.copy()
    X[1, 2:] = padding
    X[4, 1:] = padding
    real = np.ones((6, 4), bool)
    real[1, 2:] = real[4, 1:] = False
    model, steps = read(X, padding_value=padding)
    np.testing.assert_array_equal(steps, X[real])
    np.testing.assert_array_equal(model.transform(X), X)
    full, steps = read(CUBE, padding_value=padding)
    np.testing.assert_array_equal(steps, CUBE.reshape(-1, 2))
    X[3] = padding
    with pytest.raises(ValueError, match=r"X\[3\] is nothing but padding"):
        full.transform(X)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([[1.0, 2.0], [1.0]], "X lists lists of different lengths"),
        ([np.zeros((2, 2)), np.zeros((2, 3))], r"X\[1\] has 3 channels"),
        (np.zeros((2, 0, 1)), r"shape \(2, 0, 1\)|minimum of 1"),
        (np.zeros((2, 3, 0)), r"X has shape \(2, 3, 0\)|0 feature"),
        (np.full((1, 2, 1), np.inf), "infinity"),
        (
            [pd.DataFrame({"a": [1.0]}), pd.DataFrame({"b": [1.0]})],
            r"X\[1\] has the columns \['b'\], but X\[0\] has \['a'\]",
        ),
    ],
)
def test_what_is_no_x_is_named(X, message):
    with pytest.raises(ValueError, match=message):
        lift().fit(X)


def test_lists_of_equal_lists_are_rows():
    model, steps = read([[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_array_equal(steps[:, 0], [1, 2, 3, 4])
    assert model.n_timesteps_in_ == 2


def test_other_channels_than_in_the_fit_are_refused():
    model = lift().fit(CUBE)
    with pytest.raises(ValueError, match=r"X has 1 channels .* was fitted on 2"):
        model.transform(CUBE[:, :, :1])
    flat = lift(n_timesteps=4).fit(CUBE.reshape(6, 8))
    with pytest.raises(ValueError, match="expecting 8 features"):
        flat.transform(np.zeros((2, 7)))
    assert flat.transform(CUBE).shape == (6, 8) or flat.transform(CUBE).shape == (
        6,
        4,
        2,
    )


def test_names_must_be_those_of_the_fit():
    frames = [pd.DataFrame(x, columns=["a", "b"]) for x in CUBE]
    model = lift().fit(frames)
    assert model.feature_names_in_.tolist() == ["a", "b"]
    with pytest.raises(ValueError, match="feature names should match"):
        model.transform([frame.rename(columns={"a": "c"}) for frame in frames])


@pytest.mark.parametrize(
    ("window", "horizon", "stride", "gap"),
    [
        (3, 1, 1, 3),
        (3, 2, 1, 4),
        (3, 1, 2, 1),
        (3, 2, 2, 2),
        (3, 1, 4, 0),
        (1, 1, 1, 1),
    ],
)
def test_windows_leave_the_gap_that_overlap_needs(window, horizon, stride, gap):
    split = WindowSplit(2, window=window, horizon=horizon, stride=stride, test_size=4)
    for train, test in split.split(np.zeros(30)):
        assert test[0] - train[-1] == gap + 1
        assert len(test) == 4
        assert train[0] == 0
    short = WindowSplit(2, window=window, horizon=horizon, max_train_size=5)
    assert {len(train) for train, _ in short.split(np.zeros(40))} == {5}


def test_defaults_of_windows():
    series = np.arange(8.0)
    X, y = make_windows(series, 3, 1)
    assert X.shape == (5, 3, 1)
    np.testing.assert_array_equal(y[:, 0], series[3:])
    (train, test), *_ = WindowSplit(2, window=3).split(np.zeros(20))
    assert test[0] - train[-1] == 4


@pytest.mark.parametrize("channels", [-2, 1, [0, -1], [-2]])
def test_channels_of_windows_may_be_counted_from_the_end(channels):
    series = RNG.normal(size=(9, 2))
    _, y = make_windows(series, 2, 2, target_channels=channels)
    np.testing.assert_array_equal(y[0], series[2:4][:, channels])


@pytest.mark.parametrize("channels", [-3, 2, [0, 2], [0.0]])
def test_channels_that_are_not_there_are_named(channels):
    with pytest.raises(ValueError, match="from -2 to 1"):
        make_windows(np.zeros((9, 2)), 2, 1, target_channels=channels)


def test_the_shortest_series_is_one_window():
    X, y = make_windows(np.arange(5.0), 3, 2)
    assert X.shape == (1, 3, 1)
    assert y.tolist() == [[3.0, 4.0]]


def test_standard_scaling_over_time_goes_back():
    X = [RNG.normal(5, 3, size=(n, 2)) for n in (4, 1, 7)]
    model = OverTime(StandardScaler()).fit(X)
    steps = np.concatenate(model.transform(X))
    np.testing.assert_allclose(steps.mean(0), 0.0, atol=1e-12)
    np.testing.assert_allclose(steps.std(0), 1.0)


@pytest.mark.filterwarnings("ignore:X has one time step:UserWarning")
def test_sequences_may_have_one_step():
    model, steps = read(CUBE[:, :1])
    np.testing.assert_array_equal(steps, CUBE[:, 0])
    assert (model.n_timesteps_in_, model.n_features_in_) == (1, 2)


def test_padded_sequences_may_come_out_with_other_channels():
    X = CUBE.copy()
    X[1, 2:] = np.nan
    half = FunctionTransformer(lambda steps: steps[:, :1] * 2)
    found = OverTime(half, padding_value=np.nan).fit_transform(X)
    np.testing.assert_array_equal(found, 2 * X[:, :, :1])


@pytest.mark.parametrize(
    "form", [lambda x: x[None], lambda x: [x], lambda x: [pd.DataFrame(x)]]
)
def test_one_sequence_is_enough(form):
    model, steps = read(form(CUBE[0]))
    np.testing.assert_array_equal(steps, CUBE[0])
    assert model.n_features_in_ == 2
