"""Any number of threads trains the same bits, and leaves nothing behind."""

import os
import pickle
import subprocess
import sys
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback

import skattn
from skattn import (
    LSTMAttentionClassifier,
    LSTMAttentionPointer,
    LSTMAttentionRegressor,
)
from skattn.nn import AttentionNetwork
from skattn.sequences import Sequences
from skattn.training import Checkpoint, _data, _environment
from skattn.training._environment import set_own_threads
from skattn.training._parallel import Pace, Workers, open_workers

RNG = np.random.default_rng(0)
N = 110
X = RNG.normal(size=(N, 12, 2)).astype(np.float32)
Y = X[:, 2, :] + 0.1 * RNG.normal(size=(N, 2))
CLASSES = np.array(["a", "b", "c"])[np.digitize(Y[:, 0], [-0.5, 0.5])]
WEIGHTS = RNG.uniform(0.5, 2.0, N)
RAGGED = [x[: RNG.integers(3, 13)] for x in X]
GAPS = np.where(RNG.uniform(size=X.shape) < 0.2, np.nan, X)
AHEAD = np.stack([Y, Y[::-1], Y], 1)  # three steps of both channels
SIDES = Sequences(X, static=RNG.normal(size=(N, 3)), future=RNG.normal(size=(N, 3, 1)))
SETTINGS = {"hidden_size": 8, "batch_size": 48, "max_epochs": 3, "random_state": 0}
FORECAST = {"target_channels": [0, 1]}
REGRESSIONS = {
    "plain": ({}, X, Y),
    "ragged": ({"bidirectional": True}, RAGGED, Y),
    "patches": ({"patch_size": 3, "num_layers": 2}, X, Y[:, 0]),
    "dropout": ({"num_layers": 2, "dropout": 0.3}, X, Y),
    "conicity": ({"conicity_penalty": 0.5}, X, Y),
    "stem": ({"conv_layers": 2}, X, Y),
    "segments": (
        {"values": "segments", "attention": "sum", "cancellation_penalty": 0.1},
        RAGGED,
        Y,
    ),
    "early stopping": ({"early_stopping": True, "n_iter_no_change": 1}, X, Y),
    "ridge": ({**FORECAST, "linear_skip": "ridge", "anchor": True}, X, AHEAD),
    "channels": ({**FORECAST, "channel_independent": True}, X, AHEAD),
    "decoder": ({"decoder": "lstm", "teacher_forcing": 0.5}, X, AHEAD[:, :, 0]),
    "quantiles": ({"loss": "quantile", "quantile": [0.1, 0.5, 0.9]}, X, Y),
    "static and future": ({"dropout": 0.2}, SIDES, AHEAD[:, :, 0]),
    "gaps": ({"missing": "mask", "loss": "absolute_error"}, GAPS, Y),
    "windows": ({**FORECAST, "scale_windows": "standard"}, X, AHEAD),
    "heads": ({"n_heads": 2, "self_attention_heads": 2, "query": "learned"}, X, Y),
    "plateau": ({"lr_schedule": "plateau", "early_stopping": True}, X, Y),
}
CLASSIFICATIONS = {
    "plain": ({"conv_layers": 0}, X, CLASSES),
    "stem": ({"conv_layers": 3, "dropout": 0.2}, X, CLASSES),
    "ragged stem": ({"conv_layers": 2, "patch_size": 2}, RAGGED, CLASSES),
    "balanced": ({"class_weight": "balanced", "conv_layers": 0}, X, CLASSES),
    "ranks": ({"normalizer": "entmax15", "attention": "cosine"}, X, CLASSES),
    "stopping": ({"early_stopping": True}, X, CLASSES),
}
CASES = [
    *((LSTMAttentionRegressor, name, *case) for name, case in REGRESSIONS.items()),
    *((LSTMAttentionClassifier, name, *case) for name, case in CLASSIFICATIONS.items()),
    (LSTMAttentionPointer, "plain", {}, X, np.abs(X[:, :, 0]).argmax(1)),
]
IDS = [f"{kind.__name__}-{name}" for kind, name, *_ in CASES]

pytestmark = pytest.mark.filterwarnings("ignore:Training ended at a loss")


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    """Cut batches of the data above, and let a step use more threads than cores."""
    monkeypatch.setattr(_data, "_CHUNK_STATES", 1)
    monkeypatch.setattr(_data, "_CHUNK_SAMPLES", 8)
    monkeypatch.setattr(_environment, "count_cores", lambda: 64)
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def fit(number, model, *data, use=None, **more):
    """Fit with so many threads in every step, and return weights and losses."""
    torch.set_num_threads(number)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Pace, "choose", lambda self: number)
        (use or model.fit)(*data, **more)
    assert torch.get_num_threads() == number
    weights = [w.numpy().copy() for w in model.module_.state_dict().values()]
    return [*weights, *(np.array(losses) for losses in losses_of(model))]


def losses_of(model):
    return [v for k, v in model.history_.items() if k.endswith("loss")]


def assert_same(one, other):
    assert len(one) == len(other) > 2
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(("kind", "name", "settings", "X", "y"), CASES, ids=IDS)
def test_any_number_of_threads_trains_the_same_bits(kind, name, settings, X, y):
    model = kind(**SETTINGS | settings)
    alone = fit(1, model, X, y)
    for number in (2, 3, 5):
        assert_same(fit(number, model, X, y), alone)


def continue_training(model):
    """Return a function that trains in four further ways, after one another."""

    def train(X, y):
        model.fit(X, y, sample_weight=WEIGHTS)
        model.partial_fit(X[:70], y[:70])
        model.set_params(warm_start=True).fit(X, y)
        model.set_params(warm_start=False)

    return train


def test_weights_of_samples_and_continued_training_have_the_same_bits():
    model = LSTMAttentionRegressor(**SETTINGS, dropout=0.2)
    found = [fit(n, model, X, Y, use=continue_training(model)) for n in (1, 2, 3, 5)]
    for other in found[1:]:
        assert_same(other, found[0])


def test_a_fit_goes_on_from_a_checkpoint_with_another_number_of_threads(
    tmp_path, monkeypatch
):
    model = LSTMAttentionRegressor(**SETTINGS | {"max_epochs": 4, "dropout": 0.2})
    whole = fit(1, model, X, Y)
    model.set_params(checkpoint=tmp_path / "state")
    on_epoch_end = Checkpoint.on_epoch_end

    def break_off(self, net, **kwargs):
        on_epoch_end(self, net, **kwargs)
        if len(net.history) == 2:
            raise OSError("no power")

    monkeypatch.setattr(Checkpoint, "on_epoch_end", break_off)
    with pytest.raises(OSError, match="no power"):
        fit(3, model, X, Y)
    monkeypatch.setattr(Checkpoint, "on_epoch_end", on_epoch_end)
    assert_same(fit(2, model, X, Y), whole)
    assert model.resumed_from_epoch_ == 2


def test_the_number_that_the_clock_chooses_changes_no_bit():
    model = LSTMAttentionRegressor(**SETTINGS | {"max_epochs": 20})
    alone = fit(1, model, X, Y)
    torch.set_num_threads(4)
    model.fit(X, Y)
    weights = [w.numpy() for w in model.module_.state_dict().values()]
    for one, other in zip(weights, alone, strict=False):
        np.testing.assert_array_equal(one, other)


def list_workers():
    return [t for t in threading.enumerate() if t.name.startswith("skattn")]


def test_threads_share_the_chunks_and_end_with_the_fit():
    seen = set()

    class Watch(Callback):
        def on_batch_end(self, net, **kwargs):
            seen.update(thread.name for thread in list_workers())

    fit(3, LSTMAttentionRegressor(**SETTINGS, callbacks=[Watch()]), X, Y)
    assert 1 <= len(seen) <= 2
    assert not list_workers()


def test_a_failed_fit_leaves_no_thread_and_the_callers_number():
    class Fail(Callback):
        def on_batch_end(self, net, **kwargs):
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fit(3, LSTMAttentionRegressor(**SETTINGS, callbacks=[Fail()]), X, Y)
    assert torch.get_num_threads() == 3
    assert not list_workers()


def fail_on(monkeypatch, fails):
    """Let the network raise an error in some threads."""
    forward = AttentionNetwork.forward

    def failing(self, *args, **kwargs):
        fails()
        return forward(self, *args, **kwargs)

    monkeypatch.setattr(AttentionNetwork, "forward", failing)


def test_an_error_in_a_worker_reaches_the_caller_with_its_own_traceback(monkeypatch):
    def raise_in_worker():
        if threading.current_thread() is not threading.main_thread():
            raise ZeroDivisionError("in a worker")
        time.sleep(0.05)  # leaves a chunk to the others

    fail_on(monkeypatch, raise_in_worker)
    with pytest.raises(ZeroDivisionError, match="in a worker") as error:
        fit(3, LSTMAttentionRegressor(**SETTINGS), X, Y)
    frames = [frame.name for frame in traceback.extract_tb(error.value.__traceback__)]
    assert "raise_in_worker" in frames
    assert not list_workers()


def test_ctrl_c_in_the_caller_keeps_the_weights_so_far(monkeypatch):
    calls, told = [], []

    def interrupt():
        calls.append(0)
        main = threading.current_thread() is threading.main_thread()
        if main and len(calls) > 30 and not told:
            told.append(True)
            raise KeyboardInterrupt

    fail_on(monkeypatch, interrupt)
    model = LSTMAttentionRegressor(**SETTINGS | {"max_epochs": 50})
    with pytest.warns(UserWarning, match="Training was interrupted in epoch"):
        fit(3, model, X, Y)
    assert 1 <= model.n_iter_ < 50
    assert np.isfinite(model.predict(X)).all()
    assert not list_workers()


def test_200_fits_in_8_threads_are_each_what_they_are_alone():
    torch.set_num_threads(2)

    def train(seed):
        model = LSTMAttentionRegressor(
            hidden_size=4,
            batch_size=32,
            max_epochs=2,
            num_layers=2,
            dropout=0.2,
            random_state=seed,
            store_attention=False,
        ).fit(X[:64], Y[:64])
        return [w.numpy() for w in model.module_.state_dict().values()]

    alone = [train(seed) for seed in range(10)]
    with ThreadPoolExecutor(8) as pool:
        together = [*pool.map(train, [*range(10)] * 20)]
    for i, found in enumerate(together):
        assert_same(found, alone[i % 10])
    assert torch.get_num_threads() == 2
    assert count_of_a_new_thread() == 2
    assert not list_workers()


def count_of_a_new_thread():
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(torch.get_num_threads).result()


def test_only_the_own_number_of_threads_is_set():
    torch.set_num_threads(3)
    found = {}

    def change():
        set_own_threads(1)
        found["own"] = torch.get_num_threads()

    thread = threading.Thread(target=change)
    thread.start()
    thread.join()
    assert (found["own"], torch.get_num_threads(), count_of_a_new_thread()) == (1, 3, 3)


def test_new_threads_of_the_caller_see_its_number_during_a_fit():
    seen = []

    class Look(Callback):
        def on_batch_end(self, net, **kwargs):
            seen.append((torch.get_num_threads(), count_of_a_new_thread()))

    fit(3, LSTMAttentionRegressor(**SETTINGS, callbacks=[Look()]), X, Y)
    assert set(seen) == {(1, 3)}


def test_under_autocast_the_caller_works_alone():
    model = LSTMAttentionRegressor(**SETTINGS | {"max_epochs": 1})
    with torch.autocast("cpu", dtype=torch.bfloat16):
        alone = fit(1, model, X, Y)
        assert_same(fit(3, model, X, Y), alone)


def test_results_are_taken_in_order_and_errors_are_the_first_in_order():
    torch.set_num_threads(4)
    with open_workers() as workers:
        workers._pace.choose = lambda: 4
        taken = []

        def work(i, item):
            time.sleep(0.002 * (7 - i))
            return item

        workers.run(work, [*"abcdefgh"], taken.append)
        assert "".join(taken) == "abcdefgh"

        def fail(i, item):
            time.sleep(0.02 * (7 - i))
            if i in (2, 3):
                raise ValueError(item)
            return item

        with pytest.raises(ValueError, match="c"):
            workers.run(fail, [*"abcdefgh"], taken.append)
        taken.clear()
        workers.run(work, [*"abc"], taken.append)  # and goes on
        assert "".join(taken) == "abc"


def test_workers_are_copied_as_none():
    with open_workers() as workers:
        for other in (deepcopy(workers), pickle.loads(pickle.dumps(workers))):
            taken = []
            other.run(lambda i, item: i + item, [1, 2], taken.append)
            assert taken == [1, 3]


def settle(pace, seconds, n_steps=200):
    """Let a pace see steps that take so many seconds, by number of threads."""
    for _ in range(n_steps):
        number = pace.choose()
        pace.note(number, seconds[number])
    return pace.choose()


@pytest.mark.parametrize(
    ("seconds", "chosen"),
    [
        ({1: 1.0, 2: 0.6, 4: 0.4, 6: 0.3}, 6),
        ({1: 1.0, 2: 0.6, 4: 0.55, 6: 0.1}, 2),
        ({1: 1.0, 2: 0.95, 4: 0.1, 6: 0.1}, 1),
        ({1: 1.0, 2: 2.0, 4: 3.0, 6: 4.0}, 1),
    ],
)
def test_more_threads_are_kept_where_they_save_a_tenth(seconds, chosen):
    assert settle(Pace(6), seconds) == chosen


def test_the_choice_is_made_anew_after_some_hundred_steps():
    pace = Pace(2)
    assert settle(pace, {1: 1.0, 2: 2.0}) == 1
    assert settle(pace, {1: 1.0, 2: 0.5}, 600) == 2


def test_one_thread_has_no_choice():
    assert settle(Pace(1), {1: 1.0}, 1200) == 1


def test_a_batch_of_one_chunk_stays_with_the_caller():
    torch.set_num_threads(3)
    with open_workers() as workers:
        where = []
        workers.run(lambda i, item: threading.current_thread(), [0], where.append)
        assert where == [threading.current_thread()]
        assert not list_workers()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_after_a_threaded_fit_can_fit():
    model = LSTMAttentionRegressor(**SETTINGS)
    expected = fit(3, model, X, Y)
    child = os.fork()
    if child == 0:
        try:
            found = model.fit(X, Y).module_.state_dict().values()
            same = all(np.array_equal(a, b) for a, b in zip(found, expected))  # noqa: B905
            os._exit(0 if same else 1)
        finally:
            os._exit(99)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


LAST_THREAD = """
import threading
import numpy as np
import torch
from skattn import LSTMAttentionRegressor
from skattn.training import _data, _environment

def fit():
    threading.main_thread().join()
    model.fit(X, X[:, 2, 0])
    print("fitted", flush=True)

_data._CHUNK_STATES = 1
_environment.count_cores = lambda: 2
torch.set_num_threads(2)
X = np.random.default_rng(0).normal(size=(64, 8, 2))
model = LSTMAttentionRegressor(max_epochs=2, batch_size=32, random_state=0)
threading.Thread(target=fit).start()
"""


def test_a_fit_outlives_the_main_thread():
    here = {"PYTHONPATH": str(Path(skattn.__file__).parent.parent)}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LAST_THREAD],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | here,
    )
    assert done.stdout == "fitted\n", done.stderr


def test_modules_without_workers_work_alone():
    taken = []
    Workers().run(lambda i, item: item, [1, 2, 3], taken.append)
    assert taken == [1, 2, 3]


def test_predictions_over_several_blocks_have_the_same_bits():
    model = LSTMAttentionRegressor(**SETTINGS).fit(RAGGED, Y)
    many, found = RAGGED * 6, []
    for number in (1, 2, 3, 5):
        torch.set_num_threads(number)
        found.append([model.predict(many), model.predict_attention(many)])
        assert torch.get_num_threads() == number
    for other in found[1:]:
        np.testing.assert_array_equal(other[0], found[0][0])
        np.testing.assert_array_equal(other[1], found[0][1])
    assert not list_workers()
