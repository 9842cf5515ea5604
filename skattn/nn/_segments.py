"""Values of segments, which nothing outside of a segment reaches."""

import math

import torch
from torch import Tensor, nn

from ._inputs import Memory
from ._time_axis import step_mask

_TINY = 1e-12  # squares of sizes below this are 0
_START = math.log(math.exp(3.0) - 1)  # whose softplus is 3


class SegmentValues(nn.Module):
    r"""Turn the last states of segments into keys and values.

    With :math:`h_i` the last state of an LSTM that is restarted in segment :math:`i`,
    and :math:`h_0` the same for a segment of means, the key is
    :math:`k_i = \tanh(W h_i + p_i)` and the value
    :math:`v_i = g_i (k_i - \tanh(W h_0 + p_i))`: 0 for a segment of means. Position
    :math:`p_i` and gate :math:`g_i` are learned for each segment, counted from the end.

    Parameters
    ----------
    size : int
        Size of a state.
    n_segments : int
        Most segments of a sequence.

    Examples
    --------
    >>> import torch
    >>> from skattn.nn import SegmentValues, initialize
    >>> segments = SegmentValues(4, n_segments=3)
    >>> initialize(segments, torch.Generator().manual_seed(0))
    >>> states = torch.randn(2, 3, 4)
    >>> keys, values = segments(states, states[:1, 0])
    >>> bool((values[0, 0].abs() < 1e-6).all())
    True
    """

    def __init__(self, size: int, n_segments: int) -> None:
        super().__init__()
        self.max_steps = n_segments
        self.project = nn.Linear(size, size, bias=False)
        self.position = nn.Parameter(torch.empty(n_segments, size))
        self.gate = nn.Parameter(torch.empty(n_segments, size))

    def draw_parameters(self, generator: torch.Generator | None = None) -> None:
        """Draw the positions as a linear layer's weights are drawn; gates are 1.

        Parameters
        ----------
        generator : torch.Generator, default=None
            None: torch's global stream.
        """
        bound = self.position.shape[1] ** -0.5
        nn.init.uniform_(self.position, -bound, bound, generator=generator)
        nn.init.ones_(self.gate)

    def forward(
        self, states: Tensor, mean: Tensor, lengths: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Compute keys and values.

        Parameters
        ----------
        states : Tensor of shape (n_samples, n_steps, size)
            Last states of the segments.
        mean : Tensor of shape (n_samples or 1, size)
            The last state of a segment of means.
        lengths : Tensor of int of shape (n_samples,), default=None
            Real segments of each sequence; None if all are.

        Returns
        -------
        keys, values : Tensor of shape (n_samples, n_steps, size)
            Values are 0 where there is no real segment.
        """
        n_steps = states.shape[1]
        if n_steps > self.max_steps:
            raise ValueError(
                f"X has {n_steps} segments, but values='segments' has positions for "
                f"{self.max_steps}; at most {self.max_steps} are allowed."
            )
        position, gate = self._place(n_steps, lengths)
        keys = torch.tanh(self.project(states) + position)
        values = gate * (keys - torch.tanh(self.project(mean)[:, None] + position))
        if lengths is not None:
            values = values * step_mask(lengths, n_steps)[:, :, None]
        return keys, values

    def _place(self, n_steps: int, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return position and gate of each segment, the last one's at each end."""
        if lengths is None:
            start = self.max_steps - n_steps
            return self.position[start:], self.gate[start:]
        step = torch.arange(n_steps, device=lengths.device)
        place = self.max_steps - lengths[:, None] + step
        place = place.clamp(max=self.max_steps - 1)
        return self.position[place], self.gate[place]


class ContributionPooling(nn.Module):
    r"""Attention by the size of what each step contributes to the outputs.

    What step :math:`i` can contribute is :math:`u_i = U v_i`, with the weights
    :math:`U` of the output layer. Its weight is
    :math:`a_i = \mathrm{softmax}_i(b |u_i|)` with a learned sharpness :math:`b > 0`
    that starts at 3, and :math:`|u_i|` the root mean square over the outputs. For one
    output the order of the weights is thus the order of the contributions
    :math:`a_i u_i`.

    Parameters
    ----------
    size : int
        Size of a value.
    summed : bool, default=False
        Whether the values are summed up as they are, without the softmax. The weights
        that are shown are then the shares of the sizes :math:`|u_i|`.

    Examples
    --------
    >>> import torch
    >>> from skattn.nn import ContributionPooling, Memory, initialize
    >>> values = torch.tensor([[[0.0], [1.0], [-2.0]]])
    >>> memory = Memory(values, values[:, -1], None, values, readout=torch.ones(1, 1))
    >>> pooling = ContributionPooling(1, summed=True)
    >>> initialize(pooling)
    >>> context, weights = pooling(memory)
    >>> context
    tensor([[-1.]])
    >>> weights[0, 0].round(decimals=3)
    tensor([0.0000, 0.3330, 0.6670])
    """

    max_steps: int | None = None  # any number of steps

    def __init__(self, size: int, summed: bool = False) -> None:
        super().__init__()
        self.context_size = size
        self.summed = summed
        self.sharpness = None if summed else nn.Parameter(torch.empty(()))
        if self.sharpness is not None:
            self.draw_parameters()

    def draw_parameters(self, generator: torch.Generator | None = None) -> None:
        """Set the sharpness to 3.

        Parameters
        ----------
        generator : torch.Generator, default=None
            Ignored: nothing is random.
        """
        if self.sharpness is not None:
            nn.init.constant_(self.sharpness, _START)

    def forward(
        self, memory: Memory, need_weights: bool = True
    ) -> tuple[Tensor, Tensor]:
        """Compute the context of each sequence.

        Parameters
        ----------
        memory : Memory
            Encoded sequences, with the readout of the output layer.
        need_weights : bool, default=True
            Ignored: the weights are needed in any case.

        Returns
        -------
        context : Tensor of shape (n_samples, size)
            The weighted sum of the values, or their sum.
        weights : Tensor of shape (n_samples, 1, n_steps)
            Rows sum to 1; masked steps have exactly 0.
        """
        values, mask = memory.values, memory.mask
        if memory.weights is not None:
            if self.summed:
                raise NotImplementedError(
                    "attention='sum' cannot predict with other weights: its weights "
                    "are shares of what is summed up, and do not make the context."
                )
            return (memory.weights @ values).squeeze(1), memory.weights
        if memory.readout is None:
            raise ValueError(
                "Memory.readout is None; allowed are the weights of an output layer "
                "(n_outputs, size), which attention='contribution' and 'sum' read."
            )
        # (n, n_steps, size) @ (size, n_outputs); the square root needs a slope at 0
        terms = values @ memory.readout.transpose(-1, -2)
        sizes = (terms.square().mean(-1) + _TINY).sqrt()
        if self.sharpness is not None:
            scores = nn.functional.softplus(self.sharpness) * sizes
            if mask is not None:
                scores = scores.masked_fill(~mask, -torch.inf)
            weights = torch.softmax(scores, dim=-1)[:, None]
            return (weights @ values).squeeze(1), weights
        if mask is not None:
            sizes = sizes * mask
            values = values * mask[:, :, None]
        weights = (sizes / sizes.sum(-1, keepdim=True))[:, None]
        return values.sum(1), weights


def check_segments(
    segment_size: int,
    patch_size: int,
    scale_windows: bool | str,
    conv_layers: int,
    n_times: int,
    passthrough: bool,
) -> None:
    """Refuse what does not go with segments that are read one by one."""
    if segment_size < 1 or segment_size % patch_size:
        raise ValueError(
            f"segment_size={segment_size} must be a multiple of patch_size="
            f"{patch_size}: segments are read in whole patches."
        )
    if scale_windows:
        raise ValueError(
            f"scale_windows={scale_windows!r} does not go with values='segments', as "
            "what a segment adds depends on no other one."
        )
    if conv_layers:
        raise ValueError(
            f"conv_layers={conv_layers} does not go with values='segments': "
            "convolutions would mix them."
        )
    if n_times:
        raise ValueError("values='segments' does not go with times of steps.")
    if passthrough:
        raise ValueError(
            "passthrough=True does not go with values='segments', of which the last "
            "states alone are read."
        )
