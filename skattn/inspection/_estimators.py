"""What inspection reads from estimators: settings, outputs, weights and the network."""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature
from typing import Protocol

import numpy as np

from ..sequences._samples import Samples

Output = Callable[[object], np.ndarray]  # from X to outputs, one row per sample


class Schema(Protocol):
    """How a fitted estimator reads X."""

    @property
    def n_timesteps(self) -> int:
        """Time steps of the longest training sequence."""

    @property
    def padding_value(self) -> float | None:
        """Value of padded steps, or None if arrays are not padded."""

    @property
    def categories(self) -> dict[int, tuple[object, ...]]:
        """Categories by channel, in the order of their codes, which start at 1."""


class Architecture(Protocol):
    """What the network of a fitted estimator was built from."""

    @property
    def weighed_size(self) -> int:
        """Time steps with one weight."""

    @property
    def channel_independent(self) -> bool:
        """Whether each target channel has its own weights."""

    @property
    def values(self) -> str:
        """What the weights sum up: "states", "inputs" or "segments"."""


class Target(Protocol):
    """What a fitted estimator predicts."""

    @property
    def channels(self) -> tuple[int, ...] | None:
        """The channels of X that it continues, if it does."""


class Probe(Protocol):
    """The fitted state and the network of an estimator, as inspection uses them.

    `skattn._probe.Probe` documents the methods. Inspection does not import it, so that
    it stays independent of torch.
    """

    @property
    def schema(self) -> Schema:
        """How X is read."""

    @property
    def architecture(self) -> Architecture:
        """What the network was built from."""

    @property
    def target(self) -> Target:
        """What is predicted."""

    @property
    def read(self) -> Callable[[object], Samples]:
        """Read X in any form that the estimator takes, with codes for categories."""

    def mean_inputs(self, kind: str = "channel") -> np.ndarray | None:
        """Return means over the training samples, if they are known."""

    def weights(self, X: object) -> np.ndarray:
        """Return the attention weights in the form that the network uses."""

    def predict_with(self, X: object, weights: np.ndarray) -> np.ndarray:
        """Predict with other attention weights."""

    def predict_bypass(self, X: object) -> np.ndarray:
        """Return the share of predictions that does not go through the attention."""

    def measure_conicity(self, X: object) -> np.ndarray:
        """Compute the conicity of the states."""

    def attribute(
        self,
        X: object,
        baseline: np.ndarray,
        outputs: np.ndarray,
        method: Callable[..., object],
    ) -> np.ndarray:
        """Attribute one output of each sample to its inputs, with gradients."""


class NetworkUnavailableError(TypeError):
    """The estimator does not provide access to its network."""


def find_probe(estimator: object) -> Probe | None:
    """Return the probe of a fitted estimator, or None if it has none.

    An estimator of this package that is not fitted has none either: its property raises
    NotFittedError, which is an AttributeError.
    """
    probe: Probe | None = getattr(estimator, "_probe", None)
    return probe


def find_reader(estimator: object) -> Probe | None:
    """Return the probe that knows how X is read: of an ensemble, that of a member."""
    reader: Probe | None = getattr(estimator, "_reader", None)
    return find_probe(estimator) if reader is None else reader


def require_probe(estimator: object, purpose: str) -> Probe:
    """Return the probe of a fitted estimator.

    Parameters
    ----------
    estimator : object
        The estimator.
    purpose : str
        Start of the error message: what needs the network, with its verb.

    Returns
    -------
    Probe
        The estimator's own.

    Raises
    ------
    NetworkUnavailableError
        If the estimator has no probe.
    """
    probe = find_probe(estimator)
    if probe is None:
        raise NetworkUnavailableError(
            f"{purpose} the fitted network, which {type(estimator).__name__} does not "
            "provide."
        )
    return probe


@dataclass(frozen=True)
class FittedSettings:
    """Settings of a fitted estimator that decide how X and weights are read.

    Parameters
    ----------
    n_timesteps : int or None
        Time steps into which flat rows are cut; None reads each column as one step.
    padding_value : float or None
        Value of padded steps, or None if arrays are not padded.
    patch_size : int or None
        Time steps for one weight; None if it is unknown.
    channel_independent : bool
        Whether the last axis of weights before the steps is that of the targets.
    """

    n_timesteps: int | None
    padding_value: float | None
    patch_size: int | None
    channel_independent: bool


def read_settings(estimator: object) -> FittedSettings:
    """Return the settings that an estimator was fitted with.

    They come from a probe where there is one, because parameters of the estimator may
    have been set after `fit`. Other estimators are read by their attributes
    ``n_timesteps_in_``, ``padding_value``, ``patch_size`` and ``channel_independent``,
    all of them optional.
    """
    probe = find_reader(estimator)
    if probe is not None:
        return FittedSettings(
            n_timesteps=probe.schema.n_timesteps,
            padding_value=probe.schema.padding_value,
            patch_size=probe.architecture.weighed_size,
            channel_independent=probe.architecture.channel_independent,
        )
    return FittedSettings(
        n_timesteps=getattr(estimator, "n_timesteps_in_", None),
        padding_value=getattr(estimator, "padding_value", None),
        patch_size=getattr(estimator, "patch_size", None),
        channel_independent=getattr(estimator, "channel_independent", False),
    )


def choose_output(estimator: object) -> Output:
    """Return the function whose output is explained, with float64 results.

    That is the first of ``predict_proba``, ``decision_function`` and ``predict`` that
    the estimator has.
    """
    names = ("predict_proba", "decision_function", "predict")
    name = next((name for name in names if hasattr(estimator, name)), None)
    if name is None:
        raise TypeError(
            f"estimator must have one of the methods {', '.join(names)}, and "
            f"{type(estimator).__name__} has none."
        )
    method = getattr(estimator, name)
    return lambda X: np.asarray(method(X), dtype=np.float64)


def predict_weights(
    estimator: object, X: object, unit: str = "patch", **options: object
) -> np.ndarray:
    """Return the attention weights of an estimator, with the steps as last axis.

    Steps are the patches that the network weighs, or time steps with ``unit="step"``.
    """
    if not hasattr(estimator, "predict_attention"):
        raise TypeError(
            "estimator must have the method predict_attention, and "
            f"{type(estimator).__name__} has none."
        )
    if "unit" in signature(estimator.predict_attention).parameters:
        options["unit"] = unit
    return np.asarray(estimator.predict_attention(X, **options))


def read_contributions(
    estimator: object, X: object, shape: tuple[int, ...], n_timesteps: int
) -> np.ndarray | None:
    """Return what each time step contributed, or None if the estimator cannot tell.

    Parameters
    ----------
    estimator : object
        Fitted. Contributions are those of its ``predict_contributions``, the axes of an
        output before the steps; a last axis of channels is summed up.
    X : array-like
        Sequences.
    shape : tuple of int
        Shape of one output.
    n_timesteps : int
        Steps of X.

    Returns
    -------
    ndarray of shape (n_samples, ..., n_timesteps) or None
        The axes of an output before the steps. One contribution to the log-odds of two
        classes is given to both, with opposite signs.
    """
    try:
        each = np.asarray(estimator.predict_contributions(X), dtype=np.float64)  # type: ignore[attr-defined]
    except AttributeError:  # it has none, or its predictions are no sums
        return None
    if shape == (2,) and hasattr(estimator, "predict_proba"):
        each = np.stack([-each, each], axis=1)
    if each.ndim == len(shape) + 3:
        each = each.sum(-1)
    if each.shape[1:] != (*shape, n_timesteps):
        needed = ", ".join(map(str, ("n_samples", *shape, n_timesteps)))
        raise ValueError(
            f"predict_contributions gave {each.shape}, channels summed up; it must be "
            f"({needed}), the axes of an output before the steps."
        )
    return each


def find_patch_size(
    estimator: object, weights: np.ndarray, n_samples: int, n_timesteps: int
) -> int:
    """Return the number of time steps for one weight, after a check of the shapes."""
    if weights.ndim < 2 or len(weights) != n_samples:
        raise ValueError(
            f"predict_attention gave shape {weights.shape} for {n_samples} samples; "
            "it must be (n_samples, n_steps) or (n_samples, ..., n_steps)."
        )
    n_steps = weights.shape[-1]
    patch_size = read_settings(estimator).patch_size
    if patch_size is None:
        patch_size = -(-n_timesteps // n_steps)
    if -(-n_timesteps // patch_size) != n_steps:
        raise ValueError(
            f"predict_attention gave {n_steps} steps for sequences of {n_timesteps}, "
            f"which are {-(-n_timesteps // patch_size)} in patches of {patch_size}."
        )
    return patch_size


def name_axes(estimator: object, n_axes: int) -> list[str]:
    """Return names for the axes of averaged weights between samples and steps."""
    if n_axes == 0:
        return []
    if read_settings(estimator).channel_independent:
        return [*["output_step"] * (n_axes - 1), "target"]
    return ["output_step", *[f"output_{axis}" for axis in range(1, n_axes)]]


@dataclass(frozen=True)
class Layout:
    """Which outputs of a prediction each row of its weights belongs to.

    Parameters
    ----------
    axes : tuple of int
        Axes of one prediction along which the weights differ.
    shape : tuple of int
        Shape of one prediction.
    """

    axes: tuple[int, ...]
    shape: tuple[int, ...]

    def arrange(self, outputs: np.ndarray) -> np.ndarray:
        """Return predictions as ``(n_samples, n_rows, n_outputs_per_row)``."""
        first = [1 + axis for axis in self.axes]
        moved = np.moveaxis(outputs, first, range(1, 1 + len(first)))
        n_rows = int(np.prod([self.shape[axis] for axis in self.axes], dtype=int))
        return moved.reshape(len(outputs), n_rows, -1)

    def numbers(self) -> np.ndarray:
        """Return the index of each output in a prediction: ``(n_rows, n_outputs)``."""
        count = int(np.prod(self.shape, dtype=int))
        return self.arrange(np.arange(count).reshape(1, *self.shape))[0]


def find_layout(
    estimator: object, weights: tuple[int, ...], shape: tuple[int, ...]
) -> Layout:
    """Return how the middle axes of weights match the axes of a prediction.

    Parameters
    ----------
    estimator : object
        If it is fitted with ``channel_independent``, a single middle axis is that of
        the targets.
    weights : tuple of int
        Shape of the weights of one sample without the steps.
    shape : tuple of int
        Shape of one prediction.

    Returns
    -------
    Layout
        Without axes if all outputs share one row of weights.
    """
    own = tuple(size for size in weights if size > 1)
    if not own:
        return Layout((), shape)
    by_target = len(weights) == 1 and read_settings(estimator).channel_independent
    axes = [axis for axis, size in enumerate(shape) if size > 1]
    axes = axes[-len(own) :] if by_target else axes[: len(own)]
    if tuple(shape[axis] for axis in axes) != own:
        raise ValueError(
            f"weights of shape (n_samples, {', '.join(map(str, weights))}, n_steps) do "
            f"not match predictions of shape (n_samples, {', '.join(map(str, shape))})."
        )
    return Layout(tuple(axes), shape)
