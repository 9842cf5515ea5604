"""Categories and tokens: learned from, carried, saved, and refused by name."""

import pickle
import warnings
from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, cross_val_predict

import skattn
from skattn import LSTMAttentionClassifier, LSTMAttentionRegressor
from skattn.sequences import Sequences

pd = pytest.importorskip("pandas")

RNG = np.random.default_rng(0)
N = 600
LEVELS = np.array(["ant", "bee", "cat", "dog", "eel"])
VALUE = np.array([3.0, 0.0, 4.0, 1.0, 2.0])  # the hidden order of the levels
CODES = RNG.integers(0, 5, (N, 6))
NUMBERS = RNG.normal(size=(N, 6))
Y = VALUE[CODES[:, 2]]
TOKENS = [[*LEVELS[codes]] for codes in CODES]
FRAMES = [
    pd.DataFrame({"x": x, "kind": LEVELS[codes]})
    for x, codes in zip(NUMBERS, CODES, strict=True)
]
LENGTHS = RNG.integers(2, 7, N)
RAGGED = Sequences(
    [frame[:n] for frame, n in zip(FRAMES, LENGTHS, strict=True)],
    static=pd.DataFrame({"age": RNG.normal(50, 9, N), "who": LEVELS[CODES[:, 0]]}),
)
FIRST = np.array([VALUE[codes[0]] for codes in CODES])
FAST = {"hidden_size": 8, "max_epochs": 2, "random_state": 0}
ENOUGH = {"hidden_size": 32, "max_epochs": 60, "random_state": 0}
FORMS = {
    "tokens": (TOKENS, {}),
    "arrays of text": (np.array(TOKENS), {}),
    "list of arrays of text": ([*np.array(TOKENS)], {}),
    "column of lists": (pd.Series(TOKENS), {}),
    "frames": (FRAMES, {}),
    "numbers": (
        np.stack([NUMBERS, 7.0 * CODES], axis=2),
        {"categorical_features": [1]},
    ),
    "mask": (
        np.stack([7 * CODES, CODES], axis=2)[:, :, :1],
        {"categorical_features": [True]},
    ),
    "flat rows": (7 * CODES, {"categorical_features": [-1]}),
}
VARIANTS = [
    {},
    {"query": "last", "n_heads": 2, "dropout": 0.3},
    {"attention": "feature"},
    {"patch_size": 2, "self_attention_heads": 2},
    {"conv_layers": 1, "patch_size": 2},
    {"decoder": "lstm", "state_bypass": True},
]


def answers(model, X):
    return model.predict(X), model.transform(X), model.predict_attention(X)


@pytest.mark.parametrize("form", ["tokens", "frames", "numbers"])
def test_the_hidden_order_of_a_category_is_found(form):
    X, options = FORMS[form]
    model = LSTMAttentionRegressor(**ENOUGH, **options).fit(X[:500], Y[:500])
    assert model.score(X[500:], Y[500:]) > 0.97


def test_a_static_category_says_which_channel_counts():
    steps = RNG.normal(size=(N, 6, 2))
    who = pd.DataFrame({"who": LEVELS[CODES[:, 0]]})
    X = Sequences(steps, static=who)
    y = np.where(CODES[:, 0] % 2, steps[:, 3, 0], steps[:, 3, 1])
    model = LSTMAttentionRegressor(**ENOUGH).fit(X[:500], y[:500])
    assert model.score(X[500:], y[500:]) > 0.97
    assert [*model.static_categories_["who"]] == [*LEVELS]


@pytest.mark.parametrize("form", FORMS)
def test_all_forms_mean_the_same(form):
    X, options = FORMS[form]
    model = LSTMAttentionClassifier(**FAST, **options).fit(X, Y > 1)
    (found,) = model.categories_.values()
    assert len(found) == 5
    assert model.predict(X).shape == (N,)
    assert model.n_channels_in_ == (2 if form in ("frames", "numbers") else 1)


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_a_sample_alone_is_answered_as_among_others(variant):
    model = LSTMAttentionRegressor(**FAST, **variant).fit(RAGGED, FIRST)
    order = RNG.permutation(N)
    whole = answers(model, RAGGED)
    shuffled = answers(model, RAGGED[order])
    for i, answer in enumerate(whole):
        scale = FIRST.std() if i == 0 else 1.0
        np.testing.assert_allclose(
            shuffled[i], answer[order], rtol=0, atol=1e-5 * scale
        )
        for row in (0, 255, 599):
            alone = answers(model, RAGGED[row : row + 1])[i][0]
            own = answer[row]
            if i == 2:  # weights, which fill up to the longest
                own = own[..., : alone.shape[-1]]
            np.testing.assert_allclose(alone, own, rtol=0, atol=1e-5 * scale)


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_files_and_graphs_hold_them(variant, tmp_path):
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    model = LSTMAttentionRegressor(**FAST, **variant).fit(RAGGED, FIRST)
    expected = model.predict(RAGGED)
    skattn.save(model, tmp_path / "model.safetensors")
    loaded = skattn.load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(loaded.predict(RAGGED), expected)
    assert loaded.categories_.keys() == {"kind"}
    copy = pickle.loads(pickle.dumps(model)).partial_fit(RAGGED, FIRST)
    assert copy.n_iter_ == 3
    skattn.to_onnx(model, tmp_path / "model.onnx")
    session = runtime.InferenceSession(tmp_path / "model.onnx")
    X = np.full((N, 6, 2), np.nan)
    for i, n in enumerate(LENGTHS):
        X[i, :n, 0], X[i, :n, 1] = NUMBERS[i, :n], CODES[i, :n] + 1
    static = np.column_stack([RAGGED.static["age"], CODES[:, 0] + 1])
    for rows in (slice(0, 1), slice(0, 50)):
        found = session.run(None, {"X": X[rows], "static": static[rows]})[0]
        np.testing.assert_allclose(found, expected[rows], atol=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"categories": {1: ("ant",)}}, "categories are"),
        ({"categories": {}}, "categories are"),
        ({"static_categories": {7: tuple(LEVELS.tolist())}}, "static_categories are"),
    ],
)
def test_a_damaged_file_is_refused(change, message, tmp_path):
    model = LSTMAttentionRegressor(**FAST).fit(RAGGED, FIRST)
    model._schema = replace(model._schema, **change)
    skattn.save(model, tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match=message):
        skattn.load(tmp_path / "model.safetensors")


def test_skops_needs_no_other_trust(tmp_path):
    io = pytest.importorskip("skops.io")
    model = LSTMAttentionRegressor(**FAST).fit(RAGGED, FIRST)
    io.dump(model, tmp_path / "model.skops")
    loaded = io.load(
        tmp_path / "model.skops", trusted=["skattn.LSTMAttentionRegressor"]
    )
    np.testing.assert_array_equal(loaded.predict(RAGGED), model.predict(RAGGED))


def test_what_was_not_seen_is_unknown():
    model = LSTMAttentionClassifier(**FAST).fit(TOKENS, Y > 1)
    one, other = [["yak", "bee"]], [["zebra", "bee"]]
    np.testing.assert_array_equal(model.predict_proba(one), model.predict_proba(other))
    np.testing.assert_array_equal(
        model.predict_proba([[None, "bee"]]), model.predict_proba(one)
    )
    assert not np.allclose(
        model.predict_proba([["ant", "bee"]]), model.predict_proba(one)
    )


def test_the_vector_of_what_is_unknown_is_trained():
    model = LSTMAttentionClassifier(**FAST, embedding_size=3).fit(
        TOKENS[:60], Y[:60] > 1
    )
    rare = [[*tokens[:5], f"only{i}"] for i, tokens in enumerate(TOKENS[:60])]
    model.fit(rare, Y[:60] > 1)
    assert np.abs(model.embedding_frame().loc["<unknown>"]).max() > 0


@pytest.mark.parametrize(("least", "kept"), [(1, 6), (5, 5), (None, 6), (0.1, 5)])
def test_rare_categories_share_a_vector(least, kept):
    X = [*TOKENS, ["rare", "ant"]]
    y = np.append(Y, 0.0)
    model = LSTMAttentionRegressor(**FAST, min_frequency=least).fit(X, y)
    assert len(model.categories_[0]) == kept
    same = np.allclose(model.predict([["rare"]]), model.predict([["never seen"]]))
    assert same == (kept == 5)


def test_missing_is_a_category_if_it_was_seen():
    missing = [frame.copy() for frame in FRAMES]
    for frame in missing[::2]:
        frame.loc[1, "kind"] = None
    y = np.arange(N) % 2.0
    model = LSTMAttentionRegressor(**ENOUGH | {"max_epochs": 20}).fit(missing, y)
    assert [*model.categories_["kind"]] == [*LEVELS, None]
    assert model.score(missing, y) > 0.97
    X = np.stack([NUMBERS, CODES], axis=2)
    X[::2, 1, 1] = np.nan
    model = LSTMAttentionRegressor(**FAST, categorical_features=[1]).fit(X, y)
    assert [*model.categories_[1]] == [0, 1, 2, 3, 4, None]


def test_padding_is_no_category():
    X = np.full((N, 6, 2), np.nan)
    for i, n in enumerate(LENGTHS):
        X[i, :n, 0], X[i, :n, 1] = NUMBERS[i, :n], CODES[i, :n]
    options = FAST | {"padding_value": np.nan, "categorical_features": [1]}
    padded = LSTMAttentionRegressor(**options).fit(X, FIRST)
    assert [*padded.categories_[1]] == [0, 1, 2, 3, 4]
    listed = LSTMAttentionRegressor(**FAST).fit(RAGGED.steps, FIRST)
    np.testing.assert_allclose(padded.predict(X), listed.predict(RAGGED.steps))


@pytest.mark.parametrize(
    ("X", "options", "expected"),
    [
        ([["a", "b"], ["b", "c", "a"]] * 20, {}, (32,)),
        ([["a", "b"], ["b", "c", "a"]] * 20, {"conv_layers": 0}, (3,)),
        ([pd.DataFrame({"c": ["a", "b", "c"], "x": [0.0, 1.0, 2.0]})] * 40, {}, (3,)),
    ],
    ids=["categories alone", "no convolutions", "numbers beside"],
)
def test_convolutions_over_categories_alone_read_longer_vectors(X, options, expected):
    model = LSTMAttentionClassifier(max_epochs=1, random_state=0, **options)
    assert model.fit(X, [0, 1] * 20).embedding_size_ == expected


def test_static_categories_beside_letters_keep_short_vectors():
    static = pd.DataFrame({"site": ["north", "south"] * 20})
    X = Sequences([["a", "b"], ["b", "c", "a"]] * 20, static=static)
    model = LSTMAttentionClassifier(max_epochs=1, random_state=0).fit(X, [0, 1] * 20)
    assert model.embedding_size_ == (32, 3)


def test_types_of_frames_that_are_categories():
    frames = [
        pd.DataFrame(
            {
                "typed": pd.Categorical(LEVELS[codes], categories=LEVELS),
                "flag": codes > 2,
                "whole": codes,
                "text": pd.array(LEVELS[codes], dtype="string"),
            }
        )
        for codes in CODES[:80]
    ]
    model = LSTMAttentionRegressor(**FAST).fit(frames, Y[:80])
    assert [*model.categories_] == ["typed", "flag", "text"]
    assert model.embedding_size_ == (4, 3, 4)
    named = clone(model).set_params(categorical_features=["whole", "text"])
    with pytest.raises(ValueError, match=r"X\[0\] has a channel 'typed'"):
        named.fit(frames, Y[:80])
    some = [frame[["flag", "whole"]] for frame in frames]
    named.set_params(categorical_features=["whole"]).fit(some, Y[:80])
    assert [*named.categories_] == ["whole"]


def test_polars_frames_are_read_alike():
    pl = pytest.importorskip("polars")
    frames = [
        pl.DataFrame({"x": f["x"].to_numpy(), "kind": [*f["kind"]]}) for f in FRAMES
    ]
    one = LSTMAttentionRegressor(**FAST).fit(frames[:80], Y[:80])
    other = LSTMAttentionRegressor(**FAST).fit(FRAMES[:80], Y[:80])
    np.testing.assert_array_equal(one.predict(frames), other.predict(FRAMES))


def test_training_starts_from_given_vectors():
    given = {level: np.full(3, i) for i, level in enumerate(LEVELS[:4])}
    options = FAST | {"learning_rate": 1e-9, "embeddings": given}
    model = LSTMAttentionRegressor(**options).fit(FRAMES, Y)
    table = model.embedding_frame("kind")
    assert table.shape == (6, 3)
    expected = [given[level] for level in LEVELS[:4]]
    np.testing.assert_allclose(table.loc[LEVELS[:4]], expected, atol=1e-6)
    np.testing.assert_allclose(table.loc["<unknown>"], 1.5, atol=1e-6)
    by_channel = clone(model).set_params(embeddings={"kind": given}).fit(FRAMES, Y)
    np.testing.assert_array_equal(by_channel.embedding_frame(), table)


@pytest.mark.parametrize(
    ("embeddings", "size", "message"),
    [
        ({"ant": [1, 2], "bee": [1]}, "auto", r"vectors of the sizes \[1, 2\]"),
        ({"ant": [1, 2]}, 3, r"embeddings\['ant'\] has shape \(2,\); allowed are 3"),
        ({"ant": ["a", "b"]}, "auto", r"embeddings\['ant'\] is no vector of numbers"),
        ({"ant": []}, "auto", r"vectors of the sizes \[0\]; .* at least 1"),
        ({"ant": [1, np.nan]}, "auto", r"embeddings\['ant'\].*finite numbers"),
        ({"x": {"ant": [1]}}, "auto", r"vectors for 'x', which is no channel of cat"),
        ({"kind": {"ant": [1]}, "ant": [1]}, "auto", "mixes vectors and mappings"),
        ([1, 2], "auto", "'embeddings' parameter"),
    ],
)
def test_vectors_that_do_not_fit_are_refused(embeddings, size, message):
    model = LSTMAttentionRegressor(**FAST, embeddings=embeddings, embedding_size=size)
    with pytest.raises(ValueError, match=message):
        model.fit(FRAMES, Y)
    assert not hasattr(model, "net_")


def test_vectors_as_a_table():
    model = LSTMAttentionRegressor(**FAST, embedding_size=2).fit(RAGGED, FIRST)
    table = model.embedding_frame("who")
    assert table.index.tolist() == ["<unknown>", *LEVELS]
    assert table.shape == (6, 2)
    with pytest.raises(ValueError, match=r"channel=None .*\['kind', 'who'\]"):
        model.embedding_frame()


def test_scikit_learn_carries_them_through_a_search():
    model = LSTMAttentionClassifier(**FAST)
    grid = {"embedding_size": [2, "auto"], "min_frequency": [None, 2, 0.05]}
    search = GridSearchCV(model, grid, cv=2, error_score="raise")
    for X in (TOKENS, FRAMES, RAGGED):
        assert search.fit(X[:60], Y[:60] > 1).predict(X).shape == (N,)
        assert cross_val_predict(model, X[:60], Y[:60] > 1, cv=2).shape == (60,)


def test_training_goes_on_with_the_first_vocabulary():
    model = LSTMAttentionRegressor(**FAST, warm_start=True)
    model.partial_fit([["ant", "bee"], ["bee", "ant"]] * 10, [0.0, 1.0] * 10)
    model.partial_fit(TOKENS, Y)
    assert [*model.categories_[0]] == ["ant", "bee"]
    with pytest.raises(ValueError, match="embedding_size=3 cannot change"):
        model.set_params(embedding_size=3).fit(TOKENS, Y)


def test_forecasts_read_categories_beside_their_channel():
    steps = RNG.normal(size=(150, 24, 2)).cumsum(1)
    steps[:, :, 1] = RNG.integers(0, 3, (150, 24))
    y = steps[:, -1:, 0] + steps[:, -1:, 1] * [1, 2]
    options = FAST | {"target_channels": 0, "categorical_features": [1]}
    model = LSTMAttentionRegressor(**options).fit(steps, y)
    assert model.linear_skip_ == "ar"
    assert model.predict(steps[:3]).shape == (3, 2)
    each = model.set_params(channel_independent=True).fit(steps, y)
    np.testing.assert_allclose(
        each.predict(steps[:1]), each.predict(steps)[:1], atol=1e-5
    )


def test_the_callers_arrays_and_random_state_stay():
    X = np.stack([NUMBERS, CODES], axis=2)
    before, state = X.copy(), np.random.get_state()[1].copy()
    LSTMAttentionRegressor(**FAST, categorical_features=[1]).fit(X, Y).predict(X)
    np.testing.assert_array_equal(X, before)
    np.testing.assert_array_equal(np.random.get_state()[1], state)


def test_vectors_need_categories():
    model = LSTMAttentionRegressor(**FAST, embeddings={"ant": [1.0]})
    with pytest.raises(ValueError, match="no channel of X holds any"):
        model.fit(NUMBERS, Y)


NO_CHANNEL = "categorical_features names the channel"


@pytest.mark.parametrize(
    ("X", "options", "message"),
    [
        (FRAMES, {"categorical_features": ["sort"]}, f"{NO_CHANNEL} 'sort'.*'kind'"),
        (
            NUMBERS,
            {"categorical_features": [1]},
            f"{NO_CHANNEL} 1, but X has 1 channels",
        ),
        (FRAMES, {"categorical_features": [1.5]}, f"{NO_CHANNEL} 1.5"),
        (
            FRAMES,
            {"categorical_features": [True]},
            "is a mask of 1 entries, but X has 2",
        ),
        (FRAMES, {"categorical_features": [1, -1]}, "names a channel twice"),
        (FRAMES, {"categorical_features": "kind"}, "'categorical_features' parameter"),
        (FRAMES, {"categorical_features": None}, "'kind' that does not hold numbers"),
        (
            TOKENS,
            {"categorical_features": None},
            "channel 0 that does not hold numbers",
        ),
        (FRAMES, {"min_frequency": 10**6}, "min_frequency=1000000 leaves no category"),
        (FRAMES, {"min_frequency": 0}, "'min_frequency' parameter"),
        (FRAMES, {"min_frequency": 1.5}, "'min_frequency' parameter"),
        (FRAMES, {"embedding_size": 0}, "'embedding_size' parameter"),
        (FRAMES, {"values": "inputs"}, "values='inputs' does not go with categories"),
        (FRAMES, {"linear_skip": True}, "linear_skip=True does not go with categories"),
        ([*TOKENS[:-1], []], {}, r"X\[599\] has no steps; allowed is at least 1"),
        (
            [*FRAMES[:-1], FRAMES[0][["kind"]]],
            {},
            r"X\[599\] has the columns \['kind'\]",
        ),
        ([*FRAMES[:-1], TOKENS[0]], {}, r"X\[599\] has 1 channels, but X\[0\] has 2"),
        (["a text"] * N, {}, "X is a list of texts; .*Tokenizer"),
    ],
)
def test_what_does_not_fit_is_refused(X, options, message):
    model = LSTMAttentionRegressor(**FAST | options)
    with pytest.raises(ValueError, match=message):
        model.fit(X, Y)


def test_later_inputs_must_have_the_same_channels():
    model = LSTMAttentionRegressor(**FAST).fit(FRAMES, Y)
    with pytest.raises(ValueError, match=r"1 channels .* fitted on 2"):
        model.predict(TOKENS)
    with pytest.raises(ValueError, match=r"feature names"):
        model.predict([frame.rename(columns={"x": "z"}) for frame in FRAMES])
    plain = LSTMAttentionRegressor(**FAST).fit(NUMBERS[:, :, None], Y)
    with pytest.raises(
        ValueError,
        match="X holds text or booleans, but LSTMAttentionRegressor was fitted",
    ):
        plain.predict(TOKENS)


@pytest.mark.parametrize("form", ["tokens", "frames", "with static"])
def test_inspection_takes_categories_for_missing(form):
    from skattn.inspection import (
        attention_faithfulness,
        attention_frame,
        occlusion_importance,
        timestep_permutation_importance,
    )

    X = {"tokens": TOKENS, "frames": FRAMES, "with static": RAGGED}[form]
    y = FIRST if form == "with static" else Y
    model = LSTMAttentionRegressor(**ENOUGH | {"max_epochs": 20}).fit(X, y)
    found = timestep_permutation_importance(model, X, y, random_state=0)
    assert found.importances_mean.argmax() == (0 if form == "with static" else 2)
    some = X[:30]
    assert occlusion_importance(model, some).shape == (30, 6)
    assert len(attention_frame(model, some)) >= 30
    assert str(attention_faithfulness(model, some, random_state=0))
    if form != "tokens":
        return
    from skattn.inspection import gradient_importance

    with pytest.raises(
        NotImplementedError, match="gradients do not go through categories"
    ):
        gradient_importance(model, some)


LETTERS = np.random.default_rng(3).choice(["a", "b", "c"], (60, 4))


def flat(library, **columns):
    return pytest.importorskip(library).DataFrame(
        {name: [str(x) for x in column] for name, column in columns.items()}
    )


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_text_in_flat_frames_is_a_channel_of_categories(library):
    frame = flat(library, **{f"word{i}": LETTERS[:, i] for i in range(4)})
    y = LETTERS[:, 2] == "b"
    model = LSTMAttentionRegressor(max_epochs=2, random_state=0).fit(frame, y)
    listed = [row.tolist() for row in LETTERS]
    other = LSTMAttentionRegressor(max_epochs=2, random_state=0).fit(listed, y)
    np.testing.assert_array_equal(model.predict(frame), other.predict(listed))
    assert model.categories_[0].tolist() == ["a", "b", "c"]
    assert model.feature_names_in_.tolist() == ["word0", "word1", "word2", "word3"]
    with pytest.raises(ValueError, match=r"feature names"):
        model.predict(frame[["word1", "word0", "word2", "word3"]])


def test_flat_frames_hold_channels_of_text_beside_numbers():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "kind0": LETTERS[:, 0],
            "dose0": rng.normal(size=60),
            "kind1": pd.Categorical(LETTERS[:, 1]),
            "dose1": rng.normal(size=60),
        }
    )
    model = LSTMAttentionRegressor(n_timesteps=2, max_epochs=1, random_state=0)
    model.fit(frame, frame["dose1"])
    steps = np.stack([LETTERS[:, :2], frame[["dose0", "dose1"]]], axis=2)
    listed = [
        pd.DataFrame({"kind": x[:, 0], "dose": x[:, 1].astype(float)}) for x in steps
    ]
    other = LSTMAttentionRegressor(max_epochs=1, random_state=0)
    other.fit(listed, frame["dose1"])
    np.testing.assert_allclose(model.predict(frame), other.predict(listed))
    assert {*model.categories_} == {0}
    for wrong in (frame.assign(kind1=1.0), frame.assign(dose0="a")):
        with pytest.raises(ValueError, match=r"X has a column '\w+' of type"):
            model.predict(wrong)


def test_flags_in_flat_frames_stay_numbers():
    frame = pd.DataFrame({f"flag{i}": LETTERS[:, i] == "a" for i in range(4)})
    model = LSTMAttentionRegressor(max_epochs=1, random_state=0)
    assert model.fit(frame, np.arange(60.0)).categories_ == {}


def test_a_channel_and_a_static_column_without_names_are_not_mixed_up():
    static = np.where(Y > 2, "p", "q")[:, None]
    sequences = Sequences(TOKENS, static=static)
    model = LSTMAttentionRegressor(**FAST, embedding_size=2).fit(sequences, Y)
    with pytest.raises(ValueError, match="channel=0 names several channels or static"):
        model.embedding_frame(0)


def test_numbers_are_the_same_categories_in_float32():
    X = np.array([0.1, 0.2, 0.3])[RNG.integers(0, 3, (60, 4))][:, :, None]
    y = X[:, 0, 0]
    model = LSTMAttentionRegressor(**FAST, categorical_features=[0]).fit(X, y)
    expected = model.predict(X)
    np.testing.assert_allclose(model.predict(X.astype(np.float32)), expected, rtol=1e-6)
    model.fit(X.astype(np.float32), y)
    np.testing.assert_allclose(
        model.predict(X), model.predict(X.astype(np.float32)), rtol=1e-6
    )


@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
@pytest.mark.parametrize("kind", ["dates", "durations"])
def test_dates_beside_text_are_no_numbers(kind, zone):
    days = pd.date_range("2024", periods=3, tz=zone)
    when = days if kind == "dates" else days - days[0]
    visit = pd.DataFrame({"pulse": [1.0, 2, 3], "drug": ["a", "b", "a"], "when": when})
    with pytest.raises(ValueError, match=r"X\[0\] has a channel 'when' .*dates and"):
        LSTMAttentionRegressor().fit([visit] * 4, [1.0] * 4)


def test_a_word_among_numbers_is_refused_and_not_made_a_category():
    X = np.random.default_rng(0).normal(size=(8, 3, 2)).astype(object)
    X[0, 0, 0] = "n/a"
    with pytest.raises(ValueError, match="channel 0, holds text such as 'n/a' and num"):
        LSTMAttentionRegressor().fit(X, [1.0] * 8)
    named = LSTMAttentionRegressor(**FAST, categorical_features=[0])
    assert len(named.fit(X, [1.0] * 8).categories_[0]) == 24


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("form", ["array", "frames", "flat"])
def test_numbers_that_are_text_are_told(form):
    X = np.random.default_rng(0).normal(size=(8, 3, 1)).round(3).astype(str)
    if form == "frames":
        X = [pd.DataFrame(x, columns=["load"]) for x in X]
    elif form == "flat":
        X = pd.DataFrame(X[:, :, 0], columns=["a", "b", "c"])
    with pytest.warns(UserWarning, match=r"is text that reads like numbers"):
        LSTMAttentionRegressor(**FAST).fit(X, Y[:8])
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        warnings.simplefilter("ignore", ConvergenceWarning)
        named = LSTMAttentionRegressor(**FAST, categorical_features=[0])
        named.set_params(n_timesteps=3 if form == "flat" else None).fit(X, Y[:8])


@pytest.mark.parametrize(
    "values", [["10", "20", "30"] * 5, ["v1.5", "v2.5", "v3.1"] * 5]
)
def test_codes_in_text_stay_categories_without_a_word(values):
    X = [[value] for value in values]
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        warnings.simplefilter("ignore", ConvergenceWarning)
        LSTMAttentionRegressor(**FAST).fit(X, np.arange(15.0))
