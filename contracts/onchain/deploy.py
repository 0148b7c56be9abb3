"""Deploy a contract once, check that the code on the chain is ours, and record the address.

Recorded in one JSON file per chain: the shipped `deployments/<chainId>.json` for real chains, a workspace's own
`<chainId>-<first 8 digits of the genesis hash>.json` for dev chains (the same id is another chain after a reset).

The order is: send (stored under a key before it is sent), wait, check, record. A process that dies in between finds
the transaction under its key and goes on; one that finds the record and the code does nothing.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from onchain import abi as abis
from onchain.abi import checksum_address, keccak
from onchain.artifacts import Artifact, load
from onchain.connect import Chain
from onchain.errors import ArtifactMismatch, ChainError, DeploymentInvalid, NoSuchContract
from onchain.send import Sender

MAX_FILE_BYTES = 1024 * 1024  # a deployment takes about 400
DEPLOY_SECONDS = 300.0


@dataclass(frozen=True)
class Deployment:
    """Where a contract is.

    tx         hash of the creating transaction
    block      number of its block: followers begin there
    code_hash  Keccak-256 of the runtime code on the chain, immutables included
    args_hash  SHA-256 of the creation code and constructor arguments: tells two deployments of one contract apart
    """

    name: str
    address: str
    tx: bytes
    block: int
    code_hash: bytes
    args_hash: str

    def to_mapping(self) -> dict[str, object]:
        """The recorded form."""
        return {
            "address": self.address,
            "tx": "0x" + self.tx.hex(),
            "block": self.block,
            "code_hash": "0x" + self.code_hash.hex(),
            "args_hash": self.args_hash,
        }

    @classmethod
    def from_mapping(cls, name: str, data: Mapping[str, Any], where: str) -> Deployment:
        """Read the recorded form. Raises DeploymentInvalid."""
        try:
            tx, code_hash = (bytes.fromhex(data[part].removeprefix("0x")) for part in ("tx", "code_hash"))
            block, args_hash = data["block"], data["args_hash"]
            if len(tx) != 32 or len(code_hash) != 32 or type(block) is not int or block < 0:
                raise ValueError("a member is out of range")
            if not isinstance(args_hash, str) or len(args_hash) != 64:
                raise ValueError("args_hash")
            return cls(name, checksum_address(data["address"]), tx, block, code_hash, args_hash)
        except (KeyError, TypeError, ValueError, AttributeError, ChainError) as exc:
            raise DeploymentInvalid(where, f"{name}: {type(exc).__name__} {exc}") from exc


def deployments_path(directory: Path, chain: Chain) -> Path:
    """The file of this chain's deployments below `directory`."""
    suffix = f"-{chain.genesis.hex()[:8]}" if chain.profile.dev else ""
    return directory / f"{chain.chain_id}{suffix}.json"


def read_deployments(path: Path, chain: Chain) -> dict[str, Deployment]:
    """What is recorded for `chain`, by contract name; empty where the file is missing. Raises DeploymentInvalid."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        return {}
    except OSError as exc:
        raise DeploymentInvalid(str(path), exc.strerror or type(exc).__name__) from exc
    try:
        data = json.loads(raw) if len(raw) <= MAX_FILE_BYTES else None
        if not isinstance(data, dict) or not isinstance(data.get("contracts"), dict):
            raise ValueError("not an object with contracts")
    except (ValueError, RecursionError) as exc:
        raise DeploymentInvalid(str(path), f"unreadable: {exc}") from exc
    if data.get("chain_id") != chain.chain_id or data.get("genesis") != "0x" + chain.genesis.hex():
        raise DeploymentInvalid(
            str(path), f"belongs to another chain than {chain.chain_id} 0x{chain.genesis.hex()[:8]}…"
        )
    return {
        str(name): Deployment.from_mapping(str(name), entry if isinstance(entry, dict) else {}, str(path))
        for name, entry in data["contracts"].items()
    }


def find(name: str, chain: Chain, directories: Sequence[Path]) -> Deployment:
    """The recorded deployment of `name`, from the first directory that has one.

    Raises NoSuchContract, DeploymentInvalid.
    """
    for directory in directories:
        found = read_deployments(deployments_path(directory, chain), chain).get(name)
        if found is not None:
            return found
    raise NoSuchContract(name, chain.chain_id)


def deploy(
    name: str,
    args: Sequence[object],
    sender: Sender,
    path: Path,
    *,
    label: str | None = None,
    timeout: float = DEPLOY_SECONDS,
    between: Callable[[], object] | None = None,
) -> Deployment:
    """Deploy contract `name`, or return what is recorded and still there.

    args     constructor arguments
    path     a deployments directory, or the JSON file itself
    label    recorded under this name instead, for a second one of the same contract (two tokens)
    timeout  seconds to wait for the block
    between  called while waiting, as in Sender.wait

    Raises ArtifactMissing, ArtifactMismatch, DeploymentInvalid, and as Sender.submit and Sender.wait.
    """
    chain = sender.chain
    file = path if path.suffix == ".json" else deployments_path(path, chain)
    artifact = load(name)
    label = label or name
    init_code = creation_code(artifact, args)
    args_hash = hashlib.sha256(init_code).hexdigest()
    recorded = read_deployments(file, chain).get(label)
    if recorded is not None and recorded.args_hash == args_hash and chain.code(recorded.address):
        verify_code(chain, recorded.address, artifact)
        return recorded
    key = f"deploy:{chain.chain_id}:{chain.genesis.hex()[:8]}:{label}:{sender.address}:{args_hash[:16]}"
    sender.submit(key, None, init_code)
    record = sender.wait(key, timeout, between=between)
    if record.contract is None or record.block_number is None:
        raise NoSuchContract(f"{name}: transaction 0x{record.tx_hash.hex()} created none", chain.chain_id)
    code_hash = verify_code(chain, record.contract, artifact)
    made = Deployment(label, record.contract, record.tx_hash, record.block_number, code_hash, args_hash)
    _record(file, chain, made)
    return made


def creation_code(artifact: Artifact, args: Sequence[object]) -> bytes:
    """Creation code with constructor arguments. Raises AbiError."""
    constructor = next((entry for entry in artifact.abi if entry.get("type") == "constructor"), {})
    return artifact.bytecode + abis.encode(abis.components(constructor), args)


def verify_code(chain: Chain, address: str, artifact: Artifact) -> bytes:
    """Check that the code at `address` is the artifact's, immutables aside; returns its Keccak-256.

    Raises NoSuchContract, ArtifactMismatch, NodeError.
    """
    code = chain.code(address)
    if not code:
        raise NoSuchContract(f"at {address}", chain.chain_id)
    if _blank(code, artifact) != artifact.deployed_bytecode:
        expected = keccak(artifact.deployed_bytecode)
        raise ArtifactMismatch(artifact.name, address, expected, keccak(_blank(code, artifact)))
    return keccak(code)


def _blank(code: bytes, artifact: Artifact) -> bytes:
    """The code with zeros where the constructor filled in immutables."""
    if len(code) != len(artifact.deployed_bytecode):
        return code
    blank = bytearray(code)
    for start, length in artifact.immutables:
        blank[start : start + length] = bytes(length)
    return bytes(blank)


def _record(path: Path, chain: Chain, made: Deployment) -> None:
    """Add to the file, whole or not at all; other commands may record at the same time."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path):
            known = read_deployments(path, chain)
            known[made.name] = made
            contracts = {name: known[name].to_mapping() for name in sorted(known)}
            data = {"chain_id": chain.chain_id, "genesis": "0x" + chain.genesis.hex(), "contracts": contracts}
            descriptor, temporary = tempfile.mkstemp(prefix=path.name, dir=path.parent)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(json.dumps(cast(object, data), indent=2) + "\n")
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
    except OSError as exc:
        raise DeploymentInvalid(str(path), exc.strerror or type(exc).__name__) from exc


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.with_name(path.name + ".lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
