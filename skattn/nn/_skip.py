"""The linear path that leads past the LSTM."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from ._inputs import Inputs
from ._time_axis import align_ends

if TYPE_CHECKING:
    from ._input_layer import InputLayer

# Linear paths that are set in closed form, and not trained.
LINEAR_PATHS = ("ridge", "ar", "arx")


class LinearSkip(nn.Module):
    """A linear path from history to output that leads past the LSTM.

    Targets that continue input channels are read each from its own history, with
    shared weights (LSTNet's highway, DLinear); other targets from all of it.

    Parameters
    ----------
    n_timesteps : int
        Steps of history; shorter ones are aligned at their last step.
    n_channels : int
        Channels of the history; ignored if ``own_history``.
    horizon, n_targets : int
        Output steps, and values at each.
    own_history : bool
        Whether the history has one channel for each target.
    n_ahead : int, default=0
        Numbers that are known of the future, of all output steps together, which it
        reads as well.
    fixed : bool, default=False
        Whether its weights are set, by `set_weights`, and not trained.
    from_nothing : bool, default=False
        Whether these may be 0, where no history helps.
    relative : bool, default=False
        Whether it then goes without a bias, from a history relative to its level.

    References
    ----------
    G. Lai, W. Chang, Y. Yang and H. Liu (2018). Modeling long- and short-term
    temporal patterns with deep neural networks. SIGIR.

    A. Zeng, M. Chen, L. Zhang and Q. Xu (2023). Are transformers effective for time
    series forecasting? AAAI.
    """

    def __init__(
        self,
        n_timesteps: int,
        n_channels: int,
        horizon: int,
        n_targets: int,
        own_history: bool,
        n_ahead: int = 0,
        fixed: bool = False,
        from_nothing: bool = False,
        relative: bool = False,
    ) -> None:
        super().__init__()
        self.n_timesteps = self.max_steps = n_timesteps
        self.own_history = own_history
        self.from_nothing = from_nothing
        self.relative = relative
        self.shape = (horizon, n_targets)
        if own_history:
            self.linear = nn.Linear(n_timesteps + n_ahead, horizon)
        else:
            n_inputs = n_timesteps * n_channels + n_ahead
            self.linear = nn.Linear(n_inputs, horizon * n_targets)
        self.linear.requires_grad_(not fixed)

    def draw_parameters(self, generator: torch.Generator | None = None) -> None:
        """Set all weights to 0, so that the path adds only what it has learned."""
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    @torch.no_grad()
    def set_weights(self, weight: Tensor, bias: Tensor) -> None:
        """Set the weights ``(n_outputs, n_inputs)`` and the bias ``(n_outputs,)``."""
        self.linear.weight.copy_(weight)
        self.linear.bias.copy_(bias)

    def forward(
        self, history: Tensor, lengths: Tensor | None, future: Tensor | None = None
    ) -> Tensor:
        """Compute ``(n_samples, horizon, n_targets)`` from what is known."""
        if history.shape[1] > self.n_timesteps:
            raise ValueError(
                f"X has {history.shape[1]} time steps, but linear_skip was fitted on "
                f"{self.n_timesteps}; at most {self.n_timesteps} are allowed."
            )
        rows = lay_out(history, lengths, self.n_timesteps, self.own_history, future)
        if self.own_history:
            return self.linear(rows).transpose(1, 2)  # (n, horizon, n_targets)
        return self.linear(rows).unflatten(-1, self.shape)


def lay_out(
    history: Tensor,
    lengths: Tensor | None,
    n_timesteps: int,
    own_history: bool,
    future: Tensor | None = None,
) -> Tensor:
    """Return the inputs of a linear map: history aligned at its end, then the future.

    ``(n_samples, n_targets, n_timesteps + n_ahead)`` with one history a target, else
    ``(n_samples, n_timesteps * n_channels + n_ahead)``.
    """
    aligned = align_ends(history, lengths, n_timesteps)
    rows = aligned.transpose(1, 2) if own_history else aligned.flatten(1)
    if future is None:
        return rows
    ahead = future.flatten(1).to(rows.dtype)
    if own_history:  # the same for all targets
        ahead = ahead[:, None].expand(-1, rows.shape[1], -1)
    return torch.cat([rows, ahead], dim=-1)


def relate(target: Tensor, base: Tensor | None, unit: Tensor | None) -> Tensor:
    """Return targets relative to a level, in a unit.

    Parameters
    ----------
    target : Tensor of shape (n_samples, horizon, n_targets)
        As the network predicts them.
    base, unit : Tensor or None
        From `AttentionNetwork.lead_past`.

    Returns
    -------
    Tensor
        Like ``target``.
    """
    if base is not None:
        target = target - base
    return target if unit is None else target / unit


def pose(
    layer: "InputLayer",
    own_history: bool,
    channels: list[int] | None,
    n_timesteps: int,
    inputs: Inputs,
    target: Tensor,
) -> tuple[Tensor, Tensor]:
    """Return what a linear path alone is fitted to.

    Parameters
    ----------
    layer : InputLayer
        Relates the inputs to a level.
    own_history : bool
        Whether each target is read from its own channel alone, with shared weights.
    channels : list of int or None
        The channels that the targets continue.
    n_timesteps : int
        Steps that the path reads.
    inputs : Inputs
        Scaled sequences.
    target : Tensor of shape (n_samples, horizon, n_targets)
        The truth.

    Returns
    -------
    rows, outputs : Tensor
        As `AttentionNetwork.pose_linear` returns them.
    """
    level, unit, history = layer.relate(inputs)
    if channels is not None:
        base = None if level is None else level[:, :, channels]
        target = relate(target, base, None if unit is None else unit[:, :, channels])
    if not own_history:
        rows = lay_out(history, inputs.lengths, n_timesteps, own_history, inputs.future)
        return rows, target.flatten(1)
    own = history[:, :, channels]
    rows = lay_out(own, inputs.lengths, n_timesteps, own_history, inputs.future)
    return rows.flatten(0, 1), target.transpose(1, 2).flatten(0, 1)
