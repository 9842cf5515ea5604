"""Large batches in parts, whose states fit into memory that is kept for reuse."""

from torch import Tensor, nn

from ._data import Batch

# The C library gives allocations of more than 32 MB back to the system when they are
# freed, and the next step pays for them anew, page by page, as long as for all its
# arithmetic. oneDNN's LSTM wants about 36 bytes a state in one piece: 19 MB.
_MOST_STATES = 1 << 19

# Thinner products of matrices cost more than the pages: units times samples in a part,
# and samples.
_FEWEST_UNITS = 512
_FEWEST_SAMPLES = 8


def cut(batch: Batch, module: nn.Module) -> list[Batch]:
    """Cut a batch into even parts of at most `_MOST_STATES` states, but not thin ones.

    Parameters
    ----------
    batch : tuple of dict and Tensor
        What the network takes, and what the loss takes.
    module : Module
        One without ``count_states``, as around networks on several machines, takes its
        batches whole.

    Returns
    -------
    list of tuple
        Batches of the same form, in order.
    """
    count = getattr(module, "count_states", None)
    inputs, target = batch
    if count is None:
        return [batch]
    wanted = -(-len(target) * count(inputs["x"].shape[1]) // _MOST_STATES)
    fewest = max(_FEWEST_UNITS // count(1), _FEWEST_SAMPLES)
    number = min(wanted, len(target) // fewest)
    if number <= 1:
        return [batch]

    def split(tensor: Tensor) -> tuple[Tensor, ...]:
        return tensor.tensor_split(number)

    names, parts = [*inputs], [split(part) for part in inputs.values()]
    return [
        (dict(zip(names, part, strict=True)), piece)
        for *part, piece in zip(*parts, split(target), strict=True)
    ]
