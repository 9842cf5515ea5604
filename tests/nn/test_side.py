"""Layers for static features and a known future, against their formulas."""

import pytest
import torch

from skattn.nn import AttentionNetwork, AttentionPooling, Inputs, Memory, initialize
from skattn.nn._channel_independent import ChannelIndependent
from skattn.nn._side import SIDE_SIZE, FutureTerm, StaticFeatures, StaticJoin

INPUTS = Inputs(
    torch.randn(5, 6, 2),
    torch.tensor([6, 2, 3, 6, 1]),
    torch.randn(5, 3),
    torch.randn(5, 4, 2),
)


def test_static_features_scale_and_shift_the_context():
    torch.manual_seed(0)
    features, join = StaticFeatures(3).double(), StaticJoin(7).double()
    static, context = torch.randn(5, 3).double(), torch.randn(5, 7).double()
    made = torch.tanh(static @ features.embed.weight.T + features.embed.bias)
    change = made @ join.change.weight.T + join.change.bias
    expected = context * (1 + change[:, :7]) + change[:, 7:]
    torch.testing.assert_close(join(context, features(static)), expected)


def test_the_future_of_a_step_is_added_in_the_light_of_the_context():
    torch.manual_seed(0)
    term = FutureTerm(7, horizon=4, n_future=2, n_targets=3).double()
    context, future = torch.randn(5, 7).double(), torch.randn(5, 4, 2).double()
    found = term(context, future)
    for step in range(4):
        read = term.context(context) + future[:, step] @ term.future.weight.T
        hidden = torch.tanh(read + term.step.weight[:, step])
        expected = (
            hidden @ term.output.weight.T + future[:, step] @ term.direct.weight.T
        )
        torch.testing.assert_close(found[:, step], expected)


@pytest.mark.parametrize("query", ["last", "learned"])
@pytest.mark.parametrize("score", ["additive", "dot", "location"])
def test_static_features_shift_the_query(query, score):
    torch.manual_seed(0)
    pooling = AttentionPooling(4, score, query, n_steps=6, conditioned=True)
    states = torch.randn(5, 6, 4)
    memory = Memory(states, states[:, -1], None, states)
    static = torch.randn(5, SIDE_SIZE)
    context, weights = pooling(memory._replace(static=static))
    given = memory.last if query == "last" else pooling.query[0].expand(5, -1)
    shifted = given + pooling.condition(static)
    expected, _ = pooling.attention(shifted[:, None], states, states)
    torch.testing.assert_close(context, expected[:, 0])
    assert not torch.allclose(weights, pooling(memory)[1])


def test_rows_chunks_and_maps_take_all_parts():
    some = INPUTS.rows(torch.tensor([2, 1]))
    assert some.x.shape == (2, 3, 2)
    assert torch.equal(some.static, INPUTS.static[[2, 1]])
    assert torch.equal(some.future, INPUTS.future[[2, 1]])
    chunks = INPUTS.split(2)
    assert [len(chunk) for chunk in chunks] == [3, 2]
    assert torch.equal(chunks[1].future, INPUTS.future[3:])
    assert torch.equal(chunks[1].lengths, INPUTS.lengths[3:])
    assert INPUTS.map(lambda part: part.double()).static.dtype == torch.float64
    assert Inputs(INPUTS.x).split(5)[4].static is None


def test_a_network_wants_what_it_was_made_for():
    sizes = {"n_timesteps": 6, "horizon": 4, "n_targets": 1}
    network = AttentionNetwork(2, **sizes, n_static=3, n_future=2)
    assert network(INPUTS).prediction.shape == (5, 4, 1)
    with pytest.raises(ValueError, match=r"hold 0 numbers of static.*n_static=3"):
        network(INPUTS.x)
    with pytest.raises(ValueError, match=r"hold 2 numbers of future.*n_future=0"):
        AttentionNetwork(2, **sizes, n_static=3)(INPUTS)
    with pytest.raises(ValueError, match="values='inputs' does not go with static"):
        AttentionNetwork(2, **sizes, n_static=3, values="inputs")


def test_target_channels_share_them():
    one = AttentionNetwork(
        1, n_timesteps=6, horizon=4, n_targets=1, target_channels=(0,), n_static=3,
        n_future=2,
    )  # fmt: skip
    initialize(one, torch.Generator().manual_seed(0))
    both = ChannelIndependent(one.eval(), (0, 1), 2, 2)
    folded = both(INPUTS).prediction
    for channel in range(2):
        alone = Inputs(
            INPUTS.x[:, :, [channel]], INPUTS.lengths, INPUTS.static, INPUTS.future
        )
        torch.testing.assert_close(folded[..., [channel]], one(alone).prediction)
