"""What X and y may be: forms, scaling and splits, in NumPy."""

from ._forms import Sequences, TargetForm, cut_rows
from ._scaling import Scaler, fit_scaler
from ._windows import make_windows

__all__ = [
    "Scaler",
    "Sequences",
    "TargetForm",
    "cut_rows",
    "fit_scaler",
    "make_windows",
]
