"""The order of the gallery: first steps, forecasts, attention, tools."""

from pathlib import Path

ORDER = [
    "plot_find_max.py",
    "plot_addition.py",
    "plot_reversal.py",
    "plot_ragged.py",
    "plot_classification.py",
    "plot_vowels.py",
    "plot_sentences.py",
    "plot_mortality.py",
    "plot_forecast_tomorrow.py",
    "plot_electricity.py",
    "plot_quantiles.py",
    "plot_mapie.py",
    "plot_turbofan.py",
    "plot_regimes.py",
    "plot_choosing_attention.py",
    "plot_grid_search.py",
    "plot_optuna.py",
    "plot_dask.py",
    "plot_embeddings.py",
    "plot_reading_attention.py",
    "plot_when_not_to_trust.py",
    "plot_onnx.py",
]


def place(path):
    """Give the place of a page; one that is not in the order is an error."""
    return ORDER.index(Path(path).name)
