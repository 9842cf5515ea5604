"""Tables from names to what they stand for, with a sentence for unknown names."""

from collections.abc import Iterable, Mapping
from typing import Generic, NoReturn, TypeVar

Entry = TypeVar("Entry")


class Registry(dict[str, Entry], Generic[Entry]):
    """A dictionary whose unknown names are explained.

    Parameters
    ----------
    argument : str
        The argument that takes the names, for messages.
    entries : mapping of str
        What each name stands for.
    """

    def __init__(self, argument: str, entries: Mapping[str, Entry]) -> None:
        super().__init__(entries)
        self.argument = argument

    def __missing__(self, name: object) -> NoReturn:
        """Refuse an unknown name."""
        refuse_choice(self.argument, name, self)


def refuse_choice(argument: str, value: object, allowed: Iterable[object]) -> NoReturn:
    """Raise the error for a value that is none of those allowed.

    Raises
    ------
    ValueError
        Naming the argument, what came and what is allowed.
    """
    listed = ", ".join(map(repr, allowed))
    raise ValueError(f"{argument}={value!r} is not known; allowed are {listed}.")
