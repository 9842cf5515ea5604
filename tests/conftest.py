"""One thread for each test process, so that parallel tests do not fight for cores."""

import os

import torch

if "PYTEST_XDIST_WORKER" in os.environ:
    torch.set_num_threads(1)
