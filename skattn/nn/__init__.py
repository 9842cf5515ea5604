"""Attention for LSTMs as plain PyTorch modules, batch first."""

from ._memory import Memory
from .attention import Attention, SelfAttention, masked_softmax
from .conicity import conicity
from .decoder import Decoded, DenseDecoder, LSTMDecoder
from .embedding import GatedEmbedding
from .encoder import LSTMEncoder
from .initialization import initialize
from .network import AttentionNetwork, NetworkOutput
from .pooling import AttentionPooling, FeaturePooling, FixedPooling

__all__ = [
    "Attention",
    "AttentionNetwork",
    "AttentionPooling",
    "Decoded",
    "DenseDecoder",
    "FeaturePooling",
    "FixedPooling",
    "GatedEmbedding",
    "LSTMDecoder",
    "LSTMEncoder",
    "Memory",
    "NetworkOutput",
    "SelfAttention",
    "conicity",
    "initialize",
    "masked_softmax",
]
