"""Every attention through the estimator: forms, learning, contributions, grids."""

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV

from skattn import LSTMAttentionRegressor
from skattn.datasets import make_find_max, make_marked_step, make_reversal
from skattn.inspection import conicity
from skattn.sequences import make_windows

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 6, 3)) * [1, 10, 100] + [0, 5, 1000]
Y = RNG.normal(size=60) * 50 + 300
FAST = {"hidden_size": 8, "max_epochs": 2, "random_state": 0}
# A forecast by the network alone.
ALONE = {"anchor": False, "linear_skip": False, "early_stopping": False}
SCORES = ["additive", "cosine", "dot", "general", "location", "scaled_dot"]
FORECAST = RNG.normal(size=200).cumsum() * 10 + 500


def fast(**parameters):
    return LSTMAttentionRegressor(**FAST | parameters)


@pytest.mark.parametrize("attention", [*SCORES, "feature", "last", "mean", "max"])
@pytest.mark.parametrize("query", ["last", "learned"])
def test_weights_of_every_attention(attention, query):
    model = fast(attention=attention, query=query, bidirectional=True, n_heads=2)
    parts = model.fit(X, Y).predict_attention(X, average=False)
    whole = model.attention_weights_
    assert whole.shape == (60, 6)
    np.testing.assert_allclose(whole.sum(1), 1.0, atol=1e-6)
    if attention == "feature":
        assert parts.shape == (60, 6, 16)
        np.testing.assert_allclose(parts.mean(2), whole, atol=1e-6)
        np.testing.assert_allclose(parts.sum(1), 1.0, atol=1e-5)
    else:
        assert parts.shape == (60, 2 if attention in SCORES else 1, 6)
        np.testing.assert_allclose(parts.mean(1), whole, atol=1e-6)
        np.testing.assert_allclose(parts.sum(2), 1.0, atol=1e-6)


@pytest.mark.parametrize("attention", [*SCORES, "last", "mean", "max"])
@pytest.mark.parametrize(
    "extra",
    [
        {},
        {"state_bypass": True, "teacher_forcing": 0.5, "dropout": 0.1},
        {"anchor": True, "linear_skip": True, "patch_size": 4, "n_heads": 2},
    ],
)
def test_alignment_of_every_attention(attention, extra):
    X_, y = make_windows(FORECAST, 12, 3)
    settings = {"attention": attention, "decoder": "lstm", "target_channels": 0}
    model = fast(**settings | {"patch_size": 1} | ALONE | extra)
    model.fit(X_, y)
    assert model.predict(X_).shape == y.shape
    assert model.attention_weights_.shape == (len(X_), 3, 12)
    np.testing.assert_allclose(model.attention_weights_.sum(2), 1.0, atol=1e-6)
    parts = model.predict_attention(X_, average=False)
    assert parts.shape[0::2] == (len(X_), 3)
    np.testing.assert_allclose(parts.mean(1), model.attention_weights_, atol=1e-6)
    assert model.transform(X_).shape == (len(X_), 3 * 8)
    assert len(model.get_feature_names_out()) == 24


@pytest.mark.parametrize("attention", SCORES)
def test_alignments_of_a_decoder_follow_its_state_whatever_the_query(attention):
    y = RNG.normal(size=(60, 4))
    models = [
        fast(attention=attention, decoder="lstm", query=query).fit(X, y)
        for query in ("last", "learned")
    ]
    assert np.ptp(models[0].attention_weights_, axis=1).max() > 0
    one, other = (model.predict(X) for model in models)
    np.testing.assert_array_equal(one, other)


def test_uncentred_values_warn_of_channels_far_from_zero():
    with pytest.warns(UserWarning, match=r"mean of channel 2 is .* away from 0"):
        fast(values="inputs").fit(X, Y)


def test_a_lstm_decoder_scales_its_horizon_as_one():
    y = np.stack([Y, 100 * Y], axis=1)
    assert fast(decoder="lstm").fit(X, y)._target.scaler.scale.shape == (1,)
    assert fast().fit(X, y)._target.scaler.scale.shape == (2, 1)
    assert fast(decoder="lstm").fit(X, Y).predict(X).shape == (60,)


def test_target_axes_of_independent_channels():
    X_, y = make_windows(np.stack([FORECAST, -FORECAST, FORECAST**2], axis=1), 12, 4)
    y = y[:, :, :2]
    settings = {"target_channels": [0, 1], "channel_independent": True, "n_heads": 2}
    settings |= ALONE
    dense = fast(**settings, self_attention_heads=2).fit(X_, y)
    n = len(X_)
    assert dense.attention_weights_.shape == (n, 2, 12)
    assert dense.predict_attention(X_, average=False).shape == (n, 2, 2, 12)
    assert dense.predict_attention(X_, layer="self").shape == (n, 12, 2, 12)
    steps = fast(**settings, decoder="lstm").fit(X_, y)
    assert steps.attention_weights_.shape == (n, 4, 2, 12)
    assert steps.transform(X_).shape == (n, 2 * 4 * 8)
    feature = fast(**settings, attention="feature").fit(X_, y)
    assert feature.predict_attention(X_, average=False).shape == (n, 2, 12, 8)


def test_the_map_of_the_self_attention():
    model = fast(self_attention_heads=4, attention="mean").fit(X, Y)
    heads = model.predict_attention(X, average=False, layer="self")
    assert heads.shape == (60, 4, 6, 6)
    np.testing.assert_allclose(heads.sum(-1), 1.0, atol=1e-6)
    whole = model.predict_attention(X, layer="self")
    np.testing.assert_allclose(heads.mean(1), whole, atol=1e-6)
    with pytest.raises(ValueError, match="self_attention_heads=0"):
        fast().fit(X, Y).predict_attention(X, layer="self")
    with pytest.raises(ValueError, match="layer='top' must be"):
        model.predict_attention(X, layer="top")


@pytest.mark.parametrize("attention", ["location", "feature"])
def test_a_fixed_number_of_steps_takes_shorter_sequences_and_no_longer_ones(attention):
    model = fast(attention=attention).fit(X, Y)
    weights = model.predict_attention(X[:, 2:])
    assert weights.shape == (60, 4)
    np.testing.assert_allclose(weights.sum(1), 1.0, atol=1e-6)
    with pytest.raises(ValueError, match=rf"12 steps.*{attention}.*at most 6"):
        model.predict(np.concatenate([X, X], axis=1))


@pytest.mark.parametrize("decoder", ["dense", "lstm"])
@pytest.mark.parametrize(
    ("activation", "y"),
    [("sigmoid", RNG.uniform(size=60)), ("softplus", RNG.exponential(size=60))],
)
def test_output_activations_keep_their_range(activation, y, decoder):
    model = fast(output_activation=activation, decoder=decoder).fit(X, y)
    assert (model._target.scaler.scale == 1).all()
    prediction = model.predict(100 * X)
    assert (prediction >= 0).all()
    if activation == "sigmoid":
        assert (prediction <= 1).all()
    with pytest.raises(ValueError, match=r"y has values from .*output_activation"):
        model.fit(X, Y - 400)


CONTRIBUTIONS = [
    {},
    {"attention": "last", "patch_size": 4, "bidirectional": True},
    {"attention": "general", "n_heads": 2, "linear_skip": True, "num_layers": 2},
    {"attention": "mean", "self_attention_heads": 2, "scale_inputs": False},
]


@pytest.mark.filterwarnings("ignore:values='inputs' does not centre:UserWarning")
@pytest.mark.parametrize("parameters", CONTRIBUTIONS, ids=str)
@pytest.mark.parametrize("shape", [(), (2,), (2, 3)])
def test_contributions_and_base_value_add_up_in_units_of_y(parameters, shape):
    y = 300 + 50 * RNG.normal(size=(60, *shape))
    inputs = X / 1000 if "scale_inputs" in parameters else X
    model = fast(values="inputs", **parameters).fit(inputs, y)
    parts = model.predict_contributions(inputs)
    assert parts.shape == (60, *shape, 6, 3)
    total = model.base_value_ + parts.sum((-1, -2))
    np.testing.assert_allclose(total, model.predict(inputs), atol=1e-5 * 50, rtol=0)


@pytest.mark.filterwarnings("ignore:values='inputs' does not centre:UserWarning")
@pytest.mark.parametrize("independent", [False, True])
def test_contributions_of_forecasts_add_up(independent):
    series = np.stack([FORECAST, -FORECAST, FORECAST**2], axis=1)
    X_, y = make_windows(series, 12, 4, target_channels=[2, 0])
    model = fast(
        values="inputs",
        target_channels=[2, 0],
        anchor=True,
        linear_skip=True,
        patch_size=5,
        channel_independent=independent,
    ).fit(X_, y)
    parts = model.predict_contributions(X_)
    assert parts.shape == (len(X_), 4, 2, 12, 3)
    total = model.base_value_ + parts.sum((-1, -2))
    error = np.abs(total - model.predict(X_)).max((0, 1))
    assert (error <= 1e-5 * y.std((0, 1))).all()


@pytest.mark.filterwarnings("ignore:values='inputs' does not centre:UserWarning")
def test_contributions_need_values_that_add_up():
    model = fast(state_bypass=True).fit(X, Y)
    with pytest.raises(AttributeError, match=r"state_bypass=True.*values='states'"):
        model.predict_contributions(X)
    model = fast(values="inputs", output_activation="softplus").fit(X, np.abs(Y))
    with pytest.raises(AttributeError, match="output_activation='softplus'"):
        model.predict_contributions(X)
    assert not hasattr(fast(), "base_value_")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"decoder": "lstm", "attention": "feature"},
            r"decoder='lstm'.*attention=",
        ),
        ({"decoder": "lstm", "values": "inputs"}, r"decoder='lstm'.*values='inputs'"),
        ({"values": "inputs", "attention": "feature"}, r"values='inputs'.*attention"),
        ({"values": "inputs", "attention": "max"}, r"values='inputs'.*attention='max'"),
        ({"values": "inputs", "state_bypass": True}, r"values='inputs'.*state_bypass"),
        ({"n_heads": 3}, r"n_heads=3 does not divide.*hidden_size=8"),
        ({"self_attention_heads": 5}, r"self_attention_heads=5 does not divide"),
        (
            {"output_activation": "sigmoid", "scale_targets": True},
            r"output_activation='sigmoid' does not go with scale_targets=True",
        ),
        (
            {"output_activation": "sigmoid", "target_channels": 0},
            r"output_activation='sigmoid' does not go with scale_inputs=True",
        ),
    ],
)
def test_combinations_without_meaning_name_both_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        fast(**parameters).fit(X, Y)


def test_parameters_that_a_setting_makes_idle_are_ignored():
    idle = fast(attention="mean", query="learned", n_heads=3, teacher_forcing=0.5)
    plain = fast(attention="mean")
    np.testing.assert_array_equal(idle.fit(X, Y).predict(X), plain.fit(X, Y).predict(X))


def test_the_conicity_penalty_spreads_the_states():
    def mean_conicity(penalty):
        model = fast(conicity_penalty=penalty, max_epochs=15, learning_rate=0.01)
        model.set_params(passthrough=False)  # inputs are spread without it
        return conicity(model.fit(X, Y), X).mean()

    assert mean_conicity(1.0) < mean_conicity(0.0) - 0.1


def test_one_grid_over_attention_query_and_decoder():
    X_, y = make_windows(FORECAST[:80], 6, 2)
    grid = {
        "attention": [*SCORES, "last", "mean"],
        "query": ["last", "learned"],
        "decoder": ["dense", "lstm"],
    }
    search = GridSearchCV(fast(max_epochs=1), grid, cv=2, error_score="raise")
    assert np.isfinite(search.fit(X_, y).cv_results_["mean_test_score"]).all()
    assert len(search.cv_results_["params"]) == 32


LEARNING = {
    "learning_rate": 0.01, "lr_schedule": "one_cycle", "batch_size": 64,
    "early_stopping": False, "random_state": 0,
}  # fmt: skip


def test_the_marked_step_is_found():
    X_, y, truth = make_marked_step(2500, 10, random_state=0)
    model = LSTMAttentionRegressor(**LEARNING, hidden_size=32, max_epochs=15)
    weights = model.fit(X_[:2000], y[:2000]).predict_attention(X_[2000:])
    assert model.score(X_[2000:], y[2000:]) > 0.99
    assert (weights.argmax(1) == truth[2000:].argmax(1)).mean() > 0.9


def test_contributions_find_the_maximum():
    X_, y, truth = make_find_max(3000, 6, random_state=0)
    model = LSTMAttentionRegressor(
        **LEARNING, hidden_size=32, max_epochs=20, values="inputs", bidirectional=True
    ).fit(X_[:2500], y[:2500])
    parts = np.abs(model.predict_contributions(X_[2500:]))[:, :, 0]
    mass = (parts * truth[2500:]).sum(1) / parts.sum(1)
    assert mass.mean() > 0.8


def test_reversal_is_aligned_backwards():
    X_, y, truth = make_reversal(1200, 5, 3, random_state=0)
    model = LSTMAttentionRegressor(
        **LEARNING, hidden_size=32, max_epochs=25, decoder="lstm", bidirectional=True
    ).fit(X_[:1000], y[:1000])
    alignment = model.predict_attention(X_[1000:])
    assert (alignment.argmax(2) == truth[1000:].argmax(2)).mean() > 0.95


@pytest.mark.parametrize("patch_size", [1, 2])
def test_the_map_of_the_self_attention_has_targets_between_its_steps(patch_size):
    model = fast(
        target_channels=[0, 1],
        channel_independent=True,
        self_attention_heads=2,
        patch_size=patch_size,
        **ALONE,
    )
    ragged = [x[: 4 + i % 3] for i, x in enumerate(X)]
    model.fit(ragged, np.zeros((60, 3, 2)) + X[:, :1, :2])
    maps = model.predict_attention(ragged, layer="self")
    assert maps.shape == (60, 6, 2, 6)
    cut = model.predict_attention(ragged, layer="self", as_list=True)
    for one, whole, x in zip(cut, maps, ragged, strict=True):
        assert one.shape == (len(x), 2, len(x))
        np.testing.assert_array_equal(one, whole[: len(x), :, : len(x)])
        np.testing.assert_allclose(one.sum(-1), 1, atol=1e-6)
