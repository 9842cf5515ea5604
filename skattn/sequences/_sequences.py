"""One object for all that belongs to a sample, which scikit-learn indexes like X."""

from collections.abc import Iterable, Iterator
from html import escape
from numbers import Integral
from typing import NamedTuple

import numpy as np

from ._long import LongSequences
from ._parts import (
    Part,
    count_samples,
    describe_steps,
    find_frames,
    in_brackets,
    join_parts,
    name_columns,
    plural,
    read_future,
    read_index,
    read_static,
    read_times,
    take_rows,
)
from ._samples import refuse_named


class Names(NamedTuple):
    """Names of columns, where they are known.

    Parameters
    ----------
    channels, static, future : list of str or None
        Of the last axes.
    """

    channels: list[str] | None = None
    static: list[str] | None = None
    future: list[str] | None = None


class Sequences:
    """Hold sequences together with what else is known about each sample.

    scikit-learn takes one X. This is one: it has a length, and rows are taken from all
    of its parts at once, so that it goes through `train_test_split`, pipelines,
    searches and cross-validation as an array does.

    Parameters
    ----------
    steps : array-like, Tensor or list of array-like
        The sequences, in any form that skattn's estimators take as X:
        ``(n_samples, n_timesteps, n_channels)``, flat rows, or a list of arrays or
        frames ``(length, n_channels)``; or `LongSequences`, whose times are taken too.

    static : array-like or frame of shape (n_samples, n_static), default=None
        What does not change within a sequence. Columns of a frame give names.

    future : array-like of shape (n_samples, horizon, n_future) or list of frames, \
            default=None
        What is known before for each output step, such as a calendar.

    times : array-like of shape (n_samples, n_timesteps) or list of array-like, \
            default=None
        Time of each step: numbers, dates or durations, which must not run backwards.
        The network reads the gaps between steps, and how old each is. Dates may be
        those of Python and pandas; those of a time zone become dates of UTC. Behind
        the end of padded sequences they are NaN or NaT, or missing in a list.

    Attributes
    ----------
    steps, static, future, times : object
        The parts; tensors and lists as arrays, but for ``steps``, which stays as it
        came.

    names : tuple
        ``channels``, ``static`` and ``future``: lists of names, None where there are
        none.

    shape : tuple of int
        ``(n_samples,)``.

    Raises
    ------
    ValueError
        If parts have other lengths than the steps, other axes than said above, or
        types that are neither numbers nor, in ``static``, categories.

    Examples
    --------
    >>> import numpy as np
    >>> from skattn.sequences import Sequences
    >>> X = Sequences(np.zeros((5, 24, 3)), static=[[1.0], [2], [3], [4], [5]])
    >>> X
    Sequences of 5 samples
      steps   array, 24 steps, 3 channels
      static  array, 1 column
    >>> X[0].shape, len(X[1:3]), X[[0, 4]].static.ravel()
    ((24, 3), 2, array([1., 5.]))
    """

    def __init__(
        self,
        steps: object,
        *,
        static: object = None,
        future: object = None,
        times: object = None,
    ) -> None:
        if isinstance(steps, Sequences):
            raise ValueError(
                "steps is Sequences already; allowed is what X may be without it."
            )
        if isinstance(steps, LongSequences):
            times = steps.times if times is None else times
            steps = steps.X
        refuse_named(steps, "steps")
        self.steps: Part = steps
        if len(getattr(steps, "shape", ())) == 1 and hasattr(steps, "to_numpy"):
            self.steps = steps.to_numpy()  # a column of arrays
        self.shape = (count_samples(steps),)
        self.static = None if static is None else read_static(static, len(self))
        frames = find_frames(future)
        self.future = None if future is None else read_future(future, len(self))
        self.times = None if times is None else read_times(times, steps, len(self))
        self.names = Names(
            name_columns(find_frames(steps)),
            name_columns([self.static] if hasattr(self.static, "columns") else []),
            name_columns(frames),
        )

    def with_steps(
        self, steps: object, channels: "Iterable[str] | None" = None
    ) -> "Sequences":
        """Return the same samples with other steps.

        Parameters
        ----------
        steps : array-like or list of array-like
            One sequence a sample.
        channels : list of str, default=None
            Names of the channels; None for those of frames in ``steps``.

        Returns
        -------
        Sequences
            With everything else as it is.

        Raises
        ------
        ValueError
            If there are more or fewer sequences than samples.
        """
        other = Sequences(steps)
        if len(other) != len(self):
            raise ValueError(f"steps has {len(other)} samples; allowed is {len(self)}.")
        known = other.names.channels if channels is None else [*channels]
        return self._copy(steps=other.steps, names=self.names._replace(channels=known))

    def only_steps(self) -> "Sequences":
        """Return the steps without what else is known.

        Returns
        -------
        Sequences
            Of steps alone, with the names of their channels.
        """
        names = Names(channels=self.names.channels)
        return self._copy(static=None, future=None, times=None, names=names)

    @classmethod
    def concatenate(cls, parts: "Iterable[Sequences]") -> "Sequences":
        """Join samples, one after the other.

        Parameters
        ----------
        parts : list of Sequences
            With the same kinds of inputs.

        Returns
        -------
        Sequences
            All samples. Steps are an array if all are arrays of the same length, and
            a list otherwise.

        Raises
        ------
        ValueError
            If there is no part, or one has an input that another lacks.
        """
        parts = [*parts]
        if not parts:
            raise ValueError("parts is empty; at least one Sequences is needed.")
        for i, part in enumerate(parts):
            for name in ("static", "future", "times"):
                if (getattr(part, name) is None) != (getattr(parts[0], name) is None):
                    which = "has no" if getattr(part, name) is None else "has"
                    raise ValueError(
                        f"parts[{i}] {which} {name}, unlike parts[0]; all must have "
                        "the same inputs."
                    )
        if any(part.names != parts[0].names for part in parts):
            raise ValueError(
                "parts have columns of different names: "
                f"{[tuple(part.names) for part in parts]}; all must have the same."
            )
        joined = cls(
            join_parts([part.steps for part in parts]),
            static=join_parts([part.static for part in parts]),
            future=join_parts([part.future for part in parts]),
            times=join_parts([part.times for part in parts], lengths_differ=True),
        )
        return joined._copy(names=parts[0].names)

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Iterator[Part]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, key: object) -> Part:
        """Return one sample's steps for a number, and `Sequences` for all else."""
        if isinstance(key, tuple):  # as scikit-learn indexes: X[rows, ...]
            if len(key) != 2 or key[1] is not Ellipsis:
                raise IndexError(
                    f"Sequences have one axis, of samples; got the {len(key)} indices "
                    f"{key!r}."
                )
            key = key[0]
        if isinstance(key, Integral) and type(key) not in (bool, np.bool_):
            row = int(key)
            if not -len(self) <= row < len(self):
                raise IndexError(
                    f"index {row} is out of range for {len(self)} samples."
                )
            row %= len(self)
            one = take_rows(self.steps, np.array([row]))
            return one.iloc[0] if hasattr(one, "iloc") else one[0]
        rows = read_index(key, len(self))
        static, future, times = (
            None if part is None else take_rows(part, rows)
            for part in (self.static, self.future, self.times)
        )
        return self._copy(
            steps=take_rows(self.steps, rows), static=static, future=future, times=times
        )

    def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
        raise TypeError(
            "Sequences are no array, as they hold inputs of several shapes; X.steps, "
            "X.static, X.future and X.times are the parts. What checks X by itself "
            "(bagging, AdaBoost, one-vs-one, chains, scikit-learn's "
            "permutation_importance) takes flat rows instead."
        )

    def __repr__(self) -> str:
        lines = [f"  {name:<7} {text}" for name, text in self._describe()]
        return "\n".join([f"Sequences of {len(self)} samples", *lines])

    def _repr_html_(self) -> str:
        """Return the same as a table, for notebooks."""
        rows = "".join(
            f"<tr><th>{name}</th><td>{escape(text)}</td></tr>"
            for name, text in self._describe()
        )
        return (
            f"<table><caption>Sequences of {len(self)} samples</caption>{rows}</table>"
        )

    def _describe(self) -> list[tuple[str, str]]:
        """Return a line for each part."""
        lines = [("steps", describe_steps(self.steps, self.names.channels))]
        if self.static is not None:
            kind = "array" if isinstance(self.static, np.ndarray) else "frame"
            size = plural(self.static.shape[1], "column")
            lines.append(("static", f"{kind}, {size}{in_brackets(self.names.static)}"))
        if self.future is not None:
            _, horizon, size = self.future.shape
            shown = f"{plural(horizon, 'step')}, {plural(size, 'column')}"
            lines.append(("future", shown + in_brackets(self.names.future)))
        if self.times is not None:
            ends = [(row[0], row[-1]) for row in self.times if len(row)]
            span = "of each step"
            if ends:
                first, last = min(a for a, _ in ends), max(b for _, b in ends)
                span = f"{span}, from {first} to {last}"
            lines.append(("times", span))
        return lines

    def with_part(self, kind: str, part: Part) -> "Sequences":
        """Return the same samples with other static features or another future.

        Parameters
        ----------
        kind : {"static", "future"}
            Which.
        part : array-like or frame
            In the form that it has here, which is not checked again.

        Returns
        -------
        Sequences
            With everything else as it is.
        """
        return self._copy(**{kind: part})

    def _copy(self, **changes: Part) -> "Sequences":
        """Return a copy with some parts replaced, which are not checked again."""
        copy = object.__new__(Sequences)
        vars(copy).update(vars(self) | changes)
        copy.shape = (count_samples(copy.steps),)
        return copy
