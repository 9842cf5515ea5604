"""What inspection asks of a fitted network: other weights, gradients, paths beside."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ._inputs import check_X
from .nn.bypass import bypass
from .training import run_network


class ProbeMixin:
    """Questions about the network of estimators of numbers.

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
        module, given = self.module_, _RowByRow(weights.astype(np.float32))

        def run(x: Tensor, lengths: Tensor | None) -> list[Tensor]:
            taken = given.take(x)
            return [module(x, lengths, need_weights=False, weights=taken).prediction]

        prediction = self._run_blocks(X, run)
        return self._target_form.outward(self._target_scaler.backward(prediction))

    def _predict_beside(self, X: Any) -> np.ndarray:
        """Give the part of predictions that ``anchor`` and ``linear_skip`` make.

        In units and form of y, and relative to the mean of y; 0 without them.

        Raises
        ------
        NotImplementedError
            If what leads past the attention is no part of a sum.
        """
        settings = self._settings
        activation = settings["output_activation"]
        if settings["state_bypass"]:
            raise NotImplementedError(
                "state_bypass=True joins the last state with the context, so that "
                "there is no sum to take apart; the changes under other weights show "
                "how much the attention does."
            )
        if activation != "identity" and (settings["anchor"] or settings["linear_skip"]):
            raise NotImplementedError(
                f"output_activation={activation!r} bends the sum of the paths."
            )
        form, module = self._target_form, self.module_
        part = self._run_blocks(X, lambda x, lengths: [bypass(module, x, lengths)])
        part = np.broadcast_to(part, (len(part), form.horizon, form.n_targets))
        return form.outward(part * self._target_scaler.scale)

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
        module, rows = self.module_, _RowByRow(targets)
        scaled = torch.from_numpy(self._input_scaler.forward(baseline))

        def forward(x: Tensor, lengths: Tensor | None = None) -> Tensor:
            return module(x, lengths, need_weights=False).prediction.flatten(1)

        def run(x: Tensor, lengths: Tensor | None) -> list[Tensor]:
            target = rows.take(x)
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
            return [parts.detach().float()]

        parts = self._run_blocks(X, run)
        shape = (self._target_form.horizon, self._target_form.n_targets)
        scale = np.broadcast_to(self._target_scaler.scale, shape).ravel()
        return parts.astype(np.float64) * scale[targets][:, None, None]

    def _run_blocks(self, X: Any, run: Callable[..., list[Tensor]]) -> np.ndarray:
        sequences = check_X(self, X, reset=False)
        return run_network(run, sequences, self._input_scaler, self.net_.device)[0]


class _RowByRow:
    """Rows of an array that go along with blocks of samples, in their order."""

    def __init__(self, rows: np.ndarray) -> None:
        self._rows = torch.from_numpy(np.ascontiguousarray(rows))
        self._start = 0

    def take(self, block: Tensor) -> Tensor:
        """Give the rows of the next block, on its device."""
        index = torch.arange(self._start, self._start + len(block))
        self._start += len(block)
        # A last block may be filled up; whatever stands there is dropped.
        return self._rows[index.clamp(max=len(self._rows) - 1)].to(block.device)
