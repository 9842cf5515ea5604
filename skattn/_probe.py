"""One object for all questions about a fitted network: weights, gradients, bypasses."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from .nn import Inputs, conicity
from .nn._build import Architecture
from .nn._channel_independent import Network
from .nn.contributions import (
    attended_contributions,
    base_value,
    bypass,
    contributions,
    future_contributions,
    split_paths,
    static_contributions,
)
from .sequences._samples import Samples
from .sequences._scaling import InputScaler
from .sequences._schema import Schema
from .targets import Target
from .training import compute, prepare, run_network, widen


class Attribute(Protocol):
    """A method that attributes outputs to inputs, such as integrated gradients."""

    def __call__(
        self,
        forward: Callable[..., Tensor],
        x: Tensor,
        baseline: Tensor,
        target: Tensor,
        others: tuple[Tensor, ...] | None,
        /,
    ) -> Tensor:
        """Return a tensor like ``x``; ``forward(x, *others)`` gives outputs."""


@dataclass(frozen=True)
class Probe:
    """What a fitted estimator knows, and questions to its network.

    Parameters
    ----------
    read : callable
        Reads X in any form that the estimator takes.
    schema : Schema
        How X is read.
    scaler : InputScaler
        Of the channels.
    target : Target
        How predictions go back.
    architecture : Architecture
        What the network was made from.
    network : AttentionNetwork or ChannelIndependent
        In evaluation mode.
    device : str
        Where the network is.
    knows_means : bool
        Whether the channels' means were measured.
    """

    read: Callable[[object], Samples]
    schema: Schema
    scaler: InputScaler
    target: Target
    architecture: Architecture
    network: Network
    device: str
    knows_means: bool

    def compute(self, X: object, field: str) -> np.ndarray:
        """Return one field of the network's output for all samples."""
        samples = self.read(X)
        return compute(self.network, samples, self.scaler, self.device, field)

    def mean_inputs(self, kind: str = "channel") -> np.ndarray | None:
        """Return means over the training samples, if they were measured.

        Parameters
        ----------
        kind : {"channel", "static", "future"}, default="channel"
            Of what, column by column.
        """
        own = self.scaler if kind == "channel" else getattr(self.scaler, kind)
        return own.mean if self.knows_means and own is not None else None

    def weights(self, X: object) -> np.ndarray:
        """Return weights as the network holds them: heads second, steps last."""
        return self.compute(X, "weights")

    def predict_with(self, X: object, weights: np.ndarray) -> np.ndarray:
        """Predict with other weights, in the form of `weights`.

        Raises
        ------
        NotImplementedError
            If the weights do not make the context.
        """
        network, patch_size = self.network, self.architecture.weighed_size
        samples = self.read(X)
        n_timesteps = samples.values.shape[1]

        def run(inputs: Inputs, given: Tensor) -> Tensor:
            taken = given[..., : -(-inputs.x.shape[1] // patch_size)]
            output = network(inputs, need_weights=False, weights=taken)
            return self.target.widen(output.prediction, n_timesteps)

        others = [weights.astype(np.float32)]
        found = run_network(run, samples, self.scaler, self.device, others)
        return self.target.answer(found)

    def predict_bypass(self, X: object) -> np.ndarray:
        """Return the share of predictions that ``anchor`` and ``linear_skip`` make.

        In units and form of y, and relative to the mean of y; 0 without them.

        Raises
        ------
        NotImplementedError
            If what leads past the attention is no term of a sum.
        """
        target, architecture = self.target, self.architecture
        if architecture.state_bypass:
            raise NotImplementedError(
                "state_bypass=True joins the last state with the context, so that "
                "there is no sum to take apart; the changes under other weights show "
                "how much the attention does."
            )
        if architecture.n_static or architecture.n_future:
            raise NotImplementedError(
                "static features and what is known ahead change what the context "
                "means, so that there is no sum to take apart."
            )
        if target.bend and (architecture.anchor or architecture.linear_skip):
            raise NotImplementedError(
                f"the {target.bend} at the output bends the sum of the paths."
            )
        share = self._run(X, lambda inputs: bypass(self.network, inputs))
        shape = (len(share), target.horizon, target.n_targets)
        return target.shape_outputs(np.broadcast_to(share, shape) * target.scaler.scale)

    def measure_share(self, samples: Samples) -> float:
        """Compute how much of the predictions' variation goes through the attention.

        Parameters
        ----------
        samples : Samples
            As they were read.

        Returns
        -------
        float
            The variance of what the attention adds over the sum of this and of the
            variance of what bypasses it, both summed over the outputs; where windows
            have units of their own, in these, and without their levels.
        """

        def run(inputs: Inputs) -> Tensor:
            return torch.stack(split_paths(self.network, inputs), dim=1)

        both = run_network(run, samples, self.scaler, self.device).astype(np.float64)
        added, past = both.var(0).sum((1, 2))
        return float(added / (added + past)) if added > 0 else 0.0

    def measure_conicity(self, X: object) -> np.ndarray:
        """Compute the conicity of the states; see `skattn.inspection.conicity`."""

        def run(inputs: Inputs) -> Tensor:
            output = self.network(inputs, need_weights=False)
            return conicity(output.states, output.mask)

        return self._run(X, run)

    def contributions(
        self, X: object, part: str = "steps", unit: str = "auto"
    ) -> np.ndarray:
        """Compute what contributed to the predictions, in units and axes of y.

        Parameters
        ----------
        X : array-like or Tensor
            Sequences in any form that the estimator takes.
        part : {"steps", "future", "static"}, default="steps"
            What contributed.
        unit : {"auto", "channel", "step", "patch"}, default="auto"
            What of the steps has a contribution of its own.

        Raises
        ------
        AttributeError
            If predictions are no such sum.
        ValueError
            If the attention mixes the channels, and these are asked for.
        """
        self.check_additive()
        if part == "static":
            return self._scale_back(self._run(X, self._ask(static_contributions)))
        if part == "future":
            each = self._run(X, self._ask(future_contributions))
            return self._scale_back(each)
        mixed = self.network.embedding is None and not self.network.adds_nothing
        if unit == "channel" and mixed:
            raise ValueError(
                f"unit='channel' needs values='inputs', as values="
                f"{self.architecture.values!r} mix the channels; allowed are 'step' "
                "and 'patch'."
            )
        samples = self.read(X)
        n_timesteps, n_channels = samples.values.shape[1:]

        def run(inputs: Inputs) -> Tensor:
            return widen(contributions(self.network, inputs), (-2,), n_timesteps)

        each = _join_indicators(self._run(X, run), n_channels)
        if unit in ("step", "patch") or mixed:
            each = each.sum(-1)
        if mixed:

            def attend(inputs: Inputs) -> Tensor:
                attended = attended_contributions(self.network, inputs)
                return widen(attended, (-1,), n_timesteps)

            each = each + self._run(X, attend)
        if unit == "patch":
            each = _join_steps(each, samples.lengths, self.architecture.weighed_size)
        return self._scale_back(each)

    def _ask(
        self, question: Callable[[Network, Inputs], Tensor]
    ) -> Callable[[Inputs], Tensor]:
        return partial(question, self.network)

    def _scale_back(self, each: np.ndarray) -> np.ndarray:
        """Return contributions ``(n, horizon, n_targets, ...)`` in units of y."""
        scale = self.target.scaler.scale
        scale = scale.reshape(*scale.shape, *[1] * (each.ndim - 3))
        return self.target.shape_outputs(each.astype(np.float64) * scale)

    def base_value(self) -> np.ndarray:
        """Return what is predicted when nothing contributes, in the form of one y.

        Raises
        ------
        AttributeError
            If predictions are no such sum.
        """
        self.check_additive()
        bias, scaler = base_value(self.network).cpu().numpy(), self.target.scaler
        total = bias.astype(np.float64) * scaler.scale + scaler.mean
        return self.target.shape_outputs(total)[0]

    def check_additive(self) -> None:
        """Check that predictions are sums over the inputs.

        Raises
        ------
        AttributeError
            If they are not.
        """
        activation = self.architecture.output_activation
        if not self.network.sums or activation != "identity":
            asked = self.architecture
            raise AttributeError(
                "Contributions add up with decoder='dense', state_bypass=False, "
                "output_activation='identity', an attention other than 'feature' and "
                "'max', and, with values='states', without a known future; or where "
                f"attention_share_ is 0. Got decoder={asked.decoder!r}, state_bypass="
                f"{asked.state_bypass}, output_activation={activation!r}, attention="
                f"{asked.attention!r}, values={asked.values!r}."
            )

    def attribute(
        self,
        X: object,
        baseline: np.ndarray,
        outputs: np.ndarray,
        method: Attribute,
    ) -> np.ndarray:
        """Attribute one output of each sample to its inputs, with gradients.

        Parameters
        ----------
        X : array-like or Tensor
            Sequences in any form that `fit` takes.
        baseline : ndarray of shape (n_channels,)
            What every step is compared with, in units of X.
        outputs : ndarray of int of shape (n_samples,)
            Which output, counted over the flattened axes of one prediction.
        method : callable
            How.

        Returns
        -------
        ndarray of shape (n_samples, n_timesteps, n_channels)
            In units of y.
        """
        if self.schema.categories:
            raise NotImplementedError(
                "gradients do not go through categories, which X holds; "
                "occlusion_importance and timestep_permutation_importance do."
            )
        samples = self.read(X)
        n_timesteps = samples.values.shape[1]
        start_row = prepare(self.scaler, Samples(baseline[None, None])).x[0, 0]
        kinds = ("lengths", "static", "future", "times")
        names = [name for name in kinds if getattr(samples, name) is not None]

        def forward(x: Tensor, *others: Tensor) -> Tensor:
            inputs = Inputs(x, **dict(zip(names, others, strict=True)))
            output = self.network(inputs, need_weights=False)
            prediction = self.target.widen(output.prediction, n_timesteps)
            return self.target.answer_in_torch(prediction)

        def run(inputs: Inputs, target: Tensor) -> Tensor:
            # cuDNN's LSTM has gradients in training mode only; tensors made for
            # inference can have none, so that they are copied.
            with (
                torch.inference_mode(False),
                torch.enable_grad(),
                torch.backends.cudnn.flags(enabled=False),
            ):
                inputs, target = inputs.map(torch.clone), target.clone()
                start = start_row.to(inputs.x.device).expand_as(inputs.x).clone()
                others = tuple(getattr(inputs, name) for name in names)
                each = method(forward, inputs.x, start, target, others or None)
            return widen(each.detach().float(), (1,), n_timesteps)

        each = self._run(X, run, outputs)
        return _join_indicators(each, len(baseline)).astype(np.float64)

    def _run(
        self, X: object, run: Callable[..., Tensor], *others: np.ndarray
    ) -> np.ndarray:
        return run_network(run, self.read(X), self.scaler, self.device, others)


def _join_indicators(each: np.ndarray, n_channels: int) -> np.ndarray:
    """Return contributions of channels, those of their indicators added to them."""
    if each.shape[-1] == n_channels:
        return each
    return each[..., :n_channels] + each[..., n_channels:]


def _join_steps(each: np.ndarray, lengths: np.ndarray | None, size: int) -> np.ndarray:
    """Return contributions of steps, the last axis, summed up over patches."""
    n_samples, n_timesteps = len(each), each.shape[-1]
    if lengths is None:
        lengths = np.full(n_samples, n_timesteps)
    patch = (np.arange(n_timesteps) + (-lengths % size)[:, None]) // size
    n_patches = -(-n_timesteps // size)
    joined = np.zeros((n_samples, n_patches, *each.shape[1:-1]))
    row = np.arange(n_samples)[:, None]
    # Padding has contributions of 0, wherever it is put.
    np.add.at(joined, (row, patch.clip(max=n_patches - 1)), np.moveaxis(each, -1, 1))
    return np.moveaxis(joined, 1, -1)
