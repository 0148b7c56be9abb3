"""notary.sealing.hashing: digests of files, and files that have none."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from notary.sealing import hashing
from notary.sealing.hashing import (
    BUFFER_BYTES,
    PROCESSES_PAY_FROM,
    SMALL_BYTES,
    FileDigests,
    Unhashable,
    hash_file,
    hash_files,
)


def code_of(outcome: object) -> str:
    assert isinstance(outcome, Unhashable)
    return outcome.code


class TestHashFile:
    @pytest.mark.parametrize(
        "size", [0, 1, SMALL_BYTES, SMALL_BYTES + 1, BUFFER_BYTES - 1, BUFFER_BYTES, BUFFER_BYTES + 1, 3 * BUFFER_BYTES]
    )
    def test_hash_file_equals_hashlib_at_every_buffer_boundary(self, tmp_path: Path, size: int) -> None:
        data = os.urandom(size)
        (tmp_path / "f").write_bytes(data)
        assert hash_file(tmp_path / "f") == FileDigests(size, hashlib.sha256(data).digest())

    def test_hash_file_gives_further_digests_in_the_order_asked_for(self, tmp_path: Path) -> None:
        (tmp_path / "f").write_bytes(b"abc")
        outcome = hash_file(tmp_path / "f", ("sm3", "sha3_512"))
        assert isinstance(outcome, FileDigests)
        assert outcome.extra == (
            ("sm3", bytes.fromhex("66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0")),
            ("sha3_512", hashlib.sha3_512(b"abc").digest()),
        )

    def test_hash_file_refuses_a_digest_that_it_does_not_know(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="md5"):
            hash_file(tmp_path, ("md5",))

    def test_hash_file_says_missing_when_there_is_no_file(self, tmp_path: Path) -> None:
        assert code_of(hash_file(tmp_path / "none")) == "missing"

    def test_hash_file_says_missing_when_the_folder_is_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "f").write_bytes(b"")
        assert code_of(hash_file(tmp_path / "f" / "g")) == "missing"

    def test_hash_file_does_not_follow_a_link(self, tmp_path: Path) -> None:
        (tmp_path / "f").write_bytes(b"x")
        (tmp_path / "link").symlink_to("f")
        assert code_of(hash_file(tmp_path / "link")) == "symlink"

    def test_hash_file_refuses_a_pipe_without_waiting_for_its_writer(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        assert code_of(hash_file(tmp_path / "pipe")) == "fifo"

    def test_hash_file_refuses_a_socket(self, tmp_path: Path) -> None:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(tmp_path / "s"))
            assert code_of(hash_file(tmp_path / "s")) == "socket"

    def test_hash_file_refuses_a_device_and_a_folder(self, tmp_path: Path) -> None:
        assert code_of(hash_file("/dev/null")) == "device"
        assert code_of(hash_file(tmp_path)) == "unreadable"

    def test_hash_file_says_unreadable_when_reading_fails(self) -> None:
        assert code_of(hash_file("/proc/self/mem")) == "unreadable"  # opens, and its first page cannot be read

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody without rights")
    def test_hash_file_says_unreadable_when_permission_is_denied(self, tmp_path: Path) -> None:
        path = tmp_path / "secret"
        path.write_bytes(b"x")
        path.chmod(0o000)
        os.seteuid(65534)
        try:
            outcome = hash_file(path)
        finally:
            os.seteuid(0)
        assert code_of(outcome) == "unreadable"


class TestChangeWhileReading:
    def test_hash_file_waits_out_the_clock_tick_of_a_file_written_just_now_and_of_no_other(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path, slept = tmp_path / "f", list[float]()
        monkeypatch.setattr(hashing.time, "sleep", slept.append)
        for age in (hashing.TICK_NS * 2, -hashing.TICK_NS * 2):
            path.write_bytes(b"x")
            os.utime(path, ns=(time.time_ns() - age,) * 2)
            hash_file(path)
        assert slept == []
        monkeypatch.setattr(hashing, "TICK_NS", 10**10)
        path.write_bytes(b"x")
        hash_file(path)
        assert slept == [10.0]

    def test_hash_file_does_not_wait_for_times_that_lie_in_the_future(self, tmp_path: Path) -> None:
        (tmp_path / "f").write_bytes(b"x")
        os.utime(tmp_path / "f", (2**33, 2**33))
        began = time.monotonic()
        for _ in range(100):
            assert isinstance(hash_file(tmp_path / "f"), FileDigests)
        assert time.monotonic() - began < 100 * hashing.TICK_NS / 1e9

    def test_hash_file_says_changed_when_the_file_has_more_bytes_than_its_size(self) -> None:
        assert code_of(hash_file("/proc/self/status")) == "changed"  # says 0 bytes and has some

    @pytest.mark.parametrize("change", ["append", "rewrite", "truncate", "replace"])
    def test_hash_file_says_changed_when_it_is_written_meanwhile(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
    ) -> None:
        path = tmp_path / "f"
        path.write_bytes(bytes(3 * BUFFER_BYTES))
        os.utime(path, (1_000_000_000, 1_000_000_000))
        real, reads = os.readv, 0

        def readv(descriptor: int, buffers: list[memoryview]) -> int:
            nonlocal reads
            reads += 1
            if reads == 2:
                if change == "append":
                    with path.open("ab") as file:
                        file.write(b"x")
                elif change == "rewrite":
                    with path.open("r+b") as file:
                        file.write(b"x")
                elif change == "truncate":
                    os.truncate(path, 10)
                else:
                    (tmp_path / "g").write_bytes(bytes(3 * BUFFER_BYTES))
                    (tmp_path / "g").replace(path)
            return real(descriptor, buffers)

        monkeypatch.setattr(os, "readv", readv)
        assert code_of(hash_file(path)) == "changed"

    def test_hash_file_says_changed_when_its_folder_is_replaced_meanwhile(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The file that is read stands still, but it is no longer the one at the path."""
        for folder in ("a", "b"):
            (tmp_path / folder).mkdir()
            (tmp_path / folder / "f").write_bytes(folder.encode())
            os.utime(tmp_path / folder / "f", (1_000_000_000, 1_000_000_000))
        real = os.readv

        def readv(descriptor: int, buffers: list[memoryview]) -> int:
            if (tmp_path / "b").exists():
                (tmp_path / "a").rename(tmp_path / "old")
                (tmp_path / "b").rename(tmp_path / "a")
            return real(descriptor, buffers)

        monkeypatch.setattr(os, "readv", readv)
        assert code_of(hash_file(tmp_path / "a" / "f")) == "changed"

    def test_hash_file_says_changed_even_when_all_writes_fall_into_one_clock_tick(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "f"
        real, reads = os.readv, 0

        def readv(descriptor: int, buffers: list[memoryview]) -> int:
            nonlocal reads
            reads += 1
            if reads == 2:
                with path.open("r+b") as file:
                    file.write(b"y")
            return real(descriptor, buffers)

        monkeypatch.setattr(os, "readv", readv)
        monkeypatch.setattr(hashing, "BUFFER_BYTES", 64)
        monkeypatch.setattr(hashing, "SMALL_BYTES", 0)
        for _ in range(30):
            path.write_bytes(bytes(128))
            reads = 0
            assert code_of(hash_file(path)) == "changed"

    def test_hash_file_never_gives_a_digest_of_neither_version_when_a_writer_races(self, tmp_path: Path) -> None:
        path = tmp_path / "f"
        versions = [bytes([v]) * (2 * BUFFER_BYTES) for v in range(2)]
        valid = {hashlib.sha256(version).digest() for version in versions}
        path.write_bytes(versions[0])
        stop = threading.Event()

        def write() -> None:
            turn = 0
            while not stop.is_set():
                turn ^= 1
                with path.open("r+b") as file:
                    file.write(versions[turn])
                time.sleep(0.03)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            outcomes = [hash_file(path) for _ in range(60)]
        finally:
            stop.set()
            writer.join()
        assert all(outcome.sha256 in valid for outcome in outcomes if isinstance(outcome, FileDigests))


class TestHashFiles:
    def test_hash_files_gives_outcomes_in_the_order_asked_for_when_workers_share_them(self, tmp_path: Path) -> None:
        count = PROCESSES_PAY_FROM + 300
        for i in range(count):
            (tmp_path / f"f{i}").write_bytes(b"%d" % i)
        (tmp_path / "f7").unlink()
        done = [0, 0]

        def advance(files: int, size: int) -> None:
            done[0] += files
            done[1] += size

        outcomes = hash_files([(str(tmp_path / f"f{i}"), 1) for i in range(count)], advance=advance, readers=2)
        assert done == [count, count]
        assert code_of(outcomes[7]) == "missing"
        for i, outcome in enumerate(outcomes):
            if i != 7:
                assert outcome == FileDigests(len(b"%d" % i), hashlib.sha256(b"%d" % i).digest())

    def test_hash_files_passes_extra_digests_and_odd_names_to_workers(self, tmp_path: Path) -> None:
        odd = os.fsdecode(b"caf\xe9")
        (tmp_path / odd).write_bytes(b"x")
        files = [(str(tmp_path / odd), 1)] * (PROCESSES_PAY_FROM + 1)
        expected = FileDigests(1, hashlib.sha256(b"x").digest(), (("sha3_512", hashlib.sha3_512(b"x").digest()),))
        assert set(hash_files(files, ("sha3_512",), readers=3)) == {expected}

    def test_hash_files_reads_a_batch_itself_when_its_worker_died(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "f").write_bytes(b"x")
        monkeypatch.setattr(sys, "executable", "/bin/false")
        outcomes = hash_files([(str(tmp_path / "f"), 1)] * (PROCESSES_PAY_FROM + 1), readers=2)
        assert set(outcomes) == {FileDigests(1, hashlib.sha256(b"x").digest())}
        assert len(outcomes) == PROCESSES_PAY_FROM + 1

    def test_hash_files_uses_threads_for_large_files(self, tmp_path: Path) -> None:
        data = [os.urandom(SMALL_BYTES + 1 + i) for i in range(9)]
        for i, part in enumerate(data):
            (tmp_path / f"f{i}").write_bytes(part)
        outcomes = hash_files([(str(tmp_path / f"f{i}"), len(d)) for i, d in enumerate(data)], readers=4)
        assert outcomes == [FileDigests(len(d), hashlib.sha256(d).digest()) for d in data]

    def test_hash_files_tells_progress_within_a_large_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with (tmp_path / "f").open("wb") as file:
            file.truncate(64 << 20)
        monkeypatch.setattr(hashing, "TELL_SECONDS", 0.001)
        told: list[tuple[int, int]] = []
        hash_files([(str(tmp_path / "f"), 64 << 20)], advance=lambda *step: told.append(step))
        assert sum(size for _, size in told) == 64 << 20
        assert sum(files for files, _ in told) == 1
        assert len([size for _, size in told if size]) > 1

    def test_hash_files_stops_soon_when_the_caller_is_interrupted(self, tmp_path: Path) -> None:
        with (tmp_path / "f").open("wb") as file:
            file.truncate(8 << 30)  # sparse; hashing all of it takes more than 5 s

        def interrupt(*_: int) -> None:
            raise KeyboardInterrupt

        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            hash_files([(str(tmp_path / "f"), 8 << 30)] * 2, advance=interrupt, readers=2)
        assert time.monotonic() - began < 2

    def test_hash_files_stops_its_workers_when_the_caller_is_interrupted(self, tmp_path: Path) -> None:
        (tmp_path / "f").write_bytes(b"x")

        def interrupt(*_: int) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            hash_files([(str(tmp_path / "f"), 1)] * (PROCESSES_PAY_FROM * 20), advance=interrupt, readers=2)
        assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("hash")]

    def test_hash_files_of_nothing_is_nothing(self) -> None:
        assert hash_files([]) == []


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is measured the way Linux tells it")
def test_hashing_a_file_larger_than_the_bound_holds_at_most_64_mib(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(130 << 20)  # sparse: twice the bound, costs no disk
    program = (
        "import re, sys; sys.path.insert(0, sys.argv[2]); from notary.sealing.hashing import hash_files;"
        "r = hash_files([(sys.argv[1], 130 << 20)] * 2, ('sha3_512',), readers=2); assert r[0].size == 130 << 20;"
        "print(re.search(r'VmHWM:\\s+(\\d+) kB', open('/proc/self/status').read())[1])"
    )
    root = str(Path(hashing.__file__).parents[1])
    result = subprocess.run(
        [sys.executable, "-c", program, str(path), root], capture_output=True, text=True, check=True
    )
    assert int(result.stdout) <= 64 * 1024, f"{result.stdout.strip()} KiB at most in memory"
