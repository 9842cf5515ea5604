"""What is known beside the steps: static features, and each output step's future."""

import torch
from torch import Tensor, nn

from ._categories import CategoryEmbedding
from ._inputs import Inputs

# Features made of what is static, and hidden units of the step that reads the future.
SIDE_SIZE = 32


def check_side(inputs: Inputs, n_static: int, n_future: int, n_times: int) -> None:
    """Check that inputs hold what a network was made for.

    Raises
    ------
    ValueError
        If static features, a future or times are missing, unasked for, or of another
        size.
    """
    for name, part, size in (
        ("static", inputs.static, n_static),
        ("future", inputs.future, n_future),
        ("times", inputs.times, n_times),
    ):
        given = 0 if part is None else part.shape[-1]
        if given != size:
            raise ValueError(
                f"Inputs hold {given} numbers of {name}, but the network was made "
                f"with n_{name}={size}."
            )


class StaticFeatures(nn.Module):
    """Make features of what does not change within a sequence.

    Parameters
    ----------
    n_static : int
        Numbers that come with each sample.
    categories : CategoryEmbedding or None, default=None
        What puts vectors in the place of codes among them.
    """

    def __init__(
        self, n_static: int, categories: CategoryEmbedding | None = None
    ) -> None:
        super().__init__()
        self.categories = categories
        n_read = n_static if categories is None else categories.output_size
        self.embed = nn.Linear(n_read, SIDE_SIZE)

    def forward(self, static: Tensor) -> Tensor:
        """Return the features ``(n_samples, SIDE_SIZE)``."""
        if self.categories is not None:
            static = self.categories(static)
        return torch.tanh(self.embed(static))


class StaticJoin(nn.Module):
    """Let static features decide what each unit of a context means.

    Units are scaled and shifted by what the features say (Perez et al. 2018), so that
    the same context can lead to another prediction for another patient.

    Parameters
    ----------
    size : int
        Size of the context.

    References
    ----------
    E. Perez, F. Strub, H. de Vries, V. Dumoulin and A. Courville (2018). FiLM: visual
    reasoning with a general conditioning layer. AAAI.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.change = nn.Linear(SIDE_SIZE, 2 * size)

    def forward(self, context: Tensor, features: Tensor) -> Tensor:
        """Return the context as the features change it."""
        factor, shift = self.read(features)
        return context * factor + shift

    def read(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Return what units are multiplied by, and what is added to them."""
        scale, shift = self.change(features).chunk(2, dim=-1)
        return 1 + scale, shift


class FutureTerm(nn.Module):
    """Add to each output step what its own future says, in the light of the context.

    All output steps share the layer: a sum of a linear map and of one with hidden
    units, which read the context and which step it is as well.

    Parameters
    ----------
    context_size : int
        Size of the context. With 0 the term is linear in the future, and says the same
        in the light of any context.
    horizon, n_future, n_targets : int
        Output steps; numbers known ahead, and outputs, at each of them.
    """

    def __init__(
        self, context_size: int, horizon: int, n_future: int, n_targets: int
    ) -> None:
        super().__init__()
        self.linear = not context_size
        if not self.linear:
            self._read_context(context_size, horizon, n_future, n_targets)
        # Last: files keep the optimiser's state in the order of the weights.
        self.direct = nn.Linear(n_future, n_targets, bias=False)

    def _read_context(
        self, context_size: int, horizon: int, n_future: int, n_targets: int
    ) -> None:
        """Make the hidden units, which read the context and which step it is."""
        self.step = nn.Linear(horizon, SIDE_SIZE, bias=False)  # a column for each
        self.context = nn.Linear(context_size, SIDE_SIZE)
        self.future = nn.Linear(n_future, SIDE_SIZE, bias=False)
        self.output = nn.Linear(SIDE_SIZE, n_targets, bias=False)

    def forward(self, context: Tensor, future: Tensor) -> Tensor:
        """Return ``(n_samples, horizon, n_targets)``."""
        if self.linear:
            return self.direct(future)
        # (n, 1, hidden) + (n, horizon, hidden) + (horizon, hidden)
        read = self.context(context)[:, None] + self.future(future)
        hidden = torch.tanh(read + self.step.weight.t())
        return self.output(hidden) + self.direct(future)

    @property
    def last_weights(self) -> list[Tensor]:
        """The weights that lead to the outputs, all 0 where the term is."""
        own = [self.direct.weight]
        return own if self.linear else [*own, self.output.weight]
