"""JapaneseVowels: nine speakers told apart by utterances of 7 to 29 frames.

Published by Kudo, Toyama and Shimbo (1999), Pattern Recognition Letters 20; official
split of 270 and 370 sequences with 12 channels, as the package aeon ships it.
"""

import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks import wheels
from benchmarks.published.table import SEEDS, Table
from skattn import LSTMAttentionClassifier

ESTIMATOR = LSTMAttentionClassifier
CONFIGURATIONS: dict[str, dict] = {"skattn, defaults": {}}


def describe(X):
    """Give moments and ends of each channel, for models without a sense of time."""
    parts = (lambda x: x.mean(0), lambda x: x.std(0), lambda x: x[0], lambda x: x[-1])
    return np.array([np.concatenate([part(x) for part in parts]) for x in X])


def main(quick: bool = False) -> None:
    """Measure all methods on the official test part."""
    parts = (wheels.read("aeon", "JapaneseVowels", part) for part in ("TRAIN", "TEST"))
    (X, y), (X_test, y_test) = parts
    table = Table(
        "vowels",
        {"accuracy": ("accuracy", 4)},
        [
            ("MLSTM-FCN", "Karim et al. 2019", 1.00),
            ("ALSTM-FCN", "Karim et al. 2019", 0.99),
            ("1NN-DTW", "second-hand", 0.959),
            ("ROCKET, equal lengths", "second-hand", 0.824),
        ],
        [
            "Official split: 270 training and 370 test sequences, 12 channels, 7 to "
            "29 steps, given as lists. The defaults are those of every classifier; "
            "none was chosen on these utterances. Baselines see mean, deviation, first "
            "and last value of each channel."
        ],
    )

    def flat(estimator):
        def measure(seed):
            estimator.fit(describe(X), y)
            return {"accuracy": estimator.score(describe(X_test), y_test)}

        return measure

    def ours(**parameters):
        def measure(seed):
            model = ESTIMATOR(**parameters, random_state=seed)
            return {"accuracy": model.fit(X, y).score(X_test, y_test)}

        return measure

    ridge = make_pipeline(StandardScaler(), RidgeClassifierCV(np.logspace(-3, 3, 13)))
    table.run("most frequent class", flat(DummyClassifier()), [0])
    table.run("ridge", flat(ridge), [0])
    table.run("gradient boosting", flat(HistGradientBoostingClassifier()), [0])
    seeds = [0] if quick else SEEDS
    change = {"max_epochs": 5} if quick else {}
    defaults = CONFIGURATIONS["skattn, defaults"] | change
    table.run("skattn, defaults", ours(**defaults), seeds)
    table.ablate(ours, defaults, seeds, row="skattn, defaults")
    table.write(quick)


if __name__ == "__main__":
    main()
