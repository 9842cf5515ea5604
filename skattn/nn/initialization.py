"""Initial weights drawn from one generator; torch's global stream is left alone."""

import math
from typing import Any

import torch
from torch import nn
from torch.nn import init


def initialize(module: nn.Module, generator: torch.Generator | None = None) -> None:
    """Draw all initial weights of ``module``, parts before the whole.

    LSTMs get orthogonal recurrent weights, Glorot input weights and a forget bias of
    1; linear layers torch's own distribution; modules with a method
    ``draw_parameters(generator)`` have the last word on their own.

    Parameters
    ----------
    module : nn.Module
        Changed in place.
    generator : torch.Generator, default=None
        None: torch's global stream.

    References
    ----------
    R. Jozefowicz, W. Zaremba and I. Sutskever (2015). An empirical exploration of
    recurrent network architectures. ICML. (The forget bias.)

    Examples
    --------
    >>> import torch
    >>> from skattn.nn import LSTMEncoder, initialize
    >>> one, two = LSTMEncoder(3, 4), LSTMEncoder(3, 4)
    >>> for encoder in (one, two):
    ...     initialize(encoder, torch.Generator().manual_seed(0))
    >>> x = torch.randn(2, 5, 3)
    >>> torch.equal(one(x)[0], two(x)[0])
    True
    """
    for part in reversed([*module.modules()]):
        if isinstance(part, nn.LSTM | nn.LSTMCell):
            _initialize_lstm(part, generator)
        elif isinstance(part, nn.Linear):
            _initialize_linear(part, generator)
        elif isinstance(part, nn.LayerNorm):
            part.reset_parameters()
        else:
            draw = getattr(part, "draw_parameters", None)
            if draw is not None:
                draw(generator)


@torch.no_grad()
def _initialize_lstm(lstm: Any, generator: torch.Generator | None) -> None:
    size = lstm.hidden_size
    for name, parameter in lstm.named_parameters():
        if name.startswith("weight_hh"):
            for gate in parameter.split(size):
                init.orthogonal_(gate, generator=generator)
        elif name.startswith("weight_ih"):
            for gate in parameter.split(size):
                init.xavier_uniform_(gate, generator=generator)
        else:
            parameter.zero_()
    # torch adds two biases and orders the gates input, forget, cell, output.
    bias = lstm.bias_ih if isinstance(lstm, nn.LSTMCell) else lstm.bias_ih_l0
    init.ones_(bias[size : 2 * size])


def _initialize_linear(linear: nn.Linear, generator: torch.Generator | None) -> None:
    bound = 1 / math.sqrt(linear.in_features)
    init.uniform_(linear.weight, -bound, bound, generator=generator)
    if linear.bias is not None:
        init.uniform_(linear.bias, -bound, bound, generator=generator)
