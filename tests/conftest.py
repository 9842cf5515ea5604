"""One thread for each test process, so that parallel tests do not fight for cores."""

import os

import torch
from hypothesis import settings
from threadpoolctl import threadpool_limits

if "PYTEST_XDIST_WORKER" in os.environ:
    torch.set_num_threads(1)
    threadpool_limits(1)  # those of NumPy and scikit-learn

# How long an example takes depends on the machine, and on what is imported first.
settings.register_profile("skattn", deadline=None)
settings.register_profile("soak", deadline=None, max_examples=2000)
settings.load_profile("skattn")
