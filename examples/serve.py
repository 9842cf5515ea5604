"""Answer requests for predictions over HTTP: ``python serve.py model.onnx``.

It needs NumPy and onnxruntime, and neither torch nor skattn.
"""

# %% code
import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import onnxruntime


class Handler(BaseHTTPRequestHandler):
    """Take {"X": [[[...], ...]]}, and send predictions and attention weights."""

    session: onnxruntime.InferenceSession

    def do_POST(self) -> None:
        """Answer one request."""
        size = int(self.headers.get("Content-Length", 0))
        try:
            X = np.asarray(json.loads(self.rfile.read(size))["X"], dtype=np.float64)
            prediction, attention, *_ = self.session.run(None, {"X": X})
        except Exception as error:  # whatever is wrong is the caller's to know
            self._send(400, {"error": str(error)})
            return
        answer = {"prediction": prediction.tolist(), "attention": attention.tolist()}
        self._send(200, answer)

    def _send(self, status: int, content: dict) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main(path: str, port: int = 8000) -> None:
    """Serve the graph in a file until Ctrl-C."""
    Handler.session = onnxruntime.InferenceSession(path)
    with HTTPServer(("localhost", port), Handler) as server:
        print(f"Serving {path} on http://localhost:{server.server_port}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:3]))
