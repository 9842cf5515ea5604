"""What `test_processes.py` starts in several processes at once.

``python in_processes.py FOLDER CASE...`` fits each case, and writes what came of it to
``FOLDER/<processes>_<rank>.json``.
"""

import json
import os
import sys
import warnings
import weakref
from pathlib import Path

import numpy as np
import torch.distributed as dist

from skattn import LSTMAttentionClassifier, LSTMAttentionRegressor, data_parallel

RANK = int(os.environ.get("RANK", "0"))
SIZE = int(os.environ.get("WORLD_SIZE", "1"))

rng = np.random.default_rng(0)
X = rng.normal(size=(400, 20, 3))
y = 2 * X[:, 5, 0] + X[:, 9, 1]
labels = (y > 0).astype(int)
weights = rng.uniform(0.5, 1.5, size=400)
ragged = [x[:length] for x, length in zip(X, rng.integers(10, 21, 400), strict=True)]


def regress(X=X, sample_weight=None, **settings):
    """Fit a regressor whose batches have several chunks."""
    shared = {"hidden_size": 64, "batch_size": 256, "max_epochs": 2, "random_state": 0}
    model = LSTMAttentionRegressor(**shared | settings)
    return model.fit(X, y, sample_weight=sample_weight)


def classify(**settings):
    """Fit a classifier likewise."""
    shared = {"hidden_size": 64, "batch_size": 256, "max_epochs": 2, "random_state": 0}
    return LSTMAttentionClassifier(**shared | settings).fit(X, labels)


def stop(**settings):
    """Fit until the validation loss stalls."""
    return regress(early_stopping=True, n_iter_no_change=1, max_epochs=6)


def differ():
    """Fit other data in each process."""
    return regress(X=np.roll(X, RANK, axis=0))


def die():
    """End one process in the middle of training."""
    from skorch.callbacks import Callback

    class Death(Callback):
        def on_epoch_begin(self, net, **kwargs):
            if RANK == 1 and len(net.history) == 2:
                os._exit(3)

    return regress(callbacks=[Death()], max_epochs=4)


CASES = {
    "plain": regress,
    "ragged": lambda: regress(X=ragged),
    "weights": lambda: regress(sample_weight=weights),
    "classifier": lambda: classify(conv_layers=0),
    "batch statistics": lambda: classify(conv_layers=2),
    "ridge path": lambda: regress(target_channels=0, linear_skip="ridge"),
    "dropout": lambda: regress(dropout=0.3),
    "conicity": lambda: regress(conicity_penalty=0.1),
    "callbacks": lambda: regress(callbacks=[Watcher()]),
    "early stopping": stop,
    "no seed": lambda: regress(random_state=None),
    "checkpoint": lambda: regress(checkpoint=sys.argv[1], verbose=1),
    "small batches": lambda: regress(batch_size=16, max_epochs=1),
    "differ": differ,
    "die": die,
}


def Watcher():
    """Return a callback, so that weights stay apart."""
    from skorch.callbacks import Callback

    return Callback()


def main(folder, names):
    """Fit the cases inside of data_parallel, and write losses and predictions."""
    found = {}
    with data_parallel(), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        group = weakref.ref(dist.group.WORLD) if SIZE > 1 else lambda: None
        for name in names:
            try:
                model = CASES[name]()
            except (RuntimeError, ValueError) as error:
                found[name] = {"error": str(error)}
                break
            answer = getattr(model, "predict_proba", model.predict)
            rows = ragged if name == "ragged" else X
            found[name] = {
                "losses": [epoch["train_loss"] for epoch in model.net_.history],
                "answers": answer(rows).tolist(),
            }
    found["group is gone"] = group() is None
    found["warnings"] = sorted({str(warning.message) for warning in caught})
    path = Path(folder) / f"{SIZE}_{RANK}.json"
    path.write_text(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
