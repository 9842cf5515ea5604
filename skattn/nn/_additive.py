"""Additive attention of one query, with its gradient written out.

Stage by stage, additive attention takes a third of a training step, most of it for
passes over the scores' hidden layer and torch's bookkeeping of them. The formulas are
those of `AdditiveScore`, a softmax and a weighted sum.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


class AdditivePooling(torch.autograd.Function):
    r"""Compute the sum of values by the weights that one query gives to their keys.

    With steps :math:`t`, :math:`g_t = \sigma(2 (W_k k_t + b + W_q q))`, weights
    :math:`a = \mathrm{softmax}(2 v^\top g)` and context :math:`c = \sum_t a_t x_t`.
    As :math:`\tanh(h) = 2 \sigma(2h) - 1`, these are the weights of the additive score:
    the softmax does not see the constant :math:`-\sum v`.

    Everything is laid out time-major, as LSTMs give and take their states.
    """

    @staticmethod
    def forward(
        ctx: Any,
        query: Tensor | None,
        key: Tensor,
        value: Tensor | None,
        mask: Tensor | None,
        query_weight: Tensor | None,
        key_weight: Tensor,
        key_bias: Tensor,
        v: Tensor,
    ) -> Tensor:
        """Compute the contexts ``(n_samples, value_size)``.

        Parameters
        ----------
        ctx : object
            Where torch keeps what the gradient needs.
        query : Tensor of shape (n_samples, query_size) or None
            None where ``v`` is itself the learned query.
        key, value : Tensor of shape (n_samples, n_steps, ...)
            What is compared, and what is summed; None for the keys themselves.
        mask : Tensor of bool of shape (n_samples, n_steps) or None
            True at real steps.
        query_weight, key_weight, key_bias, v : Tensor
            Those of `AdditiveScore`, ``v`` flat.
        """
        keys = key.transpose(0, 1).contiguous()
        values = keys if value is None else value.transpose(0, 1).contiguous()
        gates = torch.addmm(2 * key_bias, keys.flatten(0, 1), 2 * key_weight.t())
        gates = gates.unflatten(0, keys.shape[:2])  # (n_steps, n_samples, size)
        if query is not None and query_weight is not None:
            gates.add_(query @ (2 * query_weight.t()))
        gates.sigmoid_()
        scores = gates @ (2 * v)
        if mask is not None:
            scores.masked_fill_(~mask.t(), -torch.inf)
        # Over the first axis, the bits would depend on the number of threads.
        weights = torch.softmax(scores.t().contiguous(), 1).t().contiguous()
        context = (weights[:, :, None] * values).sum(0)
        ctx.save_for_backward(
            query, keys, values, query_weight, key_weight, v, gates, weights, context
        )
        ctx.same = value is None
        return context

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        """Compute the gradients of all that `forward` took."""
        query, keys, values, query_weight, key_weight, v, gates, weights, context = (
            ctx.saved_tensors
        )
        # d loss / d scores, through the softmax
        along = (values * grad).sum(2) - (context * grad).sum(1)
        of_scores = weights * along
        # d loss / d (W_k k + b + W_q q): twice that of the sigmoid's argument, and
        # 2 v in the score once more
        of_hidden = torch.addcmul(gates, gates, gates, value=-1)
        of_hidden.mul_(4 * v).mul_(of_scores[:, :, None])
        over_steps = of_hidden.sum(0)
        flat = of_hidden.flatten(0, 1)
        of_keys = (flat @ key_weight).unflatten(0, keys.shape[:2])
        of_values = None
        if ctx.same:
            of_keys.addcmul_(weights[:, :, None], grad)
        else:
            of_values = (weights[:, :, None] * grad).transpose(0, 1)
        return (
            None if query is None else over_steps @ query_weight,
            of_keys.transpose(0, 1),
            of_values,
            None,
            None if query is None else over_steps.t() @ query,
            flat.t() @ keys.flatten(0, 1),
            over_steps.sum(0),
            2 * (of_scores.flatten() @ gates.flatten(0, 1)),
        )
