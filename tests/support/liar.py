"""A node that passes everything on to a real one and rewrites what the test says."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

from support.hostile_node import hostile_node, reply

from onchain.errors import NodeRefused, NodeUnreachable
from onchain.rpc import Rpc

Rewrite = Callable[[list[Any], Any], Any]
"""(parameters, the honest result) to the result that is given."""


@contextmanager
def lying_node(upstream: str, lies: Mapping[str, Rewrite], delay: float = 0.0) -> Iterator[str]:
    """Serve the node at `upstream`, rewriting results of the methods in `lies`; yields the URL.

    delay  seconds before each answer
    """

    def answer(request: Any, handler: BaseHTTPRequestHandler) -> None:
        time.sleep(delay)
        rpc = Rpc(upstream)
        answers = []
        for call in request if isinstance(request, list) else [request]:
            shell = {"jsonrpc": "2.0", "id": call["id"]}
            try:
                said = rpc.call(call["method"], call["params"])
            except NodeRefused as exc:
                answers.append({**shell, "error": {"code": exc.rpc_code, "message": exc.message}})
                continue
            except NodeUnreachable:  # the test is over
                handler.close_connection = True
                return
            lie = lies.get(call["method"])
            answers.append({**shell, "result": said if lie is None else lie(call["params"], said)})
        rpc.close()
        reply(handler, json.dumps(answers if isinstance(request, list) else answers[0]).encode())

    with hostile_node(answer) as url:
        yield url
