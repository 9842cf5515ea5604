"""A process that does the work of one peer, told what to do line by line.

Two frameworks in one process disturb each other's threads; a process for each, all
alive and asked in turn, keeps rounds paired without that. Run as
``python -m benchmarks.speed.worker benchmarks.speed.keras_peers``. Each line on its
standard input is JSON with the name of a function of that module and its arguments;
each line of its answer holds the seconds that it reports, or its error.
"""

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


class PeerError(RuntimeError):
    """What went wrong in the process of a peer."""


class Worker:
    """The driver's end: starts the process on first use, and asks it.

    Parameters
    ----------
    module : str
        Name of the module in this package whose functions are asked for.
    python : str or path-like, default=None
        Interpreter of the peer's environment; None for this one.
    """

    def __init__(self, module, python=None):
        self.module = module
        self.python = Path(python or sys.executable)
        self._process = None

    def asks(self, function, **arguments):
        """Give a callable that asks for the seconds of a function."""
        return lambda: self.ask(function, **arguments)

    def ask(self, function, **arguments):
        """Have a function called, and give what it returns."""
        if self._process is None:
            self._process = self._start()
        question = {"function": function, "arguments": arguments}
        try:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise PeerError(f"the process ended with {self._process.wait()}")
        content = json.loads(answer)
        if "error" in content:
            raise PeerError(content["error"])
        return content["result"]

    def close(self):
        """End the process."""
        if self._process is not None:
            self._process.stdin.close()
            self._process.wait()
            self._process = None

    def _start(self):
        if not self.python.exists():
            raise PeerError(
                f"its environment {self.python.parent.parent.name} is not there"
            )
        return subprocess.Popen(
            [self.python, "-m", __name__, f"{__package__}.{self.module}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
        )


def main():
    """Answer until standard input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print must not be taken for an answer
    module = None
    for line in sys.stdin:
        question = json.loads(line)
        try:
            module = module or importlib.import_module(sys.argv[1])
            work = getattr(module, question["function"])
            content = {"result": work(**question["arguments"])}
        except Exception as error:
            text = str(error).strip().splitlines() or ["no message"]
            content = {"error": f"{type(error).__name__}: {text[0]}"}
        answers.write(json.dumps(content) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
