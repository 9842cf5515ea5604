"""Electricity demand in England and Wales, the real data of the first example."""

import gzip
from importlib import resources

import numpy as np
from sklearn.utils import Bunch


def load_electricity_demand() -> Bunch:
    """Load half-hourly electricity demand in England and Wales, 12 weeks of 2000.

    The series runs from Monday 5 June to Sunday 27 August 2000, with a daily period
    of 48 and a weekly period of 336 values.

    Returns
    -------
    Bunch
        With the entries

        demand : ndarray of shape (4032,)
            Demand in MW.
        time : ndarray of shape (4032,)
            Start of each half-hour, as ``datetime64[m]`` in local time.
        DESCR : str
            Where the data come from.

    References
    ----------
    J. W. Taylor (2003). Short-term electricity demand forecasting using double
    seasonal exponential smoothing. Journal of the Operational Research Society 54,
    799-805.

    Examples
    --------
    >>> from skattn.datasets import load_electricity_demand
    >>> data = load_electricity_demand()
    >>> data.demand[:3]
    array([22262., 21756., 22247.])
    >>> data.time[0]
    np.datetime64('2000-06-05T00:00')
    """
    folder = resources.files(__package__) / "data"
    text = gzip.decompress((folder / "electricity_demand.csv.gz").read_bytes())
    demand = np.array(text.decode().split()[1:], dtype=np.float64)
    half_hours = np.arange(len(demand)) * np.timedelta64(30, "m")
    return Bunch(
        demand=demand,
        time=np.datetime64("2000-06-05T00:00") + half_hours,
        DESCR=(folder / "README.md").read_text(encoding="utf-8"),
    )
