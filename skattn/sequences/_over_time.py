"""Any scikit-learn transformer, applied to the time steps of sequences."""

from collections.abc import Callable
from dataclasses import asdict
from numbers import Integral, Real
from typing import ClassVar

import numpy as np
from scipy.sparse import csr_array, issparse
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context, clone
from sklearn.utils import get_tags
from sklearn.utils._param_validation import HasMethods, Interval
from sklearn.utils.validation import check_is_fitted

from ._frames import n_axes
from ._ragged import cut_steps, is_ragged, join_steps
from ._reader import read_X
from ._samples import Samples
from ._schema import Schema
from ._sequences import Sequences


# No frame holds sequences: whatever scikit-learn is told to give, they stay arrays.
# (scikit-learn has no types, so that mypy does not know the keyword.)
class OverTime(  # type: ignore[call-arg]
    TransformerMixin, BaseEstimator, auto_wrap_output_keys=None
):
    """Apply a transformer of rows to the time steps of sequences.

    The steps of all sequences are laid end to end and given to the transformer as
    rows, one column a channel; what comes back is cut into sequences again. Padding
    takes no part. So `StandardScaler`, `PowerTransformer` or `PCA` work on 3-D arrays
    and on lists of sequences, in pipelines and grid searches. Where X is a list of
    frames the rows are a frame of pandas, in which `ColumnTransformer` finds channels
    by name.

    Parameters
    ----------
    transformer : transformer
        A scikit-learn transformer without a target, which gives a row for each row.

    n_timesteps : int, default=None
        Steps into which a flat row of X is cut, time-major. None: one channel, a step
        a column. Ignored for 3-D X and lists.

    padding_value : float, default=None
        What fills a 3-D or flat X behind the end of shorter sequences; the output is
        padded with it too. Ignored for lists.

    Attributes
    ----------
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of X, if X was a frame, or a list of frames.

    n_channels_in_ : int
        Channels of X.

    n_features_in_ : int
        Columns of a flat X, channels of a 3-D X or a list.

    n_timesteps_in_ : int
        Time steps of X; of a list, those of its longest sequence.

    transformer_ : transformer
        The fitted clone.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.preprocessing import RobustScaler
    >>> from skattn.sequences import OverTime
    >>> X = [np.array([[1.0], [2.0], [3.0]]), np.array([[5.0], [3.0]])]
    >>> [x.ravel() for x in OverTime(RobustScaler()).fit_transform(X)]
    [array([-2., -1.,  0.]), array([2., 0.])]
    """

    _parameter_constraints: ClassVar[dict] = {
        "transformer": [HasMethods(["fit", "transform"])],
        "n_timesteps": [Interval(Integral, 1, None, closed="left"), None],
        "padding_value": [Real, None],
    }

    # The transformer judges what it takes: gaps go through.
    missing: ClassVar[str] = "mask"
    _schema: Schema

    def __init__(
        self,
        transformer: object,
        *,
        n_timesteps: int | None = None,
        padding_value: float | None = None,
    ) -> None:
        self.transformer = transformer
        self.n_timesteps = n_timesteps
        self.padding_value = padding_value

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: object, y: object = None) -> "OverTime":
        """Fit the transformer on all time steps.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_timesteps, n_channels) or \
                (n_samples, n_features), list of array-like, or Sequences
            Sequences in any form that skattn's estimators take. Of `Sequences` the
            steps are read.
        y : Ignored
            Not used; here for consistency.

        Returns
        -------
        OverTime
            The transformer itself.
        """
        if isinstance(X, Sequences):
            X = X.only_steps()
        if get_tags(self.transformer).target_tags.required:
            raise ValueError(
                f"transformer={self.transformer!r} needs y, but steps have none of "
                "their own; allowed are transformers without a target."
            )
        sequences = read_X(self, X, reset=True)
        rows = self._name_rows(join_steps(sequences))
        self.transformer_ = clone(self.transformer).fit(rows)
        return self

    def transform(self, X: object) -> object:
        """Transform each time step.

        Parameters
        ----------
        X : array-like, list of array-like, or Sequences
            Sequences in any form that `fit` takes.

        Returns
        -------
        ndarray, list of ndarray, or Sequences
            In the form of X; the channels are those that the transformer gives. Of
            `Sequences` the steps alone are transformed, and channels keep names; frames
            become arrays.
        """
        check_is_fitted(self)
        if isinstance(X, Sequences):
            samples = read_X(self, X.only_steps(), reset=False)
            steps = self._map(X.steps, samples, self.transformer_.transform)
            return X.with_steps(steps, self._find_names())
        return self._map(X, read_X(self, X, reset=False), self.transformer_.transform)

    def inverse_transform(self, X: object) -> object:
        """Undo `transform`, if the transformer can.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_timesteps, n_channels), list, or Sequences
            Transformed sequences.

        Returns
        -------
        ndarray, list of ndarray, or Sequences
            In the form of X, with the original channels.
        """
        check_is_fitted(self)
        if isinstance(X, Sequences):
            names = None if self._schema.flat else vars(self).get("feature_names_in_")
            return X.with_steps(self.inverse_transform(X.steps), names)
        # What comes back need not have the channels that fit saw.
        reader = OverTime(self.transformer, padding_value=self._schema.padding_value)
        if self._schema.flat:
            reader.n_timesteps = self.n_timesteps_in_
        sequences = read_X(reader, X, reset=True)
        return self._map(X, sequences, self.transformer_.inverse_transform)

    def set_output(self, *, transform: str | None = None) -> "OverTime":
        """Accept any container, and use none: sequences stay arrays or lists.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, default=None
            Ignored, so that a pipeline can ask all of its steps.

        Returns
        -------
        OverTime
            The transformer itself.
        """
        return self

    def get_feature_names_out(self, input_features: object = None) -> np.ndarray:
        """Return the names of the channels that come out.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the channels that go in; None for those seen in `fit`.

        Returns
        -------
        ndarray of str
            As the transformer names them.
        """
        check_is_fitted(self)
        if input_features is None and not self._schema.flat:
            input_features = getattr(self, "feature_names_in_", None)
        return self.transformer_.get_feature_names_out(input_features)

    def _find_names(self) -> np.ndarray | None:
        """Return the names of the channels that come out, None if there are none."""
        named = hasattr(self, "feature_names_in_") and not self._schema.flat
        if not named or not hasattr(self.transformer_, "get_feature_names_out"):
            return None
        return self.get_feature_names_out()

    def _name_rows(self, steps: np.ndarray) -> object:
        """Return steps as a frame where channels have names and there is pandas."""
        names = vars(self).get("feature_names_in_")
        if names is None or self._schema.flat or steps.shape[1] != len(names):
            return steps
        try:
            from pandas import DataFrame
        except ImportError:
            return steps
        return DataFrame(steps, columns=names, copy=False)

    def _map(
        self, X: object, sequences: Samples, function: Callable[[object], object]
    ) -> object:
        """Apply a function to the steps, and give the result the form of X."""
        steps = join_steps(sequences)
        found = function(self._name_rows(steps))
        result = np.asarray(csr_array(found).toarray() if issparse(found) else found)
        if result.ndim != 2 or len(result) != len(steps):
            raise ValueError(
                f"transformer={self.transformer!r} gave shape {result.shape} for "
                f"{len(steps)} time steps; it must give one row for each."
            )
        n_samples, n_timesteps, _ = sequences.values.shape
        lengths = sequences.lengths
        rows_alone = self._schema.row_timesteps is not None
        if is_ragged(X) and not (rows_alone and n_axes(X[0]) == 1):
            whole = np.full(n_samples, n_timesteps) if lengths is None else lengths
            return cut_steps(result, whole)
        if lengths is None:
            values = result.reshape(n_samples, n_timesteps, -1)
        else:
            values = self._pad(result, sequences)
        return values.reshape(n_samples, -1) if self._schema.flat else values

    def _pad(self, result: np.ndarray, sequences: Samples) -> np.ndarray:
        """Return steps as sequences that are filled up with the padding value.

        Raises
        ------
        ValueError
            If a last step became the padding value, and would be read as padding.
        """
        padding, lengths = self._schema.padding_value, sequences.lengths
        assert padding is not None
        assert lengths is not None
        type_ = result.dtype
        with np.errstate(invalid="ignore", over="ignore"):
            held = np.array(padding).astype(type_).astype(np.float64)
        if type_.kind == "b" or not np.array_equal(held, padding, equal_nan=True):
            type_ = np.dtype(np.float64)  # flags and whole numbers hold no NaN
        last = result[np.cumsum(lengths) - 1].astype(np.float64)
        same = np.isnan(last) if np.isnan(padding) else last == held
        if same.all(axis=1).any():
            sample = int(same.all(axis=1).argmax())
            raise ValueError(
                f"transformer={self.transformer!r} turned the last step of sample "
                f"{sample} into padding_value={padding}, so that it would be read as "
                "padding; allowed is a padding_value that no step becomes, such as "
                "NaN, or a list of sequences."
            )
        shape = (*sequences.values.shape[:2], result.shape[1])
        values = np.full(shape, padding, type_)
        values[sequences.real_steps(slice(None))] = result
        return values

    def __getstate__(self) -> dict[str, object]:
        """Return what pickles hold: plain settings in the place of our own records."""
        state: dict[str, object] = super().__getstate__()
        schema = state.get("_schema")
        if isinstance(schema, Schema):
            state = state | {"_schema": asdict(schema)}
        return state

    def __setstate__(self, state: dict[str, object]) -> None:
        """Restore what `__getstate__` gave, or an earlier version."""
        schema = state.get("_schema")
        if isinstance(schema, dict):
            state = state | {"_schema": Schema(**schema)}
        super().__setstate__(state)

    def __sklearn_tags__(self) -> object:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True
        return tags
