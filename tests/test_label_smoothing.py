"""Labels that all classes get a share of, in training alone."""

import warnings

import numpy as np
import pytest
import torch
from scipy.stats import entropy
from sklearn.metrics import log_loss
from torch.nn.functional import cross_entropy

from skattn import LSTMAttentionClassifier, load, save
from skattn.targets import Classes
from skattn.targets._losses import CrossEntropy

FAST = {"hidden_size": 8, "max_epochs": 3, "conv_layers": 0, "random_state": 0}
X = np.random.default_rng(0).normal(size=(90, 6, 2))
Y = np.digitize(X[:, 2, 0], [-0.5, 0.5])


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.7])
def test_the_loss_is_that_of_torch(smoothing):
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(20, 1, 4, generator=generator, dtype=torch.float64)
    codes = torch.randint(4, (20,), generator=generator)
    one_hot = torch.eye(4, dtype=torch.float64)[codes][:, None]
    loss = CrossEntropy(smoothing)
    expected = cross_entropy(
        logits[:, 0], codes, label_smoothing=smoothing, reduction="none"
    )
    assert torch.allclose(loss(logits, one_hot)[:, 0], expected, rtol=1e-12)
    plain = cross_entropy(logits[:, 0], codes, reduction="none")
    assert torch.allclose(loss.eval()(logits, one_hot)[:, 0], plain, rtol=1e-12)


def test_the_validation_loss_is_not_smoothed():
    model = LSTMAttentionClassifier(**FAST, label_smoothing=0.3)
    model.fit(X, Y, X_val=X[:30], y_val=Y[:30])
    expected = log_loss(Y[:30], model.predict_proba(X[:30]))
    assert model.history_["validation_loss"][-1] == pytest.approx(expected, abs=1e-5)


def test_probabilities_stay_away_from_0_and_1():
    settings = FAST | {"max_epochs": 60, "conv_layers": 1}
    sure, smooth = (
        LSTMAttentionClassifier(**settings, label_smoothing=share).fit(X, Y)
        for share in (0.0, 0.3)
    )
    assert sure.predict_proba(X).max(1).mean() > 0.95
    assert 0.7 < smooth.predict_proba(X).max(1).mean() < 0.9  # 0.8 is the best
    assert smooth.score(X, Y) > 0.95


def test_a_rare_class_that_is_learned_is_not_called_nothing():
    """A perfect network has the loss that a constant has on labels as they are."""
    x = np.random.default_rng(0).normal(size=(200, 6, 1))
    y = x[:, 3, 0] > 1.645
    x[y, 3] += 3
    model = LSTMAttentionClassifier(hidden_size=8, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(x, y)
    assert model.score(x, y) == 1


@pytest.mark.parametrize("n_classes", [2, 5])
def test_the_least_loss_and_the_best_constant_are_those_of_smoothed_labels(n_classes):
    target = Classes(np.arange(n_classes), label_smoothing=0.3)
    one_hot = np.full(n_classes, 0.3 / n_classes)
    one_hot[0] += 0.7
    assert target.least_loss == pytest.approx(entropy(one_hot))
    y = torch.from_numpy(target.encode(np.arange(n_classes).repeat(3)[:-2]))
    constant = target.best_constant(y, None)
    loss = target.make_loss()
    least = loss(constant.expand_as(y), y).mean()
    for change in torch.randn(20, 1, 1, n_classes):
        assert loss((constant + change).expand_as(y), y).mean() > least


def test_labels_are_smoothed_after_convolutions_alone():
    given = FAST | {"max_epochs": 1}
    plain = LSTMAttentionClassifier(**given).fit(X, Y)
    stem = LSTMAttentionClassifier(**given | {"conv_layers": 1}).fit(X, Y)
    assert (plain.label_smoothing_, stem.label_smoothing_) == (0.0, 0.1)
    assert stem.fit_summary_["label_smoothing"].value == 0.1


def test_training_goes_on_with_the_labels_that_it_had(tmp_path):
    model = LSTMAttentionClassifier(**FAST | {"conv_layers": 1}, warm_start=True)
    model.fit(X, Y)
    save(model, tmp_path / "model.skattn")
    loaded = load(tmp_path / "model.skattn")
    for each in (model, loaded):
        each.fit(X, Y)
        assert each.label_smoothing_ == each.net_.criterion_.label_smoothing == 0.1
    assert np.array_equal(model.predict_proba(X), loaded.predict_proba(X))
    model.set_params(label_smoothing=0.0).partial_fit(X, Y)
    assert model.net_.criterion_.label_smoothing == model.label_smoothing_ == 0.0


@pytest.mark.parametrize("bad", [-0.1, 1.0, "some", None])
def test_other_values_are_refused(bad):
    with pytest.raises(ValueError, match="label_smoothing"):
        LSTMAttentionClassifier(**FAST, label_smoothing=bad).fit(X, Y)
