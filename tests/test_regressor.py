"""The regressor learns, in every form of y, and answers in every form of X."""

import numpy as np
import pytest
import torch
from sklearn.metrics import mean_pinball_loss, r2_score

from skattn import LSTMAttentionRegressor
from skattn.sequences import make_windows
from skattn.training import split_validation

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 8, 2))
Y = 1000 + 50 * X[:, 2, 0]  # the answer stands at step 2 of channel 0
FAST = {"hidden_size": 8, "max_epochs": 3, "random_state": 0}
# A forecast by the network alone.
ALONE = {"anchor": False, "linear_skip": False, "early_stopping": False}
LEARNING = {
    "hidden_size": 16,
    "learning_rate": 0.02,
    "lr_schedule": "one_cycle",
    "max_epochs": 30,
    "batch_size": 32,
    "early_stopping": False,
    "random_state": 0,
}


def fast(**parameters):
    return LSTMAttentionRegressor(**FAST | parameters)


def waves(n_times=260):
    """Two channels with periods of 12 and 8 steps, far from 0."""
    time = np.arange(n_times)
    noise = 0.05 * np.random.default_rng(1).normal(size=(n_times, 2))
    periods = np.stack([np.sin(2 * np.pi * time / p) for p in (12, 8)], axis=1)
    return 500 + 100 * (periods + noise)


def test_attention_finds_the_step_that_matters():
    settings = LEARNING | {"max_epochs": 100, "passthrough": False}
    model = LSTMAttentionRegressor(**settings, query="learned")
    assert model.fit(X, Y).score(X, Y) > 0.99
    assert model.attention_weights_.mean(0).argmax() == 2


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 2)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_predictions_have_the_form_of_y(shape, dtype):
    y = RNG.normal(size=(300, *shape)).astype(dtype)
    model = fast().fit(X, y)
    prediction = model.predict(X[:5])
    assert prediction.shape == (5, *shape)
    assert prediction.dtype == dtype
    flat = y.reshape(300, -1)
    expected = r2_score(flat, model.predict(X).reshape(300, -1))
    assert model.score(X, y) == pytest.approx(expected)


def test_outputs_are_scaled_each_by_itself():
    y = np.stack([Y * 1e6, (Y - 1000) * 1e-6], axis=1)
    model = LSTMAttentionRegressor(**LEARNING, weight_decay=0.0, query="last").fit(X, y)
    scores = r2_score(y, model.predict(X), multioutput="raw_values")
    assert (scores > 0.9).all()


@pytest.mark.parametrize(
    "beside",
    [
        {"anchor": True},
        {"linear_skip": True},
        {"anchor": True, "linear_skip": True, "patch_size": 4},
        {"channel_independent": True, "linear_skip": True},
        {"anchor": True, "linear_skip": "ridge"},
        {"channel_independent": True, "linear_skip": "ridge", "patch_size": 4},
    ],
)
def test_forecasts_of_several_channels(beside):
    X_, y = make_windows(waves(), 24, 6)
    # Channel 1 first: y's targets follow the order of target_channels.
    y = y[:, :, ::-1]
    model = LSTMAttentionRegressor(**LEARNING, target_channels=[1, 0], **beside).fit(
        X_, y
    )
    assert model.predict(X_).shape == y.shape
    assert model.score(X_, y) > 0.9


def test_forecasts_of_one_channel_take_a_flat_horizon():
    X_, y = make_windows(waves(), 24, 6, target_channels=1)
    model = LSTMAttentionRegressor(**LEARNING, target_channels=1, linear_skip=True)
    assert model.fit(X_, y).score(X_, y) > 0.9
    assert model._target.scaler.mean == model._input_scaler.mean[1]


def test_quantile_loss_predicts_the_quantile():
    noise = RNG.exponential(size=2000)
    model = fast(loss="quantile", quantile=0.8, max_epochs=30, learning_rate=0.02)
    model.fit(np.zeros((2000, 2, 1)), noise)
    guess = model.predict(np.zeros((1, 2, 1)))
    assert mean_pinball_loss(noise, np.repeat(guess, 2000), alpha=0.8) == pytest.approx(
        mean_pinball_loss(noise, np.full(2000, np.quantile(noise, 0.8)), alpha=0.8),
        rel=0.02,
    )


def test_fitted_answers_do_not_depend_on_parameters_set_later():
    X_, y = make_windows(waves(), 24, 6)
    model = fast(target_channels="all", channel_independent=True, **ALONE).fit(X_, y)
    model.set_params(channel_independent=False, attention="mean", target_channels=None)
    assert model.transform(X_).shape[1] == len(model.get_feature_names_out()) == 16
    assert model.predict_attention(X_).shape == (len(X_), 2, 24)


def test_the_tail_gap_is_one_window_and_the_horizon(monkeypatch):
    X_, y = make_windows(waves(), 24, 6, target_channels=0)
    given = []

    def spy(*args, gap, **options):
        given.append(gap)
        return split_validation(*args, gap=gap, **options)

    monkeypatch.setattr("skattn._judges.split_validation", spy)
    for channels in (None, 0):
        model = fast(target_channels=channels, early_stopping=True)
        model.set_params(validation_split="tail").fit(X_, y)
    assert given == [24, 24 + 5]


def test_attention_is_stored_only_on_demand():
    model = fast().fit(X, Y)
    np.testing.assert_array_equal(model.attention_weights_, model.predict_attention(X))
    model.set_params(store_attention=False).fit(X, Y)
    assert not hasattr(model, "attention_weights_")


@pytest.mark.parametrize("attention", ["additive", "last", "mean", "max"])
@pytest.mark.parametrize("extra", [{}, {"bidirectional": True}, {"patch_size": 3}])
def test_attention_rows_sum_to_one(attention, extra):
    weights = fast(attention=attention, **extra).fit(X, Y).predict_attention(X)
    assert weights.shape == (300, 8)
    np.testing.assert_allclose(weights.sum(1), 1.0, atol=1e-6)
    assert (weights >= 0).all()


def test_transform_gives_the_context_of_each_target_side_by_side():
    X_, y = make_windows(waves(), 24, 6)
    shared = fast(target_channels="all", channel_independent=True, **ALONE).fit(X_, y)
    assert shared.transform(X_).shape == (len(X_), 2 * 8)
    assert len(shared.get_feature_names_out()) == 16
    assert shared.attention_weights_.shape == (len(X_), 2, 24)
    model = fast(bidirectional=True).fit(X_.astype(np.float32), y)
    assert model.transform(X_.astype(np.float32)).dtype == np.float32
    assert model.transform(X_).shape == (len(X_), 16)
    model.set_params(passthrough=True).fit(X_, y)
    assert model.transform(X_).shape == (len(X_), 18)  # states, and what was read


def test_unscaled_inputs_and_targets():
    model = fast(scale_inputs=False, scale_targets=False).fit(X, Y)
    assert (model._input_scaler.scale == 1).all()
    assert (model._target.scaler.scale == 1).all()
    assert model.history_["train_loss"][0] > 1e5  # in squared units of y


def test_other_lengths_at_predict():
    model = fast().fit(X, Y)
    assert model.predict(X[:, :3]).shape == (300,)
    assert model.predict_attention(np.tile(X, (1, 3, 1))).shape == (300, 24)


def test_tensors_are_taken_wherever_they_come_from():
    model = fast().fit(torch.from_numpy(X).requires_grad_(), torch.from_numpy(Y))
    np.testing.assert_array_equal(model.predict(X), fast().fit(X, Y).predict(X))


@pytest.mark.filterwarnings("ignore:X has one time step:UserWarning")
def test_flat_rows_equal_their_cut_form():
    flat = fast(n_timesteps=8).fit(X.reshape(300, 16), Y)
    cubic = fast().fit(X, Y)
    np.testing.assert_array_equal(flat.predict(X.reshape(300, 16)), cubic.predict(X))
    np.testing.assert_array_equal(flat.predict(X), cubic.predict(X))
    np.testing.assert_array_equal(cubic.predict(X.reshape(300, 16)), cubic.predict(X))
    one_step = fast().fit(X[:, :1], Y)
    assert one_step.predict(X[:, 0]).shape == (300,)
    assert (flat.n_features_in_, cubic.n_features_in_) == (16, 2)
    assert flat.n_timesteps_in_ == cubic.n_timesteps_in_ == 8
    assert flat.n_channels_in_ == cubic.n_channels_in_ == 2


def test_a_memmap_is_fitted_like_an_array(tmp_path):
    small = X.astype(np.float32)
    np.save(tmp_path / "X.npy", small)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    one, other = fast().fit(mapped, Y), fast().fit(small, Y)
    np.testing.assert_array_equal(one.predict(mapped), other.predict(small))


@pytest.mark.parametrize("n_samples", [1, 2, 3])
@pytest.mark.parametrize("batch_size", [1, 2])
@pytest.mark.parametrize("shape", [(), (1,), (2,)])
def test_few_samples_and_small_batches_do_not_broadcast(n_samples, batch_size, shape):
    y = RNG.normal(size=(n_samples, *shape))
    model = fast(early_stopping=False, batch_size=batch_size, max_epochs=1)
    model.fit(X[:n_samples], y)
    loss = model.history_["train_loss"][0]
    if n_samples == 1:
        assert loss < 1.0  # one sample: scaled to 0
    assert model.predict(X[:n_samples]).shape == y.shape


def test_the_loss_of_a_batch_is_the_mean_of_its_samples():
    model = fast(
        early_stopping=False, batch_size=300, learning_rate=1e-30, max_epochs=1
    ).fit(X, Y)
    error = (Y - model.predict(X)) / Y.std()
    assert model.history_["train_loss"][0] == pytest.approx(np.mean(error**2), rel=1e-5)
