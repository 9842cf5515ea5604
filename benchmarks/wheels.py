"""Data sets that other packages ship, read out of their wheels without installing."""

import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np

FOLDER = Path("build/wheels")
VERSIONS = {
    "aeon": "1.6.0",
    "arch": "8.0.0",
    "bokeh_sampledata": "2026.1",
    "faker": "40.63.0",
    "modlamp": "4.3.3",
    "river": "0.26.1",
    "sktime": "1.2.0",
    "statsmodels": "0.15.0",
}


def fetch(package: str) -> Path:
    """Return the path of a package's wheel, which pip downloads once.

    Parameters
    ----------
    package : str
        One of `VERSIONS`.

    Returns
    -------
    Path
        The wheel.
    """
    if not [*FOLDER.glob(f"{package}-*.whl")]:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        wanted = f"{package}=={VERSIONS[package]}"
        subprocess.run([*pip, "--dest", str(FOLDER), wanted], check=True)
    return next(FOLDER.glob(f"{package}-*.whl"))


def read(package: str, name: str, split: str) -> tuple[list[np.ndarray], np.ndarray]:
    """Read one split of a set in the format of sktime and aeon.

    Parameters
    ----------
    package : {"aeon", "sktime"}
        Whose wheel holds the set; downloaded once.
    name : str
        Of the set.
    split : {"TRAIN", "TEST"}
        Which part.

    Returns
    -------
    X : list of ndarray of shape (n_timesteps, n_channels)
        The sequences.
    y : ndarray of str
        Their labels, or their targets.
    """
    wheel = zipfile.ZipFile(fetch(package))
    text = wheel.read(f"{package}/datasets/data/{name}/{name}_{split}.ts").decode()
    X, y = [], []
    for line in text.split("@data")[1].strip().splitlines():
        *channels, label = line.split(":")
        X.append(np.array([c.split(",") for c in channels], dtype=float).T)
        y.append(label)
    return X, np.array(y)
