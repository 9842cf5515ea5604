"""The one form that X and y take inside, and the way there and back."""

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Sequences:
    """Sequences side by side.

    Parameters
    ----------
    values : ndarray of shape (n_samples, n_timesteps, n_channels)
        Float32 or float64, padded on the right where ``lengths`` says so.
    lengths : ndarray of int of shape (n_samples,), default=None
        Real steps in each sequence; None if all are real.
    """

    values: np.ndarray
    lengths: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.values)

    def real_steps(self, rows: slice) -> np.ndarray | None:
        """Say which steps of some rows are real: ``(n_rows, n_timesteps)`` or None."""
        if self.lengths is None:
            return None
        return np.arange(self.values.shape[1]) < self.lengths[rows, None]


@dataclass(frozen=True)
class Schema:
    """What X was in `fit`, and how every later X is read.

    Parameters
    ----------
    n_timesteps, n_channels : int
        Steps of the longest sequence, and channels.
    flat : bool
        Whether each sequence came as one row.
    row_timesteps : int or None
        The parameter ``n_timesteps``, the steps into which a row is cut.
    padding_value : float or None
        What fills an array after the end of shorter sequences.
    missing : {"error", "mask", "forward"}
        What happens to NaN in a sequence.
    """

    n_timesteps: int
    n_channels: int
    flat: bool
    row_timesteps: int | None
    padding_value: float | None
    missing: str

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of the estimator that decided how X was read."""
        return {
            "n_timesteps": self.row_timesteps,
            "padding_value": self.padding_value,
            "missing": self.missing,
        }


def from_tensor(X: Any, name: str) -> Any:
    """Bring a torch tensor to NumPy, wherever it is and whatever it tracks."""
    if not hasattr(X, "detach"):
        return X
    tensor = X.detach()
    if str(tensor.dtype) == "torch.bfloat16":  # a type that NumPy does not have
        tensor = tensor.float()
    try:
        return tensor.cpu().numpy()
    except (RuntimeError, TypeError, NotImplementedError) as error:
        raise ValueError(
            f"{name} is a tensor of layout {tensor.layout} and type {tensor.dtype} on "
            f"the device {str(tensor.device)!r}, which cannot be read as an array "
            f"({str(error).splitlines()[0]}); allowed are dense tensors of numbers."
        ) from error


def cut_rows(rows: np.ndarray, n_timesteps: int | None) -> np.ndarray:
    """Cut flat rows into steps, time-major.

    Parameters
    ----------
    rows : ndarray of shape (n_samples, n_features)
        One sequence a row.
    n_timesteps : int or None
        Steps in a row; None for one channel, a step a column.

    Returns
    -------
    ndarray of shape (n_samples, n_timesteps, n_channels)
        A view.

    Raises
    ------
    ValueError
        If ``n_timesteps`` does not divide the number of columns.
    """
    n_samples, n_features = rows.shape
    if n_timesteps is None:
        n_timesteps = n_features
    if n_features % n_timesteps:
        raise ValueError(
            f"n_timesteps={n_timesteps} does not divide the {n_features} columns of X; "
            "a flat row must hold the same number of channels for every time step."
        )
    return rows.reshape(n_samples, n_timesteps, n_features // n_timesteps)


@dataclass(frozen=True)
class TargetForm:
    """How y came, so that predictions go back in the same form.

    Inside, y is ``(n_samples, horizon, n_targets)``; 1-D y has horizon and targets 1,
    2-D y one target.

    Parameters
    ----------
    shape : tuple of int
        Shape of y without its first axis.
    dtype : dtype
        Float type of the predictions.
    """

    shape: tuple[int, ...]
    dtype: np.dtype

    @classmethod
    def of(cls, y: np.ndarray) -> "TargetForm":
        """Read the form off a float array with 1 to 3 axes."""
        return cls(y.shape[1:], y.dtype)

    @property
    def horizon(self) -> int:
        """Output steps."""
        return self.shape[0] if self.shape else 1

    @property
    def n_targets(self) -> int:
        """Values at each output step."""
        return self.shape[1] if len(self.shape) == 2 else 1

    def inward(self, y: np.ndarray) -> np.ndarray:
        """Give y three axes."""
        return y.reshape(len(y), self.horizon, self.n_targets)

    def outward(self, y: np.ndarray) -> np.ndarray:
        """Give y back its own axes and type."""
        return y.reshape(len(y), *self.shape).astype(self.dtype)
