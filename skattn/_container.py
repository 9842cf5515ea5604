"""The one file format: safetensors with JSON in its metadata, and a checksum over all.

Nothing in such a file is code, and nothing of it is believed before its checksum is
right. A checksum tells damage, not malice: what reads a file must still check it.
"""

import contextlib
import hashlib
import json
import os
import platform
import re
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ._optional import import_optional

_KEY = "skattn"
_EMPTY = "0" * 64  # stands in the place of the checksum while it is computed
_CHECKSUM = re.compile(rb'"sha256":"([0-9a-f]{64})"')
_LARGEST_HEADER = 1 << 24  # bytes; a parser takes some times as much memory


def to_path(path: str | os.PathLike[str]) -> Path:
    """Return what a user gave as a path."""
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"path={path!r} must be text or a path.")
    return Path(path)


def write_container(
    path: Path, description: dict[str, object], arrays: dict[str, np.ndarray]
) -> None:
    """Write a file as a whole or not at all.

    Parameters
    ----------
    path : Path
        Replaced if there.
    description : dict
        Of what JSON knows.
    arrays : dict of ndarray
        Numbers or booleans.

    Raises
    ------
    OSError
        If the file system refuses; an earlier file is then as it was.
    ValueError
        If the description is too long to be read back.
    """
    safetensors = import_optional("safetensors.numpy", "persistence", "Saving")
    whole = {
        name: np.ascontiguousarray(array).reshape(array.shape)  # it adds an axis to ()
        for name, array in arrays.items()
    }
    metadata = {_KEY: json.dumps(description), "sha256": _EMPTY}
    content = bytearray(safetensors.save(whole, metadata))
    length = int.from_bytes(content[:8], "little")
    if length > _LARGEST_HEADER:
        raise ValueError(
            f"The settings take {length} bytes as text; at most {_LARGEST_HEADER} are "
            "allowed."
        )
    place = _find_checksum(content[: 8 + length])
    content[slice(*place)] = hashlib.sha256(content).hexdigest().encode()
    with replacing(path) as file:
        file.write(content)


def read_container(path: Path) -> tuple[dict[str, object], dict[str, np.ndarray]]:
    """Read a file back, once its checksum is right.

    Parameters
    ----------
    path : Path
        Where it is.

    Returns
    -------
    description : dict
        As written.
    arrays : dict of ndarray
        As written.

    Raises
    ------
    OSError
        If the file system refuses.
    ValueError
        If the file is no such file, or not as it was written.
    """
    safetensors = import_optional("safetensors.numpy", "persistence", "Loading")
    content, header = _read_checked(path)
    with refusing(path):
        text = json.loads(header)["__metadata__"][_KEY]
        description = json.loads(text)
        arrays = safetensors.load(bytes(content))
        if not isinstance(description, dict):
            raise TypeError("its description is no object")
    return description, arrays


def _read_checked(path: Path) -> tuple[bytearray, bytes]:
    """Read the whole file, but only if its beginning says that it is one of ours."""
    status = path.stat()
    with refusing(path):
        if not stat.S_ISREG(status.st_mode) and not path.is_dir():
            raise ValueError("it is no regular file")  # a pipe would wait for ever
    with path.open("rb") as file, refusing(path):
        start = file.read(8)
        length = int.from_bytes(start, "little")
        if length > min(_LARGEST_HEADER, status.st_size - 8):
            raise ValueError("it is truncated, or of another kind")
        header = file.read(length)
        first, last = _find_checksum(start + header)
        content = bytearray(start + header + file.read())
    written = content[first:last].decode()
    content[first:last] = _EMPTY.encode()
    with refusing(path):
        if hashlib.sha256(content).hexdigest() != written:
            raise ValueError("its checksum is wrong")
    return content, header


def _find_checksum(start: bytes | bytearray) -> tuple[int, int]:
    found = _CHECKSUM.search(start)
    if found is None:
        raise ValueError("it has no checksum")
    return found.span(1)


@contextlib.contextmanager
def refusing(path: Path) -> Iterator[None]:
    """Raise whatever goes wrong with foreign content as one sentence."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        known = isinstance(error, ValueError) and str(error)
        reason = error if known else f"it does not hold what it should ({error!r})"
        raise ValueError(
            f"{str(path)!r} cannot be loaded as a file of skattn: {reason}."
        ) from error


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Any]:
    """Write a file next to ``path``, and put it in its place in one step.

    A crash, a full disk or a kill leave what stood there before; a kill may leave a
    hidden ``.part`` file too.
    """
    part = path.with_name(f".{path.name}.{_writer()}-{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def try_folder(folder: Path) -> None:
    """Make a folder if need be, and check that files can be written there.

    Raises
    ------
    OSError
        If not.
    """
    folder.mkdir(parents=True, exist_ok=True)
    probe = folder / f".{secrets.token_hex(4)}.part"
    probe.touch()
    probe.unlink()


def remove_parts(path: Path) -> None:
    """Remove what killed writers of ``path`` on this machine have left next to it."""
    for part in path.parent.glob(f".{path.name}.*.part"):
        host, _, process = part.name.split(".")[-2].partition("-")[0].partition("_")
        if host == _host() and not _is_alive(int(process)):
            with contextlib.suppress(OSError):
                part.unlink()


def _writer() -> str:
    """Return machine and process, which say later whether a writer is still at work."""
    return f"{_host()}_{os.getpid()}"


def _host() -> str:
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]


def _is_alive(process: int) -> bool:
    if os.name == "nt":  # where asking would end the process
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is another user's
        return True
    return True
