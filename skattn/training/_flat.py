"""All weights of a network in one vector, while it trains on the CPU."""

from typing import Any

import torch
from torch import Tensor, nn

# Weights start at multiples of 64 bytes, where vector instructions like them.
_ALIGNED = 16


class FlatWeights:
    """Lay a net's weights, gradients and moments out in one vector each.

    Optimisers of torch work parameter by parameter in Python; for small networks that
    takes as long as the arithmetic. All of them treat each number alike, so that one
    long parameter gives the same results.

    Parameters
    ----------
    net : AttentionNet
        Initialised. Its ``optimizer_`` is replaced until `restore`.
    """

    def __init__(self, net: Any) -> None:
        self._parameters = [p for p in net.module_.parameters() if p.requires_grad]
        self._own = net.optimizer_
        starts = [0]
        for parameter in self._parameters:
            starts.append(starts[-1] + -(-parameter.numel() // _ALIGNED) * _ALIGNED)
        self._starts = starts
        self.vector = nn.Parameter(self._join([p.data for p in self._parameters]))
        self.gradient = torch.zeros_like(self.vector)
        self.vector.grad = self.gradient
        for parameter, weights, gradient in zip(
            self._parameters,
            self._split(self.vector.data),
            self._split(self.gradient),
            strict=True,
        ):
            parameter.data, parameter.grad = weights, gradient
        (group,) = self._own.param_groups
        settings = {name: value for name, value in group.items() if name != "params"}
        net.optimizer_ = type(self._own)([{"params": [self.vector], **settings}])
        net.optimizer_.state[self.vector].update(self._join_states())

    def _join_states(self) -> dict[str, Tensor]:
        """Return the state of the optimiser as it is for the vector.

        Weights that nothing has moved, as no path leads through them, have no state.
        """
        pairs = [(p, self._own.state.get(p, {})) for p in self._parameters]
        moved = [(p, state) for p, state in pairs if state]
        if not moved:
            return {}
        known, first = moved[0]
        return {
            name: self._join([s.get(name, torch.zeros_like(p)) for p, s in pairs])
            if part.shape == known.shape
            else part.clone()
            for name, part in first.items()
        }

    def clip(self, max_norm: float) -> None:
        """Scale the gradient to at most this norm, as `torch.nn.utils` does it."""
        norm = torch.linalg.vector_norm(self.gradient)
        self.gradient.mul_((max_norm / (norm + 1e-6)).clamp(max=1.0))

    def restore(self, net: Any) -> None:
        """Restore the own memory of each weight, and the own state of the optimiser."""
        (group,), (own_group,) = net.optimizer_.param_groups, self._own.param_groups
        own_group.update({n: v for n, v in group.items() if n != "params"})
        state = net.optimizer_.state.get(self.vector, {})
        parts = {
            name: self._split(part) if part.shape == self.vector.shape else None
            for name, part in state.items()
        }
        for i, parameter in enumerate(self._parameters):
            parameter.data, parameter.grad = parameter.data.clone(), None
            self._own.state[parameter] = {
                name: (state[name] if split is None else split[i]).clone()
                for name, split in parts.items()
            }
        net.optimizer_ = self._own

    def _join(self, tensors: list[Tensor]) -> Tensor:
        vector = tensors[0].new_zeros(self._starts[-1])
        for part, tensor in zip(self._split(vector), tensors, strict=True):
            part.copy_(tensor)
        return vector

    def _split(self, vector: Tensor) -> list[Tensor]:
        return [
            vector[start : start + parameter.numel()].view(parameter.shape)
            for start, parameter in zip(
                self._starts[:-1], self._parameters, strict=True
            )
        ]
