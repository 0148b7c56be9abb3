"""Documents on a real IPFS node: stored encrypted, fetched back, every byte checked; and nodes that lie."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import sqlalchemy as sa
from support.ipfsnode import RunningNode, ipfs_node, is_installed, stop
from support.notaryworld import World, world

from notary.proofs import receipts
from notary.proofs.receipt import Receipt
from notary.sealing import cases
from notary.sealing.seal import seal
from notary.service_errors import (
    CaseErased,
    DocumentNotStored,
    OutputExists,
    SourceChanged,
    StorageMismatch,
    StorageNotConfigured,
    StorageRefused,
    StorageUnreachable,
    VaultDamaged,
)
from notary.sharing import envelope, share
from notary.sharing.cid import CHUNK_BYTES, MAX_CHUNK_BYTES, RAW, WIDTH, Cid, car_stream, dag_of, encode_node
from notary.sharing.envelope import ciphertext_size
from notary.sharing.ipfs import MAX_ANSWER_BYTES, IpfsNode
from notary.store import DOCUMENT_LOCAL, stored_documents

needs_node = pytest.mark.skipif(not is_installed(), reason="run npm ci in scripts/ipfs-node")


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNode]:
    with ipfs_node(tmp_path_factory.mktemp("ipfs") / "repo") as running:
        yield running


@pytest.fixture
def w(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        yield made


def chunks(data: bytes) -> Callable[[], Iterator[bytes]]:
    return lambda: (data[i : i + CHUNK_BYTES] for i in range(0, len(data), CHUNK_BYTES))


@needs_node
class TestNode:
    def test_info_says_which_node_answers(self, node: RunningNode) -> None:
        info = IpfsNode(node.api).info()
        assert info.address == node.api and info.version[0].isdigit()

    @pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, WIDTH * CHUNK_BYTES + 1])
    def test_push_then_read_gives_the_same_bytes_pinned_under_our_own_cid(self, node: RunningNode, size: int) -> None:
        data, ipfs = os.urandom(size), IpfsNode(node.api)
        dag = dag_of(chunks(data)())
        ipfs.push(dag, chunks(data))
        assert ipfs.is_pinned(dag.root)
        assert b"".join(ipfs.read(dag.root, size)) == data

    @pytest.mark.parametrize("size", [0, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES + 5])
    def test_the_node_itself_computes_the_same_cid_for_the_file(self, node: RunningNode, size: int) -> None:
        data = os.urandom(size)
        params = {
            "cid-version": "1",
            "cid-base": "base32",
            "raw-leaves": "true",
            "chunker": f"size-{CHUNK_BYTES}",
            "max-file-links": str(WIDTH),
            "only-hash": "true",
        }
        files = {"file": ("f", data, "application/octet-stream")}
        answer = httpx.post(f"{node.api}/api/v0/add", params=params, files=files, timeout=60)
        assert answer.json()["Hash"] == str(dag_of([data]).root)

    def test_push_again_does_no_harm(self, node: RunningNode) -> None:
        data, ipfs = os.urandom(1000), IpfsNode(node.api)
        for _ in range(2):
            ipfs.push(dag_of([data]), chunks(data))
        assert ipfs.is_pinned(dag_of([data]).root)

    def test_pin_adds_what_the_node_has(self, node: RunningNode) -> None:
        ipfs = IpfsNode(node.api)
        answer = httpx.post(
            f"{node.api}/api/v0/add",
            params={"cid-version": "1", "raw-leaves": "true", "pin": "false", "cid-base": "base32"},
            files={"file": ("f", b"unpinned", "application/octet-stream")},
            timeout=60,
        )
        cid = Cid.parse(answer.json()["Hash"])
        assert not ipfs.is_pinned(cid)
        ipfs.pin(cid)
        assert ipfs.is_pinned(cid)

    def test_read_of_what_the_node_does_not_have_ends_within_its_time(self, node: RunningNode) -> None:
        with pytest.raises((StorageRefused, StorageUnreachable)):
            list(IpfsNode(node.api, timeout_seconds=1).read(Cid(RAW, os.urandom(32)), 5))

    def test_read_refuses_another_size_than_recorded(self, node: RunningNode) -> None:
        ipfs = IpfsNode(node.api)
        for data in (b"abc", os.urandom(CHUNK_BYTES + 1)):
            ipfs.push(dag_of([data]), chunks(data))
            for size in (len(data) - 1, len(data) + 1):
                with pytest.raises(StorageMismatch):
                    list(ipfs.read(dag_of([data]).root, size))


@needs_node
class TestStoreAndFetch:
    def test_fetch_gives_back_every_stored_document(self, w: World, node: RunningNode, tmp_path: Path) -> None:
        documents = {"empty.bin": b"", "small.txt": b"hello", "large.bin": os.urandom((2 << 20) + 17)}
        for name, data in documents.items():
            w.put(name, data)
        w.with_context(ipfs=IpfsNode(node.api))
        stored = share.store_sealed(w.ctx, seal(w.ctx, "acme", [w.files]))
        assert (len(stored.stored), len(stored.kept)) == (3, 0)
        for sealed in cases.claims_of(w.ctx, "acme"):
            name = str(sealed.claim.get("name"))
            share.fetch(w.ctx, sealed.id, tmp_path / "back" / name)
            assert (tmp_path / "back" / name).read_bytes() == documents[name]

    def test_store_puts_ciphertext_only_on_the_node(self, w: World, node: RunningNode) -> None:
        marker = b"the-debtor-lives-at-" * 100
        w.put("secret.txt", marker)
        w.with_context(ipfs=IpfsNode(node.api))
        share.store_sealed(w.ctx, seal(w.ctx, "acme", [w.files]))
        with w.ctx.engine.connect() as connection:
            document = share.storage_of(connection, 1)
        assert document is not None
        on_node = b"".join(IpfsNode(node.api).read(Cid.parse(document.cid), document.cipher_size))
        assert b"debtor" not in on_node
        assert len(on_node) == document.cipher_size == ciphertext_size(len(marker))
        assert hashlib.sha256(on_node).digest() == document.cipher_sha256

    def test_the_receipt_says_where_the_ciphertext_is(self, w: World, node: RunningNode) -> None:
        w.put("a.txt", b"a")
        w.with_context(ipfs=IpfsNode(node.api))
        result = seal(w.ctx, "acme", [w.files])
        assert receipts.receipt_for(w.ctx, 1).storage == ()
        share.store_sealed(w.ctx, result)
        receipt = Receipt.from_bytes(receipts.receipt_for(w.ctx, 1).to_bytes())
        (storage,) = receipt.storage
        data = b"".join(IpfsNode(node.api).read(Cid.parse(storage.cid), storage.cipher_size))
        assert hashlib.sha256(data).digest() == storage.cipher_sha256

    def test_store_again_keeps_what_is_there(self, w: World, node: RunningNode) -> None:
        w.put_many(3)
        w.with_context(ipfs=IpfsNode(node.api))
        share.store_sealed(w.ctx, seal(w.ctx, "acme", [w.files]))
        w.put("new.txt")
        again = share.store_sealed(w.ctx, seal(w.ctx, "acme", [w.files]))
        assert (len(again.stored), len(again.kept)) == (1, 3)

    def test_store_removes_ciphertext_that_a_killed_run_left_half_written_a_day_ago(
        self, w: World, node: RunningNode
    ) -> None:
        blobs = w.folder / "workspace" / "blobs"
        blobs.mkdir()
        for name, age in (("old", share.HALF_WRITTEN_SECONDS + 1), ("young", share.HALF_WRITTEN_SECONDS - 1)):
            (blobs / f".{name}").write_bytes(b"half")
            os.utime(blobs / f".{name}", (w.clock() - age, w.clock() - age))
        w.put("a.txt")
        w.with_context(ipfs=IpfsNode(node.api))
        share.store_sealed(w.ctx, seal(w.ctx, "acme", [w.files]))
        assert [path.name for path in blobs.glob(".*")] == [".young"]

    def test_store_goes_on_when_another_process_finishes_its_ciphertext_meanwhile(
        self, w: World, node: RunningNode
    ) -> None:
        """It renames its file between our listing of the folder and our look: the name leads nowhere by then."""
        w.put("a.txt")
        blobs = w.folder / "workspace" / "blobs"
        blobs.mkdir()
        (blobs / ".renamed").symlink_to(blobs / "nowhere")
        w.with_context(ipfs=IpfsNode(node.api))
        assert len(share.store_sealed(w.ctx, seal(w.ctx, "acme", [w.files])).stored) == 1

    def test_store_refuses_a_file_that_changed_since_it_was_sealed(self, w: World, node: RunningNode) -> None:
        w.put("a.txt", b"one")
        w.with_context(ipfs=IpfsNode(node.api))
        result = seal(w.ctx, "acme", [w.files])
        w.put("a.txt", b"two")
        with pytest.raises(SourceChanged):
            share.store_sealed(w.ctx, result)
        assert list((w.folder / "workspace" / "blobs").iterdir()) == []
        assert share.store_sealed(w.ctx, seal(w.ctx, "acme", [w.files])).stored == (2,)

    def test_store_goes_on_where_a_node_that_went_down_left_it(self, w: World, tmp_path: Path) -> None:
        w.put_many(4)
        result = seal(w.ctx, "acme", [w.files])
        with ipfs_node(tmp_path / "repo") as first:
            port = urlsplit(first.api).port or 0
            w.with_context(ipfs=IpfsNode(first.api))
            done = 0

            def stop_after_two(step: str, now: int, total: int, unit: str) -> None:
                nonlocal done
                done = now
                if now == 2:
                    stop(first)

            with pytest.raises(StorageUnreachable) as caught:
                share.store_sealed(w.ctx, result, progress=stop_after_two)
            assert done == 2 and caught.value.hint
        with w.ctx.engine.connect() as connection:
            assert share.storage_of(connection, 3).status == DOCUMENT_LOCAL  # type: ignore[union-attr]
            before = share.storage_of(connection, 3)
        with ipfs_node(tmp_path / "repo", port):
            again = share.store_sealed(w.ctx, result)
            assert (len(again.stored), len(again.kept)) == (2, 2)
            with w.ctx.engine.connect() as connection:
                after = share.storage_of(connection, 3)
            assert (
                before is not None
                and after is not None
                and (before.cid, before.wrapped_key)
                == (
                    after.cid,
                    after.wrapped_key,
                )
            )
            share.fetch(w.ctx, 4, tmp_path / "back.txt")

    def test_store_encrypts_again_when_the_blob_was_lost_before_it_reached_the_node(
        self, w: World, node: RunningNode, tmp_path: Path
    ) -> None:
        w.put("a.txt", b"a")
        w.with_context(ipfs=IpfsNode("http://127.0.0.1:9"))
        result = seal(w.ctx, "acme", [w.files])
        w.with_context(ipfs=_AnswersButRefuses(node.api))
        with pytest.raises(StorageUnreachable):
            share.store_sealed(w.ctx, result)
        (blob,) = (w.folder / "workspace" / "blobs").iterdir()
        blob.unlink()
        w.with_context(ipfs=IpfsNode(node.api))
        assert share.store_sealed(w.ctx, result).stored == (1,)
        share.fetch(w.ctx, 1, tmp_path / "back")
        assert (tmp_path / "back").read_bytes() == b"a"

    def test_store_refuses_a_blob_that_was_altered(self, w: World, node: RunningNode) -> None:
        w.put("a.txt", b"a")
        result = seal(w.ctx, "acme", [w.files])
        w.with_context(ipfs=_AnswersButRefuses(node.api))
        with pytest.raises(StorageUnreachable):
            share.store_sealed(w.ctx, result)
        (blob,) = (w.folder / "workspace" / "blobs").iterdir()
        stored = blob.read_bytes()
        blob.write_bytes(stored[:-1] + bytes([stored[-1] ^ 1]))
        w.with_context(ipfs=IpfsNode(node.api))
        with pytest.raises(StorageMismatch):
            share.store_sealed(w.ctx, result)

    def test_fetch_refuses_what_was_never_stored_and_never_replaces_a_file(
        self, w: World, node: RunningNode, tmp_path: Path
    ) -> None:
        w.put("a.txt", b"a")
        w.with_context(ipfs=IpfsNode(node.api))
        result = seal(w.ctx, "acme", [w.files])
        with pytest.raises(DocumentNotStored):
            share.fetch(w.ctx, 1, tmp_path / "back")
        share.store_sealed(w.ctx, result)
        (tmp_path / "back").write_bytes(b"mine")
        with pytest.raises(OutputExists):
            share.fetch(w.ctx, 1, tmp_path / "back")
        assert (tmp_path / "back").read_bytes() == b"mine"

    def test_fetch_writes_nothing_when_the_recorded_digest_is_another(
        self, w: World, node: RunningNode, tmp_path: Path
    ) -> None:
        w.put("a.txt", b"a")
        w.with_context(ipfs=IpfsNode(node.api))
        share.store_sealed(w.ctx, seal(w.ctx, "acme", [w.files]))
        with w.ctx.engine.begin() as connection:
            connection.execute(sa.update(stored_documents).values(cipher_sha256=bytes(32)))
        with pytest.raises(StorageMismatch):
            share.fetch(w.ctx, 1, tmp_path / "out" / "back")
        assert list((tmp_path / "out").iterdir()) == []

    def test_fetch_writes_nothing_when_the_decrypted_document_is_not_the_sealed_one(
        self, w: World, node: RunningNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """No node can bring this about; a fault in our own decryption could."""
        w.put("a.txt", b"a")
        w.with_context(ipfs=IpfsNode(node.api))
        share.store_sealed(w.ctx, seal(w.ctx, "acme", [w.files]))
        real = envelope.decrypt
        monkeypatch.setattr(envelope, "decrypt", lambda key, pieces: (part + b"!" for part in real(key, pieces)))
        with pytest.raises(StorageMismatch, match="not the sealed one"):
            share.fetch(w.ctx, 1, tmp_path / "out" / "back")
        assert list((tmp_path / "out").iterdir()) == []

    def test_fetch_refuses_another_documents_ciphertext(self, w: World, node: RunningNode, tmp_path: Path) -> None:
        w.put("a.txt", b"a")
        w.put("b.txt", b"b")
        w.with_context(ipfs=IpfsNode(node.api))
        share.store_sealed(w.ctx, seal(w.ctx, "acme", [w.files]))
        with w.ctx.engine.begin() as connection:
            one, two = connection.execute(sa.select(stored_documents).order_by(stored_documents.c.claim_id)).all()
            connection.execute(
                sa.update(stored_documents)
                .where(stored_documents.c.claim_id == 1)
                .values(cid=two.cid, cipher_sha256=two.cipher_sha256, wrapped_key=two.wrapped_key)
            )
        with pytest.raises(VaultDamaged):  # the key is wrapped for the other claim
            share.fetch(w.ctx, 1, tmp_path / "back")
        assert one.cid != two.cid

    def test_erasing_the_case_makes_stored_documents_unreadable(
        self, w: World, node: RunningNode, tmp_path: Path
    ) -> None:
        w.put("a.txt", b"a")
        w.with_context(ipfs=IpfsNode(node.api))
        share.store_sealed(w.ctx, seal(w.ctx, "acme", [w.files]))
        w.ctx.vault.erase_case("acme")
        with pytest.raises(CaseErased):
            share.fetch(w.ctx, 1, tmp_path / "back")


class _AnswersButRefuses(IpfsNode):
    """A node that goes down after it was asked who it is."""

    def push(self, *_: object) -> None:
        raise StorageUnreachable(self.address, "went down")


class TestUnreachable:
    def test_every_call_says_unreachable_when_nobody_listens(self, w: World) -> None:
        ipfs, cid = IpfsNode("http://127.0.0.1:9"), Cid(RAW, bytes(32))
        calls: tuple[Callable[[], object], ...] = (
            ipfs.info,
            lambda: ipfs.pin(cid),
            lambda: ipfs.is_pinned(cid),
            lambda: ipfs.push(dag_of([b""]), chunks(b"")),
            lambda: list(ipfs.read(cid, 1)),
        )
        for call in calls:
            with pytest.raises(StorageUnreachable, match="refused"):
                call()

    def test_store_asks_the_node_before_it_writes_anything(self, w: World) -> None:
        w.put("a.txt")
        result = seal(w.ctx, "acme", [w.files])
        w.with_context(ipfs=IpfsNode("http://127.0.0.1:9"))
        with pytest.raises(StorageUnreachable):
            share.store_sealed(w.ctx, result)
        assert not (w.folder / "workspace" / "blobs").exists()

    def test_store_says_not_configured_without_a_node(self, w: World) -> None:
        w.put("a.txt")
        with pytest.raises(StorageNotConfigured):
            share.store_sealed(w.ctx, seal(w.ctx, "acme", [w.files]))

    @pytest.mark.parametrize("api", ["", "127.0.0.1:5001", "ftp://x", "http://", "http://x:99999", "http://[::1"])
    def test_an_address_that_cannot_be_one_is_not_configured(self, api: str) -> None:
        with pytest.raises(StorageNotConfigured):
            IpfsNode(api)

    def test_messages_never_show_the_password_of_the_address(self) -> None:
        ipfs = IpfsNode("http://user:hunter2@127.0.0.1:9")
        with pytest.raises(StorageUnreachable) as caught:
            ipfs.info()
        assert "hunter2" not in f"{caught.value} {ipfs!r}"


@contextmanager
def lying_node(answers: dict[str, Callable[[str], bytes]], status: int = 200) -> Iterator[IpfsNode]:
    """An HTTP server that answers RPC calls as the test says: call -> (argument -> body)."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            url = urlsplit(self.path)
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = answers[url.path.removeprefix("/api/v0/")](parse_qs(url.query).get("arg", [""])[0])
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield IpfsNode(f"http://127.0.0.1:{server.server_port}", timeout_seconds=5)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class TestLyingNode:
    def test_read_refuses_a_block_of_other_bytes(self) -> None:
        with lying_node({"block/get": lambda _: b"other"}) as ipfs, pytest.raises(StorageMismatch, match="other bytes"):
            list(ipfs.read(dag_of([b"right"]).root, 5))

    def test_read_refuses_one_wrong_leaf_of_many_and_gives_only_checked_bytes(self) -> None:
        data = os.urandom(2 * CHUNK_BYTES + 5)
        dag = dag_of([data])
        blocks = {str(cid): block for cid, block in dag.nodes}
        blocks |= {str(leaf): part for leaf, part in zip(dag.leaves, chunks(data)(), strict=True)}
        blocks[str(dag.leaves[1])] = bytes(CHUNK_BYTES)
        given: list[bytes] = []
        with lying_node({"block/get": blocks.__getitem__}) as ipfs, pytest.raises(StorageMismatch):
            given.extend(ipfs.read(dag.root, len(data)))
        assert b"".join(given) in (b"", data[:CHUNK_BYTES])

    def test_read_refuses_an_answer_without_end(self) -> None:
        endless = bytes(MAX_CHUNK_BYTES + 1)
        with lying_node({"block/get": lambda _: endless}) as ipfs, pytest.raises(StorageRefused, match="more than"):
            list(ipfs.read(Cid.of(RAW, endless), len(endless)))

    def test_read_refuses_a_tree_that_is_too_deep(self) -> None:
        from notary.sharing.cid import DAG_PB, Link

        blocks: dict[str, bytes] = {}
        child = Link(Cid.of(RAW, b"x"), 1, 1)
        for _ in range(12):
            block = encode_node([child])
            cid = Cid.of(DAG_PB, block)
            blocks[str(cid)] = block
            child = Link(cid, child.total_size + len(block), 1)
        with lying_node({"block/get": blocks.__getitem__}) as ipfs, pytest.raises(StorageMismatch, match="deeper"):
            list(ipfs.read(child.cid, 1))

    @pytest.mark.parametrize(
        "answer",
        [
            b"",
            b"not json",
            b"[]",
            b'{"Root":{"Cid":{"/":"bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"}}}',
            b'{"Root":{"Cid":{"/":5}}}',
        ],
    )
    def test_push_refuses_a_node_that_names_another_root_or_none(self, answer: bytes) -> None:
        with lying_node({"dag/import": lambda _: answer}) as ipfs, pytest.raises(StorageMismatch):
            ipfs.push(dag_of([b"x"]), chunks(b"x"))

    def test_push_refuses_a_node_that_could_not_pin(self) -> None:
        root = str(dag_of([b"x"]).root)
        answer = json.dumps({"Root": {"Cid": {"/": root}, "PinErrorMsg": "disk full"}}).encode()
        with lying_node({"dag/import": lambda _: answer}) as ipfs, pytest.raises(StorageMismatch, match="disk full"):
            ipfs.push(dag_of([b"x"]), chunks(b"x"))

    def test_push_refuses_an_answer_without_end(self) -> None:
        answer = b" " * (MAX_ANSWER_BYTES + 1)
        with lying_node({"dag/import": lambda _: answer}) as ipfs, pytest.raises(StorageRefused):
            ipfs.push(dag_of([b"x"]), chunks(b"x"))

    def test_info_refuses_an_answer_that_is_no_version(self) -> None:
        for body in (b"{}", b"[]", b"nonsense"):
            with lying_node({"version": lambda _, body=body: body}) as ipfs, pytest.raises(StorageRefused):  # type: ignore[misc]
                ipfs.info()

    def test_an_error_status_is_refused_with_the_nodes_reason(self) -> None:
        body = json.dumps({"Message": "blocks are on holiday"}).encode()
        with lying_node({"block/get": lambda _: body, "version": lambda _: body}, status=500) as ipfs:
            with pytest.raises(StorageRefused, match="on holiday"):
                list(ipfs.read(Cid(RAW, bytes(32)), 1))
            with pytest.raises(StorageRefused, match="on holiday"):
                ipfs.info()

    def test_push_streams_a_changed_file_nowhere(self) -> None:
        dag = dag_of([b"x" * 10])
        with pytest.raises(StorageMismatch):
            list(car_stream(dag, iter([b"y" * 10])))
