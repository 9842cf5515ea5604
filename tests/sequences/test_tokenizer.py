"""Documents as lists of tokens: what a token is, and what is refused."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skattn import LSTMAttentionClassifier
from skattn.sequences import Tokenizer

DOCUMENTS = ["Not bad, this film!", "Été: dull.", "42 times BAD", "  "]


def test_words_and_signs_are_tokens_in_their_order():
    found = Tokenizer().fit_transform(DOCUMENTS)
    assert found[0] == ["not", "bad", ",", "this", "film", "!"]
    assert found[1] == ["été", ":", "dull", "."]
    assert found[2] == ["42", "times", "bad"]
    assert found[3] == [""]  # a document without a token is one unknown token


@pytest.mark.parametrize(
    "settings",
    [
        {"token_pattern": r"(?u)\b\w\w+\b"},
        {"lowercase": False, "token_pattern": r"\S+"},
        {"stop_words": "english"},
        {"stop_words": ["bad"], "ngram_range": (1, 2)},
        {"strip_accents": "unicode"},
    ],
)
def test_tokens_are_those_of_scikit_learn(settings):
    tokenizer = Tokenizer(**settings)
    analyze = CountVectorizer(
        **{"token_pattern": tokenizer.token_pattern} | settings
    ).build_analyzer()
    for document, tokens in zip(DOCUMENTS, tokenizer.transform(DOCUMENTS), strict=True):
        assert tokens == (analyze(document) or [""])


def test_long_documents_are_cut():
    assert Tokenizer(max_length=2).transform(DOCUMENTS)[0] == ["not", "bad"]


@pytest.mark.parametrize("kind", [list, tuple, np.array, "series"])
def test_documents_come_in_any_column(kind):
    if kind == "series":
        kind = pytest.importorskip("pandas").Series
    assert Tokenizer().transform(kind(DOCUMENTS))[2] == ["42", "times", "bad"]


def test_parameters_are_kept_and_searched():
    tokenizer = Tokenizer(max_length=5, stop_words="english")
    assert clone(tokenizer).get_params() == tokenizer.get_params()
    assert pickle.loads(pickle.dumps(tokenizer)).max_length == 5
    classifier = LSTMAttentionClassifier(max_epochs=1, hidden_size=4, random_state=0)
    pipeline = make_pipeline(Tokenizer(), classifier)
    grid = {"tokenizer__max_length": [2, None]}
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise")
    X, y = DOCUMENTS * 5, [0, 1, 0, 1] * 5
    assert search.fit(X, y).predict(DOCUMENTS).shape == (4,)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ("one text", "X is of type str; allowed is a list, array or column of texts"),
        (3, "X is of type int"),
        (["good", None], r"X\[1\] is None, of type NoneType"),
        ([["good"]], r"X\[0\] is \['good'\], of type list"),
    ],
)
def test_other_things_are_no_documents(X, message):
    with pytest.raises(ValueError, match=message):
        Tokenizer().fit(X)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"max_length": 0}, "'max_length' parameter"),
        ({"stop_words": "french"}, "'stop_words' parameter"),
        ({"ngram_range": (2, 1)}, r"ngram_range=\(2, 1\) must be a pair"),
        ({"ngram_range": (1,)}, r"ngram_range=\(1,\) must be a pair"),
    ],
)
def test_parameters_that_mean_nothing_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Tokenizer(**settings).fit(DOCUMENTS)


def test_the_estimator_says_that_documents_need_a_tokenizer():
    with pytest.raises(ValueError, match=r"X is a list of texts.*Tokenizer"):
        LSTMAttentionClassifier().fit(DOCUMENTS, [0, 1, 0, 1])
