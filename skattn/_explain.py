"""What a fitted estimator tells about its predictions: weights and contributions."""

from functools import partial

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ._probe import Probe
from .nn._build import Architecture
from .sequences._reader import Schema, read_X
from .sequences._samples import Samples
from .sequences._scaling import InputScaler
from .targets import Target
from .training import AttentionNet, compute


class AttentionMixin:
    """Attention weights of estimators."""

    # What is read here of the parameters, and of the fitted estimator.
    n_timesteps: int | None
    padding_value: float | None
    missing: str
    n_channels_in_: int
    n_features_in_: int
    n_timesteps_in_: int
    net_: AttentionNet
    _architecture: Architecture
    _input_scaler: InputScaler
    _schema: Schema
    _scaling: dict[str, bool | str]
    _target: Target

    @property
    def _probe(self) -> Probe:
        """What inspection and export ask."""
        check_is_fitted(self)
        return Probe(
            read=partial(read_X, self, reset=False),
            schema=self._schema,
            scaler=self._input_scaler,
            target=self._target,
            architecture=self._architecture,
            network=self.net_.module_,
            device=self.net_.device,
            knows_means=bool(self._scaling["scale_inputs"]),
        )

    def _run(self, X: Samples, name: str) -> np.ndarray:
        """Run the trained network and return one field of its output."""
        return compute(self.net_.module_, X, self._input_scaler, self.net_.device, name)

    def predict_attention(
        self,
        X: object,
        average: bool = True,
        layer: str = "pooling",
        as_list: bool = False,
    ) -> np.ndarray | list[np.ndarray]:
        """Return the attention weights: which time steps each prediction rests on.

        Steps are patches where ``patch_size`` > 1. The poolings without attention have
        weights too: ``"last"`` one-hot, ``"mean"`` uniform, ``"max"`` the share of
        units that take each step.

        Parameters
        ----------
        X : array-like or Tensor
            Sequences in any form that `fit` takes.
        average : bool, default=True
            Average over heads, or over hidden units with ``attention="feature"``.
        layer : {"pooling", "self"}, default="pooling"
            The attention that leads to the output, or the self-attention before it,
            which there is with ``self_attention_heads``.
        as_list : bool, default=False
            Return a list with an array for each sample, cut to its own steps,
            instead of one array with 0 on padded steps.

        Returns
        -------
        ndarray of shape (n_samples, n_steps) or (n_samples, horizon, n_steps)
            Rows sum to 1; the latter, the alignment, with ``decoder="lstm"``. Without
            ``average``, heads are a second axis, and hidden units a last one. With
            ``channel_independent`` a target axis stands before the steps. The map of
            the self-attention is ``(n_samples, n_steps, n_steps)``, a row for each
            attending step.

        Examples
        --------
        >>> from skattn import LSTMAttentionRegressor
        >>> from skattn.datasets import make_marked_step
        >>> X, y, _ = make_marked_step(100, 8, random_state=0)
        >>> model = LSTMAttentionRegressor(n_heads=2, max_epochs=2).fit(X, y)
        >>> model.predict_attention(X).shape
        (100, 8)
        >>> model.predict_attention(X, average=False).shape
        (100, 2, 8)
        """
        check_is_fitted(self)
        if layer not in ("pooling", "self"):
            raise ValueError(f"layer={layer!r} must be 'pooling' or 'self'.")
        if layer == "self" and not self._architecture.self_attention_heads:
            raise ValueError(
                "layer='self' needs a self-attention, but self_attention_heads=0."
            )
        samples = read_X(self, X, reset=False)
        weights = self._attend(samples, average, layer)
        if not as_list:
            return weights
        by_unit = self._architecture.attention == "feature" and layer == "pooling"
        axes = (
            (-2, -1) if layer == "self" else (-2,) if by_unit and not average else (-1,)
        )
        return self._cut(weights, samples, axes)

    def _cut(
        self, weights: np.ndarray, samples: Samples, axes: tuple[int, ...]
    ) -> list[np.ndarray]:
        """Return each sample's weights cut to its own steps."""
        lengths = samples.lengths
        if lengths is None:
            return [*weights]
        cut = []
        for sample, length in zip(weights, lengths, strict=True):
            n_steps = -(-length // self._architecture.patch_size)
            index = [slice(None)] * sample.ndim
            for axis in axes:
                index[axis] = slice(n_steps)
            cut.append(sample[tuple(index)])
        return cut

    def _attend(
        self, samples: Samples, average: bool = True, layer: str = "pooling"
    ) -> np.ndarray:
        field = "weights" if layer == "pooling" else "self_weights"
        weights = self._run(samples, field)
        if self._architecture.channel_independent:
            # (n, n_targets, n_heads, ..., n_steps): targets go before the steps
            weights = np.moveaxis(weights, 1, -2)
        if average:
            weights = weights.mean(1)
        elif self._architecture.attention == "feature" and layer == "pooling":
            weights = np.moveaxis(weights, 1, -1)
        return weights.astype(samples.values.dtype)


class ContributionsMixin:
    """Exact contributions of inputs to outputs."""

    _probe: Probe

    def predict_contributions(self, X: object) -> np.ndarray:
        """Compute what each input value contributed to the predictions.

        With ``values="inputs"`` a prediction is ``base_value_`` plus the sum of its
        contributions, exactly, those of ``anchor`` and ``linear_skip`` included. Exact
        is not yet faithful: weights and gates come from states that have read other
        steps too.

        Parameters
        ----------
        X : array-like or Tensor
            Sequences in any form that `fit` takes.

        Returns
        -------
        ndarray of shape (n_samples, n_timesteps, n_channels) or \
                (n_samples, horizon, n_timesteps, n_channels) or \
                (n_samples, horizon, n_targets, n_timesteps, n_channels)
            In units of y; the axes of y first. Steps are those of X, also where
            ``patch_size`` > 1.

        References
        ----------
        E. Choi et al. (2016). RETAIN: an interpretable predictive model for healthcare
        using reverse time attention mechanism. NeurIPS.

        Examples
        --------
        >>> from skattn import LSTMAttentionRegressor
        >>> from skattn.datasets import make_marked_step
        >>> X, y, _ = make_marked_step(100, 8, random_state=0)
        >>> model = LSTMAttentionRegressor(values="inputs", max_epochs=2).fit(X, y)
        >>> each = model.predict_contributions(X)
        >>> each.shape
        (100, 8, 2)
        >>> total = model.base_value_ + each.sum(axis=(1, 2))
        >>> bool(abs(total - model.predict(X)).max() < 1e-4)
        True
        """
        return self._probe.contributions(X)

    @property
    def base_value_(self) -> np.ndarray:
        """What is predicted when nothing contributes, in the form of one y.

        Only with ``values="inputs"`` and the identity as ``output_activation``.
        """
        return self._probe.base_value()
