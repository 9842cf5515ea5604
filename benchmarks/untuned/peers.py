"""Classes: the defaults beside aeon's FCN and sktime's LSTM-FCN, at the same epochs.

Run as ``python -m benchmarks.untuned.peers`` after ``make .venv-aeon/.installed``, for
aeon's network, and ``make .venv-adapters/.installed``, for sktime's. Five sets of
`benchmarks.untuned.ucr`; the peers have their own defaults but for the epochs, which
are those of skattn's fit. All use the threads that they choose themselves.
"""

import argparse
import json
import subprocess
import time
from pathlib import Path

import numpy as np

SETS = ("CBF", "ECG200", "GunPoint", "ItalyPowerDemand", "TwoLeadECG")
OURS = "skattn, defaults"
PEERS = {
    "aeon FCN": ".venv-aeon/bin/python",
    "sktime LSTM-FCN": ".venv-adapters/bin/python",
}


def fit_peer(name: str, path: Path, epochs: int, seed: int) -> dict:
    """Fit a peer in its own environment; return accuracy and seconds."""
    data = np.load(path)
    X, X_test = (data[key][:, None] for key in ("X_train", "X_test"))
    y, y_test = data["y_train"].astype(str), data["y_test"].astype(str)
    if name == "aeon FCN":
        from aeon.classification.deep_learning import FCNClassifier

        model = FCNClassifier(n_epochs=epochs, random_state=seed)
    else:
        from sktime.classification.deep_learning.lstmfcn import LSTMFCNClassifierTorch

        model = LSTMFCNClassifierTorch(num_epochs=epochs, random_state=seed)
    began = time.perf_counter()
    model.fit(X, y)
    seconds = time.perf_counter() - began
    accuracy = float(np.mean(model.predict(X_test) == y_test))
    return {"accuracy": accuracy, "seconds": seconds}


def fit_ours(path: Path, seed: int) -> dict:
    """Fit skattn's defaults; return accuracy, seconds and epochs."""
    from benchmarks.untuned.ucr import read_set
    from skattn import LSTMAttentionClassifier

    X, y, X_test, y_test = read_set(path)
    began = time.perf_counter()
    model = LSTMAttentionClassifier(random_state=seed).fit(X, y)
    seconds = time.perf_counter() - began
    accuracy = model.score(X_test, y_test)
    return {"accuracy": accuracy, "seconds": seconds, "epochs": model.n_iter_}


def ask(python: str, *question: object) -> dict:
    """Have a peer fitted in a process of its own environment."""
    done = subprocess.run(
        [python, "-m", "benchmarks.untuned.peers", "--fit", *map(str, question)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Measure all sets, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--fit", nargs=4)
    options = parser.parse_args()
    if options.fit:
        name, path, epochs, seed = options.fit
        print(json.dumps(fit_peer(name, Path(path), int(epochs), int(seed))))
        return
    from benchmarks import results
    from benchmarks.untuned.ucr import CUT, find_sets

    rows, table = [], []
    for path in find_sets([*SETS]):
        for seed in range(options.seeds):
            ours = fit_ours(path, seed)
            rows.append({"set": path.stem, "method": OURS, "seed": seed} | ours)
            for name, python in PEERS.items():
                theirs = ask(python, name, path, ours["epochs"], seed)
                rows.append({"set": path.stem, "method": name, "seed": seed} | theirs)
            print(*rows[-3:], sep="\n", flush=True)
        table.append(tabulate(path.stem, rows))
    results.save(
        "untuned_peers",
        rows,
        ["set", "epochs", *(f"{name}: accuracy, seconds" for name in (OURS, *PEERS))],
        table,
        packages=("skattn", "torch", "scikit-learn"),
        notes=["Means over seeds; the peers with the epochs of skattn's fit.", CUT],
    )


def tabulate(name: str, rows: list[dict]) -> list[str]:
    """Return the line of one set."""
    own = [row for row in rows if row["set"] == name]
    epochs = [row["epochs"] for row in own if row["method"] == OURS]
    cells = [name, f"{np.mean(epochs):.0f}"]
    for method in (OURS, *PEERS):
        mine = [row for row in own if row["method"] == method]
        accuracy, seconds = (
            np.mean([row[key] for row in mine]) for key in ("accuracy", "seconds")
        )
        cells.append(f"{accuracy:.3f}, {seconds:.1f}")
    return cells


if __name__ == "__main__":
    main()
