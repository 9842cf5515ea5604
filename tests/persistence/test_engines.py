"""Other people's engines: threads, forks, clusters, processes, data in batches."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from skattn import LSTMAttentionRegressor

SOAK = Path(__file__).parents[2] / "benchmarks" / "soak"
RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 8, 2))
Y = X[:, 2, 0]
FAST = {"hidden_size": 8, "max_epochs": 2, "random_state": 0}


def run_soak(script, *options):
    """Run a soak in its short form, in a process of its own."""
    command = [sys.executable, str(SOAK / script), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def one_thread():
    """Let torch take one thread: the last bits of a product depend on the number."""
    own = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(own)


@pytest.mark.usefixtures("one_thread")
def test_eight_threads_predict_with_one_estimator():
    model = LSTMAttentionRegressor(**FAST, decoder="lstm", bidirectional=True)
    model.fit(X, Y)
    shapes = [(1 + 7 * i % 40, 1 + i % 11, 2) for i in range(200)]
    inputs = [RNG.normal(size=shape) for shape in shapes]

    def answer(seed):
        order = np.random.default_rng(seed).permutation(200)
        answers = {
            i: (
                model.predict(inputs[i])
                if (i + seed) % 4
                else model.predict_attention(inputs[i])
            )
            for i in order
        }
        return [answers[i] for i in range(200)]

    expected = [answer(seed) for seed in range(8)]
    with ThreadPoolExecutor(8) as pool:
        given = [*pool.map(answer, range(8))]
    for one, other in zip(given, expected, strict=True):
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b)


CHILDREN = """
import multiprocessing
import numpy as np
import torch
from skattn import LSTMAttentionRegressor

def predict(model, X, queue):
    answer = model.predict(X)
    model.partial_fit(X, X[:, 2, 0])  # training must not wait for ever either
    queue.put(answer)

if __name__ == "__main__":
    X = np.random.default_rng(0).normal(size=(600, 8, 2))
    torch.set_num_threads(2)
    model = LSTMAttentionRegressor(max_epochs=2, random_state=0).fit(X, X[:, 2, 0])
    expected = model.predict(X)  # the parent's threads have worked before
    for method in ("fork", "spawn"):
        context = multiprocessing.get_context(method)
        queue = context.Queue()
        child = context.Process(target=predict, args=(model, X, queue))
        child.start()
        given = queue.get(timeout=60)
        child.join()
        assert np.abs(given - expected).max() <= 1e-5 * expected.std(), method
    print("2 children predicted")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="forks")
def test_forked_and_spawned_children_predict(tmp_path):
    script = tmp_path / "children.py"
    script.write_text(CHILDREN)
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=200
    )
    assert done.stdout == "2 children predicted\n", done.stderr


FITTING_CHILDREN = """
import numpy as np
import torch
from joblib import Parallel, delayed
from skattn import LSTMAttentionRegressor

def fit(seed):
    X = np.random.default_rng(0).normal(size=(600, 8, 2))
    model = LSTMAttentionRegressor(hidden_size=96, max_epochs=2, random_state=seed)
    return model.fit(X, X[:, 2, 0]).predict(X)

if __name__ == "__main__":
    torch.set_num_threads(2)
    expected = fit(0)  # the parent's threads have worked before
    answers = Parallel(n_jobs=2, backend="multiprocessing", timeout=100)(
        delayed(fit)(0) for _ in range(2)
    )
    gaps = [np.abs(answer - expected).max() for answer in answers]
    assert max(gaps) <= 1e-3 * expected.std(), gaps
    print("2 children fitted")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="forks")
def test_forked_children_fit_after_a_fit_in_their_parent(tmp_path):
    script = tmp_path / "children.py"
    script.write_text(FITTING_CHILDREN)
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=200
    )
    assert done.stdout == "2 children fitted\n", done.stderr


def test_a_search_on_a_dask_cluster_is_the_local_one():
    figures = run_soak("cluster.py", "--epochs", "2")
    assert figures["same_best_params"]
    assert figures["largest_difference_of_scores"] == 0


def test_writers_do_not_mix_and_clocks_change_nothing():
    figures = run_soak("files.py", "--files", "40", "--seconds", "3")
    assert figures["shared"]["mixed"] == 0
    assert figures["clock_jumps_change_nothing"]


def test_many_cycles_do_not_fill_the_memory():
    assert run_soak("cycles.py", "--cycles", "4")["growth_percent"] < 25


def test_streaming_from_a_memmap_equals_the_same_batches_in_memory(tmp_path):
    values = np.memmap(tmp_path / "X", np.float32, "w+", shape=X.shape)
    values[:] = X
    values.flush()
    on_disk = np.memmap(tmp_path / "X", np.float32, "r", shape=X.shape)
    streamed = LSTMAttentionRegressor(**FAST)
    whole = LSTMAttentionRegressor(**FAST)
    for start in range(0, 200, 50):
        rows = slice(start, start + 50)
        streamed.partial_fit(on_disk[rows], Y[rows])
        whole.partial_fit(X[rows].astype(np.float32), Y[rows])
    np.testing.assert_array_equal(streamed.predict(on_disk), whole.predict(on_disk))
    assert len(streamed.attention_weights_) == 50
