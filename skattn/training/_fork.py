"""Computing in forked processes, which do not have the threads of their parent."""

import os

import torch

_HOME = os.getpid()


def mind_fork() -> None:
    """Go on with one thread in a forked child.

    OpenMP would wait for ever for the threads that the parent had. torch's own data
    loaders do the same in their workers.
    """
    if os.getpid() != _HOME and torch.get_num_threads() > 1:
        torch.set_num_threads(1)
