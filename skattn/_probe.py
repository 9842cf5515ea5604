"""What inspection asks of a fitted network: other weights, gradients, paths beside."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .nn.bypass import bypass
from .sequences._check import check_X
from .training import run_network, widen


class ProbeMixin:
    """Questions about the network of an estimator.

    `skattn.inspection` knows estimators by their methods alone. These are private, and
    optional: where an estimator has none, a report says that it could not ask.
    """

    # Parts of the estimator that are read here.
    module_: Any
    net_: Any
    _input_scaler: Any
    _run: Any
    _scaling: dict[str, Any]
    _settings: dict[str, Any]
    _shape_outputs: Any
    _target_form: Any
    _target_scaler: Any

    def _mean_inputs(self) -> np.ndarray | None:
        """Give each channel's mean over the training part, if it was measured."""
        return self._input_scaler.mean if self._scaling["scale_inputs"] else None

    def _attention_parts(self, X: Any) -> np.ndarray:
        """Give weights as the network holds them: heads second, steps last."""
        return self._run(check_X(self, X, reset=False), "weights")

    def _predict_with_attention(self, X: Any, weights: np.ndarray) -> np.ndarray:
        """Predict with other weights, in the form of `_attention_parts`.

        Raises
        ------
        NotImplementedError
            If the weights do not make the context.
        """
        module, patch_size = self.module_, self._settings["patch_size"]

        def run(x: Tensor, lengths: Tensor | None, given: Tensor) -> Tensor:
            taken = given[..., : -(-x.shape[1] // patch_size)]
            return module(x, lengths, need_weights=False, weights=taken).prediction

        return self._answer(self._run_blocks(X, run, weights.astype(np.float32)))

    def _answer(self, prediction: np.ndarray) -> np.ndarray:
        """Turn ``(n, horizon, n_targets)`` of the network into what is explained."""
        return self._target_form.outward(self._target_scaler.backward(prediction))

    def _answer_in_torch(self, prediction: Tensor) -> Tensor:
        """Do the same up to a constant, with gradients: ``(n, n_outputs)``."""
        scale = torch.from_numpy(self._target_scaler.scale).to(prediction)
        return (prediction * scale).flatten(1)

    def _predict_beside(self, X: Any) -> np.ndarray:
        """Give the part of predictions that ``anchor`` and ``linear_skip`` make.

        In units and form of y, and relative to the mean of y; 0 without them.

        Raises
        ------
        NotImplementedError
            If what leads past the attention is no part of a sum.
        """
        settings = self._settings
        activation = settings.get("output_activation", "softmax")
        if settings["state_bypass"]:
            raise NotImplementedError(
                "state_bypass=True joins the last state with the context, so that "
                "there is no sum to take apart; the changes under other weights show "
                "how much the attention does."
            )
        paths = settings.get("anchor"), settings["linear_skip"]
        if activation != "identity" and any(paths):
            raise NotImplementedError(
                f"the {activation} at the output bends the sum of the paths."
            )
        form, module = self._target_form, self.module_
        part = self._run_blocks(X, lambda x, lengths: bypass(module, x, lengths))
        part = np.broadcast_to(part, (len(part), form.horizon, form.n_targets))
        return self._shape_outputs(part * self._target_scaler.scale)

    def _attribute(
        self,
        X: Any,
        baseline: np.ndarray,
        targets: np.ndarray,
        attribute: Callable[..., Tensor],
    ) -> np.ndarray:
        """Attribute one output of each sample to its inputs, with gradients.

        Parameters
        ----------
        X : array-like or Tensor
            Sequences in any form that `fit` takes.
        baseline : ndarray of shape (n_channels,)
            What every step is compared with, in units of X.
        targets : ndarray of int of shape (n_samples,)
            Which output, counted over the flattened axes of one prediction.
        attribute : callable
            Called as ``attribute(forward, x, baseline, target, lengths)`` with tensors,
            ``forward(x, lengths)`` giving outputs ``(n, n_outputs)``; gives a tensor
            like ``x``.

        Returns
        -------
        ndarray of shape (n_samples, n_timesteps, n_channels)
            In units of y.
        """
        module = self.module_
        n_timesteps = check_X(self, X, reset=False).values.shape[1]
        start_row = self._input_scaler.prepare(baseline[None, None], None)[0, 0]
        scaled = torch.from_numpy(start_row)

        def forward(x: Tensor, lengths: Tensor | None = None) -> Tensor:
            output = module(x, lengths, need_weights=False)
            return self._answer_in_torch(output.prediction)

        def run(x: Tensor, lengths: Tensor | None, target: Tensor) -> Tensor:
            # cuDNN's LSTM has gradients in training mode only; tensors made for
            # inference can have none, so that they are copied.
            with (
                torch.inference_mode(False),
                torch.enable_grad(),
                torch.backends.cudnn.flags(enabled=False),
            ):
                x, target = x.clone(), target.clone()
                lengths = None if lengths is None else lengths.clone()
                start = scaled.to(x.device).expand_as(x).clone()
                parts = attribute(forward, x, start, target, lengths)
            return widen(parts.detach().float(), (1,), n_timesteps)

        parts = self._run_blocks(X, run, targets)
        n_channels = len(baseline)
        if parts.shape[2] > n_channels:  # an indicator's part belongs to its channel
            parts = parts[..., :n_channels] + parts[..., n_channels:]
        return parts.astype(np.float64)

    def _run_blocks(
        self, X: Any, run: Callable[..., Tensor], *beside: np.ndarray
    ) -> np.ndarray:
        sequences = check_X(self, X, reset=False)
        device = self.net_.device
        return run_network(run, sequences, self._input_scaler, device, beside)
