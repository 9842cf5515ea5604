"""One fit on several processes: what comes of it is what one process has."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from skattn import LSTMAttentionRegressor, _base
from skattn.training._parallel import working_in

SCRIPT = Path(__file__).with_name("in_processes.py")
EXACT = [
    "plain",
    "ragged",
    "weights",
    "classifier",
    "batch statistics",
    "ridge path",
    "dropout",
    "conicity",
    "callbacks",
    "early stopping",
]


def start(folder, number, cases, *options):
    """Run cases in so many processes; return what each wrote, and the output."""
    launcher = []
    if number > 1:
        launcher = ["-m", "torch.distributed.run", "--standalone", *options]
        launcher += [f"--nproc-per-node={number}"]
    done = subprocess.run(
        [sys.executable, *launcher, SCRIPT, folder, *cases],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    found = {
        rank: json.loads(path.read_text())
        for rank in range(number)
        if (path := Path(folder) / f"{number}_{rank}.json").exists()
    }
    return found, done


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    found, done = start(tmp_path_factory.mktemp("alone"), 1, EXACT)
    assert done.returncode == 0, done.stderr
    return found[0]


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two")
    cases = [*EXACT, "no seed", "small batches", "checkpoint", "differ"]
    found, done = start(folder, 2, cases)
    assert done.returncode == 0, done.stderr
    return found, done.stderr, folder


@pytest.mark.parametrize("name", EXACT)
def test_two_processes_have_the_bits_of_one(name, alone, two):
    found, _, _ = two
    assert found[0][name] == found[1][name] == alone[name]


def test_processes_draw_one_seed(two):
    found, _, _ = two
    assert found[0]["no seed"] == found[1]["no seed"]


def test_a_warning_says_that_processes_have_nothing_to_do(two):
    found, _, _ = two
    said = [text for text in found[0]["warnings"] if "nothing to do" in text]
    assert "batch_size=16 makes 1 chunks" in said[0]


def test_no_thread_of_the_group_is_left_to_abort_the_end(two):
    found, _, _ = two
    for rank in (0, 1):
        assert found[rank]["group is gone"]


def test_one_process_prints_and_no_checkpoint_is_left(two):
    _, printed, folder = two
    assert printed.count("  0%|") == 1  # a bar begins once
    assert not [*folder.glob("*.safetensors")]


def test_other_data_in_a_process_are_an_error_in_all(two):
    found, _, _ = two
    for rank in (0, 1):
        assert "Process 1 has another data set" in found[rank]["differ"]["error"]


def test_three_processes_have_the_bits_of_one(alone, tmp_path):
    cases = ["plain", "batch statistics", "dropout"]
    found, done = start(tmp_path, 3, cases)
    assert done.returncode == 0, done.stderr
    for name in cases:
        assert found[0][name] == found[2][name] == alone[name], name


def test_an_accelerator_is_refused(monkeypatch):
    monkeypatch.setattr(_base, "choose_device", lambda device: "meta")
    X = np.random.default_rng(0).normal(size=(20, 4))
    with working_in(object()), pytest.raises(ValueError, match=r"device='meta' is an"):
        LSTMAttentionRegressor(max_epochs=1).fit(X, X[:, 0])


def test_a_process_that_dies_ends_the_others_with_a_sentence(tmp_path):
    # The launcher ends those that are left as soon as it looks. On a busy machine that
    # was before they had noticed, so that it looks less often here.
    found, done = start(tmp_path, 2, ["die"], "--monitor-interval=15")
    assert done.returncode != 0
    said = found.get(0, {}).get("die", {}).get("error", done.stderr)
    assert "Another process of data_parallel has ended" in said
