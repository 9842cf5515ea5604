"""What a fitted estimator tells about its predictions: weights and contributions."""

import warnings
from functools import partial

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted

from ._probe import Probe
from .nn._build import Architecture
from .nn._time_axis import spread_patches
from .sequences._reader import read_X
from .sequences._samples import Samples
from .sequences._scaling import InputScaler
from .sequences._schema import Schema
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
    attention_share_: float
    _attention_weights: np.ndarray | None
    _attention_lengths: np.ndarray | None
    _attention_timesteps: int

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
        unit: str = "step",
    ) -> np.ndarray | list[np.ndarray]:
        """Return the attention weights: which time steps each prediction rests on.

        The poolings without attention have weights too: ``"last"`` one-hot, ``"mean"``
        uniform, ``"max"`` the share of units that take each step.

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
        unit : {"step", "patch"}, default="step"
            What has a weight: each time step, so that the weight of a patch is spread
            evenly over its steps; or each patch, which is what the network weighs: with
            ``values="segments"`` a segment. The two differ where ``patch_size_`` or
            ``segment_size_`` > 1.

        Returns
        -------
        ndarray of shape (n_samples, n_timesteps) or (n_samples, horizon, n_timesteps)
            Rows sum to 1; the latter, the alignment, with ``decoder="lstm"``. Without
            ``average``, heads are a second axis, and hidden units a last one. With
            ``channel_independent`` a target axis stands before the steps. The map of
            the self-attention is ``(n_samples, n_timesteps, n_timesteps)``, a row for
            each attending step; targets stand between the two.

        Warns
        -----
        UserWarning
            If the attention adds nothing to the predictions.

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
        if unit not in ("step", "patch"):
            raise ValueError(f"unit={unit!r} must be 'step' or 'patch'.")
        warn_if_idle(self.attention_share_, "attention weights explain nothing")
        samples = read_X(self, X, reset=False)
        weights = self._attend(samples, average, layer)
        by_unit = self._architecture.attention == "feature" and layer == "pooling"
        axes: tuple[int, ...] = (-2,) if by_unit and not average else (-1,)
        if layer == "self":  # targets stand between the attending steps and the others
            axes = (-3 if self._architecture.channel_independent else -2, -1)
        size, lengths = self._architecture.weighed_size, samples.lengths
        if unit == "step" and size > 1:
            weights = spread(weights, axes, size, lengths, samples.values.shape[1])
            size = 1
        if not as_list:
            return weights
        return cut(weights, axes, size, lengths)

    @property
    def attention_weights_(self) -> np.ndarray:
        """Weights of the samples of the last fit, in their order, by time step."""
        check_is_fitted(self)
        weights = self._attention_weights
        if weights is None:
            raise AttributeError(
                "attention_weights_ are kept with store_attention=True only; "
                "predict_attention(X) computes them."
            )
        size = self._architecture.weighed_size
        lengths = self._attention_lengths
        return spread(weights, (-1,), size, lengths, self._attention_timesteps)

    def _keep_attention(self, samples: Samples) -> None:
        """Keep the weights of some samples, at the network's own resolution."""
        self._attention_weights = self._attend(samples)
        self._attention_lengths = samples.lengths
        self._attention_timesteps = samples.values.shape[1]

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


def warn_if_idle(share: float, consequence: str) -> None:
    """Warn if nothing of the predictions goes through the attention."""
    if share == 0.0:
        warnings.warn(
            "The attention adds nothing to the predictions (attention_share_ is 0), "
            f"which are those of the linear path: {consequence}.",
            UserWarning,
            stacklevel=3,
        )


def spread(
    weights: np.ndarray,
    axes: tuple[int, ...],
    patch_size: int,
    lengths: np.ndarray | None,
    n_timesteps: int,
) -> np.ndarray:
    """Return weights of patches as weights of time steps.

    Parameters
    ----------
    weights : ndarray of shape (n_samples, ..., n_patches, ...)
        Patches end where their sequence ends.
    axes : tuple of int
        The axes of patches, from the end. Over the last of them rows sum to 1, so that
        a patch's weight is divided among its steps; over one before it is repeated.
    patch_size : int
        Steps in a patch.
    lengths : ndarray of int of shape (n_samples,) or None
        Real steps of each sequence; None if all are.
    n_timesteps : int
        Steps of the sequences, padding included.

    Returns
    -------
    ndarray of shape (n_samples, ..., n_timesteps, ...)
        0 on padded steps.
    """
    if patch_size == 1:
        return weights
    if lengths is None:
        lengths = np.full(len(weights), n_timesteps)
    spread_out = torch.from_numpy(weights)
    for axis in axes:
        spread_out = spread_patches(
            spread_out.movedim(axis, -1),
            torch.from_numpy(lengths),
            n_timesteps,
            patch_size,
            divide=axis == axes[-1],
        ).movedim(-1, axis)
    return spread_out.numpy()


def cut(
    weights: np.ndarray,
    axes: tuple[int, ...],
    patch_size: int,
    lengths: np.ndarray | None,
) -> list[np.ndarray]:
    """Return each sample's weights cut to its own steps, on each of some axes."""
    if lengths is None:
        return [*weights]
    own = []
    for sample, length in zip(weights, lengths, strict=True):
        index = [slice(None)] * sample.ndim
        for axis in axes:
            index[axis] = slice(-(-length // patch_size))
        own.append(sample[tuple(index)])
    return own


class ContributionsMixin:
    """Exact contributions of steps and inputs to outputs."""

    _probe: Probe

    def predict_contributions(
        self, X: object, part: str = "steps", unit: str = "auto"
    ) -> np.ndarray:
        """Compute what contributed to the predictions, wherever these are sums.

        A prediction is ``base_value_`` plus the sum of its contributions, exactly,
        those of ``anchor`` and ``linear_skip`` included: what the linear path takes
        from a value is counted with its step, the level with the last step; the level
        and unit of windows in units of their own are spread evenly over the steps.
        Exact is not yet faithful: weights, gates and states come from an LSTM that has
        read other steps too, other than with ``values="segments"``; see
        `skattn.inspection.attention_faithfulness`.

        Parameters
        ----------
        X : array-like or Tensor
            Sequences in any form that `fit` takes.
        part : {"steps", "future", "static"}, default="steps"
            What contributed: the steps of X, what is known ahead in ``X.future``, or
            ``X.static``, relative to a sample of mean features. The contributions of
            all add up to the prediction.
        unit : {"auto", "channel", "step", "patch"}, default="auto"
            What of the steps has a contribution of its own. Channels have with
            ``values="inputs"``, and where ``attention_share_`` is 0; "auto" is
            "channel" there, and else "step". What the attention takes from a patch or a
            segment is spread evenly over its steps; "patch" gives it in one number.

        Returns
        -------
        ndarray of shape (n_samples, n_timesteps, n_channels), \
                (n_samples, n_timesteps) or (n_samples, n_patches)
            In units of y, of log-odds for classes; the axes of y stand after the
            samples. Of the future, output steps and columns stand last; of static
            features there is one number an output.

        Raises
        ------
        AttributeError
            If predictions are no such sum.
        ValueError
            If there is no such part or unit.

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
        probe = self._probe
        beside = {"future": probe.schema.n_future, "static": probe.schema.n_static}
        parts = ["steps", *(name for name, number in beside.items() if number)]
        if part not in parts:
            allowed = " or ".join(map(repr, parts))
            raise ValueError(f"part={part!r} must be {allowed} for this model.")
        if unit not in ("auto", "channel", "step", "patch"):
            raise ValueError(
                f"unit={unit!r} must be 'auto', 'channel', 'step' or 'patch'."
            )
        return probe.contributions(X, part, unit)

    @property
    def base_value_(self) -> np.ndarray:
        """What is predicted when nothing contributes, in the form of one y.

        Only where `predict_contributions` has an answer.
        """
        return self._probe.base_value()
