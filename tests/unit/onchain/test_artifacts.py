"""Generated ABI files: found, read, and written in the one form that is committed."""

from __future__ import annotations

import pytest

from onchain import artifacts
from onchain.artifacts import Artifact, load
from onchain.errors import ArtifactMissing

SHIPPED = ("Collateral", "EscrowBook", "EvidenceLog", "RepaymentBook")


def test_all_contracts_are_shipped_and_test_contracts_stay_apart() -> None:
    assert artifacts.names() == SHIPPED
    assert "DemoToken" in artifacts.names(testing=True)


@pytest.mark.parametrize("name", SHIPPED)
def test_load_gives_code_that_an_evm_accepts(name: str) -> None:
    artifact = load(name)
    assert artifact.name == name
    assert 0 < len(artifact.deployed_bytecode) <= 24_576  # EIP-170
    assert len(artifact.bytecode) <= 49_152  # EIP-3860
    assert all(0 <= start <= len(artifact.deployed_bytecode) - length for start, length in artifact.immutables)
    for start, length in artifact.immutables:
        assert artifact.deployed_bytecode[start : start + length] == bytes(length)


@pytest.mark.parametrize("name", SHIPPED)
def test_round_trip_keeps_every_member(name: str) -> None:
    artifact = load(name)
    assert Artifact.from_json(artifact.to_json()) == artifact


@pytest.mark.parametrize("name", ["Nothing", "../EvidenceLog", "testing/DemoToken", "", "a" * 65, "EvidenceLog.json"])
def test_load_refuses_names_that_are_no_contract(name: str) -> None:
    with pytest.raises(ArtifactMissing):
        load(name)
