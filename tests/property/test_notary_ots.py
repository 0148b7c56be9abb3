"""OpenTimestamps proofs against a slow second reading of the format, and against the tools that everybody uses."""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.ots_reference import Reading, read
from support.calendar import RegtestChain, running_calendar
from support.ots_bytes import (
    BITCOIN,
    DIGEST,
    DOCUMENT,
    ETHEREUM,
    LITECOIN,
    append,
    at_height,
    file,
    fork,
    mainnet,
    pending,
    prepend,
    strange,
)

from notary.errors import OtsInvalid, OtsUnconfirmed
from notary.timestamps import calendars, ots
from notary.timestamps.bitcoin import REGTEST, HeaderChain
from notary.timestamps.ots import OtsProof

PEER = Path(__file__).parents[2] / ".bench" / "venv" / "bin" / "python"
needs_peer = pytest.mark.skipif(not PEER.exists(), reason="run scripts/bench once: it installs opentimestamps-client")

uris = st.text("abcXYZ019-._/:", max_size=30)
attestations = st.one_of(
    st.builds(pending, uris),
    st.builds(at_height, st.integers(0, 1 << 40), st.sampled_from([BITCOIN, LITECOIN, ETHEREUM])),
    st.builds(strange, st.binary(max_size=40)),
)
operations = st.one_of(
    st.builds(append, st.binary(min_size=1, max_size=40)),
    st.builds(prepend, st.binary(min_size=1, max_size=40)),
    st.sampled_from([b"\xf2", b"\x02", b"\x03", b"\x08", b"\x67"]),
)


def _nodes(inner: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    branch = st.one_of(attestations, st.builds(bytes.__add__, operations, inner))
    return st.lists(branch, min_size=1, max_size=4).map(lambda branches: fork(*branches))


trees = st.recursive(attestations, _nodes, max_leaves=12)
files = st.builds(file, trees)


def reading_of(data: bytes) -> Reading | None:
    try:
        proof = OtsProof.from_bytes(data)
    except OtsInvalid:
        return None
    return Reading(proof.digest, sorted((a.tag, a.payload, a.message) for a in proof.attestations()))


class TestReading:
    @given(files)
    @settings(max_examples=300, deadline=None)
    def test_from_bytes_reads_what_the_reference_reads_and_gives_the_bytes_back(self, data: bytes) -> None:
        assert reading_of(data) == read(data) is not None
        assert OtsProof.from_bytes(data).to_bytes() == data

    @given(files, st.data())
    @settings(max_examples=300, deadline=None)
    def test_any_change_is_read_as_the_reference_reads_it_or_refused_by_both(
        self, data: bytes, draw: st.DataObject
    ) -> None:
        changed = bytearray(data)
        for _ in range(draw.draw(st.integers(1, 3))):
            changed[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
        cut = bytes(changed[: draw.draw(st.integers(60, len(data)))])
        assert reading_of(cut) == read(cut)

    @given(st.binary(max_size=200))
    @settings(max_examples=200, deadline=None)
    def test_any_other_bytes_are_refused_with_our_error_only(self, data: bytes) -> None:
        assert reading_of(data) == read(data)
        assert reading_of(file(data)) == read(file(data))


class TestGraft:
    @given(trees, trees, trees)
    @settings(max_examples=200, deadline=None)
    def test_graft_keeps_everything_and_does_not_mind_the_order(self, first: bytes, one: bytes, two: bytes) -> None:
        proof = OtsProof.from_bytes(file(first))
        a, b = ots.graft(proof, DIGEST, one), ots.graft(proof, DIGEST, two)
        ab, ba = ots.graft(a, DIGEST, two), ots.graft(b, DIGEST, one)
        said = {
            (x.key, x.message) for data in (first, one, two) for x in OtsProof.from_bytes(file(data)).attestations()
        }
        assert {(x.key, x.message) for x in ab.attestations()} == said
        assert {(x.key, x.message) for x in ba.attestations()} == said
        assert ots.graft(ab, DIGEST, one) is ab and ots.graft(ab, DIGEST, two) is ab
        assert reading_of(ab.to_bytes()) == read(ab.to_bytes()) is not None


class TestMany:
    @given(st.lists(st.booleans(), min_size=1, max_size=40))
    @settings(max_examples=50, deadline=None)
    def test_every_proof_of_many_leads_to_the_commitment(self, salted: list[bool]) -> None:
        digests = [hashlib.sha256(b"%d" % i).digest() for i in range(len(salted))]
        proofs, commitment = ots.many(digests, [b"%016d" % i if salt else None for i, salt in enumerate(salted)])
        for digest, proof in zip(digests, proofs, strict=True):
            reading = read(ots.graft(proof, commitment, at_height(1)).to_bytes())
            assert reading is not None and reading.digest == digest
            assert [message for _, _, message in reading.attestations] == [commitment]


def confirmed_and_pending() -> tuple[bytes, HeaderChain]:
    """A proof with two blocks, two promises and an unknown attestation; the headers of the blocks."""
    chain = RegtestChain()
    with running_calendar(chain) as one, running_calendar(chain) as two:
        proof, commitment = ots.stamp(DIGEST, os.urandom(16))
        for answer in calendars.submit(commitment, [one.url, two.url], 2).answers:
            proof = ots.graft(proof, commitment, answer.tree)
        one.mine()
        two.mine()
        proof = calendars.upgrade(proof, [one.url, two.url]).proof
    proof = ots.graft(proof, commitment, strange())
    return proof.to_bytes(), HeaderChain(b"".join(chain.headers), 0, REGTEST)


def never_more_is_claimed(data: bytes, headers: HeaderChain, bits: range) -> int:
    """Flip each of the bits: refused, or a block that the proof named before confirms it.  Returns how many passed."""
    named = {a.height for a in OtsProof.from_bytes(data).attestations()}
    times = {headers.at(height).time for height in named if height}  # type: ignore[union-attr]
    passed = 0
    for bit in bits:
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        try:
            confirmed = ots.judge(ots.check_proof(bytes(changed), DOCUMENT), headers)
        except (OtsInvalid, OtsUnconfirmed):
            continue
        passed += 1
        assert confirmed.height in named and confirmed.time in times
    return passed


class TestBitFlips:
    def test_a_flipped_bit_never_claims_more_than_was_claimed(self) -> None:
        data, headers = confirmed_and_pending()
        assert never_more_is_claimed(data, headers, range(0, 8 * len(data), 11)) > 0

    @pytest.mark.deep
    def test_no_flipped_bit_of_all_claims_more_than_was_claimed(self) -> None:
        for _ in range(5):
            data, headers = confirmed_and_pending()
            assert 0 < never_more_is_claimed(data, headers, range(8 * len(data))) < 8 * len(data)


ROUND_TRIP = """
import json, sys
from opentimestamps.core.timestamp import DetachedTimestampFile
from opentimestamps.core.serialize import BytesDeserializationContext as Read, BytesSerializationContext as Write
out = []
for text in json.load(sys.stdin):
    try:
        context = Read(bytes.fromhex(text))
        proof = DetachedTimestampFile.deserialize(context)
        context.assert_eof()
        written = Write()
        proof.serialize(written)
        messages = sorted(message.hex() for message, _ in proof.timestamp.all_attestations())
        out.append([written.getbytes().hex(), messages])
    except Exception as error:
        out.append(None)
print(json.dumps(out))
"""
STAMP = """
import json, sys
from opentimestamps.core.notary import *
from opentimestamps.core.op import *
from opentimestamps.core.serialize import BytesDeserializationContext as Read, BytesSerializationContext as Write
from opentimestamps.core.timestamp import *
nonces, digests, answers = json.load(sys.stdin)
files, leaves = [], []
for digest, nonce in zip(digests, nonces):
    files.append(DetachedTimestampFile(OpSHA256(), Timestamp(bytes.fromhex(digest))))
    leaf = files[-1].timestamp.ops.add(OpAppend(bytes.fromhex(nonce)))
    leaves.append(leaf.ops.add(OpSHA256()))
tip = make_merkle_tree(leaves)
for answer in answers:
    tip.merge(Timestamp.deserialize(Read(bytes.fromhex(answer)), tip.msg))
out = []
for proof in files:
    written = Write()
    proof.serialize(written)
    out.append(written.getbytes().hex())
print(json.dumps([tip.msg.hex(), out]))
"""


def random_tree(rng: random.Random, depth: int) -> bytes:
    """A tree with repetitions, unsorted."""

    def branch() -> bytes:
        if not depth or rng.random() < 0.4:
            kinds = [pending("ab"[rng.randrange(2)]), at_height(rng.randrange(300)), strange(bytes([rng.randrange(3)]))]
            return rng.choice([*kinds, at_height(1, LITECOIN), at_height(1, ETHEREUM)])
        argument = bytes([rng.randrange(2)])
        step = rng.choice([append(argument), prepend(argument), b"\xf2", b"\x02", b"\x03", b"\x08", b"\x67"])
        return step + random_tree(rng, depth - 1)

    return fork(*(branch() for _ in range(rng.randrange(1, 5))))


def ask_peer(program: str, question: object) -> object:
    run = subprocess.run(
        [str(PEER), "-W", "ignore", "-c", program],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    return json.loads(run.stdout)


@pytest.mark.deep
@needs_peer
class TestPeer:
    """python-opentimestamps (LGPL, in the benchmarks' environment, never imported here) reads and writes the same."""

    def test_the_peer_reads_what_we_write_and_writes_the_same_bytes(self) -> None:
        proofs = [mainnet().hello, mainnet().incomplete, mainnet().merkle2, mainnet().plaintext]
        proofs += [confirmed_and_pending()[0] for _ in range(3)]
        pending_one = OtsProof.from_bytes(mainnet().incomplete)
        proofs.append(ots.graft(pending_one, pending_one.awaited()[0].message, mainnet().answer).to_bytes())
        branches = [b"\xf2" + pending(), b"\x02" + at_height(3), b"\x03" + strange(), b"\x67" + at_height(1, LITECOIN)]
        grown = ots.graft(OtsProof.from_bytes(file(at_height(9))), DIGEST, fork(*branches, pending("b"), pending("a")))
        proofs.append(grown.to_bytes())
        answers = ask_peer(ROUND_TRIP, [data.hex() for data in proofs])
        assert isinstance(answers, list)
        for data, answer in zip(proofs, answers, strict=True):
            ours = sorted(a.message.hex() for a in OtsProof.from_bytes(data).attestations())
            assert answer == [data.hex(), ours]

    def test_what_we_write_of_any_tree_the_peer_reads_alike_and_sorts_alike(self) -> None:
        """Our own writer sorts and merges, and so does the peer."""
        ours = []
        for seed in range(1000):
            answer = random_tree(random.Random(seed), 5)
            grown = ots.graft(ots.stamp(DIGEST)[0], DIGEST, answer).to_bytes()
            ours.append(grown)
        answers = ask_peer(ROUND_TRIP, [one.hex() for one in ours])
        assert isinstance(answers, list)
        for one, answer in zip(ours, answers, strict=True):
            assert answer == [one.hex(), sorted(a.message.hex() for a in OtsProof.from_bytes(one).attestations())]

    def test_we_stamp_many_as_the_peer_does_byte_for_byte(self) -> None:
        for count in (1, 2, 3, 5, 8, 13):
            digests = [hashlib.sha256(os.urandom(8)).digest() for _ in range(count)]
            nonces = [os.urandom(16) for _ in digests]
            proofs, commitment = ots.many(digests, nonces)
            answers = [append(b"a" * 9) + b"\x08" + pending("https://b.example"), prepend(b"bc") + pending(), strange()]
            for answer in answers:
                proofs = tuple(ots.graft(proof, commitment, answer) for proof in proofs)
            ours = [commitment.hex(), [proof.to_bytes().hex() for proof in proofs]]
            question = [[n.hex() for n in nonces], [d.hex() for d in digests], [a.hex() for a in answers]]
            assert ask_peer(STAMP, question) == ours

    def test_ots_info_shows_our_proof(self, tmp_path: Path) -> None:
        data, headers = confirmed_and_pending()
        (tmp_path / "note.txt").write_bytes(DOCUMENT)
        (tmp_path / "note.txt.ots").write_bytes(data)
        run = subprocess.run(
            [str(PEER.parent / "ots"), "--no-bitcoin", "info", str(tmp_path / "note.txt.ots")],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert run.returncode == 0, run.stderr
        assert f"File sha256 hash: {DIGEST.hex()}" in run.stdout
        assert "BitcoinBlockHeaderAttestation(1)" in run.stdout and "BitcoinBlockHeaderAttestation(2)" in run.stdout
        for height in (1, 2):
            header = headers.at(height)
            assert header is not None and header.merkle_root[::-1].hex() in run.stdout

    def test_the_peers_client_stamps_and_upgrades_with_our_calendar_and_we_confirm_it(self, tmp_path: Path) -> None:
        """Our calendar speaks the protocol of the real ones: their own client is content with it."""
        chain = RegtestChain()
        (tmp_path / "note.txt").write_bytes(DOCUMENT)
        with running_calendar(chain) as calendar:
            program = [str(PEER.parent / "ots"), "--no-bitcoin", "--no-cache", "-l", calendar.url]
            stamp = [*program, "stamp", "-c", calendar.url, "-m", "1", str(tmp_path / "note.txt")]
            run = subprocess.run(stamp, capture_output=True, text=True, timeout=60)
            assert run.returncode == 0, run.stderr
            theirs = (tmp_path / "note.txt.ots").read_bytes()
            (promise,) = ots.check_proof(theirs, DOCUMENT).awaited()
            assert promise.uri == calendar.url
            calendar.mine()
            run = subprocess.run(
                [*program, "upgrade", str(tmp_path / "note.txt.ots")], capture_output=True, text=True, timeout=60
            )
            assert run.returncode == 0, run.stderr
            upgraded = (tmp_path / "note.txt.ots").read_bytes()
            ours = calendars.upgrade(OtsProof.from_bytes(theirs), [calendar.url]).proof
        assert {a.height for a in ours.attestations()} == {None, 1}
        for data in (upgraded, ours.to_bytes()):
            confirmed = ots.judge(ots.check_proof(data, DOCUMENT), HeaderChain(b"".join(chain.headers), 0, REGTEST))
            assert confirmed.height == 1
