"""Attention for LSTMs as plain PyTorch modules, batch first."""

from ._build import initialize
from ._inputs import Inputs, Memory, NetworkOutput
from ._pointer import PointerDecoder
from ._positions import (
    LearnedPositions,
    ScaledSinusoidalPositions,
    SinusoidalPositions,
)
from ._segments import ContributionPooling, SegmentValues
from .attention import Attention, AttentionPooling, masked_softmax
from .conicity import conicity
from .decoder import Decoded, DenseDecoder
from .embedding import GatedEmbedding
from .encoder import LSTMEncoder
from .lstm_decoder import LSTMDecoder
from .network import AttentionNetwork
from .pooling import FeaturePooling, FixedPooling
from .self_attention import SelfAttention
from .stem import ConvStem, MaskedBatchNorm

__all__ = [
    "Attention",
    "AttentionNetwork",
    "AttentionPooling",
    "ContributionPooling",
    "ConvStem",
    "Decoded",
    "DenseDecoder",
    "FeaturePooling",
    "FixedPooling",
    "GatedEmbedding",
    "Inputs",
    "LSTMDecoder",
    "LSTMEncoder",
    "LearnedPositions",
    "MaskedBatchNorm",
    "Memory",
    "NetworkOutput",
    "PointerDecoder",
    "ScaledSinusoidalPositions",
    "SegmentValues",
    "SelfAttention",
    "SinusoidalPositions",
    "conicity",
    "initialize",
    "masked_softmax",
]
