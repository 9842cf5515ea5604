"""Files, names of fits and checkpoints: what they hold, refuse and bring back."""

import dataclasses
import hashlib
import json

import numpy as np
import pytest
import torch

from skattn import LSTMAttentionRegressor
from skattn._container import (
    read_container,
    refusing,
    replacing,
    to_path,
    write_container,
)
from skattn._optional import import_optional
from skattn.training import Checkpoint, digest

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 5, 2)).astype(np.float32)
Y = X[:, 2, 0]
ARRAYS = {"a": np.arange(6.0).reshape(2, 3), "b": np.array(3), "c": np.zeros((0, 2))}
SAID = {"name": "x", "list": [1, 2.5, None]}


@pytest.fixture
def path(tmp_path):
    write_container(tmp_path / "file", SAID, ARRAYS)
    return tmp_path / "file"


def test_files_hold_what_was_written(path):
    description, arrays = read_container(path)
    assert description == SAID
    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(arrays[name], array)
        assert arrays[name].shape == array.shape
        assert arrays[name].dtype == array.dtype
    assert [file.name for file in path.parent.iterdir()] == ["file"]


def test_the_checksum_is_over_the_file_with_zeros_in_its_place(path):
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    written = json.loads(content[8 : 8 + length])["__metadata__"]["sha256"]
    blank = content.replace(written.encode(), b"0" * 64)
    assert hashlib.sha256(blank).hexdigest() == written


@pytest.mark.parametrize("place", [8, 60, -1])
def test_one_wrong_bit_is_found(path, place):
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match="cannot be loaded as a file of skattn"):
        read_container(path)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda content: content[:-1], "its checksum is wrong"),
        (lambda content: content + b"0", "its checksum is wrong"),
        (lambda content: content[:20], "truncated, or of another kind"),
        (lambda content: content[:3], "truncated, or of another kind"),
        (lambda content: b"", "truncated, or of another kind"),
        (lambda content: b"hello, this is some text", "truncated, or of another"),
    ],
)
def test_damaged_and_foreign_files_are_refused(path, change, reason):
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(ValueError, match=reason):
        read_container(path)


def test_only_files_with_an_object_are_read(tmp_path):
    write_container(tmp_path / "file", [1, 2], {})
    with pytest.raises(ValueError, match="its description is no object"):
        read_container(tmp_path / "file")
    with pytest.raises(OSError, match="directory"):
        read_container(tmp_path)
    with pytest.raises(FileNotFoundError):
        read_container(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("it is odd"), "it is odd"),
        (ValueError(), r"it does not hold what it should \(ValueError\(\)\)"),
        (KeyError("a"), r"it does not hold what it should \(KeyError\('a'\)\)"),
    ],
)
def test_whatever_goes_wrong_becomes_one_sentence(error, reason):
    message = f"^'here' cannot be loaded as a file of skattn: {reason}.$"
    with pytest.raises(ValueError, match=message), refusing("here"):
        raise error
    with pytest.raises(PermissionError), refusing("here"):
        raise PermissionError


def test_settings_that_could_not_be_read_back_are_not_written(path):
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"at most 16777216 are"):
        write_container(path, {"long": "x" * (1 << 24)}, {})
    assert path.read_bytes() == before


def test_a_failed_write_leaves_what_was_there(path):
    before = path.read_bytes()
    with pytest.raises(TypeError, match="str"), replacing(path) as file:
        file.write("no bytes")
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["file"]


def test_paths_and_packages_that_are_none_are_named(tmp_path):
    assert to_path(str(tmp_path)) == to_path(tmp_path) == tmp_path
    with pytest.raises(TypeError, match="path=3 must be text or a path"):
        to_path(3)
    assert import_optional("json.decoder", "x", "This").__name__ == "json.decoder"
    with pytest.raises(ImportError, match=r"This needs nothing_here: pip .*\[some\]"):
        import_optional("nothing_here.inside", "some", "This")


@dataclasses.dataclass
class Point:
    x: float
    y: float


def test_names_of_fits_differ_where_anything_differs():
    parts = [
        None,
        True,
        1,
        1.0,
        "1",
        "None",
        [1],
        [[1]],
        [1, [2, 3]],
        [1, 2, [3]],
        {"a": 1},
        {"a": 2},
        {"b": 1},
        Point(1, 2),
        Point(1, 3),
        np.arange(3),
        np.arange(3.0),
        np.arange(3)[None],
        np.array([0, 1, 3]),
        np.array(3),
        np.array(4),
        np.array(["a", "b"], object),
    ]
    names = [digest(part) for part in parts]
    assert len(set(names)) == len(parts)
    assert {len(name) for name in names} == {40}
    assert digest(1, 2) != digest(12) != digest(1, "2")
    for part, name in zip(parts, names, strict=True):
        assert digest(part) == name


def test_names_of_fits_are_the_same_for_what_is_the_same():
    assert digest((1, 2)) == digest([1, 2])
    assert digest(np.float64(0.5)) == digest(0.5)
    assert digest(torch.arange(3)) == digest(np.arange(3))
    assert digest({"x": 1, "y": 2}) == digest(Point(1, 2))
    assert digest(np.array([1, "b"], object)) == digest([1, "b"])
    with pytest.raises(TypeError, match="cannot tell fits apart by"):
        digest(object())
    with pytest.raises(TypeError, match="cannot tell fits apart by"):
        digest(Point)


def test_large_arrays_count_with_every_value():
    large = np.zeros((5, 1 << 20), np.float64)  # two rows are 16 MB
    name = digest(large)
    expected = hashlib.sha256(b"'1 entries';float64(5, 1048576)")
    expected.update(large.tobytes())
    assert name == expected.hexdigest()[:40]
    for row in range(5):
        large[row, -1] = 1.0
        assert digest(large) != name
        large[row, -1] = 0.0


class Crash(BaseException):
    """What no part of a fit catches, as a kill."""


def make(folder, **parameters):
    settings = {
        "hidden_size": 4,
        "max_epochs": 6,
        "learning_rate": 0.02,
        "early_stopping": True,
        "random_state": 0,
    }
    return LSTMAttentionRegressor(**settings | parameters, checkpoint=folder)


def crash_after(monkeypatch, model, epoch):
    """Let a fit end as a kill does, after it has written the state of an epoch."""
    write = Checkpoint.on_epoch_end

    def on_epoch_end(self, net, **others):
        write(self, net, **others)
        if len(net.history) == epoch:
            raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(Checkpoint, "on_epoch_end", on_epoch_end)
        with pytest.raises(Crash):
            model.fit(X, Y)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"lr_schedule": "cosine", "optimizer": "sgd", "early_stopping": False},
        {"lr_schedule": "plateau", "optimizer": "adam", "learning_rate": 0.5},
        {"n_iter_no_change": 2, "learning_rate": 0.5},
    ],
)
def test_a_killed_fit_ends_as_if_it_had_not_been(tmp_path, monkeypatch, parameters):
    whole = make(None, **parameters).fit(X, Y)
    model = make(tmp_path, **parameters)
    crash_after(monkeypatch, model, 2)
    assert len([*tmp_path.iterdir()]) == 1
    seen = []
    resume = Checkpoint.resume

    def watched(self, net):
        seen.append(resume(self, net))
        seen.append(self.resumed_from_epoch_)
        return seen[0]

    monkeypatch.setattr(Checkpoint, "resume", watched)
    model.fit(X, Y)
    assert seen == [2, 2]
    np.testing.assert_array_equal(model.predict(X), whole.predict(X))
    assert model.n_iter_ == whole.n_iter_
    for name in whole.history_.keys() - {"seconds"}:
        assert model.history_[name] == whole.history_[name]
    assert not [*tmp_path.iterdir()]


def test_a_disk_that_fails_is_told_once_and_costs_the_checkpoint_alone(
    tmp_path, monkeypatch
):
    def refuse(*args, **kwargs):
        raise OSError("no space left")

    model = make(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", refuse)
        with pytest.warns(UserWarning, match="No checkpoint could be written") as told:
            model.fit(X, Y)
    assert len(told) == 1
    np.testing.assert_array_equal(model.predict(X), make(None).fit(X, Y).predict(X))


def test_a_damaged_checkpoint_is_told_and_training_starts_anew(tmp_path, monkeypatch):
    model = make(tmp_path)
    crash_after(monkeypatch, model, 2)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.warns(UserWarning, match="cannot be used, training starts anew"):
        model.fit(X, Y)
    np.testing.assert_array_equal(model.predict(X), make(None).fit(X, Y).predict(X))


def test_a_checkpoint_of_another_format_is_refused(tmp_path, monkeypatch):
    model = make(tmp_path)
    crash_after(monkeypatch, model, 2)
    (file,) = tmp_path.iterdir()
    state, arrays = read_container(file)
    write_container(file, state | {"format": state["format"] + 1}, arrays)
    with pytest.raises(ValueError, match="its format is 3, not 2"):
        model.fit(X, Y)


def test_an_interrupted_fit_keeps_its_checkpoint_and_goes_on(tmp_path, monkeypatch):
    write = Checkpoint.on_epoch_end

    def interrupted(self, net, **others):
        write(self, net, **others)
        if len(net.history) == 2:
            raise KeyboardInterrupt

    model = make(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(Checkpoint, "on_epoch_end", interrupted)
        with pytest.warns(UserWarning, match="interrupted in epoch 2"):
            model.fit(X, Y)
    assert len([*tmp_path.iterdir()]) == 1
    model.fit(X, Y)
    assert model.n_iter_ == make(None).fit(X, Y).n_iter_
    np.testing.assert_array_equal(model.predict(X), make(None).fit(X, Y).predict(X))


def test_folders_are_made_and_tried_out(tmp_path):
    checkpoint = Checkpoint(tmp_path / "new" / "folder", "name")
    assert checkpoint.path_ == tmp_path / "new" / "folder" / "name.safetensors"
    assert checkpoint.resumed_from_epoch_ == 0
    assert not [*checkpoint.path_.parent.iterdir()]
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        Checkpoint(tmp_path / "file")
