"""scikit-learn's own checks, on every kind of network that flat input can have."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from skattn import LSTMAttentionClassifier, LSTMAttentionRegressor

# Small and fast: nearly all checks are about the contract, not about accuracy.
FAST = {"hidden_size": 8, "max_epochs": 5, "learning_rate": 0.03}

# The one check that asks for accuracy (R2 above 0.5) gets a real training.
ACCURATE = {
    "hidden_size": 32,
    "max_epochs": 40,
    "learning_rate": 0.02,
    "weight_decay": 0.0,
    "batch_size": 16,
}

VARIANTS = [
    {},
    {"query": "learned"},
    {"attention": "last"},
    {"attention": "mean"},
    {"attention": "max"},
    {"bidirectional": True, "dropout": 0.1},
    {"num_layers": 2, "state_bypass": True},
    {"patch_size": 2, "linear_skip": True},
    {"target_channels": 0, "anchor": True, "early_stopping": False},
    {"attention": "scaled_dot", "self_attention_heads": 2},
    {"attention": "feature"},
    {"attention": "general", "decoder": "lstm"},
    {"values": "inputs"},
    {"missing": "mask"},
    {"missing": "forward", "linear_skip": True},
]

CLASSIFIERS = [
    {},
    {"attention": "mean", "missing": "forward"},
    {"values": "inputs", "query": "learned"},
]


def _expected_failures(estimator):
    reason = (
        "Mini-batch training: a sample of weight 2 is drawn once, the same sample "
        "twice is drawn twice, in different batches."
    )
    return {"check_sample_weight_equivalence_on_dense_data": reason}


@pytest.mark.filterwarnings("ignore:Half of y lies:UserWarning")  # y is no channel
@pytest.mark.filterwarnings("ignore:values='inputs' does not centre:UserWarning")
@parametrize_with_checks(
    [LSTMAttentionRegressor(**FAST, **variant) for variant in VARIANTS]
    + [LSTMAttentionClassifier(**FAST, **variant) for variant in CLASSIFIERS],
    expected_failed_checks=_expected_failures,
)
def test_scikit_learn_contract(estimator, check):
    if check.func.__name__ in ("check_regressors_train", "check_classifiers_train"):
        estimator.set_params(**ACCURATE)
    check(estimator)
