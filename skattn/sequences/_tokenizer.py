"""Documents as lists of tokens, by scikit-learn's own analyzer."""

from collections.abc import Callable, Iterable, Sequence
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.utils import Tags
from sklearn.utils._param_validation import Interval, StrOptions


class Tokenizer(TransformerMixin, BaseEstimator):
    r"""Turn documents into lists of tokens, in a pipeline before an estimator.

    What is a token decides `~sklearn.feature_extraction.text.CountVectorizer`, whose
    parameters have their meaning here, too. Tokens stay in their order, so that
    skattn's estimators read them as sequences of one categorical channel. Nothing is
    learned: the vocabulary is the estimator's.

    Parameters
    ----------
    lowercase : bool, default=True
        Whether to turn all letters into small ones first.

    token_pattern : str, default=r"(?u)\w+|[^\w\s]"
        Regular expression of a token. The default takes words and, one by one, the
        signs between them, which mean something in a sequence: "not good!" has three
        tokens.

    stop_words : {"english"}, list of str or None, default=None
        Tokens to leave out. None leaves out nothing, which is best where the order of
        words counts.

    ngram_range : tuple of int, default=(1, 1)
        Least and greatest number of words in a token. With (1, 2) pairs of words follow
        the single ones, which is an order that no reader knows; it is for
        ``attention="mean"``.

    strip_accents : {"ascii", "unicode"} or None, default=None
        Whether to take accents off letters.

    max_length : int, default=None
        Tokens that are kept of a document, from its start; None for all.

    See Also
    --------
    skattn.LSTMAttentionClassifier : Reads the tokens.

    Examples
    --------
    >>> from skattn.sequences import Tokenizer
    >>> Tokenizer().fit_transform(["Not bad, this film!", "Dull."])
    [['not', 'bad', ',', 'this', 'film', '!'], ['dull', '.']]
    >>> Tokenizer(max_length=2).fit_transform(["Not bad, this film!", ""])
    [['not', 'bad'], ['']]
    """

    _parameter_constraints: ClassVar[dict] = {
        "lowercase": ["boolean"],
        "token_pattern": [str],
        "stop_words": [StrOptions({"english"}), list, None],
        "ngram_range": [tuple],
        "strip_accents": [StrOptions({"ascii", "unicode"}), None],
        "max_length": [Interval(Integral, 1, None, closed="left"), None],
    }

    def __init__(
        self,
        *,
        lowercase: bool = True,
        token_pattern: str = r"(?u)\w+|[^\w\s]",
        stop_words: str | list[str] | None = None,
        ngram_range: tuple[int, int] = (1, 1),
        strip_accents: str | None = None,
        max_length: int | None = None,
    ) -> None:
        self.lowercase = lowercase
        self.token_pattern = token_pattern
        self.stop_words = stop_words
        self.ngram_range = ngram_range
        self.strip_accents = strip_accents
        self.max_length = max_length

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Iterable[str], y: object = None) -> "Tokenizer":
        """Check parameters and documents; nothing is learned.

        Parameters
        ----------
        X : iterable of str
            Documents: a list, an array, or a column of a frame.
        y : object, default=None
            Ignored.

        Returns
        -------
        Tokenizer
            The transformer itself.
        """
        self._make_analyzer()
        _read_documents(X)
        return self

    def transform(self, X: Iterable[str]) -> list[list[str]]:
        """Return the tokens of each document.

        Parameters
        ----------
        X : iterable of str
            Documents.

        Returns
        -------
        list of list of str
            For a document without a token a list with one empty token, which an
            estimator that never saw one takes for unknown.

        Raises
        ------
        ValueError
            If X is a single text, or holds something else than texts.
        """
        analyze = self._make_analyzer()
        return [
            analyze(document)[: self.max_length] or [""]
            for document in _read_documents(X)
        ]

    def _make_analyzer(self) -> Callable[[str], list[str]]:
        settings = self.get_params(deep=False)
        del settings["max_length"]
        from sklearn.feature_extraction.text import CountVectorizer  # few need it

        vectorizer = CountVectorizer(**settings)
        least, most = (*self.ngram_range, None, None)[:2]
        if len(self.ngram_range) != 2 or not 1 <= least <= most:
            raise ValueError(
                f"ngram_range={self.ngram_range!r} must be a pair of whole numbers "
                "from 1 on, the least and the greatest number of words in a token."
            )
        analyze: Any = vectorizer.build_analyzer()
        return analyze

    def __sklearn_is_fitted__(self) -> bool:
        """Return True: there is nothing to learn."""
        return True

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.requires_fit = False
        return tags


def _read_documents(X: Any) -> Sequence[str]:
    """Return documents as a list, checked."""
    wanted = "a list, array or column of texts, one a document"
    if isinstance(X, str) or not np.iterable(X) or hasattr(X, "columns"):
        raise ValueError(f"X is of type {type(X).__name__}; allowed is {wanted}.")
    documents = [*X]
    for i, document in enumerate(documents):
        if not isinstance(document, str):
            raise ValueError(
                f"X[{i}] is {document!r}, of type {type(document).__name__}; allowed "
                f"is {wanted}. Missing documents are '' at best."
            )
    return documents
