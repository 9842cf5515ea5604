"""One object for all inputs: indexed, checked, and carried by scikit-learn."""

import pickle

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingRegressor, StackingRegressor, VotingRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import (
    GridSearchCV,
    RandomizedSearchCV,
    cross_val_predict,
    cross_validate,
    learning_curve,
    train_test_split,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import RobustScaler, StandardScaler
from sklearn.utils import _safe_indexing

from skattn import LSTMAttentionClassifier, LSTMAttentionRegressor
from skattn.inspection import occlusion_importance
from skattn.sequences import LongSequences, OverTime, Sequences

RNG = np.random.default_rng(0)
ARRAY = RNG.normal(size=(40, 6, 2))
Y = ARRAY[:, 3, 0]
LISTS = [RNG.normal(size=(n, 2)) for n in RNG.integers(2, 9, 40)]
FUTURE = RNG.normal(size=(40, 3, 2))
TIMES = np.tile(np.arange(6.0), (40, 1))
FAST = {"hidden_size": 4, "max_epochs": 2, "random_state": 0}


def make_frames(library="pandas"):
    frame = pytest.importorskip(library).DataFrame
    names = {"columns" if library == "pandas" else "schema": ["load", "heat"]}
    return [frame(x, **names) for x in LISTS]


def make_static(library="pandas"):
    frame = pytest.importorskip(library).DataFrame
    return frame({"age": np.arange(40.0), "ward": ["a", "b"] * 20})


FORMS = {
    "array": lambda: ARRAY,
    "float32": lambda: ARRAY.astype(np.float32),
    "tensor": lambda: torch.from_numpy(ARRAY),
    "flat": lambda: ARRAY[:, :, 0],
    "list": lambda: LISTS,
    "frames": make_frames,
    "polars": lambda: make_frames("polars"),
}
each_form = pytest.mark.parametrize("form", FORMS)


@each_form
@pytest.mark.parametrize("cls", [LSTMAttentionRegressor, LSTMAttentionClassifier])
def test_steps_alone_are_read_as_they_would_be_without(form, cls):
    steps = FORMS[form]()
    y = Y if cls is LSTMAttentionRegressor else Y > 0
    model = cls(**FAST)
    plain = model.fit(steps, y)
    expected = [plain.predict(steps), plain.transform(steps), plain.n_features_in_]
    names = getattr(plain, "feature_names_in_", None)
    whole = clone(model).fit(Sequences(steps), y)
    for one, other in zip(
        expected,
        [whole.predict(Sequences(steps)), whole.transform(steps), whole.n_features_in_],
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(whole.attention_weights_, plain.attention_weights_)
    np.testing.assert_array_equal(names, getattr(whole, "feature_names_in_", None))


@st.composite
def index(draw, n=40):
    kind = draw(st.sampled_from(["slice", "mask", "numbers", "list", "ellipsis"]))
    if kind == "slice":
        ends = st.none() | st.integers(-n - 5, n + 5)
        step = draw(st.integers(-5, 5).filter(bool) | st.none())
        return slice(draw(ends), draw(ends), step)
    if kind == "mask":
        return np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    numbers = draw(st.lists(st.integers(-n, n - 1), max_size=60))
    if kind == "list":
        return numbers
    return ... if kind == "ellipsis" else np.array(numbers, dtype=int)


def numbers_of(key):
    return np.arange(40)[np.array(key, int) if isinstance(key, list) else key]


@given(key=index(), form=st.sampled_from(["array", "list", "frames", "polars"]))
def test_rows_are_taken_from_all_parts_at_once(key, form):
    times = TIMES if form == "array" else [np.arange(len(x)) for x in LISTS]
    static = make_static("polars" if form == "polars" else "pandas")
    X = Sequences(FORMS[form](), static=static, future=FUTURE, times=times)
    rows = numbers_of(key)
    for some in (X[key], X[key, ...], _safe_indexing(X, rows)):
        assert isinstance(some, Sequences)
        assert len(some) == some.shape[0] == len(rows)
        assert some.names == X.names
        assert [*some.static["age"]] == [*np.arange(40.0)[rows]]
        np.testing.assert_array_equal(some.future, FUTURE[rows])
        for i, row in enumerate(rows):
            np.testing.assert_array_equal(some[i], X[int(row)])
            np.testing.assert_array_equal(some.times[i], times[row])


@each_form
def test_a_number_gives_one_samples_steps(form):
    steps = FORMS[form]()
    X = Sequences(steps)
    for i in (0, np.int64(-1), 39):
        np.testing.assert_array_equal(X[i], np.asarray(steps[i]))
    assert len([*X]) == len(X) == 40


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (40, "index 40 is out of range for 40 samples"),
        (-41, "index -41 is out of range"),
        ([0, 40], "indices from 0 to 40 are out of range"),
        ([True, False], "a mask of 2 entries does not fit 40 samples"),
        ((0, 1), "Sequences have one axis, of samples; got the 2 indices"),
        ((0,), "one axis"),
        ("steps", "'steps' is no index of samples"),
        (1.0, "1.0 is no index"),
        (True, "True is no index"),
        (None, "None is no index"),
        ([[0, 1]], "is no index"),
    ],
)
def test_other_indices_are_refused(key, message):
    with pytest.raises(IndexError, match=message):
        Sequences(ARRAY)[key]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"steps": None}, "steps is of type NoneType; allowed are an array"),
        ({"steps": {"a": ARRAY}}, "steps is of type dict"),
        ({"steps": "abc"}, "steps is of type str"),
        ({"steps": Sequences(ARRAY)}, "steps is Sequences already"),
        ({"static": np.zeros((39, 1))}, "static has 39 samples, but steps has 40"),
        ({"static": np.zeros(40)}, r"static has shape \(40,\).*static\[:, None\]"),
        ({"static": np.zeros((40, 0))}, "at least 1 column"),
        ({"static": np.zeros((40, 2), complex)}, "static is of type complex128"),
        ({"static": np.zeros((40, 2), "M8[s]")}, "static is of type datetime64"),
        ({"static": [[1], [2, 3]]}, "static cannot be read as an array"),
        ({"static": 3}, r"static has shape \(\)"),
        ({"future": FUTURE[:9]}, "future has 9 samples, but steps has 40"),
        ({"future": FUTURE[0]}, r"future has shape \(3, 2\)"),
        ({"future": FUTURE[:, :0]}, r"future has shape \(40, 0, 2\)"),
        ({"future": FUTURE.astype(str)}, "future is of type <U32"),
        ({"future": [np.zeros((2, 1)), np.zeros((3, 1))]}, "future cannot be read"),
        ({"times": TIMES[:9]}, "times has 9 samples, but steps has 40"),
        ({"times": TIMES[:, :5]}, r"times\[0\] has 5 entries, but steps\[0\] has 6"),
        ({"times": TIMES[0]}, r"times has shape \(6,\)"),
        ({"times": -TIMES}, r"times\[0\] is missing at a step or runs backwards"),
        ({"times": TIMES * np.nan}, r"times\[0\] is missing at a step"),
        ({"times": TIMES.astype(str)}, r"times\[0\] has shape \(6,\) and type <U32"),
        ({"times": "now"}, "times has type str"),
        ({"times": 3}, "times has type int"),
    ],
)
def test_parts_that_do_not_fit_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        Sequences(**{"steps": ARRAY} | arguments)


def test_frames_of_the_future_must_agree():
    frame = pytest.importorskip("pandas").DataFrame
    frames = [frame(x, columns=["wind", "sun"]) for x in FUTURE]
    X = Sequences(ARRAY, future=frames)
    assert X.names.future == ["wind", "sun"]
    np.testing.assert_array_equal(X.future, FUTURE)
    frames[7] = frames[7][["sun", "wind"]]
    with pytest.raises(ValueError, match=r"future\[7\] has the columns"):
        Sequences(ARRAY, future=frames)


def test_times_may_be_dates_or_frames():
    days = np.datetime64("2026-01-01") + np.arange(6)
    X = Sequences(ARRAY, times=[days] * 40)
    assert X[3:5].times[1][0] == days[0]
    frame = pytest.importorskip("pandas").DataFrame(TIMES)
    np.testing.assert_array_equal(Sequences(ARRAY, times=frame).times, TIMES)


def test_columns_of_arrays_are_lists():
    series = pytest.importorskip("pandas").Series
    X = Sequences(series(LISTS), times=series([np.arange(len(x)) for x in LISTS]))
    assert len(X[5:9]) == 4
    np.testing.assert_array_equal(X[7], LISTS[7])
    np.testing.assert_array_equal(X[7:8].times[0], np.arange(len(LISTS[7])))


def test_long_sequences_bring_their_times():
    times = [np.arange(len(x)) for x in LISTS]
    X = Sequences(LongSequences(LISTS, np.arange(40), times))
    assert X.steps is LISTS
    np.testing.assert_array_equal(X.times[3], times[3])


def test_it_is_no_array_and_says_so():
    with pytest.raises(TypeError, match="Sequences are no array"):
        np.asarray(Sequences(ARRAY))
    bag = BaggingRegressor(LSTMAttentionRegressor(**FAST), n_estimators=2)
    with pytest.raises(TypeError, match=r"bagging.*takes flat rows instead"):
        bag.fit(Sequences(ARRAY), Y)


def test_it_says_what_it_holds():
    X = Sequences(
        make_frames(),
        static=make_static(),
        future=FUTURE,
        times=[x[:, 0].cumsum() * 0 for x in LISTS],
    )
    assert repr(X).splitlines() == [
        "Sequences of 40 samples",
        "  steps   list of frames, 2 to 8 steps, 2 channels (load, heat)",
        "  static  frame, 2 columns (age, ward)",
        "  future  3 steps, 2 columns",
        "  times   of each step, from 0.0 to 0.0",
    ]
    html = X._repr_html_()
    assert html.count("<tr>") == 4
    assert "2 channels (load, heat)" in html
    assert "1 channel" in repr(Sequences(ARRAY[:, :, :1]))
    assert "flat rows, 6 columns" in repr(Sequences(ARRAY[:, :, 0]))
    assert "6 steps" in repr(Sequences([*ARRAY]))
    assert repr(X[:0]).startswith("Sequences of 0 samples")
    many = pytest.importorskip("pandas").DataFrame(
        np.zeros((40, 10)), columns=[*"abcdefghij"]
    )
    assert "(a, b, c, d, e, f, g, h, and 2 more)" in repr(Sequences(ARRAY, static=many))


def test_names_are_escaped_in_html():
    frame = pytest.importorskip("pandas").DataFrame({"<b>": np.zeros(40)})
    assert "&lt;b&gt;" in Sequences(ARRAY, static=frame)._repr_html_()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_concatenate_undoes_slices(form, library):
    X = Sequences(FORMS[form](), static=make_static(library), future=FUTURE)
    back = Sequences.concatenate([X[:10], X[10:11], X[11:]])
    assert len(back) == 40
    assert back.names == X.names
    for i in range(40):
        np.testing.assert_array_equal(np.asarray(back[i]), np.asarray(X[i]))
    np.testing.assert_array_equal(back.future, X.future)
    assert [*back.static["ward"]] == [*X.static["ward"]]


def test_arrays_of_other_lengths_become_a_list():
    X = Sequences.concatenate([Sequences(ARRAY), Sequences(ARRAY[:, :4])])
    assert [len(x) for x in X] == [6] * 40 + [4] * 40


def test_parts_that_cannot_be_joined_are_refused():
    with pytest.raises(ValueError, match="parts is empty"):
        Sequences.concatenate([])
    with pytest.raises(
        ValueError, match=r"parts\[1\] has no future, unlike parts\[0\]"
    ):
        Sequences.concatenate([Sequences(ARRAY, future=FUTURE), Sequences(ARRAY)])
    frames = Sequences(make_frames())
    with pytest.raises(ValueError, match="columns of different names"):
        Sequences.concatenate([frames, Sequences(LISTS)])
    flat = [Sequences(ARRAY[:, :, 0]), Sequences(ARRAY[:, :4, 0])]
    with pytest.raises(ValueError, match="do not fit together"):
        Sequences.concatenate(flat)


def test_other_steps_must_be_as_many():
    X = Sequences(make_frames(), future=FUTURE)
    assert X.with_steps(ARRAY).names.channels is None
    assert X.with_steps(ARRAY, ["a", "b"]).names.channels == ["a", "b"]
    assert X.with_steps(ARRAY).future is X.future
    assert X.only_steps().future is None
    with pytest.raises(ValueError, match="steps has 3 samples; allowed is 40"):
        X.with_steps(ARRAY[:3])


def test_names_are_compared():
    model = LSTMAttentionRegressor(**FAST).fit(Sequences(make_frames()), Y)
    assert [*model.feature_names_in_] == ["load", "heat"]
    other = Sequences(LISTS).with_steps(LISTS, ["heat", "load"])
    with pytest.raises(ValueError, match=r"X has the channels \['heat', 'load'\]"):
        model.predict(other)
    named = clone(model).fit(Sequences(LISTS).with_steps(LISTS, ["load", "heat"]), Y)
    np.testing.assert_array_equal(named.predict(LISTS), model.predict(make_frames()))


def test_over_time_transforms_the_steps_and_leaves_the_rest():
    X = Sequences(make_frames(), static=make_static(), future=FUTURE)
    lifted = OverTime(StandardScaler()).fit(X)
    Z = lifted.transform(X)
    assert Z.static is X.static
    assert Z.future is X.future
    assert Z.names == X.names
    expected = OverTime(StandardScaler()).fit_transform(LISTS)
    for ours, theirs in zip(Z, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for ours, theirs in zip(lifted.inverse_transform(Z), LISTS, strict=True):
        np.testing.assert_allclose(ours, theirs)


@pytest.mark.parametrize("form", ["array", "list", "frames"])
def test_scikit_learn_carries_it(form):
    X = Sequences(FORMS[form]())
    a, b, _, y_test = train_test_split(X, Y, random_state=0)
    assert (len(a), len(b)) == (30, 10)
    np.testing.assert_array_equal(
        [np.asarray(x)[0, 0] for x in b],
        train_test_split([np.asarray(x)[0, 0] for x in X], random_state=0)[1],
    )
    pipeline = make_pipeline(OverTime(RobustScaler()), LSTMAttentionRegressor(**FAST))
    grid = {"lstmattentionregressor__hidden_size": [2, 4]}
    options = {"cv": 2, "error_score": "raise"}
    search = GridSearchCV(pipeline, grid, n_jobs=2, **options).fit(X, Y)
    assert search.predict(b).shape == y_test.shape
    RandomizedSearchCV(pipeline, grid, n_iter=1, **options).fit(X, Y)
    results = cross_validate(pipeline, X, Y, **options)
    assert np.isfinite(results["test_score"]).all()
    assert cross_val_predict(pipeline, X, Y, cv=2).shape == (40,)
    learning_curve(pipeline, X, Y, cv=2, train_sizes=[0.5, 1.0], error_score="raise")
    model = LSTMAttentionRegressor(**FAST)
    two = [("a", model), ("b", pipeline)]
    assert VotingRegressor(two).fit(X, Y).predict(X).shape == (40,)
    assert StackingRegressor(two, Ridge(), cv=2).fit(X, Y).predict(b).shape == (10,)
    calibrated = CalibratedClassifierCV(LSTMAttentionClassifier(**FAST), cv=2)
    assert calibrated.fit(X, Y > 0).predict_proba(b).shape == (10, 2)


def test_copies_are_equal_and_the_callers_arrays_stay():
    steps = ARRAY.copy()
    steps.flags.writeable = False
    X = Sequences(steps, static=make_static(), future=FUTURE)
    copy = pickle.loads(pickle.dumps(X))
    np.testing.assert_array_equal(copy.steps, steps)
    assert repr(copy) == repr(X)
    LSTMAttentionRegressor(**FAST).fit(X.only_steps(), Y)
    np.testing.assert_array_equal(steps, ARRAY)


def test_validation_samples_and_inspection_take_it():
    X = Sequences(ARRAY)
    model = LSTMAttentionRegressor(**FAST, early_stopping=True)
    model.fit(X[:30], Y[:30], X_val=X[30:], y_val=Y[30:])
    np.testing.assert_array_equal(
        occlusion_importance(model, X[:5]), occlusion_importance(model, ARRAY[:5])
    )


def test_a_memory_map_stays_on_disk(tmp_path):
    path = tmp_path / "steps.dat"
    steps = np.memmap(path, np.float32, "w+", shape=ARRAY.shape)
    steps[:] = ARRAY
    X = Sequences(steps)
    assert isinstance(X[5:20].steps, np.memmap)
    expected = LSTMAttentionRegressor(**FAST).fit(steps, Y).predict(steps)
    model = LSTMAttentionRegressor(**FAST).fit(X, Y)
    np.testing.assert_array_equal(model.predict(X), expected)
