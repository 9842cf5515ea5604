"""All decoders by name."""

from ._pointer import PointerDecoder
from ._registry import Registry
from .decoder import DenseDecoder
from .lstm_decoder import LSTMDecoder

DECODERS: Registry[type[DenseDecoder] | type[LSTMDecoder]] = Registry(
    "decoder", {"dense": DenseDecoder, "lstm": LSTMDecoder, "pointer": PointerDecoder}
)
