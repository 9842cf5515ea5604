"""Attention for LSTMs as plain PyTorch modules, batch first."""

from .attention import Attention, masked_softmax
from .encoder import LSTMEncoder
from .initialization import initialize
from .network import AttentionNetwork, NetworkOutput
from .pooling import AttentionPooling, FixedPooling
from .scores import AdditiveScore

__all__ = [
    "AdditiveScore",
    "Attention",
    "AttentionNetwork",
    "AttentionPooling",
    "FixedPooling",
    "LSTMEncoder",
    "NetworkOutput",
    "initialize",
    "masked_softmax",
]
