"""How much memory a fit and a look at the attention take, in fresh processes.

Needs Linux: anonymous memory is read from ``/proc/self/status``. The pages of a mapped
file are the system's to drop and do not count.
"""

import pickle
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from skattn import LSTMAttentionRegressor

from .fitting import make_plain
from .shapes import make_data
from .worker import ROOT

N_LONG = 10_000  # steps
SHAPE = (50, 40)  # steps and channels of the samples on disk
TINY = {"hidden_size": 4, "max_epochs": 1, "batch_size": 256, "random_state": 0}


def measure(table, workers, quick):
    """Measure each figure in a process of its own."""
    gigabytes = 0.2 if quick else 2
    for work, target, arguments in (
        (f"memory of a fit on {gigabytes:g} GB on disk", 400, ["disk", gigabytes]),
        (f"memory of predict_attention, {N_LONG:,} steps", 400, ["long"]),
    ):
        peer = "above the imports"
        if arguments[0] == "long":
            peer = "beside a T x T matrix of 400 MB"
        row = {"work": work, "peer": peer, "target": target, "unit": " MB", "digits": 0}
        command = [sys.executable, "-m", __spec__.name, *map(str, arguments)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            row["error"] = done.stderr.strip().splitlines()[-1]
        else:
            row["figure"] = float(done.stdout)
        table.add(row)
    for store_attention, target in ((False, 1.01), (True, None)):
        sizes = [measure_pickle(n, store_attention) for n in (10_000, 1000)]
        kept = "attention stored" if store_attention else "attention not stored"
        table.add(
            {
                "work": f"pickled estimator, 10,000 samples, {kept}",
                "peer": f"1,000 samples ({sizes[1] / 1000:.0f} kB)",
                "figure": sizes[0] / sizes[1],
                "target": target,
            }
        )


def measure_pickle(n_samples, store_attention):
    """Give the bytes of a pickled estimator."""
    model = make_plain(128, max_epochs=1).set_params(store_attention=store_attention)
    return len(pickle.dumps(model.fit(*make_data(n_samples))))


def read_anonymous():
    """Give the anonymous memory of this process, in MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) / 1024
    raise OSError("/proc/self/status has no RssAnon")


@contextmanager
def watch(peaks):
    """Put the most anonymous memory seen within, above that at the start, in a list."""
    start = read_anonymous()
    seen = [start]
    over = threading.Event()

    def sample():
        while not over.wait(0.002):
            seen.append(read_anonymous())

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        seen.append(read_anonymous())
        peaks.append(max(seen) - start)


def fit_disk(gigabytes):
    """Fit a mapped file of random numbers, and give the peak."""
    n_samples = int(gigabytes * 1e9 / (4 * np.prod(SHAPE)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "X.float32"
        rng = np.random.default_rng(0)
        with path.open("wb") as file:
            for start in range(0, n_samples, 1000):
                n_rows = min(1000, n_samples - start)
                file.write(rng.standard_normal((n_rows, *SHAPE), np.float32).tobytes())
        X = np.memmap(path, np.float32, "r", shape=(n_samples, *SHAPE))
        y = X[:, 0, 0].copy()
        model = LSTMAttentionRegressor(**TINY, store_attention=False)
        peaks = []
        with watch(peaks):
            model.fit(X, y)
    return peaks[0]


def attend_long():
    """Ask for the weights of long sequences, and give the peak."""
    X, y = make_data(8, N_LONG)
    model = LSTMAttentionRegressor(**TINY, early_stopping=False).fit(X[:, :100], y)
    peaks = []
    with watch(peaks):
        weights = model.predict_attention(X)
    if weights.shape != (8, N_LONG):
        raise AssertionError(f"weights have the shape {weights.shape}")
    return peaks[0]


if __name__ == "__main__":
    task, *rest = sys.argv[1:]
    print(fit_disk(float(rest[0])) if task == "disk" else attend_long())
