"""Sources of random numbers that leave NumPy's global state as it is."""

import numpy as np
from sklearn.utils import check_random_state


def make_random(random_state: object) -> np.random.RandomState:
    """Return a source of random numbers; None is a fresh one, not the global one."""
    if random_state is None:
        return np.random.RandomState()
    return check_random_state(random_state)
