"""Categories of fitted estimators: what they are, and the vectors that stand for them.

Only fits with categories enter here.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted

from ._optional import import_optional
from .nn._channel_independent import Network
from .sequences._scaling import Scaler
from .sequences._schema import Schema
from .training import AttentionNet, TrainingSamples

Vectors = Mapping[object, Any]

_BLOCK_ROWS = 4096  # samples whose codes are counted at a time


class CategoriesMixin:
    """Categories of estimators, and their vectors."""

    embeddings: Vectors | None
    net_: AttentionNet
    n_channels_in_: int
    _schema: Schema

    def _check_embeddings(self) -> None:
        """Refuse vectors for categories where no channel holds any."""
        if self.embeddings is not None and not self._schema.categories:
            raise ValueError(
                "embeddings has vectors for categories, but no channel of X holds any; "
                "allowed is None, or name the channels in categorical_features."
            )

    @property
    def categories_(self) -> dict[object, np.ndarray]:
        """Categories of each channel that holds some, in the order of their codes."""
        check_is_fitted(self)
        names = _name_channels(self)
        found = self._schema.categories.items()
        return {names[channel]: _as_array(entries) for channel, entries in found}

    @property
    def static_categories_(self) -> dict[object, np.ndarray]:
        """Categories of each static column that holds some, by name or number."""
        check_is_fitted(self)
        names = self._schema.static_names or range(self._schema.n_static)
        found = self._schema.static_categories.items()
        return {names[column]: _as_array(entries) for column, entries in found}

    def embedding_frame(self, channel: object = None) -> Any:
        """Return the vectors that the network has in the place of categories.

        Categories whose vectors are near each other are much the same to the network.

        Parameters
        ----------
        channel : str or int, default=None
            Name or number of a channel that holds categories, or name of a static
            column; None where there is only one.

        Returns
        -------
        DataFrame of shape (n_categories + 1, embedding_size)
            A row for each category, in the order of ``categories_``. The first one,
            whose index is ``"<unknown>"``, is for what `fit` did not see.

        Raises
        ------
        ValueError
            If there is no such channel, or ``channel=None`` and not exactly one.
        ImportError
            If pandas is missing.

        Examples
        --------
        >>> from skattn import LSTMAttentionClassifier
        >>> X = [["good"], ["bad", "film"], ["good", "film"], ["bad"]] * 5
        >>> model = LSTMAttentionClassifier(max_epochs=1, embedding_size=2)
        >>> model.fit(X, [1, 0, 1, 0] * 5).embedding_frame().index.tolist()
        ['<unknown>', 'bad', 'film', 'good']
        """
        check_is_fitted(self)
        pandas = import_optional("pandas", "inspection", "embedding_frame")
        tables = [t for e in self.net_.module_.embeddings for t in e.find_vectors()]
        known = [*self.categories_.items(), *self.static_categories_.items()]
        names = [name for name, _ in known]
        if channel is None and len(names) == 1:
            channel = names[0]
        if names.count(channel) != 1:
            what = "several" if channel in names else "no"
            raise ValueError(
                f"channel={channel!r} names {what} channels or static columns of "
                f"categories; allowed is one of {names} that comes once. Frames have "
                "names for them."
            )
        place = names.index(channel)
        entries = ["<unknown>", *known[place][1].tolist()]
        index = pandas.Index(entries, dtype=object)
        return pandas.DataFrame(tables[place].cpu().numpy(), index=index)


def _as_array(entries: tuple[object, ...]) -> np.ndarray:
    """Return categories as an array, of one type if they have one."""
    if len({type(entry) for entry in entries}) == 1 and entries[0] is not None:
        return np.array(entries)
    array = np.empty(len(entries), dtype=object)
    array[:] = entries
    return array


def _name_channels(estimator: Any) -> list[object]:
    """Return the names of the channels, their numbers where they have none."""
    names = getattr(estimator, "feature_names_in_", None)
    if estimator._schema.flat or names is None:
        return [*range(estimator.n_channels_in_)]
    return [*names]


def spare_codes(scaler: Scaler, columns: list[int]) -> Scaler:
    """Return a scaler that leaves the columns of codes as they are."""
    if len(scaler.mean) <= max(columns):  # it changes nothing at all
        return scaler
    mean, scale = scaler.mean.copy(), scaler.scale.copy()
    mean[columns], scale[columns] = 0.0, 1.0
    return replace(scaler, mean=mean, scale=scale)


@torch.no_grad()
def start_vectors(estimator: Any, network: Network, samples: TrainingSamples) -> None:
    """Set how often categories come, and vectors that are given, in a new network."""
    schema = estimator._schema
    for embedding in network.embeddings:
        static = embedding is not network.embeddings[0] or not schema.categories
        found = schema.static_categories if static else schema.categories
        for place, (channel, entries) in enumerate(found.items()):
            counts = _count_codes(samples, channel, static, 1 + len(entries))
            embedding.set_counts(place, torch.from_numpy(counts).float())
            if not static and estimator.embeddings is not None:
                given = _find_vectors(estimator, channel)
                drawn = embedding.find_vectors()[place]
                embedding.set_vectors(place, _start_from(given, entries, drawn))


def _count_codes(
    samples: TrainingSamples, channel: int, static: bool, n_codes: int
) -> np.ndarray:
    """Return how often each code comes in the rows that are trained on."""
    X, rows = samples.X, samples.rows
    if static:
        assert X.static is not None
        return np.bincount(X.static[rows, channel].astype(np.intp), minlength=n_codes)
    counts = np.zeros(n_codes, np.intp)
    for start in range(0, len(rows), _BLOCK_ROWS):  # copies of a corpus need room
        some = rows[start : start + _BLOCK_ROWS]
        codes, lengths = X.values[some, :, channel], X.lengths
        if lengths is not None:
            codes = codes[np.arange(codes.shape[1]) < lengths[some, None]]
        counts += np.bincount(codes.ravel().astype(np.intp), minlength=n_codes)
    return counts


def _find_vectors(estimator: Any, channel: int) -> Vectors:
    """Return the vectors that are given for a channel: its own, or those for all."""
    given: Vectors = estimator.embeddings
    if not given or not all(isinstance(v, Mapping) for v in given.values()):
        return given
    names = _name_channels(estimator)
    allowed = [names[c] for c in estimator._schema.categories]
    for name in given:
        if name not in allowed:
            raise ValueError(
                f"embeddings has vectors for {name!r}, which is no channel of "
                f"categories; allowed are {allowed}."
            )
    return given.get(names[channel], {})


def _start_from(
    given: Vectors, entries: tuple[object, ...], table: torch.Tensor
) -> torch.Tensor:
    """Return vectors: those that are given, their mean for unknown, others near it."""
    known = [(code, e) for code, e in enumerate(entries, start=1) if e in given]
    if not known:
        return table
    vectors = []
    for _, entry in known:
        try:
            vector = np.asarray(given[entry], dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"embeddings[{entry!r}] is no vector of numbers ({error}); allowed are "
                f"{table.shape[1]} finite numbers."
            ) from error
        if vector.shape != (table.shape[1],) or not np.isfinite(vector).all():
            raise ValueError(
                f"embeddings[{entry!r}] has shape {vector.shape}; allowed are "
                f"{table.shape[1]} finite numbers, the embedding_size."
            )
        vectors.append(vector)
    start = torch.from_numpy(np.array(vectors)).float()
    # What has no vector is drawn with the spread of those that have one.
    mean, spread = start.mean(0), start.std(0, correction=0)
    drawn_spread = table[1:].std(correction=0) if table.numel() > 2 else 1.0
    table[1:] = mean + table[1:] / max(float(drawn_spread), 1e-6) * spread
    table[0] = mean
    table[[code for code, _ in known]] = start
    return table


def find_size(embeddings: Any) -> int | None:
    """Return the size of the vectors that are given, if they have one.

    Raises
    ------
    ValueError
        If they have several.
    """
    if not embeddings:
        return None
    inner = [v for v in embeddings.values() if isinstance(v, Mapping)]
    if inner and len(inner) < len(embeddings):
        raise ValueError(
            "embeddings mixes vectors and mappings; allowed is a mapping from category "
            "to vector, or one from each channel to such a mapping."
        )
    sizes = {np.size(v) for m in inner or [embeddings] for v in m.values()}
    if len(sizes) > 1 or 0 in sizes:
        raise ValueError(
            f"embeddings has vectors of the sizes {sorted(sizes)}; allowed is one size "
            "for all, at least 1."
        )
    return sizes.pop() if sizes else None
