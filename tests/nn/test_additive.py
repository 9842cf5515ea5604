"""The written-out gradient is that of the three stages one by one."""

import pytest
import torch

from skattn.nn import Attention

N_SAMPLES, N_STEPS, SIZE, VALUE_SIZE = 3, 7, 5, 4
QUERY_SIZE = 6


def make_attention(query_size):
    torch.manual_seed(0)
    return Attention("additive", query_size=query_size, key_size=SIZE).double()


def make_inputs(query_size, shared):
    torch.manual_seed(1)
    query = torch.randn(N_SAMPLES, 1, query_size, dtype=torch.float64)
    key = torch.randn(N_SAMPLES, N_STEPS, SIZE, dtype=torch.float64)
    value = torch.randn(N_SAMPLES, N_STEPS, VALUE_SIZE, dtype=torch.float64)
    parts = [query, key, value]
    for part in parts:
        part.requires_grad_()
    return (query if query_size else None), key, key if shared else value


def find_gradients(attention, inputs, mask, need_weights):
    """Give the context and all gradients of a sum of its waves."""
    leaves = [part for part in inputs if part is not None] + [*attention.parameters()]
    context, weights = attention(*inputs, mask, need_weights)
    assert (weights is None) == (not need_weights)
    gradients = torch.autograd.grad(context.sin().sum(), leaves)
    return context, gradients


@pytest.mark.parametrize("query_size", [QUERY_SIZE, 0])
@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("masked", [True, False])
def test_gradients_are_those_of_the_three_stages(query_size, shared, masked):
    attention, inputs = make_attention(query_size), make_inputs(query_size, shared)
    lengths = torch.tensor([7, 1, 4])
    mask = torch.arange(N_STEPS) < lengths[:, None] if masked else None
    context, gradients = find_gradients(attention, inputs, mask, need_weights=False)
    plain_context, plain = find_gradients(attention, inputs, mask, need_weights=True)
    torch.testing.assert_close(context, plain_context)
    assert len(gradients) == len(plain)
    for ours, theirs in zip(gradients, plain, strict=True):
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("shared", [True, False])
def test_gradients_are_those_of_small_differences(shared):
    attention, inputs = make_attention(QUERY_SIZE), make_inputs(QUERY_SIZE, shared)
    mask = torch.arange(N_STEPS) < torch.tensor([[7], [2], [5]])

    def pool(*parts):
        return attention.score.pool(*parts, mask)

    assert torch.autograd.gradcheck(pool, inputs)


def test_a_second_derivative_is_refused():
    attention, inputs = make_attention(0), make_inputs(0, shared=True)
    context, _ = attention(*inputs, need_weights=False)
    (first,) = torch.autograd.grad(context.sin().sum(), inputs[1], create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        first.sum().backward()


def test_a_missing_query_is_refused_and_one_too_many_is_not_read():
    key = torch.randn(2, 3, 4)
    asking = Attention("additive", query_size=4, key_size=4)
    with pytest.raises(TypeError):
        asking(None, key, key, need_weights=False)
    inside = Attention("additive", query_size=0, key_size=4)
    with_one = inside(key[:, :1], key, key, need_weights=False)[0]
    torch.testing.assert_close(with_one, inside(None, key, key)[0])


def test_one_query_for_all_samples_is_shared():
    attention = Attention("additive", query_size=4, key_size=4)
    key = torch.randn(3, 5, 4)
    query = torch.randn(1, 1, 4, requires_grad=True)
    attention(query, key, key, need_weights=False)[0].sum().backward()
    assert query.grad.shape == (1, 1, 4)


def test_autocast_trains_stage_by_stage():
    attention = Attention("additive", query_size=4, key_size=4)
    key = torch.randn(3, 5, 4, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        context, _ = attention(key[:, :1], key, key, need_weights=False)
    context.float().sum().backward()
    assert key.grad.isfinite().all()


def test_several_heads_and_several_queries_train_stage_by_stage():
    heads = Attention("additive", query_size=4, key_size=4, n_heads=2)
    key = torch.randn(2, 3, 4)
    context, weights = heads(key[:, :1], key, key, need_weights=False)
    assert context.shape == (2, 1, 4)
    assert weights is not None
    one = Attention("additive", query_size=4, key_size=4)
    context, weights = one(key, key, key, need_weights=False)
    assert context.shape == (2, 3, 4)
    assert weights is not None
