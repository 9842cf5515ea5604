"""Ask the faithfulness report about remaining useful life on C-MAPSS FD001.

Windows of 30 cycles, 14 sensors that vary, target capped at 125 cycles in training and
test, validation by engine (Saxena et al. 2008). Every third window of an engine is
trained on, its last one included, to keep the twelve fits in minutes. Sensors are
measured from their mean over all engines' first 30 cycles, the level of a healthy
engine, which is the zero point that ``values="inputs"`` asks for. Compares
``values="inputs"``, whose predictions are exact sums, and ``conicity_penalty`` with the
plain model, three seeds.
"""

import argparse
import os
import time
from pathlib import Path

import numpy as np

from benchmarks.earlier import EARLIER_REGRESSOR
from benchmarks.faithfulness import table
from skattn import LSTMAttentionRegressor
from skattn.inspection import attention_faithfulness

WINDOW, CAP, STRIDE = 30, 125, 3
SENSORS = [6, 7, 8, 11, 12, 13, 15, 16, 17, 18, 19, 21, 24, 25]  # columns that vary
SHARED = EARLIER_REGRESSOR | {
    "hidden_size": 64,
    "learning_rate": 0.003,
    "lr_schedule": "one_cycle",
    "max_epochs": 15,
    "batch_size": 256,
    "weight_decay": 0.0,
    "early_stopping": True,
    "store_attention": False,
}
METHODS = {
    "states": {},
    "inputs": {"values": "inputs"},
    "states, conicity_penalty=0.1": {"conicity_penalty": 0.1},
    "states, conicity_penalty=0.5": {"conicity_penalty": 0.5},
}
SOURCE = (
    "SKATTN_DATA must name a folder with CMAPSS/train_FD001.txt.gz, test_FD001.txt.gz "
    "and RUL_FD001.txt.gz, NASA's turbofan degradation data (Saxena et al. 2008), "
    "offered by the NASA Prognostics Center of Excellence; got {}."
)


def main() -> None:
    """Run all methods and write what the reports say."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--methods", nargs="+", default=[*METHODS])
    options = parser.parse_args()
    data = load()
    save([run(data, method, s) for s in options.seeds for method in options.methods])


def load():
    """Give training windows with their engines, and the last window of test engines."""
    folder = Path(os.environ.get("SKATTN_DATA", "../shared/data")) / "CMAPSS"
    if not folder.is_dir():
        raise SystemExit(SOURCE.format(folder.parent))
    windows, lives, engines = [], [], []
    train = np.loadtxt(folder / "train_FD001.txt.gz")
    for engine in np.unique(train[:, 0]):
        cycles = train[train[:, 0] == engine][:, SENSORS]
        cut = cut_windows(cycles)[::-STRIDE]
        windows.append(cut)
        lives.append(np.minimum(STRIDE * np.arange(len(cut)), CAP))
        engines.append(np.full(len(cut), engine))
    test = np.loadtxt(folder / "test_FD001.txt.gz")
    last = [test[test[:, 0] == e][-WINDOW:, SENSORS] for e in np.unique(test[:, 0])]
    truth = np.minimum(np.loadtxt(folder / "RUL_FD001.txt.gz"), CAP)
    X = np.concatenate(windows)
    healthy = np.mean([cut[-1] for cut in windows], axis=(0, 1))
    scale = X.std(axis=(0, 1))
    X, X_test = ((part - healthy) / scale for part in (X, np.stack(last)))
    return X, np.concatenate(lives), np.concatenate(engines), X_test, truth


def cut_windows(cycles):
    """Give every window of an engine: (n_windows, WINDOW, n_sensors)."""
    view = np.lib.stride_tricks.sliding_window_view(cycles, WINDOW, axis=0)
    return view.transpose(0, 2, 1)


def run(data, method, seed):
    """Fit one model and report on it."""
    X, y, engines, X_test, y_test = data
    model = LSTMAttentionRegressor(**SHARED | METHODS[method], random_state=seed)
    began = time.perf_counter()
    model.fit(X, y, groups=engines)
    fitted = time.perf_counter()
    rmse = float(np.sqrt(np.mean((model.predict(X_test) - y_test) ** 2)))
    report = attention_faithfulness(model, X_test, random_state=seed)
    done = time.perf_counter()
    row = {
        "method": method,
        "seed": seed,
        "rmse_capped": rmse,
        "fit_seconds": fitted - began,
        "report_seconds": done - fitted,
        "verdict": report.verdict,
        "measures": table.measure(report),
    }
    print(method, seed, f"RMSE {rmse:.2f}", f"{done - began:.0f} s")
    print(report, flush=True)
    return row


def save(rows):
    """Write what the reports say."""
    table.save(
        "faithfulness_cmapss",
        rows,
        {"method": "configuration"},
        {"rmse_capped": ("RMSE, cycles", 2)},
        ["Windows of 30 cycles, every third one; life capped at 125 cycles."],
    )


if __name__ == "__main__":
    main()
