"""What a fitted estimator tells about its predictions: weights and contributions."""

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from ._probe import ProbeMixin
from .nn import conicity
from .nn.contributions import base_value, contributions
from .sequences._check import check_X
from .sequences._forms import Sequences
from .training import run_network, widen


class AttentionMixin:
    """Attention weights of estimators."""

    # Parts of the estimator that are read here.
    module_: Any
    net_: Any
    _input_scaler: Any
    _settings: dict[str, Any]
    _run: Any

    def predict_attention(
        self,
        X: Any,
        average: bool = True,
        layer: str = "pooling",
        as_list: bool = False,
    ) -> np.ndarray | list[np.ndarray]:
        """Give the attention weights: which time steps each prediction rests on.

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
            Give a list with an array for each sample, cut to its own steps, instead of
            one array with 0 on padded steps.

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
        if layer == "self" and not self._settings["self_attention_heads"]:
            raise ValueError(
                "layer='self' needs a self-attention, but self_attention_heads=0."
            )
        sequences = check_X(self, X, reset=False)
        weights = self._attend(sequences, average, layer)
        if not as_list:
            return weights
        by_unit = self._settings["attention"] == "feature" and layer == "pooling"
        axes = (
            (-2, -1) if layer == "self" else (-2,) if by_unit and not average else (-1,)
        )
        return self._cut(weights, sequences, axes)

    def _cut(
        self, weights: np.ndarray, sequences: Sequences, axes: tuple[int, ...]
    ) -> list[np.ndarray]:
        """Cut each sample's weights to its own steps."""
        lengths = sequences.lengths
        if lengths is None:
            return [*weights]
        cut = []
        for sample, length in zip(weights, lengths, strict=True):
            n_steps = -(-length // self._settings["patch_size"])
            index = [slice(None)] * sample.ndim
            for axis in axes:
                index[axis] = slice(n_steps)
            cut.append(sample[tuple(index)])
        return cut

    def _attend(
        self, sequences: Sequences, average: bool = True, layer: str = "pooling"
    ) -> np.ndarray:
        field = "weights" if layer == "pooling" else "self_weights"
        weights = self._run(sequences, field)
        if self._settings.get("channel_independent"):
            # (n, n_targets, n_parts, ..., n_steps): targets go before the steps
            weights = np.moveaxis(weights, 1, -2)
        if average:
            weights = weights.mean(1)
        elif self._settings["attention"] == "feature" and layer == "pooling":
            weights = np.moveaxis(weights, 1, -1)
        return weights.astype(sequences.values.dtype)

    def _measure_conicity(self, X: Any) -> np.ndarray:
        """See `skattn.inspection.conicity`."""

        def run(x: Tensor, lengths: Tensor | None) -> Tensor:
            output = self.module_(x, lengths, need_weights=False)
            return conicity(output.states, output.mask)

        sequences = check_X(self, X, reset=False)
        return run_network(run, sequences, self._input_scaler, self.net_.device)


class ContributionsMixin(ProbeMixin):
    """Exact contributions of inputs to outputs."""

    # Parts of the estimator that are read here.
    module_: Any
    net_: Any
    _input_scaler: Any
    _settings: dict[str, Any]
    _shape_outputs: Any
    _target_scaler: Any

    def predict_contributions(self, X: Any) -> np.ndarray:
        """Split predictions into what each input value contributed.

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
        >>> parts = model.predict_contributions(X)
        >>> parts.shape
        (100, 8, 2)
        >>> total = model.base_value_ + parts.sum(axis=(1, 2))
        >>> bool(abs(total - model.predict(X)).max() < 1e-4)
        True
        """
        check_is_fitted(self)
        self._check_additive()
        sequences = check_X(self, X, reset=False)
        n_timesteps, n_channels = sequences.values.shape[1:]

        def run(x: Tensor, lengths: Tensor | None) -> Tensor:
            return widen(contributions(self.module_, x, lengths), (-2,), n_timesteps)

        parts = run_network(run, sequences, self._input_scaler, self.net_.device)
        if parts.shape[-1] > n_channels:  # an indicator's part belongs to its channel
            parts = parts[..., :n_channels] + parts[..., n_channels:]
        return self._shape_outputs(
            parts.astype(np.float64) * self._target_scaler.scale[..., None, None]
        )

    @property
    def base_value_(self) -> Any:
        """What is predicted when nothing contributes, in the form of one y.

        Only with ``values="inputs"`` and the identity as ``output_activation``.
        """
        check_is_fitted(self)
        self._check_additive()
        bias = base_value(self.module_).cpu().numpy()
        return self._shape_outputs(self._target_scaler.backward(bias))[0]

    def _check_additive(self) -> None:
        values = self._settings["values"]
        activation = self._settings.get("output_activation", "identity")
        if values != "inputs" or activation != "identity":
            raise AttributeError(
                "Contributions add up with values='inputs' and "
                f"output_activation='identity' only; got values={values!r} and "
                f"output_activation={activation!r}."
            )
