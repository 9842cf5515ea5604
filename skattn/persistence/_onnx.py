"""Fitted estimators as ONNX graphs, scaling and masks included."""

import inspect
import io
import os
import warnings
from copy import deepcopy
from typing import Any

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn
from torch.nn.functional import linear

from .._container import replacing, to_path
from .._inner import MetaEstimator
from .._optional import import_optional
from .._probe import Probe
from ..nn import Inputs, LSTMDecoder
from ..nn._categories import Categories
from ..nn._time_axis import spread_patches
from ..targets import Classes, Regression, Steps

_OPSET = 17
_OUTPUTS = ("prediction", "attention", "context")


def to_onnx(estimator: Any, path: str | os.PathLike[str]) -> None:
    """Write a fitted estimator's predictions as an ONNX graph.

    The graph has an input ``X`` of float64, and inputs ``static``, ``future`` and
    ``times`` where `fit` saw `Sequences` that hold them. Its outputs are
    ``prediction``, ``attention`` and ``context``: what `predict`, `predict_attention`
    and `transform` give, in units of y; with several quantiles also ``quantiles``, what
    `predict_quantiles` gives.
    Scaling, patches, anchor, skip and masks are inside. Needs the package onnx;
    onnxruntime runs the graph.

    ``X`` is ``(n_samples, n_timesteps, n_channels)``, or flat rows if `fit` saw flat
    rows. Sequences of different lengths stand in one array with NaN after their last
    step. ``times`` is ``(n_samples, n_timesteps)``: dates and durations go in as
    seconds, since any moment. Categories go in as their codes: 1 for the first of
    ``categories_`` (or of ``static_categories_``), and so on, 0 for what is unknown,
    as which any other number counts.
    Batch and length are free, but for parts with a fixed number of steps
    (``attention="location"`` or ``"feature"``, ``linear_skip``, ``values="segments"``,
    ``positions="learned"``): there the length is that of `fit`, and shorter sequences
    are filled up with NaN. Where `predict` would
    refuse a sample, for a gap or an infinite value, the answers are NaN.

    Parameters
    ----------
    estimator : LSTMAttentionRegressor, LSTMAttentionClassifier or LSTMAttentionPointer
        Fitted. The prediction of a classifier and of a pointer is `predict_proba`.
    path : str or path-like
        Where to write; a file there is replaced.

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    ValueError
        If torch cannot export this network, or the estimator fills gaps
        (``missing``), which in a graph could not be told from padding.
    TypeError
        If the estimator is none of skattn's, or a meta-estimator.
    ImportError
        If onnx is missing.
    OSError
        If the file system refuses.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> import onnxruntime
    >>> import skattn
    >>> X = np.random.default_rng(0).normal(size=(50, 6, 2))
    >>> model = skattn.LSTMAttentionRegressor(max_epochs=2).fit(X, X[:, 3, 0])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     skattn.to_onnx(model, f"{folder}/model.onnx")
    ...     session = onnxruntime.InferenceSession(f"{folder}/model.onnx")
    >>> prediction, attention, context = session.run(None, {"X": X})
    >>> bool(np.allclose(prediction, model.predict(X), atol=1e-5))
    True
    """
    if isinstance(estimator, MetaEstimator):
        raise TypeError(
            f"estimator is a {type(estimator).__name__}, and a graph holds one network "
            "alone; allowed is what stands inside: export each of estimators_ of a "
            "SeedEnsemble and take the mean, or estimator_ of a ConformalIntervals and "
            "move its quantiles by margins_."
        )
    if not hasattr(type(estimator), "_probe"):
        raise TypeError(
            f"estimator is of type {type(estimator).__name__}; allowed are the "
            "estimators of skattn. Of a pipeline or a search, export what is inside."
        )
    check_is_fitted(estimator)
    path = to_path(path)
    probe: Probe = estimator._probe
    if probe.architecture.indicators:
        raise ValueError(
            f"missing={probe.scaler.missing!r} cannot be exported: in a graph NaN is "
            "padding. Only missing='error' is allowed."
        )
    import_optional("onnx", "onnx", "to_onnx")
    content = _export(_Graph(probe).eval())
    with replacing(path) as file:
        file.write(content)


def _export(graph: "_Graph") -> bytes:
    """Trace the graph.

    torch's newer exporter unrolls LSTMs over a fixed number of steps, so it is the one
    by tracing that is used, the same for all versions of torch.
    """
    content: Any = io.BytesIO()
    options: dict[str, Any] = {
        "opset_version": _OPSET,
        "input_names": graph.inputs,
        "output_names": graph.outputs,
        "dynamic_axes": graph.free_axes(),
    }
    # torch 2.4 knows no other exporter in this function. (Asked here, since torch takes
    # as long to load its exporters as skattn takes in all.)
    if "dynamo" in inspect.signature(torch.onnx.export).parameters:
        options["dynamo"] = False
    with warnings.catch_warnings(), torch.inference_mode(False), torch.no_grad():
        # That it is old, and about shapes in Python's conditions: the conditions only
        # refuse lengths that the graph cannot be given.
        warnings.simplefilter("ignore")
        try:
            torch.onnx.export(graph, graph.make_example(), f=content, **options)
        except Exception as error:
            raise ValueError(
                f"This network cannot be exported by torch {torch.__version__}: "
                f"{str(error).splitlines()[0]}"
            ) from error
    return content.getvalue()


class _Graph(nn.Module):
    """From X in its own units to predictions in theirs."""

    input_mean: Tensor
    input_scale: Tensor
    target_mean: Tensor
    target_scale: Tensor

    def __init__(self, probe: Probe) -> None:
        super().__init__()
        self.network = _exportable(probe.network)
        self.schema, self.target = probe.schema, probe.target
        self.architecture = probe.architecture
        fixed = probe.schema.flat or probe.network.max_steps is not None
        self.has_free_length = not fixed
        self.timed = probe.schema.times is not None
        self.time_unit = probe.scaler.time_unit or 1.0
        self.outputs = [*_OUTPUTS]
        if probe.target.levels is not None:
            self.outputs.append("quantiles")
        self.shape = (probe.schema.n_timesteps, probe.schema.n_channels)
        self.register_buffer("input_mean", torch.tensor(probe.scaler.mean))
        self.register_buffer("input_scale", torch.tensor(probe.scaler.scale))
        self.beside = {
            name: (torch.tensor(scaler.mean), torch.tensor(scaler.scale), shape)
            for name, scaler, shape in (
                ("static", probe.scaler.static, (probe.schema.n_static,)),
                (
                    "future",
                    probe.scaler.future,
                    (probe.schema.horizon, probe.schema.n_future),
                ),
            )
            if scaler is not None
        }
        self.inputs = ["X", *self.beside]
        if self.timed:
            self.inputs.append("times")
        self.register_buffer("target_mean", torch.tensor(probe.target.scaler.mean))
        self.register_buffer("target_scale", torch.tensor(probe.target.scaler.scale))

    def forward(self, X: Tensor, *others: Tensor) -> tuple[Tensor, ...]:
        if self.schema.flat:
            X = X.reshape(-1, *self.shape)
        lengths = _find_lengths(X)
        step = torch.arange(X.shape[1])
        real = (step < lengths[:, None])[:, :, None]
        x = ((X - self.input_mean) / self.input_scale).float()
        x = torch.where(real, x, torch.zeros_like(x))
        # predict refuses gaps and infinities; a graph cannot, and onnxruntime's LSTM
        # turns them into numbers, so such samples have NaN for an answer.
        refused = torch.isnan(x - x).flatten(1).any(dim=1)
        x = _forget(x, self.architecture.categories)
        given = dict(zip(self.inputs[1:], others, strict=True))
        beside = {}
        if self.timed:
            gaps = self.find_gaps(given["times"], real)
            refused = refused | ~(gaps >= 0).flatten(1).all(dim=1)
            beside["times"] = gaps
        for name, (mean, scale, _) in self.beside.items():
            part = given[name]
            beside[name] = ((part - mean) / scale).float()
            wrong = torch.isnan(beside[name] - beside[name]).flatten(1).any(dim=1)
            refused = refused | wrong
            if name == "static":
                known = self.architecture.static_categories
                beside[name] = _forget(beside[name], known)
        output = self.network(Inputs(x, lengths, **beside))
        weights = output.weights
        if self.architecture.channel_independent:
            weights = weights.movedim(1, -2)
        weights, size = weights.mean(1), self.architecture.weighed_size
        if size > 1:
            weights = spread_patches(weights, lengths, X.shape[1], size, divide=True)
        if isinstance(self.target, Steps):  # which answers with the weights
            prediction = weights if self.target.shape else weights[:, 0]
        else:
            prediction = self.find_answer(output.prediction)
        answers = [prediction, weights, output.context]
        if output.quantiles is not None:
            answers.append(self.find_quantiles(output.quantiles))
        return tuple(_blank(answer, refused) for answer in answers)

    def find_gaps(self, times: Tensor, real: Tensor) -> Tensor:
        """Return the time since the step before, in the unit of `fit`, 0 on padding."""
        since = torch.cat([times[:, :1] * 0, times[:, 1:] - times[:, :-1]], dim=1)
        gaps = (since[:, :, None] / self.time_unit).float()
        return torch.where(real, gaps, torch.zeros_like(gaps))

    def find_answer(self, prediction: Tensor) -> Tensor:
        """Return what `predict` or `predict_proba` gives."""
        if isinstance(self.target, Classes):
            return prediction[:, 0].double().softmax(1)
        assert isinstance(self.target, Regression)
        prediction = prediction.double() * self.target_scale + self.target_mean
        dtype = torch.from_numpy(np.empty(0, self.target.dtype)).dtype
        return prediction.reshape(-1, *self.target.shape).to(dtype)

    def find_quantiles(self, quantiles: Tensor) -> Tensor:
        """Return what `predict_quantiles` gives."""
        return torch.stack([self.find_answer(q) for q in quantiles.unbind(-1)], dim=-1)

    def make_example(self) -> tuple[Tensor, ...]:
        """Return two samples to trace with.

        They have two steps with a weight at least where the length is free: of one
        step the trace takes ways that hold for this alone.
        """
        n_timesteps, n_channels = self.shape
        if self.has_free_length:
            n_timesteps = max(n_timesteps, 2 * self.architecture.weighed_size)
        X = self.input_mean.expand(2, n_timesteps, n_channels)
        others = [mean.expand(2, *shape) for mean, _, shape in self.beside.values()]
        if self.timed:
            others.append(torch.arange(n_timesteps).double().expand(2, -1))
        return X.reshape(2, -1) if self.schema.flat else X, *others

    def free_axes(self) -> dict[str, dict[int, str]]:
        """Return the names of the axes of inputs and outputs that are free."""
        axes = {name: {0: "n_samples"} for name in (*self.inputs, *self.outputs)}
        if not self.has_free_length:
            return axes
        axes["X"][1] = "n_timesteps"
        if self.timed:
            axes["times"][1] = "n_timesteps"
        by_step = self.architecture.decoder in ("lstm", "pointer")
        last = 1 + by_step + self.architecture.channel_independent
        axes["attention"][last] = "n_timesteps"
        if isinstance(self.target, Steps):
            axes["prediction"][1 + bool(self.target.shape)] = "n_timesteps"
        return axes


class _Cell(nn.Module):
    """An LSTM cell gate by gate; the exporter cannot cut a product of unknown shape."""

    def __init__(self, cell: nn.LSTMCell) -> None:
        super().__init__()
        self.inputs = nn.ParameterList(cell.weight_ih.chunk(4))
        self.states = nn.ParameterList(cell.weight_hh.chunk(4))
        self.biases = nn.ParameterList((cell.bias_ih + cell.bias_hh).chunk(4))

    def forward(self, x: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        hidden, cell = state
        gates = zip(self.inputs, self.states, self.biases, strict=True)
        i, f, g, o = (linear(x, w, b) + linear(hidden, u) for w, u, b in gates)
        cell = torch.sigmoid(f) * cell + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(cell), cell


def _exportable(module: nn.Module) -> nn.Module:
    """Return a copy of a network on the CPU, its LSTM cells replaced."""
    module = deepcopy(module).cpu()
    for child in [*module.modules()]:
        if isinstance(child, LSTMDecoder):
            # _Cell stands in for the LSTMCell that the decoder declares.
            child.cell = _Cell(child.cell)  # type: ignore[assignment]
    return module


def _forget(x: Tensor, categories: Categories) -> Tensor:
    """Return x with 0, for what is unknown, in the place of what is no code."""
    if not categories:
        return x
    columns = [*x.unbind(-1)]
    for channel, number in categories:
        code = columns[channel]
        known = (code >= 0) & (code <= number) & (code == code.floor())
        columns[channel] = torch.where(known, code, torch.zeros_like(code))
    return torch.stack(columns, dim=-1)


def _blank(answers: Tensor, refused: Tensor) -> Tensor:
    """Return answers with NaN in the place of refused samples."""
    refused = refused.reshape(-1, *[1] * (answers.ndim - 1))
    return answers.masked_fill(refused, torch.nan)


def _find_lengths(X: Tensor) -> Tensor:
    """Return how many steps there are up to the last with a number, at least one."""
    step = torch.arange(1, X.shape[1] + 1)
    present = ~torch.isnan(X).all(dim=2)
    return (present * step).amax(dim=1).clamp(min=1)
