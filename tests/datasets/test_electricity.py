"""The electricity data are Taylor's."""

import numpy as np

from skattn.datasets import load_electricity_demand


def test_series_has_twelve_weeks_of_half_hours():
    data = load_electricity_demand()
    assert data.demand.shape == data.time.shape == (12 * 7 * 48,)
    assert data.time[-1] == np.datetime64("2000-08-27T23:30")
    assert 15_000 < data.demand.min() < data.demand.max() < 45_000
    assert "Taylor" in data.DESCR


def test_naive_forecasts_have_the_known_errors():
    demand = load_electricity_demand().demand
    test = demand[9 * 336 :]
    origins = range(len(test) - 47)
    offset = 9 * 336

    def mape(lag):
        errors = [
            np.abs(
                demand[offset + o - lag : offset + o - lag + 48] / test[o : o + 48] - 1
            )
            for o in origins
        ]
        return 100 * np.mean(errors)

    assert round(mape(48), 2) == 6.00
    assert round(mape(336), 2) == 2.36
