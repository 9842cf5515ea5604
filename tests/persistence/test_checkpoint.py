"""Checkpoints: interrupted fits end as if they had not been interrupted."""

import errno
import json
import subprocess
import sys
import tracemalloc
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from joblib import parallel_config
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from skorch.callbacks import EpochTimer

from skattn import (
    LSTMAttentionClassifier,
    LSTMAttentionRegressor,
    _base,
    _container,
)
from skattn.training import Checkpoint, _checkpoint, digest

ROOT = Path(__file__).parents[2]
RNG = np.random.default_rng(0)
X = RNG.normal(size=(150, 8, 2))
Y = X[:, 2, 0]
FAST = {
    "hidden_size": 8,
    "max_epochs": 8,
    "learning_rate": 0.02,
    "early_stopping": True,
    "random_state": 0,
}


def make(folder, **parameters):
    return LSTMAttentionRegressor(**FAST | parameters, checkpoint=folder)


class Crash(BaseException):
    """What no part of a fit catches, as a kill."""


@pytest.fixture
def crash(monkeypatch):
    """Let a fit crash at the end of an epoch, before or after its file is written."""

    def fit(model, epoch, *args, written=True, **kwargs):
        write = Checkpoint.on_epoch_end

        def on_epoch_end(self, net, **others):
            if written or len(net.history) < epoch:
                write(self, net, **others)
            if len(net.history) == epoch:
                raise Crash

        with monkeypatch.context() as patched:
            patched.setattr(Checkpoint, "on_epoch_end", on_epoch_end)
            with pytest.raises(Crash):
                model.fit(*args, **kwargs)

    return fit


def files(folder):
    return [path.name for path in folder.iterdir()]


def assert_same_fit(one, other, X=X):
    np.testing.assert_array_equal(one.predict(X), other.predict(X))
    np.testing.assert_array_equal(one.attention_weights_, other.attention_weights_)
    for name in one.history_.keys() - {"seconds"}:
        assert one.history_[name] == other.history_[name]
    assert one.best_validation_loss_ == other.best_validation_loss_


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"dropout": 0.3, "num_layers": 2, "lr_schedule": "one_cycle"},
        {"lr_schedule": "cosine", "optimizer": "sgd", "early_stopping": False},
        {"lr_schedule": "plateau", "optimizer": "rmsprop", "early_stopping": False},
        {"optimizer": "adam", "decoder": "lstm", "teacher_forcing": 0.5},
        {
            "lr_schedule": None,
            "n_iter_no_change": 3,
            "tol": 0.02,
            "query": "last",
            "passthrough": False,
        },
        {"random_state": np.random.RandomState(3)},
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("epoch", [1, 5])
def test_a_resumed_fit_ends_with_the_same_bits(parameters, epoch, tmp_path, crash):
    model = make(tmp_path, **parameters)
    whole = clone(model).set_params(checkpoint=None).fit(X, Y)
    crash(clone(model), epoch, X, Y)
    assert len(files(tmp_path)) == 1
    resumed = clone(model).fit(X, Y)
    assert resumed.resumed_from_epoch_ == epoch
    assert whole.resumed_from_epoch_ == 0
    assert_same_fit(resumed, whole)
    assert files(tmp_path) == []
    again = clone(model).fit(X, Y)
    assert again.resumed_from_epoch_ == 0
    np.testing.assert_array_equal(  # the optimiser's state too
        resumed.partial_fit(X, Y).predict(X), whole.partial_fit(X, Y).predict(X)
    )


@pytest.mark.parametrize("epoch", [5, 20, 26])
def test_what_samples_set_aside_say_outlives_a_crash(epoch, tmp_path, crash):
    """They are predicted before they join in, after 20 of 30 epochs."""
    x = RNG.normal(size=(160, 6, 1))
    y = RNG.integers(2, size=160)
    model = LSTMAttentionClassifier(hidden_size=4, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        whole = clone(model).fit(x, y)
        assert whole.max_epochs_ == 30
        crash(clone(model).set_params(checkpoint=tmp_path), epoch, x, y)
        resumed = clone(model).set_params(checkpoint=tmp_path).fit(x, y)
    assert resumed.resumed_from_epoch_ == epoch
    assert "held_out" in whole.yardstick_scores_
    assert resumed.yardstick_scores_ == whole.yardstick_scores_


def test_two_crashes_and_one_before_the_file_was_written(tmp_path, crash):
    model = make(tmp_path)
    crash(model, 3, X, Y)
    crash(model, 6, X, Y, written=False)
    assert model.fit(X, Y).resumed_from_epoch_ == 5
    assert_same_fit(model, make(None).fit(X, Y))


def test_weights_groups_and_a_given_validation_part(tmp_path, crash):
    weights = RNG.integers(0, 3, 150)
    given = {"X_val": X[:50] + 0.1, "y_val": Y[:50]}
    groups = np.arange(150) % 11
    for arguments in ({"groups": groups}, given):
        crash(make(tmp_path), 2, X, Y, weights, **arguments)
        resumed = make(tmp_path).fit(X, Y, weights, **arguments)
        assert resumed.resumed_from_epoch_ == 2
        assert_same_fit(resumed, make(None).fit(X, Y, weights, **arguments))


def test_a_warm_start_is_told_from_the_fit_before(tmp_path, crash):
    model = make(tmp_path, warm_start=True, early_stopping=False)
    whole = clone(model).fit(X, Y).fit(X, Y)
    model.fit(X, Y)
    crash(model, 3, X, Y)
    fresh = clone(model)
    assert fresh.fit(X, Y).resumed_from_epoch_ == 0  # not the fit that was killed
    model.fit(X, Y)
    assert model.resumed_from_epoch_ == 3
    assert model.n_iter_ == 16
    assert_same_fit(model, whole)


CHANGES = {
    "a value": lambda: ((np.r_[X[:1] + 1e-9, X[1:]], Y), {}),
    "y": lambda: ((X, Y + 1e-9), {}),
    "the order": lambda: ((X[::-1], Y[::-1]), {}),
    "fewer": lambda: ((X[1:], Y[1:]), {}),
    "weights": lambda: ((X, Y, np.ones(150)), {}),
    "groups": lambda: ((X, Y, None, np.arange(150) % 7), {}),
    "hidden_size": lambda: ((X, Y), {"hidden_size": 7}),
    "max_epochs": lambda: ((X, Y), {"max_epochs": 9}),
    "loss": lambda: ((X, Y), {"loss": "huber"}),
    "random_state": lambda: ((X, Y), {"random_state": 1}),
    "split": lambda: ((X, Y), {"validation_split": TimeSeriesSplit(3)}),
    "fraction": lambda: ((X, Y), {"validation_fraction": 0.2}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_any_other_fit_has_another_file(change, tmp_path, crash):
    crash(make(tmp_path), 2, X, Y)
    first = files(tmp_path)
    arguments, parameters = CHANGES[change]()
    crash(make(tmp_path, **parameters), 1, *arguments)
    assert len(files(tmp_path)) == 2
    assert set(first) < set(files(tmp_path))


def test_what_changes_no_result_keeps_the_file(tmp_path, crash):
    crash(make(tmp_path), 2, X, Y)
    model = make(str(tmp_path), verbose=0, store_attention=False, device="cpu")
    assert model.fit(np.asfortranarray(X), list(Y)).resumed_from_epoch_ == 2


def test_folds_and_grid_points_keep_apart(tmp_path):
    grid = {"hidden_size": [4, 8], "dropout": [0.0, 0.2]}
    searches = []
    for folder in (tmp_path, None):
        search = GridSearchCV(make(folder, max_epochs=2), grid, cv=3, n_jobs=4)
        with parallel_config("threading"):
            searches.append(search.fit(X, Y))
    scores = [search.cv_results_["mean_test_score"] for search in searches]
    np.testing.assert_array_equal(*scores)
    assert files(tmp_path) == []


def test_partial_fit_writes_no_file(tmp_path):
    make(tmp_path / "none").partial_fit(X, Y)
    assert not (tmp_path / "none").exists()


def test_ctrl_c_keeps_the_file_and_the_next_fit_goes_on(tmp_path, monkeypatch):
    write = Checkpoint.on_epoch_end

    def on_epoch_end(self, net, **others):
        write(self, net, **others)
        if len(net.history) == 3:
            raise KeyboardInterrupt

    model = make(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(Checkpoint, "on_epoch_end", on_epoch_end)
        with pytest.warns(ConvergenceWarning, match="interrupted in epoch 3"):
            assert model.fit(X, Y).n_iter_ == 3
    assert model.fit(X, Y).resumed_from_epoch_ == 3
    assert_same_fit(model, make(None).fit(X, Y))


def test_a_damaged_file_is_told_and_training_starts_anew(tmp_path, crash):
    crash(make(tmp_path), 2, X, Y)
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.warns(UserWarning, match="starts anew: .* checksum is wrong"):
        model = make(tmp_path).fit(X, Y)
    assert model.resumed_from_epoch_ == 0
    assert files(tmp_path) == []
    assert_same_fit(model, make(None).fit(X, Y))


@pytest.mark.parametrize(
    "change",
    [
        {"format": 7},
        {"groups": []},
        {"callbacks": []},
        {"history": 3},
    ],
)
def test_a_file_that_does_not_fit_is_an_error(change, tmp_path, crash):
    crash(make(tmp_path), 2, X, Y)
    (path,) = tmp_path.iterdir()
    state, arrays = _container.read_container(path)
    _container.write_container(path, state | change, arrays)
    model = make(tmp_path)
    with pytest.raises(ValueError, match="cannot be loaded as a file of skattn"):
        model.fit(X, Y)
    assert not hasattr(model, "net_")


def test_a_full_disk_costs_the_checkpoint_and_not_the_training(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(_container.os, "fsync", full)
    with pytest.warns(UserWarning, match="No checkpoint could be written") as warned:
        model = make(tmp_path).fit(X, Y)
    assert len(warned) == 1
    assert files(tmp_path) == []
    assert_same_fit(model, make(None).fit(X, Y))


def test_a_folder_that_cannot_be_written_is_told_before_training(tmp_path):
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "deeper", "/proc/skattn"):
        with pytest.raises(OSError, match=r"checkpoint='.*' is no folder that can"):
            make(folder).fit(X, Y)


def test_parts_that_killed_writers_left_are_removed(tmp_path, crash):
    crash(make(tmp_path), 2, X, Y)
    (path,) = tmp_path.iterdir()
    killed = "import os; from skattn._container import _writer; "
    killed = subprocess.run(
        [sys.executable, "-c", f"{killed} print(_writer())"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    path.with_name(f".{path.name}.{killed}-0123.part").touch()
    at_work = path.with_name(f".{path.name}.{_container._writer()}-0123.part")
    elsewhere = path.with_name(f".{path.name}.0badcafe_1-0123.part")
    other = tmp_path / f".other.safetensors.{killed}-0123.part"
    kept = [at_work, elsewhere, other]
    for part in kept:
        part.touch()
    make(tmp_path).fit(X, Y)
    assert set(files(tmp_path)) == {part.name for part in kept}


def test_identical_fits_may_share_a_folder_without_a_warning(tmp_path):
    fits = [make(tmp_path, max_epochs=6) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool, warnings.catch_warnings():
        warnings.simplefilter("error")
        models = [*pool.map(lambda model: model.fit(X, Y), fits)]
    for model in models:
        np.testing.assert_array_equal(model.predict(X), models[0].predict(X))
    assert files(tmp_path) == []


def test_a_checkpoint_without_a_name_is_refused():
    with pytest.raises(ValueError, match=r"checkpoint='' must name a folder"):
        make("").fit(X, Y)


def test_what_does_not_go_with_a_checkpoint():
    with pytest.raises(ValueError, match=r"checkpoint='here' needs random_state"):
        make("here", random_state=None).fit(X, Y)
    with pytest.raises(ValueError, match=r"checkpoint='here' does not go with callb"):
        make("here", callbacks=[EpochTimer()]).fit(X, Y)


def test_checkpoints_differ_where_anything_differs(monkeypatch):
    array = np.arange(12.0)
    different = [
        (array,),
        (array.astype(np.float32),),
        (array.reshape(3, 4),),
        (array[::-1],),
        (array[:0],),
        ([1, 2], [3]),
        ([1], [2, 3]),
        ("1",),
        (1,),
        (1.0,),
        (True,),
        (None,),
        ({"a": 1},),
        (np.array(["a", None], dtype=object),),
    ]
    names = {digest(*parts) for parts in different}
    assert len(names) == len(different)
    whole = digest(array.reshape(6, 2))
    monkeypatch.setattr(_checkpoint, "_BLOCK_BYTES", 20)
    assert digest(array.reshape(6, 2)) == whole
    assert digest(np.asfortranarray(array.reshape(6, 2))) == whole
    assert digest(np.float64(1.0)) == digest(1.0)
    with pytest.raises(TypeError, match="cannot tell fits apart"):
        digest(object())


def test_the_checkpoint_never_holds_a_memmap_as_a_whole(tmp_path):
    values = np.memmap(tmp_path / "X", np.float32, "w+", shape=(1000, 50, 500))
    tracemalloc.start()
    name = digest(values)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert values.nbytes == 100e6
    assert peak < 40e6
    values[-1, -1, -1] = 1
    assert digest(values) != name


def test_a_fit_on_a_memmap_goes_on(tmp_path, crash):
    values = np.memmap(tmp_path / "X", np.float32, "w+", shape=X.shape)
    values[:] = X
    values.flush()
    on_disk = np.memmap(tmp_path / "X", np.float32, "r", shape=X.shape)
    folder = tmp_path / "checkpoints"
    crash(make(folder), 2, on_disk, Y)
    resumed = make(folder).fit(on_disk, Y)
    assert resumed.resumed_from_epoch_ == 2
    assert_same_fit(resumed, make(None).fit(on_disk, Y))


def test_kill_9_at_random_moments():
    script = ROOT / "benchmarks" / "soak" / "kills.py"
    command = [sys.executable, script, "--kills", "2", "--epochs", "8"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    figures = json.loads(done.stdout)
    assert figures["ended_bit_equal"] == figures["kills"] == 2
    assert figures["files_left"] == 0


def test_another_version_of_skattn_begins_anew(tmp_path, crash, monkeypatch):
    crash(make(tmp_path), 2, X, Y)
    monkeypatch.setattr(_base, "VERSION", "0.0.1")
    assert make(tmp_path).fit(X, Y).resumed_from_epoch_ == 0
