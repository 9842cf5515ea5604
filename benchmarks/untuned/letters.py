"""Sequences of letters: the defaults beside n-grams, and how long vectors should be.

Run as ``python -m benchmarks.untuned.letters``. The words are read out of wheels that
pip downloads: peptides that do something or not (modlamp, Müller et al. 2017), surnames
and words of several languages, and first names (faker). Up to 1,000 of them are trained
on, and up to 1,500 others are tested on.
"""

import argparse
import importlib
import sys
import time
import zipfile
from collections.abc import Iterable

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from benchmarks import results, wheels
from skattn import LSTMAttentionClassifier

PEPTIDES = [
    "ACP_CancPPD_vs_Random",
    "ACP_CancPPD_vs_TM",
    "AMPvsTMset",
    "AMPvsUniProt",
]
LANGUAGES = {
    "surnames, west": "cs_CZ da_DK de_DE es_ES fi_FI fr_FR",
    "surnames, others": "hu_HU it_IT nl_NL pt_PT tr_TR sv_SE",
    "words": "cs_CZ de_DE en_US fr_FR it_IT la nl_NL pl_PL",
}
SETS = [*PEPTIDES, *LANGUAGES, "first names"]
N_TRAIN, N_TEST, N_WORDS = 1000, 1500, 300
SIZES = [8, 16, 32, 64]
NGRAMS, OURS = "n-grams", "skattn, defaults"


def read(name: str) -> dict[str, Iterable[str]]:
    """Return the words of each class."""
    if name in PEPTIDES:
        text = zipfile.ZipFile(wheels.fetch("modlamp")).read(f"modlamp/data/{name}.csv")
        # the first line counts the rows and names the classes
        rows = [line.split(",")[:2] for line in text.decode().splitlines()[1:]]
        return {c: [word for word, own in rows if own.strip() == c] for c in "01"}
    wheel = str(wheels.fetch("faker"))
    if wheel not in sys.path:
        sys.path.append(wheel)
    if name == "first names":
        given = importlib.import_module("faker.providers.person.en_US").Provider
        women, men = {*given.first_names_female}, {*given.first_names_male}
        return {"women": women - men, "men": men - women}
    kind, words = "person", "last_names"
    if name == "words":
        kind, words = "lorem", "word_list"
    return {
        language: getattr(
            importlib.import_module(f"faker.providers.{kind}.{language}").Provider,
            words,
        )
        for language in LANGUAGES[name].split()
    }


def cut(name: str, seed: int) -> tuple[list[str], list[str], list[str], list[str]]:
    """Draw words to train on and to test on; at most `N_WORDS` of each language."""
    rng = np.random.default_rng(seed)
    most = N_WORDS if name in LANGUAGES else None
    pairs = [
        (word, label)
        for label, words in read(name).items()
        for word in rng.permutation(sorted({w.lower() for w in words}))[:most].tolist()
    ]
    pairs = [pairs[i] for i in rng.permutation(len(pairs))]
    n_train = min(N_TRAIN, int(0.6 * len(pairs)))
    train, test = pairs[:n_train], pairs[n_train : n_train + N_TEST]
    return (*map(list, zip(*train, strict=True)), *map(list, zip(*test, strict=True)))


def measure(name: str, seed: int) -> list[dict]:
    """Fit all on one set; return accuracies and seconds."""
    words, y, words_test, y_test = cut(name, seed)
    ngrams = TfidfVectorizer(analyzer="char", ngram_range=(1, 4), sublinear_tf=True)
    models = {
        NGRAMS: make_pipeline(ngrams, LogisticRegression(C=10, max_iter=1000)),
        OURS: LSTMAttentionClassifier(random_state=seed),
    }
    for size in SIZES:
        models[str(size)] = LSTMAttentionClassifier(
            embedding_size=size, random_state=seed
        )
    rows = []
    for method, model in models.items():
        X, X_test = words, words_test
        if method != NGRAMS:
            X, X_test = [*map(list, X)], [*map(list, X_test)]
        start = time.perf_counter()
        score = model.fit(X, y).score(X_test, y_test)
        seconds = time.perf_counter() - start
        row = {"set": name, "method": method, "seed": seed, "score": score}
        rows.append(row | {"seconds": seconds, "samples": len(X)})
        print(rows[-1], flush=True)
    return rows


def tabulate(rows: list[dict]) -> list[list[str]]:
    """Return a line for each set, and one for the means."""
    methods = [*dict.fromkeys(row["method"] for row in rows)]
    table, means = [], []
    for name in dict.fromkeys(row["set"] for row in rows):
        own = [row for row in rows if row["set"] == name]
        scores = [[r["score"] for r in own if r["method"] == m] for m in methods]
        means.append([np.mean(values) for values in scores])
        seconds = np.median([r["seconds"] for r in own if r["method"] == OURS])
        shown = [f"{mean:.3f}" for mean in means[-1]]
        table.append([name, f"{own[0]['samples']}", *shown, f"{seconds:.0f}"])
    return [*table, ["mean", "", *(f"{m:.3f}" for m in np.mean(means, axis=0)), ""]]


def main() -> None:
    """Measure all sets, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    rows = [
        row
        for name in SETS
        for seed in range(options.seeds)
        for row in measure(name, seed)
    ]
    sizes = [f"vectors of {size}" for size in SIZES]
    results.save(
        "untuned_letters",
        rows,
        ["set", "training samples", NGRAMS, OURS, *sizes, "seconds"],
        tabulate(rows),
        packages=("skattn", "torch", "scikit-learn"),
        notes=[
            "Accuracy on words that were not trained on, mean over seeds. N-grams of 1 "
            "to 4 letters are counted by tf-idf and read by logistic regression."
        ],
    )


if __name__ == "__main__":
    main()
