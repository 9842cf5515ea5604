"""The stem: by formula, on real steps only, and through the classifier."""

import numpy as np
import onnxruntime
import pytest
import torch
from sklearn.base import clone

import skattn
from skattn import LSTMAttentionClassifier, LSTMAttentionRegressor
from skattn._measures import measure_usual_roughness
from skattn.nn import AttentionNetwork, ConvStem, Inputs, MaskedBatchNorm
from skattn.sequences._samples import Samples
from skattn.training import TrainingSamples

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 30, 2))
Y = np.where(X[:, 7, 0] > 0, "up", "down")
RAGGED = [x[:n] for x, n in zip(X, RNG.integers(1, 31, size=60), strict=True)]
FAST = {"hidden_size": 8, "max_epochs": 2, "random_state": 0}


def make_stem(**settings):
    stem = ConvStem(2, **{"n_layers": 3, "size": 5, "patch_size": 4} | settings)
    for norm in stem.norms:  # not what they start with
        norm.running_mean.normal_(generator=torch.Generator().manual_seed(0))
        norm.running_variance.fill_(2.0)
    return stem.double().eval()


@pytest.mark.parametrize("differences", [False, True])
def test_a_stem_is_convolutions_norms_and_means_written_out(differences):
    stem = make_stem(differences=differences)
    stem.difference_scale.copy_(torch.tensor([0.5, 2.0]))
    lengths = [11, 6, 1]
    x = torch.from_numpy(RNG.normal(size=(3, 11, 2)))
    found = stem(x, torch.tensor(lengths)).detach().numpy()
    for row, length in enumerate(lengths):
        features = x[row, :length].numpy()
        if differences:
            change = np.diff(features, axis=0, prepend=features[:1]) / [0.5, 2.0]
            features = np.hstack([features, change])
        for kernel, norm in zip(stem.kernels, stem.norms, strict=True):
            weight = kernel.detach().numpy()  # (size, before, width)
            width = weight.shape[2]
            left, right = (width - 1) // 2, width // 2
            framed = np.pad(features, ((left, right), (0, 0)))
            windows = np.stack([framed[t : t + width] for t in range(length)])
            mixed = np.einsum("twb,sbw->ts", windows, weight)
            scaled = (mixed - norm.running_mean.numpy()) / np.sqrt(2.0 + 1e-5)
            features = np.maximum(scaled, 0)
        n_patches = -(-length // 4)
        first = length - 4 * (n_patches - 1)  # the first patch may be incomplete
        ends = [first + 4 * i for i in range(n_patches)]
        starts = [0, *ends[:-1]]
        expected = [features[a:b].mean(0) for a, b in zip(starts, ends, strict=True)]
        np.testing.assert_allclose(found[row, :n_patches], expected, atol=1e-10)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("n_samples", [1, 16, 31, 32, 50])
def test_training_statistics_are_those_of_groups_of_at_least_16(masked, n_samples):
    norm = MaskedBatchNorm(3).train()
    x = torch.from_numpy(RNG.normal(5, 2, size=(n_samples, 3, 9))).float()
    mask = None
    real = np.ones((n_samples, 9), bool)
    if masked:
        # One value alone has no statistics of its own; another test is about that.
        lengths = RNG.integers(2, 10, size=n_samples)
        real = np.arange(9) < lengths[:, None]
        mask = torch.from_numpy(real[:, None]).float()
        x = x * mask
    found = norm(x, mask).detach().numpy()
    groups = np.array_split(np.arange(n_samples), max(n_samples // 16, 1))
    for rows in groups:
        steps = x.numpy()[rows].transpose(0, 2, 1)[real[rows]]
        expected = (steps - steps.mean(0)) / np.sqrt(steps.var(0) + 1e-5)
        given = found[rows].transpose(0, 2, 1)[real[rows]]
        np.testing.assert_allclose(given, expected, atol=2e-4)
    assert norm.n_updates == len(groups)


def test_the_first_running_statistics_are_those_that_were_seen():
    norm = MaskedBatchNorm(3).train()
    x = 7 + torch.randn(16, 3, 50, generator=torch.Generator().manual_seed(0))
    norm(x, None)
    torch.testing.assert_close(norm.running_mean, x.mean((0, 2)))
    evaluated = norm.eval()(x, None)
    torch.testing.assert_close(
        evaluated.mean((0, 2)), torch.zeros(3), atol=1e-5, rtol=0
    )


def test_what_lies_on_padding_changes_nothing():
    network = AttentionNetwork(2, n_timesteps=30, horizon=1, n_targets=2, conv_layers=3)
    lengths = torch.tensor([30, 17, 1, 8])
    x = torch.randn(4, 30, 2, generator=torch.Generator().manual_seed(0))
    other = x.clone()
    other[torch.arange(30) >= lengths[:, None]] = 99.0
    for training in (True, False):
        network.train(training)
        one = network(Inputs(x, lengths)).prediction
        torch.testing.assert_close(network(Inputs(other, lengths)).prediction, one)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"patch_size": 4},
        {"n_heads": 2, "hidden_size": 16, "self_attention_heads": 2},
        {"attention": "mean", "missing": "mask"},
        {"query": "last", "state_bypass": True},
        {"attention": "feature", "linear_skip": True},
        {"normalizer": "entmax15", "num_layers": 2},
    ],
    ids=str,
)
def test_a_sample_alone_padded_and_listed_has_one_answer(parameters, tmp_path):
    model = LSTMAttentionClassifier(
        **FAST | parameters, conv_layers=2, padding_value=np.nan
    ).fit(RAGGED, Y)
    logits = model.decision_function(RAGGED)
    tolerance = 1e-5 * logits.std()
    alone = np.concatenate([model.decision_function([x]) for x in RAGGED])
    padded = np.full((60, 30, 2), np.nan)
    for row, x in zip(padded, RAGGED, strict=True):
        row[: len(x)] = x
    for other in (alone, model.decision_function(padded)):
        np.testing.assert_allclose(other, logits, rtol=0, atol=tolerance)
    skattn.save(model, tmp_path / "model")
    loaded = skattn.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.decision_function(RAGGED), logits)
    assert loaded.fit_summary_.keys() == model.fit_summary_.keys()
    if "missing" not in parameters:
        skattn.to_onnx(model, tmp_path / "model.onnx")
        session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
        probabilities = session.run(None, {"X": padded})[0]
        np.testing.assert_allclose(
            probabilities, model.predict_proba(RAGGED), atol=1e-5
        )


def test_differences_are_read_where_channels_are_smooth():
    smooth = np.cumsum(0.05 * RNG.normal(size=(60, 50, 1)), axis=1)
    model = LSTMAttentionClassifier(**FAST).fit(smooth, Y)
    stem = model.module_.input.stem
    assert stem.differences
    scaled = np.diff(smooth[:, :, 0] / model._input_scaler.scale, axis=1)
    expected = np.sqrt((scaled**2).mean())
    assert float(stem.difference_scale) == pytest.approx(expected, rel=1e-5)
    assert not LSTMAttentionClassifier(**FAST).fit(X, Y).module_.input.stem.differences


def test_training_continues_as_if_it_had_not_stopped():
    model = LSTMAttentionClassifier(**FAST, warm_start=True).fit(X, Y)
    other = skattn.LSTMAttentionClassifier.__new__(LSTMAttentionClassifier)
    other.__setstate__(model.__getstate__())
    np.testing.assert_array_equal(
        model.fit(X, Y).decision_function(X), other.fit(X, Y).decision_function(X)
    )
    with pytest.raises(ValueError, match="conv_layers=0 cannot change"):
        model.set_params(conv_layers=0).fit(X, Y)
    model.set_params(conv_layers="auto").partial_fit(X, Y)


def test_chosen_values_are_fitted_attributes_with_their_reasons():
    model = LSTMAttentionClassifier(random_state=0, max_epochs=2).fit(X, Y)
    assert model.conv_layers_ == 3
    assert (model.patch_size_, model.batch_size_, model.max_epochs_) == (1, 15, 2)
    assert model.fit_summary_["dropout"].value == model.dropout_ == 0.2
    assert "max_epochs" not in model.fit_summary_  # it was given
    assert "15 " in str(model.fit_summary_)
    assert clone(model).conv_layers == "auto"


def test_long_sequences_are_averaged_to_about_24_steps():
    long = RNG.normal(size=(40, 240, 1))
    model = LSTMAttentionClassifier(**FAST).fit(long, np.arange(40) % 2)
    assert model.patch_size_ == 10
    assert model.predict_attention(long, unit="patch").shape == (40, 24)
    assert model.attention_weights_.shape == (40, 240)


def test_the_arguments_of_0_1_give_its_classifier():
    earlier = {
        "conv_layers": 0,
        "patch_size": 1,
        "query": "last",
        "bidirectional": False,
        "dropout": 0.0,
        "learning_rate": 0.01,
        "max_epochs": 30,
    }
    model = LSTMAttentionClassifier(**earlier, random_state=0).fit(X, Y)
    one_hot = np.stack([Y == "down", Y == "up"], 1).astype(float)
    numbers = LSTMAttentionRegressor(**earlier, random_state=0).fit(X, one_hot)
    names = [name for name, _ in model.module_.named_parameters()]
    assert names == [name for name, _ in numbers.module_.named_parameters()]
    assert (model.batch_size_, model.weight_decay_) == (16, 1.0)


def test_the_attention_peaks_where_the_answer_stands():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 40, 2)) * [1, 0]
    marked = rng.integers(40, size=600)
    X[np.arange(600), marked, 1] = 1
    y = X[np.arange(600), marked, 0] > 0
    model = LSTMAttentionClassifier(random_state=0, patch_size=1).fit(X[:400], y[:400])
    assert model.score(X[400:], y[400:]) > 0.9
    peaks = model.predict_attention(X[400:]).argmax(1)
    near = np.abs(peaks - marked[400:]) <= 7  # within the receptive field of 14 steps
    assert near.mean() > 0.9


def test_a_fit_of_ridge_reads_the_history_and_no_convolutions():
    y = X[:, -3:, 0]
    model = LSTMAttentionRegressor(
        **FAST, conv_layers=1, linear_skip="ridge", target_channels=0, anchor=True
    ).fit(X, y)
    plain = LSTMAttentionRegressor(
        **FAST, linear_skip="ridge", target_channels=0, anchor=True
    ).fit(X, y)
    torch.testing.assert_close(
        model.module_.skip.linear.weight, plain.module_.skip.linear.weight
    )


@pytest.mark.filterwarnings("ignore:X has one time step:UserWarning")
def test_a_stream_of_single_values_trains():
    X = RNG.normal(size=(60, 1, 2))
    y = (X[:, 0, 0] > 0).astype(int)
    model = LSTMAttentionClassifier(random_state=0)
    for _ in range(10):
        for x, label in zip(X, y, strict=True):
            model.partial_fit(x[None], [label], classes=[0, 1])
    assert model.score(X, y) > 0.9
    assert np.abs(model.decision_function(X)).max() < 1e3


def test_what_did_not_vary_in_training_does_not_blow_up():
    model = LSTMAttentionRegressor(**FAST, conv_layers=3)
    model.fit(np.full((20, 30, 1), 3.0), np.arange(20.0))
    assert np.abs(model.predict(np.full((2, 30, 1), 4.0))).max() < 1e3
    walk = np.cumsum(0.05 * RNG.normal(size=(60, 50, 2)), axis=1)
    walk[:, :, 1] = RNG.normal(size=60)[:, None]  # a channel that never changes...
    walk[0, 25:, 1] += 1e-6  # ... but once, hardly
    other = LSTMAttentionClassifier(**FAST).fit(walk, Y)
    assert other.module_.input.stem.differences
    assert float(other.module_.input.stem.difference_scale[1]) == 1.0


def test_smoothness_does_not_depend_on_the_unit():
    for unit in (0.01, 100):
        model = LSTMAttentionClassifier(**FAST, scale_inputs=False).fit(unit * X, Y)
        assert not model.module_.input.stem.differences


def test_auto_means_what_it_was_where_training_continues():
    model = LSTMAttentionClassifier(
        **FAST, patch_size=3, learning_rate=0.02, warm_start=True
    ).fit(X, Y)
    model.set_params(patch_size="auto", learning_rate="auto", lr_schedule=None)
    model.fit(X[:20], Y[:20])
    assert (model.patch_size_, model.learning_rate_) == (3, 0.02)
    summary = model.fit_summary_
    for name in ("patch_size", "learning_rate", "batch_size", "weight_decay"):
        assert summary[name].value == getattr(model, f"{name}_")


def test_samples_of_weight_0_do_not_choose_the_patches():
    lists = [*RAGGED, RNG.normal(size=(500, 2))]
    y = np.append(Y, "up")
    model = LSTMAttentionClassifier(**FAST).fit(lists, y, np.arange(61) < 60)
    assert model.patch_size_ == 1


def test_the_stem_has_64_channels_unless_it_is_told_otherwise():
    sizes = {"n_timesteps": 9, "horizon": 1, "n_targets": 1, "hidden_size": 8}
    network = AttentionNetwork(2, **sizes, conv_layers=1, passthrough=True)
    assert network(torch.randn(3, 9, 2)).context.shape == (3, 8 + 64)
    assert network.context_size == 8 + 64


@pytest.mark.parametrize("name", ["n_heads", "self_attention_heads"])
def test_heads_that_divide_the_states_alone_leave_out_what_stands_beside(name):
    rng = np.random.default_rng(0)
    rough = rng.normal(size=(60, 40, 1))
    model = LSTMAttentionRegressor(hidden_size=48, max_epochs=2, random_state=0)
    model.set_params(**{name: 3})
    for X, layers in ((rough, 0), (rough.cumsum(1), 3)):
        model.fit(X, X[:, -1, 0])
        assert (model.conv_layers_, model.passthrough_) == (layers, False)


@pytest.mark.parametrize("scale", [1e-170, 1.0, 1e170])
def test_roughness_does_not_depend_on_the_unit(scale):
    X = np.random.default_rng(0).normal(size=(60, 40, 1)).cumsum(1)
    samples = TrainingSamples(Samples(scale * X), X[:, -1:], None, np.arange(60))
    within = (np.diff(X, axis=1) ** 2).mean() / X.var()
    assert measure_usual_roughness(samples) == pytest.approx(within)
