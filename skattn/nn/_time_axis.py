"""Moves and masks along the time axis of right-padded batches."""

import torch
from torch import Tensor
from torch.nn.functional import pad


def step_mask(lengths: Tensor, n_steps: int) -> Tensor:
    """Return which steps are real: ``(n_samples, n_steps)``, True up to each length."""
    return torch.arange(n_steps, device=lengths.device) < lengths[:, None]


def last_step(x: Tensor, lengths: Tensor | None) -> Tensor:
    """Return the last real step of each sequence: ``(n_samples, size)``."""
    if lengths is None:
        return x[:, -1]
    index = (lengths - 1)[:, None, None].expand(-1, 1, x.shape[2])
    return x.gather(1, index).squeeze(1)


def reverse_steps(x: Tensor, lengths: Tensor | None) -> Tensor:
    """Return each sequence reversed within its own length; padding stays at the end."""
    if lengths is None:
        return x.flip(1)
    step = torch.arange(x.shape[1], device=x.device)
    reversed_step = lengths[:, None] - 1 - step  # (n_samples, n_steps)
    index = torch.where(reversed_step >= 0, reversed_step, step)
    return x.gather(1, index[:, :, None].expand_as(x))


def align_ends(x: Tensor, lengths: Tensor | None, n_steps: int) -> Tensor:
    """Return each sequence moved so that its last step is the last of ``n_steps``.

    What is free on the left becomes 0.
    """
    if lengths is None:
        missing = n_steps - x.shape[1]
        return pad(x, (0, 0, missing, 0)) if missing else x
    return _move_right(x, lengths, n_steps - lengths, n_steps)


def to_patches(
    x: Tensor, lengths: Tensor | None, patch_size: int
) -> tuple[Tensor, Tensor | None]:
    """Return patches: ``patch_size`` consecutive steps joined into one.

    Patches end where the sequence ends; an incomplete first patch is filled with 0
    on its left.

    Returns
    -------
    patches : Tensor of shape (n_samples, n_patches, patch_size * size)
    lengths : Tensor of shape (n_samples,) or None
        In patches.
    """
    if patch_size == 1:
        return x, lengths
    n_samples, n_steps, size = x.shape
    # Rounding up by whole positive numbers alone, which ONNX divides as Python does.
    n_patches = (n_steps + patch_size - 1) // patch_size
    if lengths is None:
        filled = align_ends(x, None, n_patches * patch_size)
    else:
        fill = (patch_size - lengths % patch_size) % patch_size
        filled = _move_right(x, lengths, fill, n_patches * patch_size)
        lengths = (lengths + fill) // patch_size
    # (n, n_patches * patch_size, size) -> (n, n_patches, patch_size * size)
    return filled.reshape(n_samples, n_patches, patch_size * size), lengths


def _move_right(x: Tensor, lengths: Tensor, offset: Tensor, n_steps: int) -> Tensor:
    """Return each sequence shifted by its own ``offset`` into ``n_steps`` zeros."""
    source = torch.arange(n_steps, device=x.device) - offset[:, None]
    real = (source >= 0) & (source < lengths[:, None])
    index = source.clamp(0, x.shape[1] - 1)[:, :, None].expand(-1, -1, x.shape[2])
    return x.gather(1, index) * real[:, :, None]


def from_ends(x: Tensor, lengths: Tensor | None, n_steps: int) -> Tensor:
    """Return what `align_ends` moved, moved back to the left, on the last axis.

    Parameters
    ----------
    x : Tensor of shape (n_samples, ..., n_frame)
        Sequences that end where the frame ends.
    lengths : Tensor of int of shape (n_samples,) or None
        Real steps in each; None if all have ``n_steps``.
    n_steps : int
        Steps to give, at most ``n_frame``. What is padding has no meaning.
    """
    n_frame = x.shape[-1]
    if lengths is None:
        return x[..., n_frame - n_steps :]
    step = torch.arange(n_steps, device=x.device)
    source = (n_frame - lengths[:, None] + step).clamp(max=n_frame - 1)
    source = source.reshape(-1, *[1] * (x.ndim - 2), n_steps)
    return x.gather(-1, source.expand_as(x[..., :n_steps]))


def spread_patches(
    x: Tensor, lengths: Tensor, n_steps: int, patch_size: int, divide: bool
) -> Tensor:
    """Return what patches have, on the last axis, for each of their steps.

    Parameters
    ----------
    x : Tensor of shape (n_samples, ..., n_patches)
        Patches end where their sequence ends.
    lengths : Tensor of int of shape (n_samples,)
        Steps of each sequence.
    n_steps : int
        Steps to give, padding included.
    patch_size : int
        Steps in a patch; the first may have fewer.
    divide : bool
        Whether the steps of a patch share what it has; else each has all of it.

    Returns
    -------
    Tensor of shape (n_samples, ..., n_steps)
        0 on padded steps.
    """
    fill = ((patch_size - lengths % patch_size) % patch_size)[:, None]
    step = torch.arange(n_steps, device=x.device)
    real = step < lengths[:, None]
    patch = torch.where(real, (step + fill) // patch_size, 0)
    share = real.to(x.dtype)
    if divide:  # (n_samples, n_steps)
        share = share / torch.where(patch == 0, patch_size - fill, patch_size)
    shape = (-1, *[1] * (x.ndim - 2), n_steps)
    patch, share = patch.reshape(shape), share.reshape(shape)
    return x.gather(-1, patch.expand(*x.shape[:-1], -1)) * share
