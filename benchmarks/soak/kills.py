"""Kill checkpointed fits at random moments, resume them, and compare the bits.

Run as ``python benchmarks/soak/kills.py --kills 30``; it prints JSON.
"""

import argparse
import hashlib
import json
import multiprocessing
import os
import random
import signal
import tempfile
import time
from pathlib import Path

import numpy as np

SETTINGS = [
    {"dropout": 0.2, "early_stopping": True},
    {"lr_schedule": "one_cycle", "early_stopping": False, "num_layers": 2},
    {
        "lr_schedule": "plateau",
        "optimizer": "rmsprop",
        "early_stopping": True,
        "n_iter_no_change": 1000,
    },
    {"lr_schedule": "cosine", "decoder": "lstm", "teacher_forcing": 0.5},
]


def make_data():
    """Draw samples whose answer stands at one step."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 12, 2))
    return X, X[:, 3, 0]


def fit(settings, epochs, folder, answer):
    """Fit, and write down the digest of everything that the fit decided."""
    import torch

    from skattn import LSTMAttentionRegressor

    torch.set_num_threads(1)
    X, y = make_data()
    model = LSTMAttentionRegressor(
        hidden_size=16, max_epochs=epochs, random_state=0, checkpoint=folder, **settings
    )
    # First calls take longer than the fit, and are not what is tested.
    LSTMAttentionRegressor(max_epochs=1).fit(X[:20], y[:20])
    Path(answer).with_name("started").touch()
    start = time.perf_counter()
    model.fit(X, y)
    losses = np.array(model.history_["train_loss"])
    parts = [model.predict(X), model.attention_weights_, losses]
    digest = hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()
    result = {
        "digest": digest,
        "resumed_from": model.resumed_from_epoch_,
        "seconds": time.perf_counter() - start,
    }
    Path(answer).write_text(json.dumps(result))


def run_child(context, *args, kill_after=None):
    """Run a fit in a process of its own; if asked, kill it some seconds after it began.

    Tells whether it was killed.
    """
    started = Path(args[-1]).with_name("started")
    started.unlink(missing_ok=True)
    child = context.Process(target=fit, args=args)
    child.start()
    if kill_after is not None:
        while not started.exists():
            time.sleep(0.001)
        child.join(kill_after)
        if child.is_alive():
            os.kill(child.pid, signal.SIGKILL)
    child.join()
    return child.exitcode == -signal.SIGKILL


def kill_and_resume(context, fit_args, expected, rng, folder):
    """Kill one fit at a random moment, run it again, and tell what happened."""
    answer = folder / "answer.json"
    args = (*fit_args, str(folder / "checkpoints"), str(answer))
    while not run_child(
        context, *args, kill_after=rng.uniform(0.0, expected["seconds"])
    ):
        pass  # it was faster: another moment
    answer.unlink(missing_ok=True)
    run_child(context, *args)
    result = json.loads(answer.read_text())
    return {
        "resumed_from": result["resumed_from"],
        "equal": result["digest"] == expected["digest"],
        "files_left": len(list((folder / "checkpoints").iterdir())),
    }


def main():
    """Count the fits that end with the same bits as a fit that was never killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    context = multiprocessing.get_context("forkserver")
    # torch imports the second one with its first optimiser, which takes seconds.
    context.set_forkserver_preload(["skattn", "torch._dynamo"])
    expected, results = {}, []
    for number in range(options.kills):
        fit_args = (SETTINGS[number % len(SETTINGS)], options.epochs)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            key = str(fit_args)
            if key not in expected:
                answer = folder / "answer.json"
                run_child(context, *fit_args, None, str(answer))
                expected[key] = json.loads(answer.read_text())
            results.append(
                kill_and_resume(context, fit_args, expected[key], rng, folder)
            )
    figures = {
        "kills": len(results),
        "resumed_after_an_epoch": sum(result["resumed_from"] > 0 for result in results),
        "resumed_from_epochs": [result["resumed_from"] for result in results],
        "ended_bit_equal": sum(result["equal"] for result in results),
        "files_left": sum(result["files_left"] for result in results),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
