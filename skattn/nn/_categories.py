"""Categories as vectors: codes in the channels of the inputs, unpacked here."""

import torch
from torch import Tensor, nn
from torch.nn import init

from ._dropout import Dropout, find_stream

# Codes that training takes for unknown: this over itself and the number of times that a
# category comes, so that rare ones train the vector of what is unknown.
_RARE = 0.25

# Vectors over what is trained: steps of theirs in those of other weights. Adam moves
# what comes once as far as what comes always, so that words were learned by heart.
_STEP = 0.3
Categories = tuple[tuple[int, int], ...]  # channel, and categories in it


class CodeDropout(Dropout):
    """Take some codes for unknown in training, rare ones more often.

    Parameters
    ----------
    n_codes : int
        Categories, and one for what is unknown.
    share : float
        Share of all codes that is taken for unknown besides.

    References
    ----------
    E. Kiperwasser and Y. Goldberg (2016). Simple and accurate dependency parsing using
    bidirectional LSTM feature representations. TACL 4. (The share by frequency.)
    """

    kept: Tensor

    def __init__(self, n_codes: int, share: float) -> None:
        super().__init__(share)
        self.register_buffer("kept", torch.ones(n_codes))

    def draw_parameters(self, generator: torch.Generator | None = None) -> None:
        """Keep all codes, until it is known how often they come."""
        init.ones_(self.kept)

    def forward(self, codes: Tensor) -> Tensor:
        """Return codes, in training some of them 0."""
        if not self.training:
            return codes
        chance = self.kept[codes] * (1.0 - self.p)
        return codes * torch.bernoulli(chance, generator=find_stream()).long()

    @property
    def draws(self) -> bool:
        """Whether random numbers are drawn in training: for rare codes at least."""
        return True


class CategoryEmbedding(nn.Module):
    """Put vectors in the place of codes.

    Parameters
    ----------
    n_channels : int
        Channels of the input, those of codes included.
    categories : tuple of pairs of int
        Channel of the codes, and number of categories, whose codes start at 1; code 0
        is for what is unknown.
    sizes : tuple of int
        Numbers in the vectors of each of these channels.
    dropout : float
        Share of codes taken for unknown in training, and of numbers in vectors dropped.
    """

    def __init__(
        self,
        n_channels: int,
        categories: Categories,
        sizes: tuple[int, ...],
        dropout: float,
    ) -> None:
        super().__init__()
        self.coded = [channel for channel, _ in categories]
        self.real = [c for c in range(n_channels) if c not in self.coded]
        self.output_size = len(self.real) + sum(sizes)
        self.tables = nn.ParameterList(
            torch.empty(1 + number, size)
            for (_, number), size in zip(categories, sizes, strict=True)
        )
        self.rare = nn.ModuleList(
            CodeDropout(1 + number, dropout) for _, number in categories
        )
        self.dropout = Dropout(dropout) if dropout else nn.Identity()
        self.draw_parameters()

    def draw_parameters(self, generator: torch.Generator | None = None) -> None:
        """Draw vectors of about length 1; that of what is unknown starts at their mean.

        Parameters
        ----------
        generator : torch.Generator, default=None
            None: torch's global stream.
        """
        for table in self.tables:
            spread = table.shape[1] ** -0.5 / _STEP
            init.normal_(table, std=spread, generator=generator)
            with torch.no_grad():
                table[0] = 0.0

    def set_counts(self, place: int, counts: Tensor) -> None:
        """Set how often each code of one of the channels comes in training."""
        kept = self.rare[place].get_buffer("kept")
        kept.copy_(counts / (counts + _RARE))

    def find_vectors(self) -> list[Tensor]:
        """Return the vectors of each channel, by code."""
        return [_STEP * table.detach() for table in self.tables]

    @torch.no_grad()
    def set_vectors(self, place: int, vectors: Tensor) -> None:
        """Set the vectors of one of the channels, by code."""
        self.tables[place].copy_(vectors / _STEP)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(..., output_size)``: the real channels, then the vectors."""
        parts = [x[..., self.real]] if self.real else []
        for channel, table, rare in zip(
            self.coded, self.tables, self.rare, strict=True
        ):
            codes = rare(x[..., channel].long())
            parts.append(self.dropout(_STEP * table[codes]).to(x.dtype))
        return torch.cat(parts, dim=-1)


def make_embeddings(
    channels: tuple[int, Categories],
    static: tuple[int, Categories],
    size: int | tuple[int, ...],
    dropout: float,
) -> list[CategoryEmbedding | None]:
    """Return what reads codes among the channels, and among the static features.

    Both are given by their number, and by those of them that hold categories. The sizes
    are those of the channels first.
    """
    number = len(channels[1]) + len(static[1])
    sizes = [*((size,) * number if isinstance(size, int) else size)]
    made: list[CategoryEmbedding | None] = []
    for (n_columns, categories), share in ((channels, dropout), (static, 0.0)):
        own = tuple(sizes.pop(0) for _ in categories)
        embedding = CategoryEmbedding(n_columns, categories, own, share)
        made.append(embedding if categories else None)
    return made
