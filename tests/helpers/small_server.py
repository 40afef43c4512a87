"""A server of HTTP on this machine that answers every question with one body."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer


@contextmanager
def answering(body: bytes, *, authorization: str | None = None) -> Iterator[str]:
    """Its address. `authorization`: what a question must carry; any other is answered 401."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            allowed = authorization is None or self.headers["Authorization"] == authorization
            self.send_response(200 if allowed else 401)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    http = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_address[1]}/"
    finally:
        http.shutdown()
        thread.join()
        http.server_close()
