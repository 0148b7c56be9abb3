"""Deploying once: recorded, checked against the artifact, resumed after a death, told apart from other code."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine
from support.chain_engine import chain_engine
from support.devchain import dev_chain

import onchain.deploy as deploy_module
from onchain.abi import keccak
from onchain.artifacts import load
from onchain.connect import Chain
from onchain.deploy import Deployment, deploy, deployments_path, find, read_deployments, verify_code
from onchain.devchain import DevChain
from onchain.errors import AbiError, ArtifactMismatch, ArtifactMissing, DeploymentInvalid, NoSuchContract
from onchain.profiles import profile
from onchain.send import Sender

TOKEN = ("Demo", "DMO", 6)


@pytest.fixture
def chain() -> Iterator[DevChain]:
    with dev_chain() as running:
        yield running


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with chain_engine(tmp_path / "d.db") as made:
        yield made


@pytest.fixture
def sender(engine: Engine, chain: DevChain) -> Sender:
    return Sender(engine, chain.chain(), chain.signer(0), lambda: 1_800_000_000)


def count(sender: Sender) -> int:
    return sender.chain.nonce(sender.address)


class TestDeploy:
    @pytest.mark.parametrize("name", ["EvidenceLog", "RepaymentBook", "EscrowBook", "Collateral", "DemoToken"])
    def test_every_contract_deploys_and_its_code_is_the_artifacts(
        self, sender: Sender, tmp_path: Path, name: str
    ) -> None:
        arguments: Sequence[object] = TOKEN if name == "DemoToken" else []
        if name == "Collateral":
            arguments = [deploy("RepaymentBook", [], sender, tmp_path).address]
        made = deploy(name, arguments, sender, tmp_path)
        code = sender.chain.code(made.address)
        assert keccak(code) == made.code_hash
        artifact = load(name)
        assert (code == artifact.deployed_bytecode) == (not artifact.immutables)
        assert sender.chain.receipt(made.tx).contract == made.address  # type: ignore[union-attr]

    def test_a_second_time_is_the_first_and_sends_nothing(self, sender: Sender, tmp_path: Path) -> None:
        first = deploy("EvidenceLog", [], sender, tmp_path)
        assert deploy("EvidenceLog", [], sender, tmp_path) == first
        assert count(sender) == 1

    def test_it_is_recorded_per_chain_and_found(self, sender: Sender, tmp_path: Path) -> None:
        made = deploy("EvidenceLog", [], sender, tmp_path)
        path = deployments_path(tmp_path, sender.chain)
        assert path.name == f"31337-{sender.chain.genesis.hex()[:8]}.json"
        assert read_deployments(path, sender.chain) == {"EvidenceLog": made}
        assert find("EvidenceLog", sender.chain, [tmp_path / "other", tmp_path]) == made
        with pytest.raises(NoSuchContract, match="RepaymentBook"):
            find("RepaymentBook", sender.chain, [tmp_path])

    def test_two_of_one_contract_have_labels(self, sender: Sender, tmp_path: Path) -> None:
        money = deploy("DemoToken", TOKEN, sender, tmp_path, label="Money")
        gold = deploy("DemoToken", ("Gold", "GLD", 18), sender, tmp_path, label="Gold")
        assert money.address != gold.address
        assert set(read_deployments(deployments_path(tmp_path, sender.chain), sender.chain)) == {"Gold", "Money"}

    def test_dying_before_the_record_deploys_no_second_one(
        self, sender: Sender, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def die(*_args: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(deploy_module, "_record", die)
            with pytest.raises(KeyboardInterrupt):
                deploy("EvidenceLog", [], sender, tmp_path)
        made = deploy("EvidenceLog", [], sender, tmp_path)
        assert count(sender) == 1
        assert sender.chain.code(made.address)

    def test_a_record_whose_code_is_gone_is_deployed_again(
        self, sender: Sender, chain: DevChain, tmp_path: Path
    ) -> None:
        snapshot = chain.snapshot()
        first = deploy("EvidenceLog", [], sender, tmp_path)
        chain.revert(snapshot)
        second = deploy("EvidenceLog", [], sender, tmp_path)
        assert second.address == first.address  # the same stored transaction, sent again
        assert sender.chain.code(second.address)

    def test_two_commands_at_once_record_both(self, engine: Engine, chain: DevChain, tmp_path: Path) -> None:
        def run(name: str) -> Deployment:
            sender = Sender(engine, chain.chain(), chain.signer(0), lambda: 1_800_000_000)
            return deploy(name, [], sender, tmp_path)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(run, ["EvidenceLog", "EscrowBook"]))
        recorded = read_deployments(deployments_path(tmp_path, chain.chain()), chain.chain())
        assert set(recorded) == {"EscrowBook", "EvidenceLog"}

    def test_wrong_arguments_and_names_send_nothing(self, sender: Sender, tmp_path: Path) -> None:
        with pytest.raises(AbiError):
            deploy("Collateral", [], sender, tmp_path)
        with pytest.raises(ArtifactMissing):
            deploy("Nothing", [], sender, tmp_path)
        assert count(sender) == 0


class TestVerifyCode:
    def test_other_code_is_refused(self, sender: Sender, tmp_path: Path) -> None:
        made = deploy("EscrowBook", [], sender, tmp_path)
        with pytest.raises(ArtifactMismatch, match="EvidenceLog at"):
            verify_code(sender.chain, made.address, load("EvidenceLog"))
        with pytest.raises(NoSuchContract):
            verify_code(sender.chain, "0x" + "77" * 20, load("EvidenceLog"))

    def test_one_changed_byte_outside_the_immutables_is_refused(
        self, sender: Sender, chain: DevChain, tmp_path: Path
    ) -> None:
        made = deploy("EscrowBook", [], sender, tmp_path)
        code = bytearray(sender.chain.code(made.address))
        start, _ = load("EscrowBook").immutables[0]
        code[start] ^= 1
        chain._rpc.call("anvil_setCode", [made.address, "0x" + code.hex()])
        verify_code(sender.chain, made.address, load("EscrowBook"))
        code[start - 1] ^= 1
        chain._rpc.call("anvil_setCode", [made.address, "0x" + code.hex()])
        with pytest.raises(ArtifactMismatch):
            verify_code(sender.chain, made.address, load("EscrowBook"))

    def test_a_recorded_address_with_other_code_is_an_error(
        self, sender: Sender, chain: DevChain, tmp_path: Path
    ) -> None:
        made = deploy("EvidenceLog", [], sender, tmp_path)
        chain._rpc.call("anvil_setCode", [made.address, "0x6001"])
        with pytest.raises(ArtifactMismatch):
            deploy("EvidenceLog", [], sender, tmp_path)


class TestRecordedFile:
    @pytest.mark.parametrize(
        "text", ["", "[]", "{}", '{"contracts": []}', "[" * 100_000, " " * (deploy_module.MAX_FILE_BYTES + 1)]
    )
    def test_a_broken_file_is_an_error(self, devchain: DevChain, tmp_path: Path, text: str) -> None:
        path = tmp_path / "x.json"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(DeploymentInvalid):
            read_deployments(path, devchain.chain())

    def test_a_file_of_another_chain_is_an_error(self, sender: Sender, tmp_path: Path) -> None:
        deploy("EvidenceLog", [], sender, tmp_path)
        path = deployments_path(tmp_path, sender.chain)
        other = Chain(sender.chain._rpc, profile(31338), sender.chain.genesis)
        with pytest.raises(DeploymentInvalid, match="another chain"):
            read_deployments(path, other)
        reset = Chain(sender.chain._rpc, profile(31337), bytes(32))
        with pytest.raises(DeploymentInvalid, match="another chain"):
            read_deployments(path, reset)

    @pytest.mark.parametrize(
        "change",
        [{"address": "0x12"}, {"tx": "0x12"}, {"block": -1}, {"block": "1"}, {"args_hash": 5}, {"code_hash": None}],
    )
    def test_a_broken_entry_is_an_error(self, sender: Sender, tmp_path: Path, change: dict[str, object]) -> None:
        deploy("EvidenceLog", [], sender, tmp_path)
        path = deployments_path(tmp_path, sender.chain)
        data = json.loads(path.read_text(encoding="utf-8"))
        data["contracts"]["EvidenceLog"].update(change)
        path.write_text(json.dumps(data), encoding="utf-8")
        with pytest.raises(DeploymentInvalid, match="EvidenceLog"):
            read_deployments(path, sender.chain)

    def test_real_chains_have_one_file_without_a_genesis(self, devchain: DevChain, tmp_path: Path) -> None:
        real = Chain(devchain.chain()._rpc, dataclasses.replace(profile(1)), bytes(32))
        assert deployments_path(tmp_path, real).name == "1.json"
        assert read_deployments(tmp_path / "none.json", real) == {}
