"""How the time of a sample and step changes with more samples and longer ones."""

from .clock import now
from .fitting import make_plain
from .shapes import N_STEPS, make_data

# As many samples pass through training at each size, so that what a fit costs once
# weighs the same in all.
SAMPLE_STEPS = 5_000_000


def measure(table, workers, quick):
    """Compare each larger size with the smallest."""
    passed = SAMPLE_STEPS // 20 if quick else SAMPLE_STEPS
    numbers = [1000, 5000] if quick else [1000, 10_000, 100_000]
    lengths = [N_STEPS, 500] if quick else [N_STEPS, 500, 5000]
    compare(table, [(n, N_STEPS) for n in numbers], passed)
    n_samples = passed // lengths[-1]
    compare(table, [(n_samples, length) for length in lengths], passed)


def compare(table, sizes, passed):
    """Fit data of some sizes in turn."""
    contenders = {name(*size): fit(*size, passed) for size in sizes}
    smallest = name(*sizes[0])
    for size in sizes[1:]:
        pair = {each: contenders[each] for each in (name(*size), smallest)}
        table.compare(
            f"time per sample and step, {name(*size)}",
            pair,
            {smallest: 1.3},
            ours=name(*size),
            rounds=min(table.rounds, 5),
        )


def name(n_samples, n_steps):
    """Write a size."""
    return f"{n_samples:,} samples of {n_steps:,} steps"


def fit(n_samples, n_steps, passed):
    """Give a callable that returns the seconds of a sample and step."""
    epochs = max(1, passed // (n_samples * n_steps))

    def run():
        X, y = make_data(n_samples, n_steps)
        model = make_plain(128, max_epochs=epochs).set_params(hidden_size=8)
        began = now()
        model.fit(X, y)
        return (now() - began) / (epochs * n_samples * n_steps)

    return run
