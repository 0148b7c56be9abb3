"""Calls to bytes and back, by the shipped ABIs."""

from __future__ import annotations

import pytest

from onchain import abi
from onchain.contract import Contract
from onchain.decode import Log
from onchain.errors import AbiError, ArtifactMissing

ADDRESS = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
OVERLOADED = [
    {"type": "function", "name": "f", "inputs": [{"name": "a", "type": "uint8"}], "outputs": []},
    {"type": "function", "name": "f", "inputs": [{"name": "a", "type": "bytes32"}], "outputs": []},
]


def test_encode_is_selector_and_arguments_and_decode_input_undoes_it() -> None:
    contract = Contract("EvidenceLog", ADDRESS)
    data = contract.encode("append", b"\x01" * 32, 3, 4, b"\x02" * 32, [b"\x03" * 32])
    assert contract.decode_input(data) == ("append", (b"\x01" * 32, 3, 4, b"\x02" * 32, (b"\x03" * 32,)))


def test_decode_output_gives_structs_as_mappings() -> None:
    contract = Contract("RepaymentBook", ADDRESS)
    (entry,) = (e for e in contract.abi if e.get("name") == "statusAt")
    (parameter,) = abi.components(entry, "outputs")
    fields = [str(f["name"]) for f in abi.components(parameter, "components")]
    (value,) = contract.decode_output("statusAt", bytes(32 * len(fields)))
    assert isinstance(value, dict)
    assert list(value) == fields
    assert set(value.values()) == {0}


def test_topic_is_the_hash_of_the_signature() -> None:
    contract = Contract("DemoToken", ADDRESS)
    assert contract.topic("Transfer").hex().startswith("ddf252ad")
    with pytest.raises(AbiError, match="no event Nothing"):
        contract.topic("Nothing")


def test_an_overloaded_function_needs_its_whole_signature() -> None:
    contract = Contract("x", ADDRESS, OVERLOADED)
    with pytest.raises(AbiError, match="more than one function f"):
        contract.encode("f", 1)
    assert contract.encode("f(uint8)", 1)[-1] == 1
    with pytest.raises(AbiError, match="no function g"):
        contract.encode("g")


def test_logs_of_another_address_are_not_this_contracts() -> None:
    contract = Contract("DemoToken", ADDRESS)
    other = Log("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359", (contract.topic("Transfer"),), b"", 1, b"", b"", 0)
    assert contract.decode_log(other) is None


def test_unknown_contracts_and_calls_are_errors() -> None:
    with pytest.raises(ArtifactMissing):
        Contract("Nothing", ADDRESS)
    with pytest.raises(AbiError):
        Contract("EvidenceLog", ADDRESS).decode_input(b"\xde\xad\xbe\xef")
