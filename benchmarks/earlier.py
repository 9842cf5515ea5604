"""The defaults of version 0.1, which tables and timings were made with."""

EARLIER = {
    "conv_layers": 0,
    "patch_size": 1,
    "query": "last",
    "bidirectional": False,
    "passthrough": False,
    "dropout": 0.0,
    "learning_rate": 0.01,
    "max_epochs": 30,
    "early_stopping": False,
    "scale_windows": False,
}
# Those that regressors alone have.
EARLIER_REGRESSOR = EARLIER | {
    "anchor": False,
    "loss": "squared_error",
    "linear_skip": False,
    "validation_split": "random",
}
