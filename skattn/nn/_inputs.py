"""Inputs of a network, and what travels between its layers, in the order of its way."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor


@dataclass(frozen=True)
class Inputs:
    """What a network reads: one batch, or a whole data set.

    Parameters
    ----------
    x : Tensor of shape (n_samples, n_timesteps, n_channels)
        Scaled sequences, padded on the right with any finite number.
    lengths : Tensor of int of shape (n_samples,), default=None
        Real steps in each sequence, at least 1; None if all are real.
    static : Tensor of shape (n_samples, n_static), default=None
        What does not change within a sequence.
    future : Tensor of shape (n_samples, horizon, n_future), default=None
        What is known before for each output step.
    times : Tensor of shape (n_samples, n_timesteps, n_times), default=None
        Time since the step before and, where values may be missing, since the last
        value of each channel; at least 0, and 0 on padding.

    Examples
    --------
    >>> import torch
    >>> from skattn.nn import Inputs
    >>> inputs = Inputs(torch.randn(3, 6, 2), torch.tensor([6, 4, 1]))
    >>> len(inputs), inputs.rows(slice(1, 3)).x.shape  # cut to the longest
    (3, torch.Size([2, 4, 2]))
    """

    x: Tensor
    lengths: Tensor | None = None
    static: Tensor | None = None
    future: Tensor | None = None
    times: Tensor | None = None

    def __len__(self) -> int:
        return self.x.shape[0]

    def rows(self, index: Tensor | slice) -> "Inputs":
        """Return some samples, cut to the longest of them.

        Parameters
        ----------
        index : Tensor or slice
            Which samples.

        Returns
        -------
        Inputs
            Of these samples.
        """
        some = self.map(lambda tensor: tensor[index], but_x=True)
        if some.lengths is None:
            return replace(some, x=self.x[index])
        longest = int(some.lengths.max())
        if some.times is not None:
            some = replace(some, times=some.times[:, :longest])
        return replace(some, x=self.x[:, :longest][index])

    def split(self, number: int) -> list["Inputs"]:
        """Return even chunks of the samples, in order.

        Parameters
        ----------
        number : int
            How many.

        Returns
        -------
        list of Inputs
            Not cut to their longest sequences.
        """
        parts = [
            [None] * number if part is None else part.tensor_split(number)
            for part in (self.x, self.lengths, self.static, self.future, self.times)
        ]
        return [Inputs(*chunk) for chunk in zip(*parts, strict=True)]

    def map(
        self, function: Callable[[Tensor], Tensor], but_x: bool = False
    ) -> "Inputs":
        """Return the inputs with a function applied to each tensor.

        Parameters
        ----------
        function : callable
            Takes and returns a tensor.
        but_x : bool, default=False
            Whether to leave the sequences as they are.

        Returns
        -------
        Inputs
            Of what the function returned.
        """
        beside = (
            None if part is None else function(part)
            for part in (self.lengths, self.static, self.future, self.times)
        )
        return Inputs(self.x if but_x else function(self.x), *beside)

    def to(self, device: str | torch.device) -> "Inputs":
        """Return the inputs on another device.

        Parameters
        ----------
        device : str or torch.device
            Where to.

        Returns
        -------
        Inputs
            Of tensors that are there.
        """
        return self.map(lambda tensor: tensor.to(device))


class Steps(NamedTuple):
    """Inputs as the encoder reads them, with what leads past it."""

    patches: Tensor  # (n, n_steps, input_size)
    lengths: Tensor | None  # in steps
    mask: Tensor | None  # (n, n_steps)
    history: Tensor  # relative to the level, (n, n_timesteps, n_channels)
    times: Tensor | None  # lengths in time steps
    level: Tensor | None  # (n, 1, n_channels)
    unit: Tensor | None  # (n or 1, 1, n_channels)
    future: Tensor | None  # (n, horizon, n_future)
    mean: Tensor | None = None  # a segment of means, (n or 1, input_size)


class Memory(NamedTuple):
    """Encoded sequences.

    Parameters
    ----------
    states : Tensor of shape (n_samples, n_steps, size)
        The keys, one a step.
    last : Tensor of shape (n_samples, size)
        The last state.
    mask : Tensor of bool of shape (n_samples, n_steps) or None
        True at real steps; None if all are.
    values : Tensor of shape (n_samples, n_steps, size)
        What is summed up: the states, or gated embeddings of the inputs.
    weights : Tensor of shape (n_samples, n_heads, [horizon,] n_steps), default=None
        Weights to use instead of those that the attention would find, for questions
        about what they do. None: its own.
    static : Tensor of shape (n_samples, n_features), default=None
        Features made of what is static; None without.
    future : Tensor of shape (n_samples, horizon, n_future), default=None
        What is known before for each output step; None without.
    ages : Tensor of shape (n_samples, n_steps), default=None
        Time from each step to the last one; None without times.
    readout : Tensor of shape ([n_samples,] n_outputs, size), default=None
        What the output layer makes of a value; given by the dense decoder.

    Examples
    --------
    >>> import torch
    >>> from skattn.nn import LSTMEncoder, Memory
    >>> states, last = LSTMEncoder(input_size=3, hidden_size=4)(torch.randn(2, 5, 3))
    >>> memory = Memory(states, last, mask=None, values=states)
    >>> memory.states.shape, memory.last.shape
    (torch.Size([2, 5, 4]), torch.Size([2, 4]))
    """

    states: Tensor
    last: Tensor
    mask: Tensor | None
    values: Tensor
    weights: Tensor | None = None
    static: Tensor | None = None
    future: Tensor | None = None
    ages: Tensor | None = None
    readout: Tensor | None = None


class Encoded(NamedTuple):
    """One batch on its way to the decoder."""

    memory: Memory
    self_weights: Tensor | None
    steps: Steps
    embedded: Tensor  # inputs of the gated embedding, (n, n_steps, input_size)
    states: Tensor  # what gates them, without positions, (n, n_steps, size)


class NetworkOutput(NamedTuple):
    """What one pass returns.

    Parameters
    ----------
    prediction : Tensor of shape (n_samples, horizon, n_targets)
        Scaled targets.
    context : Tensor of shape (n_samples, context_size)
        What the attention gathered; decoder steps side by side.
    weights : Tensor of shape (n_samples, n_heads, [horizon,] n_steps) or None
        Attention weights; hidden units stand in the place of heads with "feature".
        Steps are patches where ``patch_size`` > 1. None where they were not needed.
    self_weights : Tensor of shape (n_samples, n_heads, n_steps, n_steps) or None
        The map of the self-attention; None without one.
    states : Tensor of shape (n_samples, n_steps, size)
        The states that were attended to.
    mask : Tensor of bool of shape (n_samples, n_steps) or None
        True at real steps; None if all are.
    unit : Tensor of shape (n_samples, 1, n_targets), default=None
        The unit of each window, in which its loss is measured; with
        ``scale_windows``.
    quantiles : Tensor of shape (n_samples, horizon, n_targets, n_quantiles) or None
        In ascending order, the prediction being the median; None where one value is
        predicted.
    terms : Tensor of shape (n_samples, n_steps, n_outputs), default=None
        What each segment adds to the outputs, in training with ``values="segments"``.

    Examples
    --------
    >>> import torch
    >>> from skattn.nn import AttentionNetwork, Inputs
    >>> network = AttentionNetwork(2, n_timesteps=6, horizon=1, n_targets=1)
    >>> output = network(Inputs(torch.randn(3, 6, 2), torch.tensor([6, 4, 1])))
    >>> output.mask.sum(1)
    tensor([6, 4, 1])
    >>> output.weights[2, 0]
    tensor([1., 0., 0., 0., 0., 0.], grad_fn=<SelectBackward0>)
    """

    prediction: Tensor
    context: Tensor
    weights: Tensor | None
    self_weights: Tensor | None
    states: Tensor
    mask: Tensor | None
    unit: Tensor | None = None
    quantiles: Tensor | None = None
    terms: Tensor | None = None
