"""Attention for LSTMs as plain PyTorch modules, batch first."""

from .attention import Attention, masked_softmax
from .encoder import LSTMEncoder
from .initialization import initialize
from .network import (
    AttentionNetwork,
    ChannelIndependent,
    DenseDecoder,
    LinearSkip,
    NetworkOutput,
    build_network,
)
from .pooling import AttentionPooling, LastPooling, MaxPooling, MeanPooling
from .scores import AdditiveScore

__all__ = [
    "AdditiveScore",
    "Attention",
    "AttentionNetwork",
    "AttentionPooling",
    "ChannelIndependent",
    "DenseDecoder",
    "LSTMEncoder",
    "LastPooling",
    "LinearSkip",
    "MaxPooling",
    "MeanPooling",
    "NetworkOutput",
    "build_network",
    "initialize",
    "masked_softmax",
]
