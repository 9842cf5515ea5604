"""The clock that all contenders are timed by.

On a machine that others use as well, the processor's time on one thread says more than
the clock on the wall: ``--threads 1 --clock cpu``.
"""

import os
import time

VARIABLE = "SPEED_CLOCK"  # also read by the processes of the peers
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)


def now(children=False):
    """Give the seconds on the clock that was chosen, or those of ended children."""
    if os.environ.get(VARIABLE, "wall") == "wall":
        return time.perf_counter()
    if children:
        times = os.times()
        return times.children_user + times.children_system
    return time.process_time()


def set_threads(number):
    """Let the peers' processes start with this many threads."""
    os.environ |= dict.fromkeys(THREAD_VARIABLES, str(number))
