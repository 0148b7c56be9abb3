"""One JSON-RPC connection against nodes that lie, stall, hang up or send too much."""

from __future__ import annotations

import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from support.hostile_node import hostile_node, reply, result

import onchain.rpc as rpc_module
from onchain.devchain import DevChain
from onchain.errors import NodeMisbehaved, NodeRefused, NodeUnreachable
from onchain.rpc import Rpc


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class TestUnreachable:
    def test_nobody_answers(self) -> None:
        with pytest.raises(NodeUnreachable, match=r"127\.0\.0\.1"):
            Rpc(f"http://127.0.0.1:{free_port()}").call("eth_chainId")

    def test_no_socket_there(self, tmp_path: Path) -> None:
        with pytest.raises(NodeUnreachable):
            Rpc(f"ipc://{tmp_path}/no.ipc").call("eth_chainId")

    @pytest.mark.parametrize(
        "url", ["", "ftp://x", "relative/path", "http://", "http://h:99999", "https://[::1", "file:///x"]
    )
    def test_what_is_no_url_of_a_node(self, url: str) -> None:
        with pytest.raises(NodeUnreachable):
            Rpc(url)

    def test_a_socket_path_that_no_system_takes(self) -> None:
        with pytest.raises(NodeUnreachable, match="at most 100"):
            Rpc("ipc:///" + "x" * 100)

    def test_a_node_that_never_answers_is_given_up_in_time(self) -> None:
        release = threading.Event()
        with hostile_node(lambda _request, _handler: release.wait(10) and None) as url:
            started = time.monotonic()
            with pytest.raises(NodeUnreachable, match="time"):
                Rpc(url, timeout=0.3).call("eth_chainId")
            assert time.monotonic() - started < 3
            release.set()

    def test_a_node_that_drips_bytes_is_given_up_in_time(self) -> None:
        def drip(_request: Any, handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.send_header("Content-Length", "1000000")
            handler.end_headers()
            try:
                for _ in range(200):
                    handler.wfile.write(b" ")
                    time.sleep(0.05)
            except OSError:
                pass

        with hostile_node(drip) as url:
            started = time.monotonic()
            with pytest.raises(NodeUnreachable, match="too long"):
                Rpc(url, timeout=0.3).call("eth_chainId")
            assert time.monotonic() - started < 3

    @pytest.mark.parametrize("status", [301, 401, 404, 429, 500, 503])
    def test_http_failures_are_unreachable_nodes(self, status: int) -> None:
        failing = hostile_node(lambda _request, handler: reply(handler, b"<html>no</html>", status))
        with failing as url, pytest.raises(NodeUnreachable, match=str(status)):
            Rpc(url).call("eth_chainId")


class TestMisbehaved:
    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"<html>",
            b"[]",
            b"5",
            b'{"jsonrpc":"2.0","id":1}',
            b'{"jsonrpc":"2.0","id":2,"result":"0x1"}',
            b'{"jsonrpc":"2.0","id":1,"error":"x"}',
            b"[" * 100_000,
            b"\xff\xfe",
        ],
    )
    def test_what_is_no_json_rpc_answer(self, body: bytes) -> None:
        with hostile_node(lambda _request, handler: reply(handler, body)) as url, pytest.raises(NodeMisbehaved):
            Rpc(url).call("eth_chainId")

    def test_more_bytes_than_any_answer_has(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rpc_module, "MAX_ANSWER", 1000)
        fits, too_much = result("x" * (1000 - len(result("")))), result("x" * (1001 - len(result(""))))
        with hostile_node(lambda _request, handler: reply(handler, fits)) as url:
            assert Rpc(url).call("eth_chainId")
        large = hostile_node(lambda _request, handler: reply(handler, too_much))
        with large as url, pytest.raises(NodeMisbehaved, match="more than 1000 bytes"):
            Rpc(url).call("eth_chainId")

    @pytest.mark.parametrize("identities", [[0], [0, 0], [0, 5], [0, 1, 2], [0, None]])
    def test_a_batch_with_answers_missing_or_invented(self, identities: list[object]) -> None:
        body = json.dumps([{"jsonrpc": "2.0", "id": i, "result": "0x1"} for i in identities]).encode()
        lying = hostile_node(lambda _request, handler: reply(handler, body))
        with lying as url, pytest.raises(NodeMisbehaved, match="batch of 2"):
            Rpc(url).batch([("a", []), ("b", [])])


class TestErrors:
    def test_an_error_says_method_code_and_message(self) -> None:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": "nonce too low"}}).encode()
        for status in (200, 400):
            with hostile_node(lambda _request, handler, s=status: reply(handler, body, s)) as url:
                with pytest.raises(NodeRefused) as caught:
                    Rpc(url).call("eth_sendRawTransaction", ["0x"])
                assert (caught.value.method, caught.value.rpc_code) == ("eth_sendRawTransaction", -32000)
                assert caught.value.message == "nonce too low"

    @pytest.mark.parametrize("data", ["0x08c379a0", {"data": "0x08c379a0"}, "Reverted 0x08c379a0"])
    def test_revert_bytes_are_found_where_nodes_put_them(self, data: object) -> None:
        error = {"code": 3, "message": "execution reverted", "data": data}
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "error": error}).encode()
        with hostile_node(lambda _request, handler: reply(handler, body)) as url:
            with pytest.raises(NodeRefused) as caught:
                Rpc(url).call("eth_call")
            assert caught.value.data == bytes.fromhex("08c379a0")


class TestConnection:
    def test_a_connection_closed_by_the_server_is_opened_again(self) -> None:
        seen: list[int] = []

        def answer(_request: Any, handler: BaseHTTPRequestHandler) -> None:
            seen.append(handler.client_address[1])
            handler.send_response(200)
            body = result(len(seen))
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)
            handler.close_connection = True  # without saying so

        with hostile_node(answer) as url:
            rpc = Rpc(url)
            assert [rpc.call("eth_chainId") for _ in range(3)] == [1, 2, 3]
            assert len(set(seen)) == 3

    def test_a_command_of_the_dev_chain_is_never_sent_twice(self) -> None:
        seen: list[str] = []

        def answer(request: Any, handler: BaseHTTPRequestHandler) -> None:
            seen.append(request["method"])
            if request["method"] == "evm_mine":
                handler.close_connection = True  # dies after doing it, before answering
                return
            reply(handler, result("0x1"))

        with hostile_node(answer) as url:
            rpc = Rpc(url)
            rpc.call("eth_chainId")
            with pytest.raises(NodeUnreachable):
                rpc.call("evm_mine")
            assert seen == ["eth_chainId", "evm_mine"]

    def test_user_information_becomes_basic_authentication(self) -> None:
        seen: list[str | None] = []

        def answer(_request: Any, handler: BaseHTTPRequestHandler) -> None:
            seen.append(handler.headers["Authorization"])
            reply(handler, result("0x1"))

        with hostile_node(answer) as url:
            Rpc(url.replace("http://", "http://user:p%40ss@")).call("eth_chainId")
        assert seen == ["Basic dXNlcjpwQHNz"]

    def test_a_node_without_batches_is_asked_call_by_call(self) -> None:
        def answer(request: Any, handler: BaseHTTPRequestHandler) -> None:
            if isinstance(request, list):
                error = {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "no batches"}}
                reply(handler, json.dumps(error).encode())
            elif request["method"] == "bad":
                reply(handler, json.dumps({"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": "m"}}).encode())
            else:
                reply(handler, result(request["method"]))

        with hostile_node(answer) as url:
            first, second, third = Rpc(url).batch([("a", []), ("bad", []), ("c", [])])
            assert (first, third) == ("a", "c")
            assert isinstance(second, NodeRefused)

    def test_threads_have_connections_of_their_own(self, devchain: DevChain) -> None:
        rpc = Rpc(devchain.url)
        answers: list[object] = []

        def ask() -> None:
            answers.extend(rpc.call("eth_chainId") for _ in range(50))

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == ["0x7a69"] * 200

    def test_socket_and_http_give_the_same(self, devchain: DevChain) -> None:
        assert devchain.ipc is not None
        calls = [("eth_chainId", []), ("nonsense", []), ("eth_getBlockByNumber", ["0x0", False])]
        over_http = Rpc(devchain.url).batch(calls)
        over_socket = Rpc(f"ipc://{devchain.ipc}").batch(calls)
        assert over_http[0] == over_socket[0] == "0x7a69"
        assert over_http[2] == over_socket[2]
        assert isinstance(over_http[1], NodeRefused)
        assert isinstance(over_socket[1], NodeRefused)
