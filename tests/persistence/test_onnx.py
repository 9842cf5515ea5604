"""ONNX graphs against the estimator, for other batches and lengths than were traced."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from torch import nn

import skattn
from skattn import LSTMAttentionRegressor

RNG = np.random.default_rng(0)
UNITS, OFFSETS = [1, 10, 100], [0, 5, 1000]
X = RNG.normal(size=(100, 9, 3)) * UNITS + OFFSETS
Y = X[:, 4, 1] + X[:, 2, 1]
STEPS = X[:, 2:4, :2]  # (n_samples, horizon, n_targets)
FAST = {"hidden_size": 8, "max_epochs": 2, "random_state": 0}
FAST |= {"anchor": False, "linear_skip": False, "early_stopping": False}

FREE = [  # any length
    {},
    {"query": "learned"},
    {"attention": "last"},
    {"attention": "mean"},
    {"attention": "max", "patch_size": 4},
    {"bidirectional": True, "num_layers": 2},
    {"patch_size": 2, "state_bypass": True},
    {"target_channels": 1, "anchor": True, "channel_independent": True},
    {"attention": "cosine", "self_attention_heads": 2, "n_heads": 2},
    {"attention": "scaled_dot"},
    {"attention": "dot", "query": "learned"},
    {"attention": "general", "n_heads": 4, "decoder": "lstm", "bidirectional": True},
    {"decoder": "lstm", "state_bypass": True, "attention": "last"},
    {"values": "inputs", "attention": "general"},
    {"values": "inputs", "patch_size": 4, "anchor": True, "target_channels": 1},
    {"scale_inputs": False, "scale_targets": False},
    {"n_heads": 2, "patch_size": 2},
    {"n_heads": 2, "patch_size": 2, "decoder": "lstm"},
    {"n_heads": 2, "normalizer": "sparsemax"},
    {"n_heads": 2, "normalizer": "entmax15", "patch_size": 4},
    {"target_channels": 1, "channel_independent": True, "patch_size": 2},
]
FIXED = [  # at most the length of fit
    {"attention": "feature"},
    {"attention": "feature", "patch_size": 2, "bidirectional": True},
    {"attention": "location"},
    {"attention": "location", "decoder": "lstm"},
    {"linear_skip": True, "patch_size": 2},
    {"values": "segments", "attention": "contribution", "segment_size": 4},
    {"values": "segments", "attention": "sum", "target_channels": 1, "anchor": True},
    {"linear_skip": "ridge", "target_channels": 1, "anchor": True},
    {"values": "segments", "segment_size": 2, "n_heads": 2, "attention": "additive"},
]
FORECASTS = [
    {"decoder": "lstm", "channel_independent": True, "anchor": True},
    {"channel_independent": True, "values": "inputs"},
    {"channel_independent": True, "patch_size": 2, "n_heads": 2},
    {"anchor": True, "linear_skip": True},
]
pytestmark = [
    pytest.mark.filterwarnings("ignore:values='inputs' does not centre:UserWarning"),
    pytest.mark.filterwarnings("ignore:Half of y lies:UserWarning"),
]


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    """Write a graph, let onnx check it, and give a function that runs it."""

    def run_exported(model):
        path = tmp_path_factory.mktemp("onnx") / "model.onnx"
        skattn.to_onnx(model, path)
        onnx.checker.check_model(str(path), full_check=True)
        session = onnxruntime.InferenceSession(path)
        assert [part.name for part in session.get_inputs()] == ["X"]
        names = [part.name for part in session.get_outputs()]
        assert names == ["prediction", "attention", "context"]
        return lambda X: session.run(None, {"X": X})

    return run_exported


@pytest.fixture(scope="module")
def fitted(export):
    """Give an estimator with its graph, made once for each kind of network."""
    made = {}

    def fit(variant):
        if str(variant) not in made:
            model = LSTMAttentionRegressor(**FAST | variant).fit(X, Y)
            made[str(variant)] = (model, export(model))
        return made[str(variant)]

    return fit


def draw(n_samples, n_steps):
    return RNG.normal(size=(n_samples, n_steps, 3)) * UNITS + OFFSETS


def fill_up(X, n_steps):
    filled = np.full((len(X), n_steps, X.shape[2]), np.nan)
    filled[:, : X.shape[1]] = X
    return filled


def assert_answers(given, model, X, spread):
    prediction, attention, context = given
    expected = model.predict(X)
    assert prediction.shape == expected.shape
    assert prediction.dtype == expected.dtype
    assert np.abs(prediction - expected).max() < 1e-5 * spread
    weights = model.predict_attention(X)
    n_steps = weights.shape[-1]
    np.testing.assert_allclose(attention[..., :n_steps], weights, rtol=0, atol=1e-5)
    assert (attention[..., n_steps:] == 0).all()
    np.testing.assert_allclose(context, model.transform(X), rtol=0, atol=1e-4)


@pytest.mark.parametrize("variant", FREE, ids=str)
def test_any_batch_and_length(variant, fitted):
    model, run = fitted(variant)
    for n_samples, n_steps in ((1, 9), (7, 9), (2, 5), (3, 14), (1, 1)):
        given = draw(n_samples, n_steps)
        assert_answers(run(given), model, given, Y.std())


@pytest.mark.parametrize("variant", FREE + FIXED, ids=str)
def test_sequences_of_different_lengths_side_by_side(variant, fitted):
    model, run = fitted(variant)
    alone = [draw(1, n_steps) for n_steps in (9, 1, 4, 6, 8, 5)]
    together = run(np.concatenate([fill_up(x, 9) for x in alone]))
    fixed_context = variant.get("attention") == "feature"
    for row, x in enumerate(alone):
        given = [part[row : row + 1] for part in together]
        if fixed_context:
            given[2] = model.transform(x)
        assert model.predict_attention(x).shape[-1] == x.shape[1]
        assert_answers(given, model, x, Y.std())


@pytest.mark.filterwarnings("ignore:X has one time step")
@pytest.mark.parametrize("n_timesteps", [1, 2])
def test_a_fit_on_one_patch_answers_for_several(n_timesteps, export):
    model = LSTMAttentionRegressor(**FAST, self_attention_heads=2, patch_size=2)
    run = export(model.fit(X[:, :n_timesteps], Y))
    for n_samples, n_steps in ((1, 1), (5, 2), (3, 4), (1, 7)):
        given = draw(n_samples, n_steps)
        assert_answers(run(given), model, given, Y.std())


@pytest.mark.parametrize("variant", FIXED, ids=str)
def test_a_fixed_length_is_part_of_the_graph(variant, fitted):
    _, run = fitted(variant)
    with pytest.raises(Exception, match="Got: 12 Expected: 9"):
        run(draw(2, 12))


@pytest.mark.parametrize("variant", FORECASTS, ids=str)
@pytest.mark.parametrize("channels", [[0, 1], [1, 0]])
def test_forecasts_of_several_channels(variant, channels, export):
    model = LSTMAttentionRegressor(**FAST | variant, target_channels=channels)
    run = export(model.fit(X, STEPS[:, :, channels]))
    given = draw(5, 9)
    assert_answers(run(given), model, given, STEPS.std())


@pytest.mark.parametrize("n_timesteps", [None, 9])
def test_flat_rows_stay_flat(n_timesteps, export):
    rows = X.reshape(100, -1).astype(np.float32)
    model = LSTMAttentionRegressor(n_timesteps=n_timesteps, patch_size=2, **FAST)
    run = export(model.fit(rows, Y.astype(np.float32)))
    given = rows[:7].astype(np.float64)
    assert_answers(run(given), model, given, Y.std())


@pytest.mark.parametrize("activation", ["sigmoid", "softplus"])
def test_output_activations(activation, export):
    target = (Y.mean() < Y).astype(float)
    model = LSTMAttentionRegressor(output_activation=activation, **FAST)
    run = export(model.fit(X, target))
    assert_answers(run(X), model, X, target.std())


def test_large_offsets_keep_their_digits(export):
    far = draw(100, 9) + 1e7
    model = LSTMAttentionRegressor(**FAST).fit(far, Y)
    assert_answers(export(model)(far), model, far, Y.std())


def test_a_gap_is_not_predicted_in_silence(export):
    run = export(LSTMAttentionRegressor(**FAST).fit(X, Y))
    given = draw(5, 9)
    given[0, 3] = np.nan  # all channels of a step
    given[1, 8, 2] = np.nan  # one channel of the last step
    given[2, 0, 0] = np.inf
    given[3] = np.nan
    for answers in run(given):
        assert np.isnan(answers[:4]).all()
        assert np.isfinite(answers[4]).all()


def test_nothing_but_the_file_changes(tmp_path):
    model = LSTMAttentionRegressor(**FAST, decoder="lstm").fit(X, Y)
    before, random_state = model.predict(X), torch.random.get_rng_state()
    skattn.to_onnx(model, tmp_path / "model.onnx")
    assert torch.equal(torch.random.get_rng_state(), random_state)
    np.testing.assert_array_equal(model.predict(X), before)


def test_what_cannot_be_exported_is_told(tmp_path, monkeypatch):
    with pytest.raises(NotFittedError):
        skattn.to_onnx(LSTMAttentionRegressor(), tmp_path / "model.onnx")
    model = LSTMAttentionRegressor(**FAST).fit(X, Y)

    class Unknown(nn.Module):
        max_steps = None

        def forward(self, *args, **kwargs):
            raise RuntimeError("no such operator")

    monkeypatch.setattr(model.net_, "module_", Unknown())
    with pytest.raises(ValueError, match=r"exported by torch .*: no such operator"):
        skattn.to_onnx(model, tmp_path / "model.onnx")
    assert not [*tmp_path.iterdir()]


def test_a_classifier_gives_probabilities(tmp_path):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 6, 2))
    y = np.array(["a", "b", "c"])[np.digitize(X[:, 2, 0], [-0.5, 0.5])]
    model = skattn.LSTMAttentionClassifier(max_epochs=2, random_state=0).fit(X, y)
    skattn.to_onnx(model, tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    prediction, attention, context = session.run(None, {"X": X})
    np.testing.assert_allclose(prediction, model.predict_proba(X), atol=1e-5)
    np.testing.assert_allclose(attention, model.attention_weights_, atol=1e-5)
    np.testing.assert_allclose(context, model.transform(X), atol=1e-5)


def test_filled_gaps_are_refused(tmp_path):
    model = skattn.LSTMAttentionRegressor(max_epochs=1, missing="mask")
    model.fit(np.ones((5, 4, 1)), np.arange(5.0))
    with pytest.raises(ValueError, match="missing='mask' cannot be exported"):
        skattn.to_onnx(model, tmp_path / "model.onnx")


def test_what_is_no_code_counts_as_unknown(export):
    rng = np.random.default_rng(0)
    X = np.stack([rng.normal(size=(60, 6)), rng.integers(0, 4, (60, 6))], axis=2)
    y = np.array([3.0, 0.0, 2.0, 1.0])[X[:, 2, 1].astype(int)]
    model = LSTMAttentionRegressor(max_epochs=2, categorical_features=[1])
    run = export(model.fit(X, y))
    codes = X + [0, 1]  # of 0 to 3
    np.testing.assert_allclose(run(codes)[0], model.predict(X), atol=1e-5)
    codes[:, 2, 1], unknown = 0, X.copy()
    unknown[:, 2, 1] = 17
    for wrong in (0, -1, 1.7, 9):
        codes[:, 2, 1] = wrong
        np.testing.assert_allclose(run(codes)[0], model.predict(unknown), atol=1e-5)


@pytest.mark.parametrize(
    "other", [make_pipeline(LSTMAttentionRegressor(**FAST)), Ridge(), "model.onnx"]
)
def test_other_estimators_are_refused(other, tmp_path):
    with pytest.raises(TypeError, match="allowed are the estimators of skattn"):
        skattn.to_onnx(other, tmp_path / "model.onnx")
