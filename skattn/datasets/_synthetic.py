"""Tasks whose answer stands at known steps, to see whether attention finds them."""

from collections.abc import Callable

import numpy as np

from .._random import make_random

Task = tuple[np.ndarray, np.ndarray, np.ndarray]


def make_addition(
    n_samples: int = 1000, n_timesteps: int = 20, *, random_state: object = None
) -> Task:
    """Make sequences with two marked numbers, whose sum is the answer.

    Channel 0 holds numbers, uniform in [0, 1); channel 1 is 1 at two steps, which are
    at least two steps apart, and 0 elsewhere.

    Parameters
    ----------
    n_samples : int, default=1000
        Sequences to make.
    n_timesteps : int, default=20
        Steps in each, at least 3.
    random_state : int, RandomState instance or None, default=None
        Source of the numbers.

    Returns
    -------
    X : ndarray of shape (n_samples, n_timesteps, 2)
        The sequences.
    y : ndarray of shape (n_samples,)
        The sums.
    attention : ndarray of shape (n_samples, n_timesteps)
        The true attention: 1/2 at each marked step.

    References
    ----------
    S. Hochreiter and J. Schmidhuber (1997). Long short-term memory. Neural Computation
    9(8). (The adding problem.)

    Examples
    --------
    >>> from skattn.datasets import make_addition
    >>> X, y, attention = make_addition(random_state=0)
    >>> X.shape, y.shape, attention.shape
    ((1000, 20, 2), (1000,), (1000, 20))
    """
    _check_sizes(n_samples, n_timesteps, least=3)
    random = make_random(random_state)
    numbers = random.uniform(size=(n_samples, n_timesteps))
    # Two of n - 1 places without order; moving the later one on by a step parts them.
    pairs = random.uniform(size=(n_samples, n_timesteps - 1)).argpartition(1)[:, :2]
    pairs = np.sort(pairs, axis=1) + np.array([0, 1])
    marks = np.zeros_like(numbers)
    np.put_along_axis(marks, pairs, 1.0, axis=1)
    X = np.stack([numbers, marks], axis=2)
    return X, (numbers * marks).sum(1), marks / 2


def make_find_max(
    n_samples: int = 1000, n_timesteps: int = 10, *, random_state: object = None
) -> Task:
    """Make sequences of numbers, whose largest is the answer.

    Parameters
    ----------
    n_samples : int, default=1000
        Sequences to make.
    n_timesteps : int, default=10
        Steps in each.
    random_state : int, RandomState instance or None, default=None
        Source of the numbers, which are uniform in [0, 1).

    Returns
    -------
    X : ndarray of shape (n_samples, n_timesteps, 1)
        The sequences.
    y : ndarray of shape (n_samples,)
        The maxima.
    attention : ndarray of shape (n_samples, n_timesteps)
        The true attention: 1 at the maximum.

    Examples
    --------
    >>> from skattn.datasets import make_find_max
    >>> X, y, attention = make_find_max(random_state=0)
    >>> bool((X[attention == 1, 0] == y).all())
    True
    """
    _check_sizes(n_samples, n_timesteps)
    random = make_random(random_state)
    X = random.uniform(size=(n_samples, n_timesteps, 1))
    return X, X[:, :, 0].max(1), _one_hot(X[:, :, 0].argmax(1), n_timesteps)


def make_marked_step(
    n_samples: int = 1000, n_timesteps: int = 20, *, random_state: object = None
) -> Task:
    """Make sequences with one marked number, which is the answer.

    Parameters
    ----------
    n_samples : int, default=1000
        Sequences to make.
    n_timesteps : int, default=20
        Steps in each.
    random_state : int, RandomState instance or None, default=None
        Source of the numbers, which are standard normal.

    Returns
    -------
    X : ndarray of shape (n_samples, n_timesteps, 2)
        Numbers in channel 0, the marker in channel 1.
    y : ndarray of shape (n_samples,)
        The marked numbers.
    attention : ndarray of shape (n_samples, n_timesteps)
        The true attention: 1 at the marked step.

    Examples
    --------
    >>> from skattn.datasets import make_marked_step
    >>> X, y, attention = make_marked_step(random_state=0)
    >>> bool((X[:, :, 1] == attention).all())
    True
    """
    _check_sizes(n_samples, n_timesteps)
    random = make_random(random_state)
    numbers = random.normal(size=(n_samples, n_timesteps))
    marks = _one_hot(random.randint(n_timesteps, size=n_samples), n_timesteps)
    X = np.stack([numbers, marks], axis=2)
    return X, (numbers * marks).sum(1), marks


def make_reversal(
    n_samples: int = 1000,
    n_timesteps: int = 20,
    n_channels: int = 8,
    *,
    random_state: object = None,
) -> Task:
    """Make sequences whose answer is the sequence backwards.

    Parameters
    ----------
    n_samples : int, default=1000
        Sequences to make.
    n_timesteps : int, default=20
        Steps in each.
    n_channels : int, default=8
        Channels of each step.
    random_state : int, RandomState instance or None, default=None
        Source of the numbers, which are standard normal.

    Returns
    -------
    X : ndarray of shape (n_samples, n_timesteps, n_channels)
        The sequences.
    y : ndarray of shape (n_samples, n_timesteps, n_channels)
        The sequences backwards.
    attention : ndarray of shape (n_samples, n_timesteps, n_timesteps)
        The true alignment, output step by input step: the anti-diagonal.

    Examples
    --------
    >>> from skattn.datasets import make_reversal
    >>> X, y, attention = make_reversal(random_state=0)
    >>> attention[0, 0].argmax()
    np.int64(19)
    """
    return _make_aligned(
        lambda step: n_timesteps - 1 - step,
        n_samples,
        n_timesteps,
        n_timesteps,
        n_channels,
        random_state,
    )


def make_lagged_copy(
    n_samples: int = 1000,
    n_timesteps: int = 20,
    horizon: int = 5,
    lag: int = 10,
    n_channels: int = 1,
    *,
    random_state: object = None,
) -> Task:
    """Make sequences that repeat after a lag: the answer is what came ``lag`` before.

    Parameters
    ----------
    n_samples : int, default=1000
        Sequences to make.
    n_timesteps : int, default=20
        Steps in each.
    horizon : int, default=5
        Output steps, at most ``lag``.
    lag : int, default=10
        Steps from an input to its copy, at most ``n_timesteps``.
    n_channels : int, default=1
        Channels of each step.
    random_state : int, RandomState instance or None, default=None
        Source of the numbers, which are standard normal.

    Returns
    -------
    X : ndarray of shape (n_samples, n_timesteps, n_channels)
        The sequences.
    y : ndarray of shape (n_samples, horizon, n_channels)
        The steps from ``n_timesteps - lag`` on.
    attention : ndarray of shape (n_samples, horizon, n_timesteps)
        The true alignment, output step by input step.

    Examples
    --------
    >>> from skattn.datasets import make_lagged_copy
    >>> X, y, attention = make_lagged_copy(random_state=0)
    >>> bool((y == X[:, 10:15]).all())
    True
    """
    if not 1 <= horizon <= lag <= n_timesteps:
        raise ValueError(
            f"horizon={horizon}, lag={lag} and n_timesteps={n_timesteps} must not "
            "fall: 1 <= horizon <= lag <= n_timesteps."
        )
    return _make_aligned(
        lambda step: n_timesteps - lag + step,
        n_samples,
        n_timesteps,
        horizon,
        n_channels,
        random_state,
    )


def _make_aligned(
    source: Callable[[np.ndarray], np.ndarray],
    n_samples: int,
    n_timesteps: int,
    horizon: int,
    n_channels: int,
    random_state: object,
) -> Task:
    """Make sequences whose output step takes the input step ``source`` of it."""
    _check_sizes(n_samples, n_timesteps)
    random = make_random(random_state)
    X = random.normal(size=(n_samples, n_timesteps, n_channels))
    steps = source(np.arange(horizon))
    alignment = _one_hot(steps, n_timesteps)
    return X, X[:, steps], np.repeat(alignment[None], n_samples, axis=0)


def _one_hot(steps: np.ndarray, n_steps: int) -> np.ndarray:
    return np.eye(n_steps)[steps]


def _check_sizes(n_samples: int, n_timesteps: int, least: int = 1) -> None:
    if n_samples < 1 or n_timesteps < least:
        raise ValueError(
            f"n_samples={n_samples} must be at least 1, and "
            f"n_timesteps={n_timesteps} at least {least}."
        )
