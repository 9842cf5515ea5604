"""
Save a model, and serve it without Python
=========================================

A model that is loaded from its file predicts the same bits as before, and its ONNX
graph predicts the same to 1e-5 of the spread of y.

The page saves a model in both forms. The file is for Python programs with skattn; the
graph also runs where neither Python nor torch is installed.
"""

# %%
# A model
# -------
#
# Any fitted estimator will do.

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import onnxruntime

import skattn
from skattn.datasets import make_marked_step

X, y, _ = make_marked_step(1500, 12, random_state=0)
X_test, y_test, _ = make_marked_step(300, 12, random_state=1)
model = skattn.LSTMAttentionRegressor(
    query="last",
    values="inputs",
    hidden_size=32,
    learning_rate=0.01,
    lr_schedule="one_cycle",
    max_epochs=15,
    early_stopping=False,
    random_state=0,
).fit(X, y)
expected = model.predict(X_test)

# %%
# A file
# ------
#
# The file holds arrays and settings and no code, so that it is safe to load.

folder = tempfile.TemporaryDirectory()
path = Path(folder.name)
skattn.save(model, path / "model.safetensors")
loaded = skattn.load(path / "model.safetensors")
print("same bits:", np.array_equal(loaded.predict(X_test), expected))

# %%
# A graph
# -------
#
# The input of the graph is X as ``predict`` takes it, since the scaling is part of the
# graph. Its outputs are the prediction, the attention weights and the contexts.

skattn.to_onnx(model, path / "model.onnx")
session = onnxruntime.InferenceSession(path / "model.onnx")
print("inputs: ", [entry.name for entry in session.get_inputs()])
print("outputs:", [entry.name for entry in session.get_outputs()])
prediction, attention, _ = session.run(None, {"X": X_test})
difference = np.abs(prediction - expected).max() / y.std()
print("within 1e-5 of the spread of y:", difference < 1e-5)

# %%
# The same answers
# ----------------
#
# Left: predictions of the graph against those of the estimator. Right: weights of the
# graph, with rings at the marked steps.

figure, (left, right) = plt.subplots(
    1, 2, layout="constrained", figsize=(7.6, 3.6), width_ratios=[1, 1.1]
)
left.axline((0, 0), slope=1, color="0.7", lw=1)
left.scatter(expected, prediction, s=12, color="#0072b2")
left.set(xlabel="predict", ylabel="ONNX graph", title="predictions", aspect="equal")
left.spines[["top", "right"]].set_visible(False)
image = right.imshow(attention[:15], cmap="cividis", vmin=0, vmax=1, aspect="auto")
right.scatter(
    X_test[:15, :, 1].argmax(1),
    np.arange(15),
    s=60,
    facecolor="none",
    edgecolor="#d55e00",
    linewidth=1.8,
)
right.set(xlabel="step", ylabel="sequence", title="attention from the graph")
figure.colorbar(image, label="weight")
plt.show()
folder.cleanup()

# %%
# The same graph takes sequences of other lengths. In one array, shorter sequences are
# filled up with NaN. :doc:`/guide/persistence` lists what is tested.
