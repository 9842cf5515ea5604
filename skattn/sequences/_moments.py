"""Times in any form that libraries have for them, as NumPy's."""

from datetime import UTC, date, timedelta

import numpy as np

# How messages name kinds of times; those that are not here are numbers.
KINDS = {"M": "dates", "m": "durations"}

# Gaps between rows from which on their median is the step of a series.
_FEWEST_GAPS = 3


def find_missing(values: np.ndarray) -> np.ndarray:
    """Find NaN, NaT, None and whatever else is not equal to itself."""
    if values.dtype.kind in "iubSU":
        return np.zeros(len(values), bool)
    if values.dtype.kind in "fcmM":
        return np.isnan(values)
    return np.array([value is None or not _is_itself(value) for value in values])


def _is_itself(value: object) -> bool:
    try:
        return bool(value == value)
    except TypeError:  # as pandas' NA, whose truth is undefined
        return False


def drop_zone(moments: np.ndarray) -> np.ndarray:
    """Return dates that have a time zone as dates of UTC, and others as they are."""
    if moments.dtype != object:
        return moments
    missing = find_missing(moments)
    known = moments[~missing].tolist()
    if not known or not all(getattr(moment, "tzinfo", None) for moment in known):
        return moments
    turned = np.full(len(moments), np.datetime64("NaT", "us"))
    turned[~missing] = [m.astimezone(UTC).replace(tzinfo=None) for m in known]
    return turned


def read_moments(times: object, name: str) -> np.ndarray:
    """Return times as an array of numbers, dates or durations, if they are some.

    Dates of Python and of pandas become NumPy's; those of a zone become those of UTC,
    and periods the dates at which they begin.

    Parameters
    ----------
    times : array-like
        Of one sequence, or of all.
    name : str
        The argument's name in messages.

    Returns
    -------
    ndarray
        Of the type that it had where that is none of these.

    Raises
    ------
    ValueError
        If durations are counted in months or years.
    """
    array = np.asarray(times)
    if array.dtype == object and array.ndim == 1:
        array = drop_zone(array)
    if array.dtype == object:
        array = _read_objects(array)
    if array.dtype.kind in "mM" and np.datetime_data(array.dtype)[0] in ("M", "Y"):
        if array.dtype.kind == "m":
            raise ValueError(
                f"{name} holds durations in months or years, which are not all of one "
                "length; allowed are weeks and whatever is shorter."
            )
        array = array.astype("M8[s]")
    return array


def _read_objects(array: np.ndarray) -> np.ndarray:
    """Return objects that are all dates, periods or durations as NumPy's."""
    moments = [getattr(moment, "start_time", moment) for moment in array.ravel()]
    for kind, dtype in ((date, "M8[us]"), (timedelta, "m8[us]")):
        if moments and all(isinstance(moment, kind) for moment in moments):
            return np.array(moments, dtype=dtype).reshape(array.shape)
    return array


def measure_step(stamps: np.ndarray) -> np.generic | None:
    """Return the median time between rows, None if there are too few to say."""
    gaps = np.diff(stamps)
    if len(gaps) < _FEWEST_GAPS or gaps.dtype.kind not in "iufm":
        return None
    return np.sort(gaps)[len(gaps) // 2]


def is_hole(gap: np.ndarray, step: np.generic) -> np.ndarray:
    """Return whether rows are missing in a gap between two rows.

    A single one may be an hour that clocks skip, years differ by a day, and up to four
    days are a long weekend.
    """
    days = gap.dtype.kind == "m" and step == np.timedelta64(1, "D")
    return gap > (np.timedelta64(5, "D") if days else np.multiply(2.5, step))


def tell(moment: np.generic) -> str:
    """Return a time, or a time between two, as it would be said."""
    if moment.dtype.kind in "mM":
        moment = moment.astype(f"{moment.dtype.kind}8[us]")
    return str(moment.item())
