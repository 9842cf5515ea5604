"""What reaches a prediction beside the attention, as a part of a sum."""

from torch import Tensor

from ._build import ChannelIndependent
from .network import AttentionNetwork


def bypass(
    network: AttentionNetwork | ChannelIndependent, x: Tensor, lengths: Tensor | None
) -> Tensor:
    """Give the part of a prediction that ``anchor`` and ``linear_skip`` make.

    Before the output activation a prediction is the sum of this part and of what went
    through the decoder.

    Parameters
    ----------
    network : AttentionNetwork or ChannelIndependent
        In evaluation mode.
    x : Tensor of shape (n_samples, n_timesteps, n_channels)
        Scaled sequences, padded on the right.
    lengths : Tensor of int of shape (n_samples,) or None
        Real steps in each sequence; None if all are real.

    Returns
    -------
    Tensor of shape (n_samples, horizon or 1, n_targets)
        On the scale of the network's prediction; 0 without such a part.
    """
    if isinstance(network, ChannelIndependent):
        folded, lengths = network.fold(x, lengths)
        # (n * n_targets, horizon, 1) -> (n, n_targets, horizon) -> transposed
        part = bypass(network.network, folded, lengths).squeeze(-1)
        return part.unflatten(0, (len(x), -1)).transpose(1, 2)
    base, beside = network.go_beside(network.encode(x, lengths, False), lengths)
    parts = [part for part in (base, beside) if part is not None]
    return sum(parts, start=x.new_zeros(len(x), 1, 1))
