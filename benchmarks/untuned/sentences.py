"""Sentences: the Stanford Sentiment Treebank, beside tf-idf and logistic regression.

Run as ``python -m benchmarks.untuned.sentences``. ``SKATTN_DATA`` names the folder of
the benchmark data, whose subfolder ``SST2`` holds ``train.txt.gz``, ``dev.txt.gz`` and
``test.txt.gz``: a line a sentence, its label, a space, and its tokens (Socher et al.
2013; whole sentences alone, without the phrases in them). Rules for "auto" were chosen
on the development part; the test part is read here alone.
"""

import argparse
import gzip
import os
import time
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from benchmarks import results
from skattn import LSTMAttentionClassifier, SeedEnsemble
from skattn.sequences import Tokenizer

FOLDER = Path(os.environ.get("SKATTN_DATA", "../shared/data")) / "SST2"
LINEAR, OURS = "tf-idf and logistic regression, defaults", "skattn, defaults"
SEVERAL = "skattn, mean of 4 seeds"
TUNED = "the same with pairs of words, tuned on the development part"


def read(part: str) -> tuple[list[str], np.ndarray]:
    """Return the sentences and labels of one part."""
    path = FOLDER / f"{part}.txt.gz"
    if not path.exists():
        raise SystemExit(
            f"There is no {path}. It is the Stanford Sentiment Treebank (Socher et al. "
            "2013) with two classes; SKATTN_DATA names the folder that holds SST2."
        )
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [line.rstrip("\n").partition(" ") for line in file]
    return [text for _, _, text in rows], np.array([int(label) for label, _, _ in rows])


def make_models(seed: int) -> dict[str, object]:
    """Return what is compared; the data come in tokens, with a space between them."""
    tokenizer = Tokenizer(token_pattern=r"\S+")
    network = LSTMAttentionClassifier(random_state=seed)
    return {
        LINEAR: make_pipeline(TfidfVectorizer(), LogisticRegression()),
        TUNED: make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
            LogisticRegression(C=3, max_iter=1000),
        ),
        OURS: make_pipeline(tokenizer, network),
        SEVERAL: make_pipeline(
            tokenizer, SeedEnsemble(LSTMAttentionClassifier(), random_state=seed)
        ),
    }


def measure(judges: str, seeds: range) -> list[dict]:
    """Fit on the training part with each seed; return accuracies and seconds."""
    (X, y), (X_test, y_test) = read("train"), read(judges)
    rows = []
    for seed in seeds:
        for method, model in make_models(seed).items():
            start = time.perf_counter()
            model.fit(X, y)
            row = {
                "method": method,
                "seed": seed,
                "seconds": time.perf_counter() - start,
                "accuracy": model.score(X_test, y_test),
                "training_accuracy": model.score(X, y),
            }
            rows.append(row)
            print(row, flush=True)
    return rows


def tabulate(rows: list[dict]) -> list[list[str]]:
    """Return a line for each method."""

    def take(method: str, key: str) -> list[float]:
        return [row[key] for row in rows if row["method"] == method]

    return [
        [
            method,
            results.spread(take(method, "accuracy")),
            f"{np.mean(take(method, 'training_accuracy')):.3f}",
            f"{np.median(take(method, 'seconds')):.1f}",
        ]
        for method in (LINEAR, TUNED, OURS, SEVERAL)
    ]


def main() -> None:
    """Measure on the test part, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument(
        "--dev", action="store_true", help="judge on the dev part alone"
    )
    options = parser.parse_args()
    rows = measure("dev" if options.dev else "test", range(options.seeds))
    columns = ["method", "accuracy", "on the training part", "seconds to fit"]
    if options.dev:
        results.show(columns, tabulate(rows))
        return
    results.save(
        "untuned_sentences",
        rows,
        columns,
        tabulate(rows),
        packages=("skattn", "torch", "scikit-learn"),
        notes=[
            "Accuracy on the 1,821 test sentences of the Stanford Sentiment Treebank, "
            "two classes (Socher et al. 2013), after training on 6,920 whole sentences "
            "without the phrases in them; mean and standard deviation over seeds."
        ],
    )


if __name__ == "__main__":
    main()
