"""notary.sharing.cid: identifiers of files, held against an independent implementation (aleph-cid)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import aleph_cid
import pytest

from notary.service_errors import StorageMismatch
from notary.sharing import cid as cids
from notary.sharing.cid import (
    CHUNK_BYTES,
    DAG_PB,
    RAW,
    WIDTH,
    Cid,
    DagBuilder,
    Link,
    car_size,
    car_stream,
    dag_of,
    decode_node,
)


def chunks(data: bytes, size: int = CHUNK_BYTES) -> Iterator[bytes]:
    return (data[i : i + size] for i in range(0, len(data), size))


class TestCid:
    def test_of_an_empty_file_is_the_well_known_one(self) -> None:
        assert str(dag_of([]).root) == "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"

    def test_of_a_file_of_one_chunk_holds_the_files_own_sha256(self) -> None:
        data = os.urandom(CHUNK_BYTES)
        root = dag_of([data]).root
        assert (root.codec, root.digest) == (RAW, hashlib.sha256(data).digest())

    def test_parse_gives_back_what_was_written(self) -> None:
        for codec in (RAW, DAG_PB):
            made = Cid(codec, os.urandom(32))
            assert Cid.parse(str(made)) == Cid.from_bytes(bytes(made)) == made

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG",
            "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyk",
            "BAFKREIHDWDCEFGH4DQKJV67UZCMW7OJEE6XEDZDETOJUZJEVTENXQUVYKU",
            "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyk1",
            "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvykv",  # same bytes, other padding bits
            "bafyreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku",  # dag-cbor
        ],
    )
    def test_parse_refuses_every_other_kind(self, text: str) -> None:
        with pytest.raises(StorageMismatch):
            Cid.parse(text)


class TestDag:
    @pytest.mark.parametrize(
        "size",
        [
            *(0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 5 * CHUNK_BYTES + 7),
            *(WIDTH * CHUNK_BYTES, WIDTH * CHUNK_BYTES + 1),
        ],
    )
    def test_root_equals_that_of_an_independent_implementation(self, size: int) -> None:
        data = os.urandom(size)
        oracle = aleph_cid.CidHasher.for_ipfs_v1_raw_leaves()
        oracle.update(data)
        assert str(dag_of(chunks(data)).root) == oracle.finalize()

    def test_root_does_not_depend_on_the_pieces(self) -> None:
        data = os.urandom(3 * CHUNK_BYTES + 11)
        builder = DagBuilder()
        for piece in chunks(data, 99_991):
            builder.update(piece)
        assert builder.finish() == dag_of([data])

    def test_one_node_holds_up_to_174_links_and_one_more_needs_three_nodes(self) -> None:
        assert len(dag_of(bytes(CHUNK_BYTES) for _ in range(WIDTH)).nodes) == 1
        assert len(dag_of(bytes(CHUNK_BYTES) for _ in range(WIDTH + 1)).nodes) == 3

    def test_decode_node_gives_the_children(self) -> None:
        dag = dag_of([bytes(2 * CHUNK_BYTES + 5)])
        ((cid, block),) = dag.nodes
        assert [(link.cid, link.file_size) for link in decode_node(cid, block)] == list(
            zip(dag.leaves, (CHUNK_BYTES, CHUNK_BYTES, 5), strict=True)
        )

    def test_decode_node_refuses_every_truncation(self) -> None:
        ((cid, block),) = dag_of([bytes(CHUNK_BYTES + 1)]).nodes
        for length in range(len(block)):
            with pytest.raises(StorageMismatch):
                decode_node(cid, block[:length])

    def test_decode_node_refuses_every_flipped_bit_or_reads_another_value(self) -> None:
        ((cid, block),) = dag_of([bytes(CHUNK_BYTES + 1)]).nodes
        children = decode_node(cid, block)
        for place in range(8 * len(block)):
            changed = bytearray(block)
            changed[place // 8] ^= 1 << place % 8
            try:
                assert decode_node(cid, bytes(changed)) != children
            except StorageMismatch:
                continue

    def test_decode_node_refuses_a_node_that_is_too_large(self) -> None:
        with pytest.raises(StorageMismatch, match="more than"):
            decode_node(Cid(DAG_PB, bytes(32)), bytes(cids.MAX_NODE_BYTES + 1))

    def test_encode_and_decode_node_agree_for_large_numbers(self) -> None:
        children = [Link(Cid(RAW, os.urandom(32)), 2**50 + i, 2**49 + i) for i in range(WIDTH)]
        block = cids.encode_node(children)
        assert decode_node(Cid.of(DAG_PB, block), block) == children


class TestCar:
    @pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
    def test_stream_has_the_promised_size_and_names_its_root(self, size: int, tmp_path: Path) -> None:
        data = os.urandom(size)
        dag = dag_of([data])
        car = b"".join(car_stream(dag, chunks(data)))
        assert len(car) == car_size(dag)
        (tmp_path / "f.car").write_bytes(car)
        assert str(aleph_cid.read_carv1_root(tmp_path / "f.car")) == str(dag.root)

    def test_stream_refuses_a_file_that_changed(self) -> None:
        data = os.urandom(2 * CHUNK_BYTES)
        dag = dag_of([data])
        for changed in (data[:-1], data[:CHUNK_BYTES], b"", data + b"x", bytes(2 * CHUNK_BYTES)):
            with pytest.raises(StorageMismatch):
                list(car_stream(dag, chunks(changed)))
