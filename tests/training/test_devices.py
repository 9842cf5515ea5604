"""Which device "auto" takes."""

from types import SimpleNamespace

import pytest

from skattn.training import _environment, choose_device


@pytest.fixture
def machine(monkeypatch):
    """Pretend that there are devices, and that this process is one of a pool."""

    def pretend(n_devices, process):
        torch = _environment.torch
        monkeypatch.setattr(torch.cuda, "is_available", lambda: n_devices > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: n_devices)
        parent = None if process == "MainProcess" else SimpleNamespace()
        monkeypatch.setattr(_environment, "parent_process", lambda: parent)
        named = SimpleNamespace(name=process)
        monkeypatch.setattr(_environment, "current_process", lambda: named)

    return pretend


@pytest.mark.parametrize(
    ("n_devices", "process", "expected"),
    [
        (0, "MainProcess", "cpu"),
        (0, "LokyProcess-1", "cpu"),
        (1, "LokyProcess-1", "cuda"),
        (4, "MainProcess", "cuda"),
        (4, "LokyProcess-4", "cuda:0"),
        (4, "ForkPoolWorker-7", "cuda:3"),
    ],
)
def test_workers_of_a_pool_take_devices_in_turn(machine, n_devices, process, expected):
    machine(n_devices, process)
    assert choose_device("auto") == expected


def test_a_worker_without_a_number_takes_a_device_that_exists(machine):
    machine(2, "Dask Worker process (from Nanny)")
    assert choose_device("auto") in ("cuda:0", "cuda:1")
