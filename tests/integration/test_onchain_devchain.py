"""A local chain that is found again, keeps state and clock over ends of every kind, and leaves no stray process."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from onchain.devchain import DevChain, find_anvil
from onchain.errors import AnvilMissing, DevChainError, NodeUnreachable, WrongGenesis

TO = "0x" + "51" * 20


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_for_state(state: Path, block: int) -> None:
    """Wait until anvil has written a state that holds `block`."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            if json.loads(state.read_bytes())["best_block_number"] >= block:
                return
        except (OSError, ValueError, KeyError):
            pass
        time.sleep(0.05)
    pytest.fail(f"block {block} was not written")


class TestRestart:
    def test_an_orderly_end_keeps_every_block(self, tmp_path: Path) -> None:
        with DevChain.start(tmp_path / "s.json", 31337) as first:
            first.fund(TO, 77)
            head = first.mine(5)
            genesis = first.chain().genesis
            pid = first.pid
        assert not alive(pid)
        with DevChain.start(tmp_path / "s.json", 31337) as second:
            assert second.started
            assert second.head() == head
            assert second.chain().genesis == genesis
            assert second.chain().balance(TO) == 77

    def test_it_is_the_same_chain_after_many_restarts(self, tmp_path: Path) -> None:
        """anvil makes a block 0 at each start; with another time in it, it would be another chain."""
        with DevChain.start(tmp_path / "s.json", 31337) as first:
            genesis = first.chain().genesis
            blocks = [first.mine(1)]
        for _ in range(4):
            time.sleep(1.1)
            with DevChain.start(tmp_path / "s.json", 31337) as again:
                chain = again.chain()
                assert chain.genesis == genesis
                assert [chain.block(block.number) for block in blocks] == blocks
                blocks.append(again.mine(1))
                assert abs(blocks[-1].timestamp - time.time()) < 3

    def test_a_kill_in_the_first_moment_keeps_the_chain(self, tmp_path: Path) -> None:
        first = DevChain.start(tmp_path / "s.json", 31337)
        genesis = first.chain().genesis
        first.kill()
        time.sleep(1.1)
        with DevChain.start(tmp_path / "s.json", 31337) as second:
            assert second.chain().genesis == genesis

    def test_a_kill_keeps_what_was_written(self, tmp_path: Path) -> None:
        first = DevChain.start(tmp_path / "s.json", 31337)
        head = first.mine(3)
        wait_for_state(tmp_path / "s.json", head.number)
        first.kill()
        assert not alive(first.pid)
        with DevChain.start(tmp_path / "s.json", 31337) as second:
            assert second.head() == head

    def test_what_is_final_survives_a_kill_at_any_moment(self, tmp_path: Path) -> None:
        """anvil's own file is up to a second old, or torn; the checkpoint is whole and newer."""
        state = tmp_path / "s.json"
        for round_number in range(5):
            chain = DevChain.start(state, 31337)
            chain.fund(TO, round_number + 1)
            chain.mine(2)
            final = chain.finalise()
            chain.kill()
            with DevChain.start(state, 31337) as again:
                block = again.chain().block(final.number)
                assert block == final
                assert again.chain().balance(TO) == round_number + 1

    def test_a_torn_state_is_replaced_by_the_last_checkpoint(self, tmp_path: Path) -> None:
        state = tmp_path / "s.json"
        with DevChain.start(state, 31337) as first:
            first.mine(3)
            first.checkpoint()
            head = first.head()
            first.mine(1)
        whole = state.read_bytes()
        state.write_bytes(whole[: len(whole) // 2])
        with DevChain.start(state, 31337) as second:
            assert second.head() == head
        assert (tmp_path / "s.json.broken").read_bytes() == whole[: len(whole) // 2]

    def test_an_old_checkpoint_does_not_replace_a_newer_state(self, tmp_path: Path) -> None:
        with DevChain.start(tmp_path / "s.json", 31337) as first:
            first.checkpoint()
            head = first.mine(4)
        with DevChain.start(tmp_path / "s.json", 31337) as second:
            assert second.head() == head

    def test_a_broken_state_without_a_copy_is_an_error_and_is_kept(self, tmp_path: Path) -> None:
        state = tmp_path / "s.json"
        state.write_text("{", encoding="utf-8")
        with pytest.raises(DevChainError, match="broken"):
            DevChain.start(state, 31337)
        assert state.read_text(encoding="utf-8") == "{"

    def test_a_clock_that_was_moved_goes_on_from_there(self, tmp_path: Path) -> None:
        with DevChain.start(tmp_path / "s.json", 31338) as first:
            moved = first.warp(first.now() + 30 * 86_400).timestamp
        with DevChain.start(tmp_path / "s.json", 31338) as second:
            later = second.mine(1).timestamp
            assert moved <= later < moved + 60

    def test_the_port_is_kept_where_it_is_free(self, tmp_path: Path) -> None:
        with DevChain.start(tmp_path / "s.json", 31337) as first:
            port = first.port
        with DevChain.start(tmp_path / "s.json", 31337) as second:
            assert second.port == port
        with socket.socket() as other:
            other.bind(("127.0.0.1", port))
            other.listen()
            with DevChain.start(tmp_path / "s.json", 31337) as third:
                assert third.port != port

    def test_a_deleted_state_is_another_chain(self, tmp_path: Path) -> None:
        with DevChain.start(tmp_path / "s.json", 31337) as first:
            genesis = first.chain().genesis
        for file in tmp_path.iterdir():
            file.unlink()
        time.sleep(1.1)  # a genesis block of another second
        with DevChain.start(tmp_path / "s.json", 31337) as second, pytest.raises(WrongGenesis):
            from onchain.connect import Chain

            Chain.connect(second.url, profile=second.profile, expected_genesis=genesis)


class TestFinding:
    def test_a_second_start_finds_the_first(self, tmp_path: Path) -> None:
        with DevChain.start(tmp_path / "s.json", 31337, ipc=True) as first:
            second = DevChain.start(tmp_path / "s.json", 31337, ipc=True)
            assert (second.pid, second.port, second.started) == (first.pid, first.port, False)
            assert second.chain(ipc=True).genesis == first.chain().genesis
            found = DevChain.running(tmp_path / "s.json")
            assert found is not None
            assert found.pid == first.pid

    def test_many_at_once_start_one(self, tmp_path: Path) -> None:
        with ThreadPoolExecutor(4) as pool:
            chains = list(pool.map(lambda _: DevChain.start(tmp_path / "s.json", 31337), range(4)))
        try:
            assert len({chain.pid for chain in chains}) == 1
            assert sum(chain.started for chain in chains) == 1
        finally:
            chains[0].stop()

    def test_another_process_finds_it_and_ends_it(self, tmp_path: Path) -> None:
        started = DevChain.start(tmp_path / "s.json", 31337)
        program = (
            "import sys; from pathlib import Path; from onchain.devchain import DevChain\n"
            "found = DevChain.running(Path(sys.argv[1])); print(found.pid); found.stop()"
        )
        done = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / "s.json")], capture_output=True, text=True, check=True
        )
        assert int(done.stdout) == started.pid
        deadline = time.monotonic() + 5
        while DevChain.running(tmp_path / "s.json") is not None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert DevChain.running(tmp_path / "s.json") is None

    def test_nothing_runs_on_a_fresh_folder(self, tmp_path: Path) -> None:
        assert DevChain.running(tmp_path / "s.json") is None
        assert DevChain.running(tmp_path / "missing" / "s.json") is None

    def test_a_running_chain_under_another_id_is_an_error(self, tmp_path: Path) -> None:
        with DevChain.start(tmp_path / "s.json", 31337), pytest.raises(DevChainError, match="not 31338"):
            DevChain.start(tmp_path / "s.json", 31338)

    def test_a_recycled_process_id_is_never_taken_for_ours(self, tmp_path: Path) -> None:
        """The file names a process that is not our anvil: it is neither used nor ended."""
        innocent = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        try:
            (tmp_path / "s.json.run").write_text(
                json.dumps({"pid": innocent.pid, "port": 9, "chain_id": 31337}), encoding="utf-8"
            )
            assert DevChain.running(tmp_path / "s.json") is None
            DevChain(tmp_path / "s.json", 31337, 9, innocent.pid, None, False).stop()
            assert innocent.poll() is None
        finally:
            innocent.kill()
            innocent.wait()

    @pytest.mark.parametrize("text", ["", "[]", "{", '{"pid": "1"}', '{"pid": true, "port": 1, "chain_id": 1}'])
    def test_a_broken_run_file_is_as_none(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "s.json.run").write_text(text, encoding="utf-8")
        assert DevChain.running(tmp_path / "s.json") is None


class TestStart:
    def test_an_explicit_port_that_is_taken_is_an_error(self, tmp_path: Path) -> None:
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            with pytest.raises(DevChainError, match="in use"):
                DevChain.start(tmp_path / "s.json", 31337, other.getsockname()[1])
        assert DevChain.running(tmp_path / "s.json") is None

    def test_a_program_that_is_named_but_missing_is_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TALLYSTICK_ANVIL", "/nowhere/anvil")
        with pytest.raises(AnvilMissing):
            find_anvil()

    def test_a_program_that_ends_at_once_is_an_error_and_leaves_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TALLYSTICK_ANVIL", "/bin/false")
        with pytest.raises(DevChainError, match="did not start"):
            DevChain.start(tmp_path / "s.json", 31337)
        assert DevChain.running(tmp_path / "s.json") is None

    def test_a_stopped_chain_is_unreachable_and_stopping_again_does_nothing(self, tmp_path: Path) -> None:
        chain = DevChain.start(tmp_path / "s.json", 31337)
        chain.stop()
        chain.stop()
        with pytest.raises(NodeUnreachable):
            chain.chain()

    def test_blocks_come_while_idle_with_a_block_time(self, tmp_path: Path) -> None:
        with DevChain.start(tmp_path / "s.json", 31337, block_time=1) as chain:
            deadline = time.monotonic() + 20
            while chain.head().number < 1 and time.monotonic() < deadline:
                time.sleep(0.1)
            assert chain.head().number >= 1

    def test_a_chain_id_of_a_real_chain_gets_no_dev_profile(self, tmp_path: Path) -> None:
        with DevChain.start(tmp_path / "s.json", 1) as chain, pytest.raises(DevChainError, match="Ethereum"):
            chain.signer(0)


class TestHelpers:
    def test_mine_warp_and_finalise(self, tmp_path: Path) -> None:
        with DevChain.start(tmp_path / "s.json", 31337) as chain:
            assert chain.mine(3).number == 3
            assert chain.finalise().number >= 3
            target = chain.now() + 1000
            assert chain.warp(target).timestamp == target
            for past in (target, target - 1):
                with pytest.raises(DevChainError, match="not after"):
                    chain.warp(past)
            for blocks in (0, 10_001):
                with pytest.raises(DevChainError, match="cannot mine"):
                    chain.mine(blocks)

    def test_reorg_changes_every_hash_and_lengthens_the_chain(self, tmp_path: Path) -> None:
        with DevChain.start(tmp_path / "s.json", 31337) as chain:
            chain.mine(5)
            before = [block.hash for block in chain.chain().blocks(range(6)) if block]
            head = chain.reorg(3)
            after = [block.hash for block in chain.chain().blocks(range(6)) if block]
            assert head.number == 6
            assert before[:3] == after[:3]
            assert not set(before[3:]) & set(after[3:])
            for depth in (0, 7):
                with pytest.raises(DevChainError, match="cannot reorganise"):
                    chain.reorg(depth)

    def test_snapshot_and_revert(self, tmp_path: Path) -> None:
        with DevChain.start(tmp_path / "s.json", 31337) as chain:
            head = chain.mine(1)
            snapshot = chain.snapshot()
            chain.mine(4)
            chain.revert(snapshot)
            assert chain.head() == head
            with pytest.raises(DevChainError, match="no snapshot"):
                chain.revert(snapshot)
