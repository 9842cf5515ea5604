"""Files: nothing is lost, nothing is executed, and nothing damaged is believed."""

import errno
import json
import os
import pickle
import tempfile
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
import skops.io
import torch
from sklearn.base import clone
from sklearn.model_selection import GroupKFold, PredefinedSplit, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch.callbacks import EpochTimer

import skattn
from skattn import LSTMAttentionRegressor, _container, _optional
from skattn._container import write_container
from skattn.sequences import OverTime, WindowSplit

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 6, 2)) + [0, 5]
Y = X[:, 3, 0]
FAST = {"hidden_size": 8, "max_epochs": 2, "random_state": 0}
VARIANTS = [
    {},
    {"validation_split": TimeSeriesSplit(3), "device": torch.device("cpu")},
    {"validation_split": WindowSplit(1, window=4)},
    {
        "target_channels": [0],
        "anchor": True,
        "channel_independent": True,
        "linear_skip": False,
    },
    {"target_channels": np.array([1]), "linear_skip": True, "learning_rate": 0.02},
    {"target_channels": 0, "linear_skip": "ridge", "anchor": True},
    {"attention": "location", "decoder": "lstm", "optimizer": "sgd"},
    {"num_layers": 2, "bidirectional": True, "early_stopping": False},
    {"store_attention": False, "validation_split": GroupKFold(2)},
]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


@pytest.fixture(scope="module")
def model():
    return LSTMAttentionRegressor(**FAST).fit(X, Y)


@pytest.mark.filterwarnings("ignore:Half of y lies:UserWarning")
@pytest.mark.filterwarnings("ignore:The groups parameter is ignored:UserWarning")
@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_a_loaded_estimator_is_the_saved_one(variant, path):
    model = LSTMAttentionRegressor(**FAST | variant)
    model.fit(X, Y, groups=np.arange(120) % 5)
    skattn.save(model, path)
    other = skattn.load(path)
    assert repr(other) == repr(model)
    assert vars(other).keys() == vars(model).keys()
    assert other.history_ == model.history_
    for method in ("predict", "transform", "predict_attention"):
        np.testing.assert_array_equal(
            getattr(other, method)(X), getattr(model, method)(X)
        )
    expected = clone(model).fit(X, Y, groups=np.arange(120) % 5).partial_fit(X, Y)
    np.testing.assert_array_equal(
        other.partial_fit(X, Y).predict(X), expected.predict(X)
    )


def test_names_of_columns_and_random_states_survive(path):
    import pandas as pd

    state = np.random.RandomState(3)
    model = LSTMAttentionRegressor(max_epochs=1, hidden_size=4, random_state=state)
    frame = pd.DataFrame(X[:, :, 0], columns=list("abcdef"))
    model.fit(frame, Y).set_output(transform="pandas")
    skattn.save(model, str(path))
    other = skattn.load(str(path))
    np.testing.assert_array_equal(other.feature_names_in_, model.feature_names_in_)
    assert list(other.transform(frame)) == list(model.transform(frame))
    assert other.random_state.randint(1000) == state.randint(1000)


def test_an_unfitted_estimator_can_be_saved(path):
    model = LSTMAttentionRegressor(
        target_channels=(0, 2),
        tol=np.float32(0.5),
        checkpoint=Path("a/b"),
        callbacks=[{"$": "no tag", 1: (None, True)}],  # of no use, but of no harm
    )
    skattn.save(model, path)
    assert skattn.load(path).get_params() == model.get_params()


def test_the_file_is_plain_safetensors_with_json(model, path):
    skattn.save(model, path)
    arrays = safetensors.numpy.load_file(path)
    prefix = "LSTMAttentionRegressor/net/weights/"
    for name, weights in model.module_.state_dict().items():
        np.testing.assert_array_equal(arrays[prefix + name], weights.numpy())
    with safetensors.safe_open(path, "numpy") as file:
        described = json.loads(file.metadata()["skattn"])
    assert described["state"]["parameters"]["hidden_size"] == 8


def test_a_pipeline_goes_through_skops_and_asks_to_trust_skattn_alone():
    flat = X.reshape(120, 12)
    pipeline = make_pipeline(
        StandardScaler(), LSTMAttentionRegressor(n_timesteps=6, **FAST)
    ).fit(flat, Y)
    content = skops.io.dumps(pipeline)
    unknown = skops.io.get_untrusted_types(data=content)
    assert unknown == ["skattn.LSTMAttentionRegressor"]
    other = skops.io.loads(content, trusted=unknown)
    np.testing.assert_array_equal(other.predict(flat), pipeline.predict(flat))


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({"callbacks": [EpochTimer()]}, r"parameters\.callbacks"),
        ({"random_state": np.random.default_rng(0)}, r"parameters\.random_state"),
        ({"target_channels": np.array([1], dtype="M8[s]")}, "target_channels"),
    ],
)
def test_what_only_pickle_knows_is_refused_by_name(parameters, name, path):
    with pytest.raises(ValueError, match=name):
        skattn.save(LSTMAttentionRegressor(**parameters), path)
    assert not path.exists()


def test_other_classes_and_paths_are_refused(model, path):
    class Own(LSTMAttentionRegressor):
        pass

    for estimator in (StandardScaler(), Own()):
        with pytest.raises(TypeError, match="allowed are instances of LSTMAttention"):
            skattn.save(estimator, path)
    for function in (lambda p: skattn.save(model, p), skattn.load):
        with pytest.raises(TypeError, match="path=3"):
            function(3)


# What the file system refuses, and the earlier file


def disk_full(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("step", ["fsync", "write"])
def test_a_full_disk_leaves_the_earlier_file(model, path, step, monkeypatch):
    skattn.save(model, path)
    before = path.read_bytes()
    if step == "fsync":
        monkeypatch.setattr(_container.os, "fsync", disk_full)
    else:
        monkeypatch.setattr(Path, "replace", disk_full)
    with pytest.raises(OSError, match="No space left"):
        skattn.save(model, path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux")
def test_a_device_that_is_full_is_told(model):
    with pytest.raises(OSError, match=r"."):
        skattn.save(model, "/dev/full/model")


def test_folders_that_are_not_there(model, path):
    with pytest.raises(FileNotFoundError):
        skattn.save(model, path / "deeper" / "model")
    with pytest.raises(FileNotFoundError):
        skattn.load(path)
    with pytest.raises(IsADirectoryError):
        skattn.load(path.parent)


def test_a_folder_that_became_read_only_keeps_its_file(model, path, monkeypatch):
    def read_only(self, mode, *_):
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    skattn.save(model, path)
    before = path.read_bytes()
    with monkeypatch.context() as patched:  # root may write to any real folder
        patched.setattr(Path, "open", read_only)
        with pytest.raises(PermissionError):
            skattn.save(clone(model), path)
    assert path.read_bytes() == before


# Damaged and hostile files


TRACE = Path(tempfile.gettempdir(), f"skattn-was-here-{os.getpid()}")


class Bomb:
    def __reduce__(self):
        return os.system, (f"touch '{TRACE}'",)


def resaved(path, change):
    """Write a file anew, with a right checksum, after a change to what it says."""
    description, arrays = _container.read_container(path)
    change(description, arrays)
    write_container(path, description, arrays)


def damage(content, rng):
    """One random change of a file: cut, lengthened, bytes changed, parts swapped."""
    content = bytearray(content)
    kind = rng.integers(5)
    place = int(rng.integers(len(content)))
    if kind == 0:
        del content[place:]
    elif kind == 1:
        content += rng.bytes(int(rng.integers(1, 50)))
    elif kind == 2:
        content[place] ^= 1 << int(rng.integers(8))
    elif kind == 3:
        content[place : place + 9] = rng.bytes(9)
    else:
        content[:8] = int(rng.integers(2**63)).to_bytes(8, "little")
    return bytes(content)


def test_random_damage_is_always_noticed(model, path):
    skattn.save(model, path)
    good = path.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(300):
        bad = damage(good, rng)
        path.write_bytes(bad)
        if bad != good:
            with pytest.raises(ValueError, match=r"cannot be loaded as a file of"):
                skattn.load(path)


def header(text, data=b""):
    return len(text).to_bytes(8, "little") + text + data


FOREIGN = {
    "empty": b"",
    "pickle": pickle.dumps(Bomb()),
    "huge header": (1 << 40).to_bytes(8, "little") + b"{}",
    "header beyond the end": header(b"{}")[:-1],
    "deep JSON": header(b'{"sha256":"' + b"0" * 64 + b'"' + b"[" * 100_000),
    "no checksum": header(b"{}"),
    "plain safetensors": safetensors.numpy.save({"x": np.zeros(3)}),
    "a zip": b"PK\x03\x04" + bytes(100),
    "text": b"hidden_size: 3\n" * 10,
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_foreign_files_are_refused(kind, path):
    path.write_bytes(FOREIGN[kind])
    with pytest.raises(ValueError, match=r"cannot be loaded as a file of skattn: "):
        skattn.load(path)
    assert not TRACE.exists()


def test_a_pipe_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero"):
        with pytest.raises(ValueError, match="no regular file"):
            skattn.load(path)


def edit(*keys, to):
    def change(description, arrays):
        place = description["state"]
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = to

    return change


def without_weights(description, arrays):
    name = next(name for name in arrays if "weights/" in name)
    del arrays[name]


def wide_weights(description, arrays):
    name = next(name for name in arrays if "weights/" in name)
    arrays[name] = np.zeros((3, 3), np.float32)


def double_weights(description, arrays):
    name = next(name for name in arrays if "weights/encoder" in name)
    arrays[name] = arrays[name].astype(np.float64)


def other_class(description, arrays):
    description["class"] = "os.system"


def negative_scale(description, arrays):
    arrays["LSTMAttentionRegressor/records/_input_scaler/scale"] *= -1


def wide_moments(description, arrays):
    name = next(name for name in arrays if "exp_avg" in name)
    arrays[name] = np.zeros(5, np.float32)


def no_object(description, arrays):
    description["state"] = [1, 2]


SETTINGS = ("records", "_architecture")
HOSTILE = {
    "class": other_class,
    "no state": no_object,
    "weights missing": without_weights,
    "weights wide": wide_weights,
    "weights double": double_weights,
    "moments": wide_moments,
    "scale": negative_scale,
    "huge hidden": edit(*SETTINGS, "hidden_size", to=10**9),
    "huge layers": edit(*SETTINGS, "num_layers", to=10**12),
    "huge channels": edit(*SETTINGS, "n_channels", to=10**12),
    "huge horizon": edit(*SETTINGS, "horizon", to=10**15),
    "no layers": edit(*SETTINGS, "num_layers", to="3"),
    "no network": edit(*SETTINGS, to=None),
    "other kind": edit(*SETTINGS, "attention", to="os.system"),
    "unknown setting": edit(*SETTINGS, "__class__", to=3),
    "method": edit("attributes", "predict", to="x"),
    "class attribute": edit("attributes", "__class__", to="x"),
    "private method": edit("attributes", "_fit", to=1),
    "sizes": edit("attributes", "n_channels_in_", to=99),
    "features": edit("attributes", "n_features_in_", to=99),
    "tag": edit("attributes", "_seed", to={"$": "object", "content": "os.system"}),
    "array": edit("attributes", "_seed", to={"$": "array", "content": "../../x"}),
    "text type": edit(
        "attributes", "_seed", to={"$": "strings", "content": ["V8", ["x"]]}
    ),
    "splitter": edit(
        "parameters", "validation_split", to={"$": "splitter", "content": ["Popen", {}]}
    ),
    "record": edit("records", "_input_scaler", "record", to="Popen"),
    "form": edit("records", "_target", "shape", to="x"),
    "optimizer": edit("net", "optimizer", to="os.system"),
    "history": edit("net", "history", to=3),
    "parameter": edit("parameters", "__class__", to=3),
    "format": edit("format", to=99),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_settings_with_a_right_checksum_are_refused(kind, model, path):
    skattn.save(model, path)
    resaved(path, HOSTILE[kind])
    tracemalloc.start()
    with pytest.raises(ValueError, match=r"cannot be loaded as a file of skattn: "):
        skattn.load(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20e6


def test_too_long_a_description_is_refused_where_it_is_written(path):
    with pytest.raises(ValueError, match="at most"):
        write_container(path, {"text": "x" * (1 << 24)}, {})


def test_a_missing_package_is_named(model, path, monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(_optional, "import_module", missing)
    with pytest.raises(ImportError, match=r"pip install 'skattn\[persistence\]'"):
        skattn.save(model, path)
    with pytest.raises(ImportError, match=r"to_onnx needs onnx: pip install"):
        skattn.to_onnx(model, path)


@pytest.mark.parametrize("missing", ["error", "forward"])
def test_a_loaded_classifier_is_the_saved_one(tmp_path, missing):
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(n, 2)) for n in rng.integers(1, 9, 40)]
    y = np.where([x[0, 0] > 0 for x in X], "up", "down")
    model = skattn.LSTMAttentionClassifier(
        max_epochs=2, random_state=0, missing=missing, class_weight={"up": 2, "down": 1}
    ).fit(X, y)
    skattn.save(model, tmp_path / "model")
    copy = skattn.load(tmp_path / "model")
    assert copy.get_params() == model.get_params()
    np.testing.assert_array_equal(copy.classes_, model.classes_)
    np.testing.assert_array_equal(copy.predict_proba(X), model.predict_proba(X))


def test_over_time_holds_nothing_private_in_skops_and_pickles():
    pipeline = make_pipeline(OverTime(StandardScaler()), LSTMAttentionRegressor(**FAST))
    pipeline.fit(X, Y)
    content = skops.io.dumps(pipeline)
    unknown = skops.io.get_untrusted_types(data=content)
    assert {*unknown} == {
        "skattn.LSTMAttentionRegressor",
        "skattn.sequences.OverTime",
    }
    for other in (
        skops.io.loads(content, trusted=unknown),
        pickle.loads(pickle.dumps(pipeline)),
        clone(pipeline).fit(X, Y),
    ):
        np.testing.assert_array_equal(other.predict(X), pipeline.predict(X))


def test_a_predefined_split_is_saved(tmp_path):
    split = PredefinedSplit(np.arange(120) % 2 - 1)
    model = LSTMAttentionRegressor(**FAST, early_stopping=True, validation_split=split)
    skattn.save(model.fit(X, Y), tmp_path / "model")
    loaded = skattn.load(tmp_path / "model").validation_split
    np.testing.assert_array_equal(loaded.test_fold, split.test_fold)
