"""Sequences: their forms, windows, splits and transformers."""

from ._events import EventSequences, from_events
from ._layouts import from_aeon, from_tslearn, to_aeon, to_tslearn
from ._long import LongSequences, from_long
from ._over_time import OverTime
from ._regimes import RegimeScaler
from ._sequences import Sequences
from ._split import WindowSplit
from ._tokenizer import Tokenizer
from ._windows import make_windows, next_window

__all__ = [
    "EventSequences",
    "LongSequences",
    "OverTime",
    "RegimeScaler",
    "Sequences",
    "Tokenizer",
    "WindowSplit",
    "from_aeon",
    "from_events",
    "from_long",
    "from_tslearn",
    "make_windows",
    "next_window",
    "to_aeon",
    "to_tslearn",
]

# The names that users import are those in files of skops, mlflow's among them, which
# are trusted by name.
for _public in __all__:
    if isinstance(globals()[_public], type):
        globals()[_public].__module__ = __name__
