"""The contract of scikit-learn's checks, for 3-D input, which those do not make."""

import pickle
from copy import deepcopy

import numpy as np
import pytest
import torch
from joblib import Parallel, delayed, parallel_config
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from skattn import LSTMAttentionRegressor

RNG = np.random.default_rng(0)
X = RNG.normal(size=(700, 9, 3)) * [1, 10, 100] + [0, 5, 1000]
Y = X[:, 4, 1] + X[:, 2, 1]  # in units of channel 1
SPREAD = Y.std()
FAST = {"hidden_size": 8, "max_epochs": 2, "random_state": 0}

VARIANTS = [
    {},
    {"query": "learned", "dropout": 0.2},
    {"attention": "last"},
    {"attention": "mean", "num_layers": 2, "dropout": 0.2},
    {"attention": "max", "bidirectional": True},
    {"patch_size": 2, "linear_skip": True, "state_bypass": True},
    {"target_channels": 1, "anchor": True, "channel_independent": True},
    {"target_channels": 1, "linear_skip": "ridge", "decoder": "lstm"},
    {"attention": "feature"},
    {"attention": "location", "decoder": "lstm", "teacher_forcing": 0.5},
    {"attention": "cosine", "self_attention_heads": 2, "n_heads": 2},
    {"scale_windows": "standard", "linear_skip": False},
    {"values": "inputs", "attention": "general", "conicity_penalty": 0.1},
    {"values": "segments", "attention": "contribution", "cancellation_penalty": 0.1},
]
pytestmark = pytest.mark.filterwarnings(
    "ignore:values='inputs' does not centre:UserWarning"
)
each_variant = pytest.mark.parametrize("variant", VARIANTS, ids=str)


def make(variant):
    return LSTMAttentionRegressor(**FAST, **variant)


def answers(model, X):
    return model.predict(X), model.transform(X), model.predict_attention(X)


def assert_same(one, other):
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


@each_variant
def test_fitting_twice_gives_the_same_bits(variant):
    model = make(variant)
    assert_same(answers(model.fit(X, Y), X), answers(model.fit(X, Y), X))
    assert_same(answers(model, X), answers(clone(model).fit(X, Y), X))


@each_variant
def test_subsets_and_orders_give_the_same_answers(variant):
    model = make(variant).fit(X, Y)
    order = RNG.permutation(700)
    rows = [0, 255, 256, 257, 511, 699]
    whole = answers(model, X)
    for a, b, c in zip(
        whole, answers(model, X[order]), answers(model, X[rows]), strict=True
    ):
        scale = SPREAD if a is whole[0] else 1.0
        np.testing.assert_allclose(b, a[order], rtol=0, atol=1e-5 * scale)
        np.testing.assert_allclose(c, a[rows], rtol=0, atol=1e-5 * scale)
    for row in rows:
        alone = answers(model, X[row : row + 1])
        for a, b in zip(whole, alone, strict=True):
            scale = SPREAD if a is whole[0] else 1.0
            np.testing.assert_allclose(b[0], a[row], rtol=0, atol=1e-5 * scale)


@each_variant
def test_copies_and_pickles_answer_alike(variant):
    model = make(variant).fit(X, Y)
    expected = answers(model, X)
    for copy in (deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert_same(expected, answers(copy, X))
        np.testing.assert_array_equal(copy.attention_weights_, model.attention_weights_)
        copy.partial_fit(X, Y)
    assert_same(expected, answers(model, X))


@each_variant
def test_arguments_and_parameters_stay_unchanged(variant):
    X_, y, weights = X.copy(), Y.copy(), np.ones(700)
    for array in (X_, y, weights):
        array.flags.writeable = False
    model = make(variant)
    parameters = deepcopy(model.get_params())
    model.fit(X_, y, weights).predict(X_)
    assert model.get_params() == parameters
    np.testing.assert_array_equal(X_, X)


def test_nothing_is_fitted_before_fit():
    model = make({})
    assert not [name for name in vars(model) if name.endswith("_")]
    for method in ("predict", "transform", "predict_attention"):
        with pytest.raises(NotFittedError):
            getattr(model, method)(X)
    for name in ("module_", "history_", "n_iter_", "attention_weights_"):
        assert not hasattr(model, name)


@each_variant
def test_global_random_states_stay_as_they_were(variant):
    numpys, torchs = np.random.get_state()[1].copy(), torch.random.get_rng_state()
    for random_state in (0, None, np.random.RandomState(0)):
        model = make(variant).set_params(random_state=random_state)
        model.fit(X, Y).partial_fit(X, Y).predict(X)
    np.testing.assert_array_equal(numpys, np.random.get_state()[1])
    assert torch.equal(torchs, torch.random.get_rng_state())


def test_fits_in_several_threads_do_not_mix_their_streams():
    def fit(seed):
        model = make({"dropout": 0.3, "num_layers": 2}).set_params(random_state=seed)
        return model.fit(X[:200], Y[:200]).predict(X)

    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        alone = [fit(seed) for seed in range(4)]
        with parallel_config("threading", n_jobs=4):
            together = Parallel()(delayed(fit)(seed) for seed in range(4))
    finally:
        torch.set_num_threads(n_threads)
    assert_same(alone, together)


def _threads_in_worker():
    model = make({}).fit(X[:100], Y[:100])
    return torch.get_num_threads(), model.predict(X[:3])


def test_a_loky_worker_uses_its_share_of_the_cores():
    with parallel_config("loky", n_jobs=2, inner_max_num_threads=1):
        results = Parallel()(delayed(_threads_in_worker)() for _ in range(2))
    assert [threads for threads, _ in results] == [1, 1]
    expected = make({}).fit(X[:100], Y[:100]).predict(X[:3])
    for _, prediction in results:
        np.testing.assert_allclose(prediction, expected, rtol=0, atol=1e-5 * SPREAD)


@each_variant
def test_the_pickle_does_not_grow_with_the_training_set(variant):
    model = make(variant).set_params(
        store_attention=False, batch_size=8, lr_schedule="cosine"
    )
    sizes = [len(pickle.dumps(model.fit(X[:n], Y[:n]))) for n in (100, 700)]
    assert abs(sizes[1] - sizes[0]) < 200
