"""The same estimator from several seeds, answering with the mean."""

from collections.abc import Callable, Iterable
from numbers import Integral
from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator, _fit_context, clone, is_classifier
from sklearn.utils._param_validation import HasMethods, Interval
from sklearn.utils.metaestimators import available_if
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted

from ._inner import MetaEstimator, ask, last_step
from ._probe import Probe
from .training import draw_seed

# Samples whose weights are compared between seeds.
_MOST_COMPARED = 100


def _offers(method: str) -> Callable[["SeedEnsemble"], bool]:
    """Return a check of whether the inner estimator has a method."""

    def check(ensemble: "SeedEnsemble") -> bool:
        members = vars(ensemble).get("estimators_", [ensemble.estimator])
        getattr(last_step(members[0]), method)  # whose message names the reason
        return True

    return check


class SeedEnsemble(MetaEstimator):
    """The same estimator fitted from several seeds, answering with the mean.

    Networks that start elsewhere end elsewhere. The mean of several is often a better
    prediction than each [1]_ [2]_, and where their weights agree, another seed would
    have shown the same ones.

    Context vectors of different seeds have no common axes, so that there is no
    ``transform``.

    Parameters
    ----------
    estimator : estimator
        What to fit, with a parameter ``random_state``: a regressor or classifier of
        skattn, or a pipeline or search that ends in one.

    n_estimators : int, default=4
        Number of seeds.

    n_jobs : int, default=None
        Fits at a time, as in `joblib.Parallel`; None is 1. At one number of threads it
        does not change the result.

    random_state : int, RandomState instance or None, default=None
        Source of the seeds; whatever ``random_state`` the estimator has is replaced.
        The same int gives the same bits. NumPy's global state is not touched; None
        takes fresh entropy.

    Attributes
    ----------
    base_value_ : float or ndarray
        Mean of the members' ``base_value_``. Only if they have it.

    classes_ : ndarray of shape (n_classes,)
        Labels; only of a classifier.

    estimators_ : list of estimators
        The members, fitted.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of X, if X was a data frame with string names.

    n_features_in_ : int
        As the members have it.

    n_timesteps_in_ : int
        As the members have it.

    quantiles_ : ndarray of shape (n_quantiles,)
        Levels of the quantiles, ascending. Only with ``loss="quantile"``.

    seed_agreement_ : float
        Mean of Kendall's tau between the attention weights of two members, over all
        pairs and up to 100 training samples: 1 if all rank the time steps alike, about
        0 if they agree no more than by chance. Steps behind the last that a member
        weighs count as padding; where outputs have weights of their own, each sample
        counts with one of them. NaN with a single member. Computed when it is read;
        only with ``store_attention``.

    See Also
    --------
    skattn.inspection.attention_faithfulness : Compare the weights of refits on other
        samples.
    sklearn.ensemble.VotingRegressor : Combine estimators of different kinds.

    References
    ----------
    .. [1] L. Hansen and P. Salamon (1990). Neural network ensembles. IEEE Transactions
           on Pattern Analysis and Machine Intelligence 12(10).

    .. [2] B. Lakshminarayanan, A. Pritzel and C. Blundell (2017). Simple and scalable
           predictive uncertainty estimation using deep ensembles. NeurIPS.

    Examples
    --------
    >>> from skattn import LSTMAttentionRegressor, SeedEnsemble
    >>> from skattn.datasets import make_marked_step
    >>> X, y, _ = make_marked_step(200, 8, random_state=0)
    >>> inner = LSTMAttentionRegressor(hidden_size=8)
    >>> model = SeedEnsemble(inner, n_estimators=3, random_state=0).fit(X, y)
    >>> model.predict(X).shape, model.predict_attention(X).shape
    ((200,), (200, 8))
    >>> model.score(X, y) > 0.99
    True
    """

    _parameter_constraints: ClassVar[dict] = {
        "estimator": [HasMethods(["fit", "predict"])],
        "n_estimators": [Interval(Integral, 1, None, closed="left")],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator: BaseEstimator,
        n_estimators: int = 4,
        *,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.estimator = estimator
        self.n_estimators = n_estimators
        self.n_jobs = n_jobs
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: object, y: object, **fit_params: object) -> "SeedEnsemble":
        """Fit a clone of the estimator from each seed.

        Parameters
        ----------
        X : array-like or list
            In any form that the estimator takes.
        y : array-like
            In any form that the estimator takes.
        **fit_params
            Passed to each fit, such as ``sample_weight`` and ``groups``; through
            metadata routing where that is enabled.

        Returns
        -------
        SeedEnsemble
            The estimator itself.
        """
        names = sorted(
            name
            for name in clone(self.estimator).get_params(deep=True)
            if name == "random_state" or name.endswith("__random_state")
        )
        if not names:
            raise ValueError(
                f"estimator={self.estimator!r} has no parameter random_state, so that "
                "all members would be the same; use it without SeedEnsemble."
            )
        proba = hasattr(last_step(self.estimator), "predict_proba")
        if proba and not is_classifier(self.estimator):
            raise ValueError(
                f"estimator={self.estimator!r} predicts numbers of steps, which have "
                "no mean; SeedEnsemble takes regressors and classifiers."
            )
        fit_params = self._route(fit_params)
        seeds = np.random.RandomState(draw_seed(self.random_state))
        members = [
            clone(self.estimator).set_params(
                **{name: int(seeds.randint(2**31 - 1)) for name in names}
            )
            for _ in range(self.n_estimators)
        ]
        self.estimators_ = Parallel(n_jobs=self.n_jobs)(
            delayed(_fit_one)(member, X, y, fit_params) for member in members
        )
        return self

    def predict(self, X: object) -> np.ndarray:
        """Predict the mean of the members, or the label that they think most likely.

        Parameters
        ----------
        X : array-like or list
            In any form that the estimator takes.

        Returns
        -------
        ndarray
            In the form that the members give.
        """
        check_is_fitted(self)
        if is_classifier(self):
            return self.classes_[self.predict_proba(X).argmax(axis=1)]
        return _mean(member.predict(X) for member in self.estimators_)

    @available_if(_offers("predict_proba"))
    def predict_proba(self, X: object) -> np.ndarray:
        """Predict the mean of the members' probabilities.

        Parameters
        ----------
        X : array-like or list
            In any form that the estimator takes.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            In the order of ``classes_``; rows sum to 1.
        """
        return self._average("predict_proba", X)

    @available_if(_offers("predict_quantiles"))
    def predict_quantiles(self, X: object) -> np.ndarray:
        """Predict the mean of each quantile over the members.

        Means of quantiles in order are in order. They are the quantiles of no mixture:
        what the members disagree about does not widen them.

        Parameters
        ----------
        X : array-like or list
            In any form that the estimator takes.

        Returns
        -------
        ndarray of shape (n_samples, [horizon, [n_targets,]] n_quantiles)
            In units of y, the levels of ``quantiles_`` ascending along the last axis.
        """
        return self._average("predict_quantiles", X)

    @available_if(_offers("predict_attention"))
    def predict_attention(
        self,
        X: object,
        average: bool = True,
        layer: str = "pooling",
        as_list: bool = False,
        unit: str = "step",
    ) -> np.ndarray | list[np.ndarray]:
        """Return the mean of the members' attention weights.

        Parameters
        ----------
        X : array-like or list
            In any form that the estimator takes.
        average : bool, default=True
            Average over heads. False is refused: heads of different seeds have no
            common order.
        layer : {"pooling", "self"}, default="pooling"
            As in `LSTMAttentionRegressor.predict_attention`.
        as_list : bool, default=False
            As in `LSTMAttentionRegressor.predict_attention`.
        unit : {"step", "patch"}, default="step"
            As in `LSTMAttentionRegressor.predict_attention`.

        Returns
        -------
        ndarray or list of ndarray
            As `LSTMAttentionRegressor.predict_attention` gives them.
        """
        if not average:
            raise ValueError(
                "average=False: heads of different seeds have no common order, so that "
                "they have no mean. Ask one of estimators_ instead."
            )
        if not as_list:
            return self._average("predict_attention", X, layer=layer, unit=unit)
        check_is_fitted(self)
        options = {"layer": layer, "unit": unit, "as_list": True}
        each = [ask(m, "predict_attention", X, **options) for m in self.estimators_]
        return [_mean(weights) for weights in zip(*each, strict=True)]

    @available_if(_offers("predict_contributions"))
    def predict_contributions(
        self, X: object, part: str = "steps", unit: str = "auto"
    ) -> np.ndarray:
        """Compute the mean of the members' contributions.

        With ``base_value_`` they add up to the mean prediction, exactly; of a
        classifier to the mean of the members' log-odds, which are not those of the
        mean probability.

        Parameters
        ----------
        X : array-like or list
            In any form that the estimator takes.
        part : {"steps", "future", "static"}, default="steps"
            As for `LSTMAttentionRegressor.predict_contributions`.
        unit : {"auto", "channel", "step", "patch"}, default="auto"
            As there; "auto" is "step" where not all members know the channels.

        Returns
        -------
        ndarray
            As `LSTMAttentionRegressor.predict_contributions` gives them.

        Raises
        ------
        ValueError
            With ``unit="patch"``, if the members have patches of different sizes.
        """
        check_is_fitted(self)
        name = "predict_contributions"
        members = self.estimators_
        each = [ask(member, name, X, part=part, unit=unit) for member in members]
        if len({one.ndim for one in each}) > 1:
            each = [ask(member, name, X, part=part, unit="step") for member in members]
        return _mean(each)

    @property
    def seed_agreement_(self) -> float:
        """Mean of Kendall's tau between the members' attention weights."""
        # A fifth of the time that importing skattn takes: only who asks pays for it.
        from .inspection._measures import compare_weights

        check_is_fitted(self)
        weights = [last_step(m).attention_weights_ for m in self.estimators_]
        n_samples = len(weights[0])
        rows = np.linspace(0, n_samples - 1, min(n_samples, _MOST_COMPARED)).astype(int)
        # (n, [...,] n_steps) -> (n, n_rows, n_steps), and one row of each sample
        taken = [w.reshape(n_samples, -1, w.shape[-1])[rows] for w in weights]
        index = np.arange(len(rows))
        each = [w[index, index % w.shape[1]].astype(np.float64) for w in taken]
        # Padded steps have weight 0, and stand behind all real ones.
        weighed = np.max(each, axis=0) > 0
        real = np.logical_or.accumulate(weighed[:, ::-1], axis=1)[:, ::-1]
        taus = compare_weights(each, real)
        known = taus[~np.isnan(taus)]
        return float(known.mean()) if len(known) else float("nan")

    @property
    def base_value_(self) -> np.ndarray:
        """Mean of the members' ``base_value_``."""
        return np.mean([last_step(m).base_value_ for m in self._fitted], axis=0)

    @property
    def classes_(self) -> np.ndarray:
        """Labels of a classifier."""
        return self._inner.classes_

    @property
    def quantiles_(self) -> np.ndarray:
        """Levels of the quantiles, ascending; only with ``loss="quantile"``."""
        return last_step(self._inner).quantiles_

    @property
    def _fitted(self) -> list[BaseEstimator]:
        check_is_fitted(self)
        return self.estimators_

    @property
    def _inner(self) -> BaseEstimator:
        return self._fitted[0]

    @property
    def _reader(self) -> Probe:
        """What the members know of X; only without pipelines, and if they agree."""
        each = [getattr(m, "_reader", None) or m._probe for m in self._fitted]
        if len({probe.architecture.weighed_size for probe in each}) > 1:
            raise AttributeError("The members weigh patches of different sizes.")
        reader: Probe = each[0]
        return reader

    def _average(self, method: str, X: object, **options: object) -> np.ndarray:
        """Return the mean of what a method of the members gives."""
        return _mean(ask(member, method, X, **options) for member in self._fitted)


def _fit_one(
    member: BaseEstimator, X: object, y: object, fit_params: dict[str, object]
) -> BaseEstimator:
    return member.fit(X, y, **fit_params)


def _mean(answers: Iterable[np.ndarray]) -> np.ndarray:
    """Return the mean of answers in their own type, added up in float64."""
    each = [*answers]
    if len({one.shape for one in each}) > 1:
        raise ValueError(
            "unit='patch': the members have patches of different sizes, so that their "
            "answers have no mean; allowed is unit='step'."
        )
    return np.mean(each, axis=0, dtype=np.float64).astype(each[0].dtype)
