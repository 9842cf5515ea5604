"""Normalisers: from scores to weights, the second of three stages.

A normaliser takes scores ``(..., n_steps)`` of which masked ones are -inf, and returns
weights of the same shape whose rows sum to 1, exactly 0 where masked.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from ._registry import Registry

Normalizer = Callable[[Tensor], Tensor]

softmax: Normalizer = partial(torch.softmax, dim=-1)

NORMALIZERS: Registry[Normalizer] = Registry("normalizer", {"softmax": softmax})
