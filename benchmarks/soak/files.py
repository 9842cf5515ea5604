"""Files that are damaged, shared by several writers, or written while the clock jumps.

Run as ``python benchmarks/soak/files.py --files 400``; it prints JSON.

- Each damaged file must be refused with a ValueError, or predict as the whole one does.
  Half of them have a checksum made anew, as someone with bad intentions would.
- Three processes save to one path while a fourth loads: it must never see a mixture.
- A fit whose clock jumps by hours, forwards and back, has the bits of another.
"""

import argparse
import hashlib
import json
import re
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path

import numpy as np

import skattn

CHECKSUM = re.compile(rb'"sha256":"([0-9a-f]{64})"')
X = np.random.default_rng(0).normal(size=(60, 6, 2))


def fit(seed=0, **settings):
    """Fit a small model."""
    model = skattn.LSTMAttentionRegressor(
        hidden_size=8, max_epochs=2, random_state=seed, **settings
    )
    return model.fit(X, X[:, 2, 0])


def damage(content, rng):
    """Change a file at random: cut, lengthen, or overwrite some bytes."""
    content = bytearray(content)
    place = int(rng.integers(len(content)))
    kind = rng.integers(4)
    if kind == 0:
        del content[place:]
    elif kind == 1:
        content += rng.bytes(int(rng.integers(1, 50)))
    elif kind == 2:
        content[place] ^= 1 << int(rng.integers(8))
    else:
        content[place : place + 9] = rng.bytes(9)
    return content


def sign(content):
    """Make the checksum right again, where there is one."""
    found = CHECKSUM.search(content)
    if found is not None:
        content[slice(*found.span(1))] = b"0" * 64
        content[slice(*found.span(1))] = hashlib.sha256(content).hexdigest().encode()
    return content


def damage_files(number, folder):
    """Load damaged files, and count what came of them."""
    rng, path = np.random.default_rng(0), folder / "model.safetensors"
    model = fit()
    skattn.save(model, path)
    good, expected = path.read_bytes(), model.predict(X)
    counts = {"refused": 0, "same": 0, "finite": 0, "wrong": []}
    for i in range(number):
        content = damage(good, rng)
        path.write_bytes(sign(content) if i % 2 else content)
        try:
            answer = skattn.load(path).predict(X)
        except ValueError:
            counts["refused"] += 1
        except Exception as error:  # what this looks for
            counts["wrong"].append(f"{i}: {type(error).__name__}: {error}")
        else:
            same = np.array_equal(answer, expected)
            # Whoever may sign a file may change a weight in it: no check can tell.
            signed = i % 2 == 1
            if same or signed:
                counts["same" if same else "finite"] += 1
            else:
                counts["wrong"].append(f"{i}: answered otherwise")
    return counts


def write_for(seconds, path, seed):
    """Save one of three models again and again."""
    model, until = fit(seed), time.monotonic() + seconds
    while time.monotonic() < until:
        skattn.save(model, path)


def share_a_path(seconds, folder):
    """Let three processes write and this one read; count what was read."""
    path, spawn = folder / "shared.safetensors", get_context("spawn")
    allowed = [fit(seed).predict(X) for seed in range(3)]
    skattn.save(fit(0), path)
    writers = [
        spawn.Process(target=write_for, args=(seconds, path, seed)) for seed in range(3)
    ]
    for writer in writers:
        writer.start()
    read, mixed = 0, 0
    while any(writer.is_alive() for writer in writers):
        answer = skattn.load(path).predict(X)
        read += 1
        mixed += not any(np.array_equal(answer, one) for one in allowed)
    for writer in writers:
        writer.join()
    return {"read": read, "mixed": mixed, "left": len([*folder.glob("shared*")]) - 1}


def jump(folder):
    """Fit with checkpoints while the clocks jump, and compare the bits."""
    expected = fit().predict(X)
    rng, clocks = np.random.default_rng(0), (time.time, time.perf_counter)

    def jumping(clock):
        return lambda: clock() + float(rng.uniform(-1e4, 1e4))

    time.time, time.perf_counter = map(jumping, clocks)
    try:
        answer = fit(checkpoint=folder / "checkpoints").predict(X)
    finally:
        time.time, time.perf_counter = clocks
    return bool(np.array_equal(answer, expected))


def main():
    """Do all three, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=400)
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        figures = {
            "damaged": damage_files(options.files, folder),
            "shared": share_a_path(options.seconds, folder),
            "clock_jumps_change_nothing": jump(folder),
        }
    print(json.dumps(figures))
    if figures["damaged"]["wrong"] or figures["shared"]["mixed"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
