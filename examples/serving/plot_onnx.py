"""
Save a model, and serve it without Python
=========================================

One file brings an estimator back; a graph in the ONNX format predicts where neither
Python nor torch is. Both give the same answers as the estimator.
"""

# %%
# A model

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
# The file holds arrays and settings, and no code: to load it runs nothing.

folder = tempfile.TemporaryDirectory()
path = Path(folder.name)
skattn.save(model, path / "model.safetensors")
loaded = skattn.load(path / "model.safetensors")
print("same bits:", np.array_equal(loaded.predict(X_test), expected))

# %%
# A graph
# -------
#
# Its input is X as ``predict`` takes it, in units of its own: scaling is inside. It
# gives the attention too.

skattn.to_onnx(model, path / "model.onnx")
session = onnxruntime.InferenceSession(path / "model.onnx")
print("inputs: ", [entry.name for entry in session.get_inputs()])
print("outputs:", [entry.name for entry in session.get_outputs()])
prediction, attention, _ = session.run(None, {"X": X_test})
difference = np.abs(prediction - expected).max() / y.std()
print("within 1e-5 of the spread of y:", difference < 1e-5)

# %%
# Look
# ----

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
# Other lengths than those of training need no other graph; shorter sequences in one
# array end in NaN. The user guide says what is promised under "Files, crashes and
# clusters".
