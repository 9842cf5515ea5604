"""Numbers: convolutions by how smooth the sequences are.

Run as ``python -m benchmarks.untuned.smooth``. The tasks are the last value of a series
from its first seven eighths (the sets in ``UCR``), the age group of an outlined bone,
the mean price and the largest load of the next day, the frequency of a wave, and the
largest step and the last drawdown of a random walk.
"""

import argparse
from collections.abc import Callable, Iterator

import numpy as np

from benchmarks import results
from benchmarks.published import epf, etth1
from benchmarks.untuned.numbers import FEWEST
from benchmarks.untuned.ucr import CUT, find_sets, read_set
from skattn import LSTMAttentionRegressor
from skattn._measures import measure_usual_roughness
from skattn.sequences._samples import Samples
from skattn.training import TrainingSamples

MOST, N_TEST = 400, 800  # samples
HOURS = 24

Task = tuple[str, np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def make_tasks(seed: int) -> Iterator[Task]:
    """Return a name, X and y to train on, and X and y to test on, of each task."""
    for path in find_sets(None):
        X, y, X_test, y_test = read_set(path)
        X, X_test = (part.reshape(len(part), -1, 1) for part in (X, X_test))
        if path.stem == "DistalPhalanxOutlineAgeGroup":
            yield "age group", X[:MOST], y[:MOST] * 1.0, X_test, y_test * 1.0
        if len(X) >= FEWEST:
            seen = X.shape[1] - X.shape[1] // 8
            pairs = [(part[:, :seen], part[:, -1, 0]) for part in (X[:MOST], X_test)]
            yield f"last value, {path.stem}", *pairs[0], *pairs[1]
    rng = np.random.default_rng(seed)
    prices = epf.read()[0][["price", "load", "wind"]].to_numpy()
    yield "mean price", *cut(prices, 168, lambda day: day[:, 0].mean(), rng)
    loads = etth1.read()[:, :1]
    yield "largest load", *cut(loads, 96, lambda day: day[:, 0].max(), rng)
    for name, noise in (("frequency", 0.02), ("frequency in noise", 0.3)):
        waves, f = make_waves(MOST + N_TEST, noise, rng)
        yield name, *split(waves, f)
    walks = rng.normal(size=(MOST + N_TEST, 120, 1)).cumsum(1)
    yield "largest step", *split(walks, np.abs(np.diff(walks, axis=1)).max((1, 2)))
    yield "drawdown", *split(walks, (walks.max(1) - walks[:, -1])[:, 0])


def make_waves(
    n_samples: int, noise: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return waves of any phase and size, and their frequencies."""
    f, phase = rng.uniform(2, 6, n_samples), rng.random(n_samples)
    angle = 2 * np.pi * (f[:, None] * np.linspace(0, 1, 120) + phase[:, None])
    waves = rng.uniform(0.5, 1.5, (n_samples, 1)) * np.sin(angle)
    return (waves + noise * rng.normal(size=waves.shape))[:, :, None], f


def split(X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return what to train on and what to test on."""
    return X[:MOST], y[:MOST], X[MOST:], y[MOST:]


def cut(
    series: np.ndarray,
    window: int,
    answer: Callable[[np.ndarray], float],
    rng: np.random.Generator,
) -> tuple[np.ndarray, ...]:
    """Return windows and answers, those to test on from the last third."""
    last, parts = len(series) - window - HOURS, []
    border = 2 * len(series) // 3
    for low, high, number in (
        (0, border - window - HOURS, MOST),
        (border, last, N_TEST),
    ):
        starts = rng.integers(low, high, number)
        parts.append(np.stack([series[s : s + window] for s in starts]))
        ends = starts + window
        parts.append(np.array([answer(series[e : e + HOURS]) for e in ends]))
    return tuple(parts)


def main() -> None:
    """Measure all tasks, and write the table in the order of smoothness."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=2)
    options = parser.parse_args()
    rows = []
    for seed in range(options.seeds):
        for task, X, y, X_test, y_test in make_tasks(seed):
            X = X.astype(float)
            samples = TrainingSamples(
                Samples(X), y[:, None, None], None, np.arange(len(X))
            )
            roughness = measure_usual_roughness(samples)
            for layers in (0, 3):
                model = LSTMAttentionRegressor(conv_layers=layers, random_state=seed)
                r2 = model.fit(X, y).score(X_test, y_test)
                row = {"task": task, "seed": seed, "roughness": roughness}
                rows.append(row | {"conv_layers": layers, "r2": float(r2)})
                print(rows[-1], flush=True)
    table = []
    usual = {r["task"]: r["roughness"] for r in rows if r["seed"] == 0}
    for task in sorted(usual, key=usual.__getitem__):
        scores = [
            [r["r2"] for r in rows if (r["task"], r["conv_layers"]) == (task, layers)]
            for layers in (0, 3)
        ]
        shown = [results.spread(values, 2) for values in scores]
        table.append([task, f"{usual[task]:.3f}", *shown])
    results.save(
        "untuned_smooth",
        rows,
        ["what is predicted", "steps differ by", "conv_layers=0", "conv_layers=3"],
        table,
        packages=("skattn", "torch"),
        notes=[
            f"R2 on the test part, mean and standard deviation over {options.seeds} "
            f"seeds; at most {MOST} samples to train on. Steps differ by the mean "
            "square of differences over the variance.",
            CUT,
        ],
    )


if __name__ == "__main__":
    main()
