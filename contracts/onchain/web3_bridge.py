"""web3.py over our own connection, for code that wants its Contract objects. The only file that imports web3."""

from __future__ import annotations

from typing import Any

from web3 import Web3
from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from onchain.errors import NodeRefused
from onchain.rpc import Rpc


class RpcProvider(JSONBaseProvider):
    """A web3 provider that sends through `Rpc`: same timeouts, bounds and masking."""

    def __init__(self, rpc: Rpc) -> None:
        super().__init__()
        self._rpc_connection = rpc

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """One call; refusals become JSON-RPC errors again, as web3 expects them."""
        try:
            return {"jsonrpc": "2.0", "id": 1, "result": self._rpc_connection.call(method, params)}
        except NodeRefused as exc:
            data = None if exc.data is None else "0x" + exc.data.hex()
            return {"jsonrpc": "2.0", "id": 1, "error": {"code": exc.rpc_code, "message": exc.message, "data": data}}  # type: ignore[typeddict-item]  # web3 types data as str only


def bridge(rpc: Rpc) -> Web3:
    """A Web3 that talks through `rpc`."""
    return Web3(RpcProvider(rpc))
