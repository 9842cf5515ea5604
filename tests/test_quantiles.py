"""Several quantiles of one fit, through all that an estimator does."""

import pickle

import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import mean_pinball_loss, r2_score

import skattn
from skattn import LSTMAttentionRegressor
from skattn._state import get_state
from skattn.persistence._verify import verify
from skattn.training import Checkpoint

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 7, 3)) * [1, 10, 100] + [0, 5, 1000]
Y = X[:, 4, 1] + X[:, 2, 1]  # in units of channel 1
STEPS = X[:, 2:4, :2]  # (n_samples, horizon, n_targets)
LEVELS = [0.9, 0.1, 0.5]
FAST = {"hidden_size": 4, "max_epochs": 2, "random_state": 0}
RAGGED = [x[: 2 + i % 6] for i, x in enumerate(X)]

VARIANTS = [
    {},
    {"decoder": "lstm", "teacher_forcing": 0.5, "dropout": 0.2},
    {"state_bypass": True, "linear_skip": True, "patch_size": 2},
    {"values": "inputs"},
    {"attention": "mean", "bidirectional": True, "conv_layers": 1},
]
FORECASTS = [
    {"anchor": True, "linear_skip": "ridge"},
    {"channel_independent": True, "decoder": "lstm"},
]
pytestmark = [
    pytest.mark.filterwarnings("ignore:values='inputs' does not centre:UserWarning"),
    pytest.mark.filterwarnings("ignore:Half of y lies:UserWarning"),
]
each_variant = pytest.mark.parametrize("variant", VARIANTS, ids=str)


def make(**parameters):
    return LSTMAttentionRegressor(
        **FAST | {"loss": "quantile", "quantile": LEVELS} | parameters
    )


def assert_ordered(model, X):
    quantiles = model.predict_quantiles(X)
    assert (np.diff(quantiles) >= 0).all()
    median = [*model.quantiles_].index(0.5)
    np.testing.assert_array_equal(quantiles[..., median], model.predict(X))
    return quantiles


@each_variant
@pytest.mark.parametrize("y", [Y, np.c_[Y, -Y], STEPS], ids=["1-D", "2-D", "3-D"])
def test_quantiles_stand_last_in_ascending_order(variant, y):
    model = make(**variant).fit(X, y.astype(np.float32))
    quantiles = assert_ordered(model, X)
    assert quantiles.shape == (*y.shape, 3)
    assert quantiles.dtype == np.float32
    np.testing.assert_array_equal(model.quantiles_, [0.1, 0.5, 0.9])
    assert model.score(X, y) == pytest.approx(
        r2_score(y.reshape(200, -1), model.predict(X).reshape(200, -1))
    )


@pytest.mark.parametrize("variant", FORECASTS, ids=str)
def test_forecasts_have_quantiles(variant):
    model = make(target_channels=[0, 1], **variant).fit(X, STEPS)
    assert assert_ordered(model, X).shape == (200, 2, 2, 3)


@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(["identity", "sigmoid", "softplus"]),
    st.sampled_from([np.float32, np.float64]),
    st.lists(st.integers(1, 99).filter(lambda q: q != 50), unique=True, min_size=1),
)
@settings(deadline=None, max_examples=25)
def test_quantiles_never_cross(seed, activation, dtype, percents):
    rng = np.random.default_rng(seed)
    levels = [0.5, *(percent / 100 for percent in percents)]
    X_, y = rng.normal(size=(20, 4, 1)), rng.uniform(size=20).astype(dtype)
    model = make(quantile=levels, output_activation=activation, learning_rate=0.3)
    model.fit(X_, y)
    assert assert_ordered(model, 100 * X_).shape == (20, len(levels))


def test_every_quantile_has_its_share_of_the_truth():
    rng = np.random.default_rng(0)
    X_ = rng.normal(size=(3000, 4, 2))
    y = X_[:, 2, 0] + np.exp(X_[:, 3, 1] / 2) * rng.normal(size=3000)
    model = make(hidden_size=16, max_epochs=40, quantile=[0.1, 0.25, 0.5, 0.75, 0.9])
    quantiles = model.fit(X_[:2000], y[:2000]).predict_quantiles(X_[2000:])
    below = (y[2000:, None] <= quantiles).mean(0)
    # Four standard errors of a share of 1000, and some for what was not learned.
    np.testing.assert_allclose(below, model.quantiles_, atol=0.09)
    width = quantiles[:, -1] - quantiles[:, 0]
    assert np.corrcoef(width, np.exp(X_[2000:, 3, 1] / 2))[0, 1] > 0.8


def test_the_loss_is_the_mean_pinball_loss_over_the_quantiles():
    weights = RNG.integers(1, 4, size=200).astype(float)
    model = make(max_epochs=1, batch_size=200, scale_targets=False, learning_rate=1e-12)
    model.fit(X, Y, sample_weight=weights, X_val=X, y_val=Y)
    quantiles = model.predict_quantiles(X)
    for key, weight in (("train_loss", weights), ("validation_loss", None)):
        expected = np.mean(
            [
                mean_pinball_loss(Y, quantiles[:, i], alpha=q, sample_weight=weight)
                for i, q in enumerate(model.quantiles_)
            ]
        )
        assert model.history_[key][-1] == pytest.approx(expected, rel=1e-5)


def test_one_level_is_as_it_was():
    model = make(quantile=0.9).fit(X, Y)
    np.testing.assert_array_equal(model.quantiles_, [0.9])
    quantiles = model.predict_quantiles(X)
    np.testing.assert_array_equal(quantiles, model.predict(X)[:, None])
    median = make(quantile=0.5).fit(X, Y)
    for listed in ([0.5], (0.5,), np.array([0.5])):
        other = make(quantile=listed).fit(X, Y)
        np.testing.assert_array_equal(other.predict(X), median.predict(X))


@pytest.mark.parametrize(
    "quantile",
    [(0.1, 0.5, 0.9), np.array([0.5, 0.9, 0.1]), np.linspace(0.1, 0.9, 3)],
    ids=str,
)
def test_levels_come_in_any_order_and_sequence(quantile):
    expected = make().fit(X, Y).predict_quantiles(X)
    found = make(quantile=quantile).fit(X, Y).predict_quantiles(X)
    np.testing.assert_array_equal(found, expected)


def test_a_grid_of_levels_holds_the_median_but_for_rounding():
    levels = np.cumsum(np.full(19, 0.05))
    assert 0.5 not in levels
    assert make(quantile=levels).fit(X, Y).quantiles_[9] == 0.5


@pytest.mark.parametrize(
    ("quantile", "message"),
    [
        ([0.1, 0.9], r"quantile=\[0.1, 0.9\] must hold 0.5.*median"),
        ([0.5, 1.0], r"quantile=\[0.5, 1.0\] must be one number between 0 and 1"),
        ([0.0, 0.5], "distinct numbers between 0 and 1 that holds 0.5"),
        ([0.5, 0.5], "distinct"),
        ([0.5, np.nan], "distinct"),
        ([], "must be one number"),
        ([[0.1, 0.5]], "must be one number"),
        (["a", 0.5], "must be one number"),
        ({0.1, 0.5}, "must be one number"),
        ("0.5", "'quantile' parameter"),
        (1.5, "'quantile' parameter"),
        (None, "loss='quantile' needs quantile"),
    ],
)
def test_other_levels_are_refused(quantile, message):
    with pytest.raises(ValueError, match=message):
        make(quantile=quantile).fit(X, Y)


def test_other_losses_ignore_levels_and_have_no_quantiles():
    model = make(loss="squared_error")
    assert not hasattr(model, "predict_quantiles")
    model.fit(X, Y)
    assert not hasattr(model, "quantiles_")
    with pytest.raises(AttributeError, match="predict_quantiles") as error:
        model.predict_quantiles(X)
    assert "got loss='squared_error'" in str(error.value.__cause__)


def test_what_was_fitted_decides():
    model = make().fit(X, Y)
    expected = model.predict_quantiles(X)
    model.set_params(loss="huber", quantile=None)
    np.testing.assert_array_equal(model.predict_quantiles(X), expected)
    assert hasattr(make(), "predict_quantiles")
    with pytest.raises(NotFittedError):
        make().predict_quantiles(X)
    assert not hasattr(make(), "quantiles_")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"quantile": [0.2, 0.5, 0.9]}, r"quantile=\(0.2, 0.5, 0.9\) cannot change"),
        ({"quantile": 0.5}, "quantile=0.5 cannot change"),
        ({"loss": "huber"}, "loss='huber' cannot change"),
    ],
)
def test_training_goes_on_with_the_same_levels_only(changed, message):
    model = make(warm_start=True).fit(X, Y)
    expected = model.predict_quantiles(X)
    model.set_params(quantile=(0.1, 0.5, 0.9)).fit(X, Y)
    assert model.n_iter_ == 4
    assert not np.allclose(assert_ordered(model, X), expected)
    after = model.predict_quantiles(X)
    for call in (model.fit, model.partial_fit):
        with pytest.raises(ValueError, match=message):
            model.set_params(**changed) and call(X, Y)
    np.testing.assert_array_equal(model.predict_quantiles(X), after)


def test_partial_fit_and_a_list_of_sequences():
    model = make().partial_fit(RAGGED, Y).partial_fit(RAGGED, Y)
    whole = assert_ordered(model, RAGGED)
    alone = np.concatenate([model.predict_quantiles([x]) for x in RAGGED[:9]])
    np.testing.assert_allclose(alone, whole[:9], rtol=0, atol=1e-6 * Y.std())


@each_variant
def test_copies_and_files_answer_alike(variant, tmp_path):
    model = make(**variant).fit(X, STEPS)
    expected = model.predict_quantiles(X)
    skattn.save(model, tmp_path / "model")
    for copy in (pickle.loads(pickle.dumps(model)), skattn.load(tmp_path / "model")):
        np.testing.assert_array_equal(copy.predict_quantiles(X), expected)
        copy.partial_fit(X, STEPS)
    again = clone(model).fit(X, STEPS)
    np.testing.assert_array_equal(again.predict_quantiles(X), expected)


@pytest.mark.parametrize(
    "levels",
    [None, (0.1, 0.5), (0.1, 0.9, 0.5), (0.1, 0.2, 0.9), (0.5,), (0.5, 2.0), [0.5], 1],
)
def test_files_with_other_levels_are_refused(levels):
    state = get_state(make().fit(X, Y))
    state["records"]["_target"]["levels"] = levels
    with pytest.raises(ValueError, match="levels are"):
        verify(LSTMAttentionRegressor, state)
    state["records"]["_architecture"]["quantiles"] = levels
    if levels not in (None, (0.1, 0.5)):
        with pytest.raises(ValueError, match="levels are"):
            verify(LSTMAttentionRegressor, state)


def test_a_checkpoint_restores_the_gaps(tmp_path, monkeypatch):
    whole = make(max_epochs=4, checkpoint=tmp_path).fit(X, Y)
    model = make(max_epochs=4, checkpoint=tmp_path)
    finish = Checkpoint.on_epoch_end

    def stop(self, net, **others):
        finish(self, net, **others)
        if len(net.history) == 2:
            raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(Checkpoint, "on_epoch_end", stop)
        with pytest.raises(MemoryError):
            model.fit(X, Y)
    model.fit(X, Y)
    assert model.resumed_from_epoch_ == 2
    np.testing.assert_array_equal(
        model.predict_quantiles(X), whole.predict_quantiles(X)
    )


@pytest.mark.parametrize("ragged", [False, True])
def test_contributions_and_base_value_are_the_medians(ragged):
    model = make(values="inputs", anchor=True, target_channels=1)
    X_ = RAGGED if ragged else X
    model.fit(X_, Y[:, None])
    each = model.predict_contributions(X_)
    total = model.base_value_ + each.sum(axis=(-2, -1))
    np.testing.assert_allclose(total, model.predict(X_), rtol=0, atol=1e-4 * Y.std())


@pytest.mark.parametrize(
    "variant",
    [
        {},
        {"decoder": "lstm"},
        {"output_activation": "softplus", "attention": "mean"},
        {
            "target_channels": [0, 1],
            "channel_independent": True,
            "anchor": True,
            "linear_skip": False,
        },
    ],
    ids=str,
)
def test_graphs_have_all_quantiles(variant, tmp_path):
    y = np.abs(STEPS) if "output_activation" in variant else STEPS
    model = make(**variant).fit(X, y)
    skattn.to_onnx(model, tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    names = [part.name for part in session.get_outputs()]
    assert names == ["prediction", "attention", "context", "quantiles"]
    prediction, *_, quantiles = session.run(None, {"X": X[:50, :5]})
    scale = y.std(axis=(0, 1))
    expected = model.predict_quantiles(X[:50, :5]) / scale[:, None]
    np.testing.assert_allclose(quantiles / scale[:, None], expected, atol=1e-5)
    np.testing.assert_allclose(
        prediction / scale, model.predict(X[:50, :5]) / scale, atol=1e-5
    )
