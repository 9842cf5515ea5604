"""A tokenised corpus beside a loop written by hand, and the memory that it takes.

Documents are lists of words: drawn by Zipf's law from 20,000, in lengths from 3 to 200
with a mean of 30. Both read the lists, number the words and train for one epoch in
batches of the same size, with vectors and states of the same width. The loop packs its
sequences, as torch's documentation does. Memory needs Linux.
"""

import subprocess
import sys
import threading
import time
from collections import Counter

import numpy as np
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

from benchmarks.earlier import EARLIER_REGRESSOR
from skattn import LSTMAttentionClassifier

from .memory import read_anonymous
from .worker import ROOT

N_DOCUMENTS, N_COMPARED, N_WORDS = 200_000, 10_000, 20_000
BATCH, WIDTH, LEARNING_RATE = 64, 64, 1e-3


def make_corpus(n_documents, seed=0):
    """Make lists of words, each word a string of its own, and labels that they tell."""
    rng = np.random.default_rng(seed)
    lengths = rng.lognormal(np.log(26), 0.55, n_documents).clip(3, 200).astype(int)
    chances = 1 / np.arange(2, N_WORDS + 2)
    numbers = rng.choice(N_WORDS, lengths.sum(), p=chances / chances.sum())
    rows = np.split(numbers, np.cumsum(lengths)[:-1])
    documents = [[f"word{n}" for n in row.tolist()] for row in rows]
    score = np.array([(row % 7 == 0).mean() - (row % 5 == 0).mean() for row in rows])
    return documents, (score > np.median(score)).astype(int)


class HandWritten(nn.Module):
    """Vectors of words, a packed LSTM, and additive attention over its states.

    Parameters
    ----------
    n_words : int
        Words, and one number for padding and one for what is unknown.
    packed : bool
        Whether to pack sequences; otherwise padding is computed, too.
    """

    def __init__(self, n_words, packed):
        super().__init__()
        self.packed = packed
        self.vectors = nn.Embedding(n_words, WIDTH, padding_idx=0)
        self.lstm = nn.LSTM(WIDTH, WIDTH, batch_first=True)
        self.key = nn.Linear(WIDTH, WIDTH)
        self.query = nn.Linear(WIDTH, WIDTH, bias=False)
        self.score = nn.Linear(WIDTH, 1, bias=False)
        self.output = nn.Linear(WIDTH, 2)

    def forward(self, codes, lengths):
        """Return logits ``(n_samples, 2)``."""
        x = self.vectors(codes)
        if self.packed:
            x = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        states, _ = self.lstm(x)
        if self.packed:
            states, _ = pad_packed_sequence(states, batch_first=True)
        last = states[torch.arange(len(states)), lengths - 1]
        scores = self.score(torch.tanh(self.key(states) + self.query(last)[:, None]))
        scores = scores[..., 0].masked_fill(codes == 0, -torch.inf)
        weights = torch.softmax(scores, dim=1)
        return self.output((weights[:, None] @ states)[:, 0])


def run_loop(documents, y, packed=True):
    """Train for an epoch, words numbered first; padded batches are of like length."""
    torch.manual_seed(0)
    counts = Counter(word for document in documents for word in document)
    codes = {word: code for code, word in enumerate(counts, start=2)}
    rows = [torch.tensor([codes[w] for w in document]) for document in documents]
    targets = torch.from_numpy(y)
    module = HandWritten(len(codes) + 2, packed)
    optimizer = torch.optim.Adam(module.parameters(), LEARNING_RATE)
    sizes = torch.tensor([len(row) for row in rows])
    order = torch.randperm(len(rows))
    if not packed:
        order = torch.cat([some[sizes[some].argsort()] for some in order.split(1024)])
    batches = order.split(BATCH)
    for batch in [batches[i] for i in torch.randperm(len(batches))]:
        some = [rows[i] for i in batch.tolist()]
        optimizer.zero_grad()
        logits = module(pad_sequence(some, batch_first=True), sizes[batch])
        nn.functional.cross_entropy(logits, targets[batch]).backward()
        optimizer.step()


def make_model():
    """Make an estimator that does what the loop does."""
    settings = EARLIER_REGRESSOR | {"max_epochs": 1, "learning_rate": LEARNING_RATE}
    known = LSTMAttentionClassifier().get_params()
    return LSTMAttentionClassifier(
        hidden_size=WIDTH,
        embedding_size=WIDTH,
        batch_size=BATCH,
        **{name: value for name, value in settings.items() if name in known},
        optimizer="adam",
        lr_schedule=None,
        gradient_clip=None,
        store_attention=False,
        random_state=0,
    )


def measure(table, workers, quick):
    """Compare an epoch, and measure the memory of one over the whole corpus."""
    documents, y = make_corpus(2000 if quick else N_COMPARED)

    def fit():
        make_model().fit(documents, y)

    work = f"an epoch over {len(documents):,} tokenised documents, batch {BATCH}"
    loop = "hand-written loop, packed LSTM"
    contenders = {
        "skattn": fit,
        loop: lambda: run_loop(documents, y),
        "hand-written loop, padded, of like length": lambda: run_loop(
            documents, y, packed=False
        ),
    }
    table.compare(work, contenders, {loop: 1.0})
    n_documents = 5000 if quick else N_DOCUMENTS
    command = [sys.executable, "-m", __spec__.name, str(n_documents)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    row = {
        "work": f"memory of documents and fit, {n_documents:,} documents",
        "peer": "the documents",
        "target": 2.0,
    }
    if done.returncode:
        row["error"] = done.stderr.strip().splitlines()[-1]
    else:
        corpus, peak, seconds = map(float, done.stdout.split())
        row |= {"figure": (corpus + peak) / corpus, "megabytes": [corpus, peak]}
        row["seconds"] = seconds
    table.add(row)


def fit_whole(n_documents):
    """Return megabytes of the corpus and of the fit at its peak, and the seconds."""
    make_model().fit([["a", "b"]] * BATCH, [0, 1] * (BATCH // 2))  # what is loaded once
    start = read_anonymous()
    documents, y = make_corpus(n_documents)
    corpus = read_anonymous() - start
    began = time.perf_counter()
    peak = watch(lambda: make_model().fit(documents, y))
    return corpus, peak, time.perf_counter() - began


def watch(work):
    """Return the most anonymous memory, in MB, that some work takes."""
    start, over = read_anonymous(), threading.Event()
    seen = [start]

    def sample():
        while not over.wait(0.01):
            seen.append(read_anonymous())

    thread = threading.Thread(target=sample)
    thread.start()
    work()
    over.set()
    thread.join()
    return max(seen) - start


if __name__ == "__main__":
    print(*fit_whole(int(sys.argv[1])))
