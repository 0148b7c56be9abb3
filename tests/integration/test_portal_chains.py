"""portal.chains: embedded chains are shared, end with their last user, and are the same chain after a restart."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.portalworld import tallystick

from onchain.devchain import DevChain
from onchain.errors import NodeUnreachable, WrongChain, WrongGenesis
from portal.chains import STATE, ChainUse
from portal.config import pin
from portal.deployments import pin_genesis
from portal.workspace import Workspace


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tallystick("init", "--dev", workspace=tmp_path / "w")
    return tmp_path / "w"


def use(folder: Path) -> ChainUse:
    return ChainUse(Workspace.open(folder), "plans")


def is_running(folder: Path) -> bool:
    return DevChain.running(folder / "chains" / "plans" / STATE) is not None


class TestSharing:
    def test_a_chain_ends_with_its_last_user_and_not_before(self, folder: Path) -> None:
        with use(folder) as second:
            with use(folder) as first:
                started = first.connect().head().hash
                assert second.connect().block(started) is not None
            assert is_running(folder)
            second.connect().head()
        assert not is_running(folder)

    def test_a_use_that_asked_for_nothing_starts_nothing(self, folder: Path) -> None:
        with use(folder) as unused:
            assert unused.embedded
        assert not is_running(folder)


class TestRestart:
    def test_a_chain_is_the_same_after_restarts(self, folder: Path) -> None:
        with use(folder) as first:
            pin_genesis(first)
            first.dev().fund("0x" + "11" * 20, 5)
            first.dev().mine(3)
            head, genesis = first.connect().head(), first.connect().genesis
        for _ in range(4):
            with use(folder) as again:
                chain = again.connect()  # raises WrongGenesis where it is another chain
                assert chain.genesis == genesis
                assert chain.block(head.number) == head
                assert chain.balance("0x" + "11" * 20) == 5


class TestPinning:
    def test_another_chain_behind_the_same_configuration_is_refused(self, folder: Path) -> None:
        with use(folder) as first:
            pin_genesis(first)
        file = folder / "tallystick.toml"
        file.write_text(pin(file.read_text(), "chains.plans", "genesis", "0x" + "ab" * 32))
        with use(folder) as other, pytest.raises(WrongGenesis):
            other.connect()

    def test_another_chain_id_is_refused(self, folder: Path) -> None:
        with use(folder) as running:
            url = running.dev().url
            file = folder / "tallystick.toml"
            text = file.read_text()
            part = f'[chains.evidence]\nkind = "rpc"\nurl = "{url}"\nchain_id = 31337\n'
            file.write_text(
                text.replace('[chains.evidence]\nkind = "embedded"\nchain_id = 31337\n', part).replace(
                    "block_seconds = 1\n", "", 1
                )
            )
            with ChainUse(Workspace.open(folder), "evidence") as wrong, pytest.raises(WrongChain):
                wrong.connect()

    def test_a_node_that_does_not_answer_is_unreachable(self, tmp_path: Path) -> None:
        options = ("--plans-rpc", "http://127.0.0.1:1", "--plans-chain", "31338")
        tallystick("init", "--dev", *options, workspace=tmp_path / "w")
        with use(tmp_path / "w") as dead, pytest.raises(NodeUnreachable):
            dead.connect()
