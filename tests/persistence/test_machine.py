"""Any order of fits, round trips and failures: predictions never change in silence."""

import pickle
import tempfile
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import skattn
from skattn import LSTMAttentionRegressor

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 5, 2))
Y = X[:, 2, 0]

# What may change between calls, and what a fitted network does not go on with.
FREE = {
    "learning_rate": [1e-3, 1e-2],
    "optimizer": ["adamw", "sgd", "rmsprop"],
    "early_stopping": [True, False],
    "warm_start": [True, False],
    "store_attention": [True, False],
    "lr_schedule": [None, "cosine"],
    "dropout": [0.0, 0.2],
    "hidden_size": [2, 4],
    "attention": ["additive", "mean", "location"],
    "decoder": ["dense", "lstm"],
}
BAD = [
    {"hidden_size": 0},
    {"attention": "none"},
    {"n_heads": 7},
    {"validation_split": "tail"},  # 40 samples are enough, 3 are not
]


class Life(RuleBasedStateMachine):
    """One estimator, and what it predicted when it was last trained."""

    def __init__(self):
        super().__init__()
        self.model = LSTMAttentionRegressor(
            hidden_size=2, max_epochs=1, random_state=0, batch_size=16
        )
        self.expected = None
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name, "model")

    def teardown(self):
        self.folder.cleanup()

    def train(self, call):
        """Train; where training cannot go on, nothing may have changed."""
        try:
            call(X, Y)
        except ValueError as error:
            if "cannot change where training continues" not in str(error):
                raise
            self.check()
        else:
            self.expected = self.model.predict(X)

    def check(self):
        if self.expected is None:
            with pytest.raises(NotFittedError):
                self.model.predict(X)
        else:
            np.testing.assert_array_equal(self.model.predict(X), self.expected)

    @rule()
    def fit(self):
        self.train(self.model.fit)

    @rule()
    def partial_fit(self):
        self.train(self.model.partial_fit)

    @rule(data=st.data())
    def set_params(self, data):
        name = data.draw(st.sampled_from(sorted(FREE)))
        self.model.set_params(**{name: data.draw(st.sampled_from(FREE[name]))})
        self.check()

    @rule(bad=st.sampled_from(BAD), first=st.booleans())
    def fail(self, bad, first):
        before = self.model.get_params()
        self.model.set_params(**bad)
        with pytest.raises(ValueError, match=r"."):
            (self.model.fit if first else self.model.partial_fit)(X[:3], Y[:2])
        self.model.set_params(**before)
        self.check()

    @rule(way=st.sampled_from(["pickle", "deepcopy", "save"]))
    def round_trip(self, way):
        history = self.model.history_ if self.expected is not None else None
        parameters = self.model.get_params()
        if way == "pickle":
            self.model = pickle.loads(pickle.dumps(self.model))
        elif way == "deepcopy":
            self.model = deepcopy(self.model)
        else:
            skattn.save(self.model, self.path)
            self.model = skattn.load(self.path)
        assert self.model.get_params() == parameters
        assert history is None or self.model.history_ == history
        self.check()

    @precondition(lambda self: self.expected is not None)
    @rule()
    def clone_and_fit_alike(self):
        one, other = (clone(self.model).set_params(warm_start=False) for _ in range(2))
        np.testing.assert_array_equal(
            one.fit(X, Y).predict(X), other.fit(X, Y).predict(X)
        )
        self.check()

    @rule()
    def predict(self):
        self.check()


Life.TestCase.settings = settings(
    max_examples=12,
    stateful_step_count=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
test_life = Life.TestCase
