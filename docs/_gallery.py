"""The order of the gallery: its sections, and the pages in each of them."""

from pathlib import Path

SECTIONS = {
    "first_steps": ["find_max", "addition", "ragged", "reversal"],
    "forecasts": ["forecast_tomorrow", "electricity", "quantiles", "mapie"],
    "classification": ["classification", "vowels"],
    "text_and_events": ["sentences", "mortality"],
    "looking_inside": [
        "reading_attention",
        "turbofan",
        "when_not_to_trust",
        "embeddings",
    ],
    "scikit_learn": ["choosing_attention", "grid_search", "optuna", "regimes", "dask"],
    "serving": ["onnx"],
}


def place_section(path):
    """Return the place of a section; one that is not listed is an error."""
    return [*SECTIONS].index(Path(path).name)


def place(path):
    """Return the place of a page; one that is not listed is an error."""
    pages = [page for names in SECTIONS.values() for page in names]
    return pages.index(Path(path).stem.removeprefix("plot_"))
