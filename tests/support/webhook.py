"""A webhook on the loopback, for runs that post."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import sleep, time
from typing import Any


@dataclass
class Webhook:
    """Where it is, and what was posted to it when: (seconds since 1970, path, body)."""

    port: int
    posted: list[tuple[float, str, dict[str, Any]]] = field(default_factory=list)
    on_post: Callable[[dict[str, Any]], None] = lambda body: None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def events(self, name: str) -> list[dict[str, Any]]:
        return [body for _, _, body in self.posted if body.get("event") == name]


@contextmanager
def webhook(answers: Sequence[int] = (), seconds: float = 0.0) -> Iterator[Webhook]:
    """Answers with these codes, one after the other, and then with 204; each answer takes so long."""
    left = list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            hook.posted.append((time(), self.path, body))
            hook.on_post(body)
            sleep(seconds)
            self.send_response(left.pop(0) if left else 204)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Nothing on the screen."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hook = Webhook(server.server_port)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield hook
    finally:
        server.shutdown()
        server.server_close()
