from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence

import pytest
from support.ots_bytes import (
    DIGEST,
    DOCUMENT,
    ETHEREUM,
    LITECOIN,
    MAGIC,
    SHA256,
    append,
    at_height,
    file,
    fork,
    mainnet,
    pending,
    prepend,
    strange,
    uint,
    var,
)

from notary.errors import OtsInvalid, OtsUnconfirmed
from notary.timestamps import ots, ots_tree
from notary.timestamps.bitcoin import BlockHeader, KnownHeaders
from notary.timestamps.ots import Kind, OtsProof

REAL = mainnet()
REAL_HEADERS = KnownHeaders({height: BlockHeader.from_bytes(raw) for height, raw in REAL.headers.items()})
NO_HEADERS = KnownHeaders({})


def header_with(root: bytes, time: int = 1_500_000_000) -> BlockHeader:
    return BlockHeader(1, bytes(32), root, time, 0x1D00FFFF, 0, hashlib.sha256(root).digest())


def refused(data: bytes) -> str:
    """Why `data` is no proof."""
    with pytest.raises(OtsInvalid) as caught:
        OtsProof.from_bytes(data)
    assert caught.value.reason == ots.OTS_INVALID
    return str(caught.value)


def message_of(tree: bytes) -> bytes:
    """What the only attestation of a proof of DIGEST attests."""
    (attestation,) = OtsProof.from_bytes(file(tree)).attestations()
    return attestation.message


class TestMainnet:
    def test_a_real_proof_is_confirmed_by_the_real_header(self) -> None:
        confirmed = ots.judge(ots.check_proof(REAL.hello, b"Hello World!\n"), REAL_HEADERS)
        assert (confirmed.height, confirmed.time) == (358391, 1432827678)
        assert confirmed.header_hash[::-1].hex().startswith("000000000000000003e892881a8cdcdc")

    def test_a_real_answer_of_a_calendar_completes_a_real_promise(self) -> None:
        proof = OtsProof.from_bytes(REAL.incomplete)
        (promise,) = proof.awaited()
        assert promise.uri == "https://alice.btc.calendar.opentimestamps.org"
        grown = ots.graft(proof, promise.message, REAL.answer)
        assert ots.judge(grown, REAL_HEADERS).height == 428648
        assert [a.kind for a in grown.attestations()] == [Kind.PENDING, Kind.BITCOIN]
        assert OtsProof.from_bytes(grown.to_bytes()).to_bytes() == grown.to_bytes()

    @pytest.mark.parametrize("data", [REAL.hello, REAL.incomplete, REAL.merkle2, REAL.plaintext])
    def test_our_writer_gives_the_bytes_that_other_tools_wrote(self, data: bytes) -> None:
        proof = OtsProof.from_bytes(data)
        assert proof.to_bytes() == data
        assert OtsProof(proof.hash_tag, proof.digest, proof.tree).to_bytes() == data

    def test_a_real_proof_of_another_document_is_refused(self) -> None:
        with pytest.raises(OtsInvalid) as caught:
            ots.check_proof(REAL.hello, b"Hello World?\n")
        assert caught.value.reason == ots.DIGEST_DIFFERS


class TestFromBytes:
    def test_every_operation_is_computed(self) -> None:
        from Crypto.Hash import RIPEMD160, keccak

        operations = {
            append(b"xy"): DIGEST + b"xy",
            prepend(b"xy"): b"xy" + DIGEST,
            b"\xf2": DIGEST[::-1],
            b"\xf3": DIGEST.hex().encode(),
            b"\x02": hashlib.sha1(DIGEST).digest(),
            b"\x03": RIPEMD160.new(DIGEST).digest(),
            b"\x08": hashlib.sha256(DIGEST).digest(),
            b"\x67": keccak.new(digest_bits=256, data=DIGEST).digest(),
        }
        for operation, result in operations.items():
            assert message_of(operation + pending()) == result

    def test_ripemd160_is_that_of_its_authors(self) -> None:
        assert ots_tree.hashed(ots_tree.RIPEMD160, b"abc").hex() == "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"

    def test_each_kind_of_attestation_is_told(self) -> None:
        tree = fork(
            pending("https://a.example"), at_height(7), at_height(8, LITECOIN), at_height(9, ETHEREUM), strange()
        )
        found = OtsProof.from_bytes(file(tree)).attestations()
        assert [a.kind for a in found] == [Kind.PENDING, Kind.BITCOIN, Kind.LITECOIN, Kind.ETHEREUM, Kind.UNKNOWN]
        assert [a.height for a in found] == [None, 7, 8, 9, None]
        assert found[0].uri == "https://a.example" and found[4].payload == b"payload"
        assert {a.message for a in found} == {DIGEST}

    def test_unsorted_branches_are_read_and_given_back_as_they_were(self) -> None:
        data = file(fork(SHA256 + pending(), at_height(5), strange(), append(b"z") + pending(), pending()))
        proof = OtsProof.from_bytes(data)
        assert proof.to_bytes() == data
        ours = OtsProof(proof.hash_tag, proof.digest, proof.tree).to_bytes()
        tree = fork(strange(), at_height(5), pending(), SHA256 + pending(), append(b"z") + pending())
        assert ours == file(tree) != data

    def test_a_length_written_longer_than_need_be_is_given_back_as_it_was(self) -> None:
        data = file(b"\xf0\x81\x00a" + pending())
        assert OtsProof.from_bytes(data).to_bytes() == data

    def test_a_proof_of_another_hash_function_is_read(self) -> None:
        proof = OtsProof.from_bytes(file(pending(), hashlib.sha1(DOCUMENT).digest(), 0x02))
        assert proof.digest == hashlib.sha1(DOCUMENT).digest()

    def test_every_truncation_is_refused(self) -> None:
        data = file(fork(append(b"abc") + SHA256 + pending(), strange(), at_height(300_000)))
        assert OtsProof.from_bytes(data)
        for end in range(len(data)):
            refused(data[:end])

    def test_bytes_after_the_end_are_refused(self) -> None:
        assert "1 bytes are left over" in refused(file(pending()) + b"\x00")

    def test_another_beginning_or_version_is_refused(self) -> None:
        assert "does not begin" in refused(b"\x01" + file(pending())[1:])
        assert "version 2" in refused(MAGIC + b"\x02\x08" + DIGEST + pending())
        assert "hash function 0x09" in refused(file(pending(), tag=0x09))
        assert "hash function 0xf0" in refused(file(pending(), tag=0xF0))

    def test_an_unknown_operation_is_refused_with_its_place(self) -> None:
        data = file(fork(pending(), b"\x0b" + pending()))
        assert f"operation 0x0b at byte {data.rindex(bytes([11]), 0, 110)} is unknown" in refused(data)

    def test_a_fork_without_its_last_branch_is_refused(self) -> None:
        refused(file(b"\xff" + pending()))
        refused(file(b"\xff\xff" + pending() + pending()))

    @pytest.mark.parametrize(
        ("good", "bad"),
        [
            (append(bytes(4064)), append(bytes(4065))),  # result of 4096 and of 4097
            (prepend(bytes(4064)), prepend(bytes(4065))),
            (append(bytes(2016)) + b"\xf3", append(bytes(2017)) + b"\xf3"),  # doubled
            (append(b"x"), append(b"")),
        ],
        ids=["append", "prepend", "hexlify", "argument"],
    )
    def test_messages_have_at_most_4096_bytes_and_arguments_at_least_one(self, good: bytes, bad: bytes) -> None:
        message_of(good + pending())
        refused(file(bad + pending()))

    def test_an_argument_has_at_most_4096_bytes(self) -> None:
        assert "not 1 to 4096" in refused(file(append(bytes(4097)) + pending()))

    def test_payloads_have_at_most_8192_bytes(self) -> None:
        OtsProof.from_bytes(file(strange(bytes(8192))))
        assert "8193 bytes, not 0 to 8192" in refused(file(strange(bytes(8193))))

    def test_addresses_have_at_most_1000_characters_of_a_small_alphabet(self) -> None:
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._/:"
        for good in (alphabet, "a" * 1000, ""):
            (found,) = OtsProof.from_bytes(file(pending(good))).attestations()
            assert found.uri == good
        assert "1001 bytes" in refused(file(pending("a" * 1001)))
        for bad in "?#@[]%~ \n\x00é":
            assert "characters outside" in refused(file(pending("https://a" + bad)))

    def test_a_known_attestation_with_bytes_left_over_is_refused(self) -> None:
        refused(file(b"\x00" + ots_tree.BITCOIN_TAG + var(uint(5) + b"\x00")))
        refused(file(b"\x00" + ots_tree.PENDING_TAG + var(var(b"a") + b"\x00")))
        refused(file(b"\x00" + ots_tree.BITCOIN_TAG + var(b"")))

    def test_a_path_has_at_most_256_messages(self) -> None:
        assert message_of(SHA256 * 255 + pending())
        assert "256 messages" in refused(file(SHA256 * 256 + pending()))

    def test_numbers_have_at_most_nine_bytes(self) -> None:
        payload = b"\xff" * 8 + b"\x7f"
        (found,) = OtsProof.from_bytes(file(b"\x00" + ots_tree.BITCOIN_TAG + var(payload))).attestations()
        assert found.height == (1 << 63) - 1
        assert "more than 9 bytes" in refused(file(b"\x00" + ots_tree.BITCOIN_TAG + var(b"\xff" * 9 + b"\x01")))

    def test_operations_and_attestations_are_counted(self) -> None:
        def forked(operations: int) -> bytes:  # two operations a branch
            return file(fork(*[b"\x08\x08" + strange(b"")] * (operations // 2)))

        def attested(count: int) -> bytes:
            return file(fork(*[strange(b"")] * count))

        assert len(OtsProof.from_bytes(attested(256)).attestations()) == 256
        assert "256 attestations" in refused(attested(257))
        chain = b"\x08" * 200 + pending("a")
        OtsProof.from_bytes(file(fork(*[chain] * 20, b"\x08" * 96 + pending("a"))))
        assert "4096 operations" in refused(file(fork(*[chain] * 20, b"\x08" * 97 + pending("a"))))
        assert "256 attestations" in refused(forked(600))

    def test_a_file_has_at_most_64_kib(self) -> None:
        payloads = [bytes(8192)] * 7
        rest = 65536 - len(file(fork(*map(strange, payloads), strange(b"")))) - 1  # a longer length
        data = file(fork(*map(strange, payloads), strange(bytes(rest))))
        assert len(data) == 65536 and OtsProof.from_bytes(data).to_bytes() == data
        assert "65537 bytes, at most 65536" in refused(file(fork(*map(strange, payloads), strange(bytes(rest + 1)))))


class TestStamp:
    def test_stamp_without_a_nonce_commits_to_the_digest_itself(self) -> None:
        proof, commitment = ots.stamp(DIGEST)
        assert commitment == DIGEST == proof.digest

    def test_stamp_with_a_nonce_hides_the_digest(self) -> None:
        nonce = os.urandom(16)
        proof, commitment = ots.stamp(DIGEST, nonce)
        assert commitment == hashlib.sha256(DIGEST + nonce).digest()
        grown = ots.graft(proof, commitment, pending())
        assert grown.to_bytes() == file(append(nonce) + SHA256 + pending())
        assert ots.check_proof(grown.to_bytes(), DOCUMENT).awaited()[0].message == commitment

    def test_a_proof_that_nobody_attested_cannot_be_written(self) -> None:
        with pytest.raises(OtsInvalid, match="nobody has attested"):
            ots.stamp(DIGEST)[0].to_bytes()

    @pytest.mark.parametrize("size", [15, 17, 0])
    def test_a_nonce_of_another_length_is_refused(self, size: int) -> None:
        with pytest.raises(ValueError, match="16 bytes"):
            ots.stamp(DIGEST, bytes(size))

    def test_a_digest_of_another_length_is_refused(self) -> None:
        with pytest.raises(ValueError, match="32 bytes"):
            ots.stamp(DIGEST[:31])


def root_of(messages: Sequence[bytes]) -> bytes:
    """The OTS tools' tree, written down plainly."""
    if len(messages) == 1:
        return messages[0]
    pairs = [messages[i : i + 2] for i in range(0, len(messages), 2)]
    return root_of([hashlib.sha256(b"".join(pair)).digest() if len(pair) == 2 else pair[0] for pair in pairs])


class TestMany:
    @pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6, 7, 8, 9, 31, 33])
    @pytest.mark.parametrize("salted", [False, True])
    def test_every_proof_leads_to_the_one_commitment(self, count: int, salted: bool) -> None:
        digests = [hashlib.sha256(b"%d" % i).digest() for i in range(count)]
        nonces = [os.urandom(16) if salted else None for _ in digests]
        proofs, commitment = ots.many(digests, nonces)
        leaves = [hashlib.sha256(d + n).digest() if n else d for d, n in zip(digests, nonces, strict=True)]
        assert commitment == root_of(leaves)
        for i, proof in enumerate(proofs):
            done = ots.graft(proof, commitment, pending())
            read = ots.check_proof(done.to_bytes(), b"%d" % i)
            assert [a.message for a in read.attestations()] == [commitment]

    def test_none_at_all_and_another_number_of_nonces_are_refused(self) -> None:
        for digests, nonces in (([], []), ([DIGEST], []), ([DIGEST], [None, None])):
            with pytest.raises(ValueError, match="nonces"):
                ots.many(digests, nonces)


class TestGraft:
    PROOF = OtsProof.from_bytes(file(fork(strange(), append(b"a") + SHA256 + pending("https://a.example"))))
    MESSAGE = hashlib.sha256(DIGEST + b"a").digest()
    ANSWER = prepend(b"block") + SHA256 + at_height(100)

    def test_graft_adds_and_keeps_all_that_was_there(self) -> None:
        grown = ots.graft(self.PROOF, self.MESSAGE, self.ANSWER)
        assert [a.kind for a in grown.attestations()] == [Kind.UNKNOWN, Kind.PENDING, Kind.BITCOIN]
        assert grown.to_bytes() == file(
            fork(strange(), append(b"a") + SHA256 + fork(pending("https://a.example"), self.ANSWER))
        )
        assert not self.PROOF.is_complete() and grown.is_complete()
        assert len(self.PROOF.awaited()) == 1 and grown.awaited() == ()

    def test_graft_twice_is_as_once(self) -> None:
        once = ots.graft(self.PROOF, self.MESSAGE, self.ANSWER)
        assert ots.graft(once, self.MESSAGE, self.ANSWER) is once

    def test_graft_of_what_is_known_gives_the_same_bytes_even_unsorted(self) -> None:
        data = file(fork(SHA256 + pending(), strange(), pending("https://b.example")))
        proof = OtsProof.from_bytes(data)
        again = ots.graft(proof, DIGEST, fork(pending("https://b.example"), SHA256 + pending()))
        assert again is proof and again.to_bytes() == data

    def test_graft_merges_paths_that_begin_alike(self) -> None:
        one = ots.graft(self.PROOF, self.MESSAGE, SHA256 + append(b"x") + at_height(1))
        two = ots.graft(one, self.MESSAGE, SHA256 + append(b"y") + at_height(2))
        both = SHA256 + fork(append(b"x") + at_height(1), append(b"y") + at_height(2))
        assert two.to_bytes() == file(fork(strange(), append(b"a") + SHA256 + fork(pending("https://a.example"), both)))

    def test_what_a_file_repeats_is_folded_and_nothing_is_lost(self) -> None:
        """The peer's reader keeps only the last of two branches with one operation."""
        twice = fork(SHA256 + pending("a"), SHA256 + pending("b"), strange(), strange())
        proof = OtsProof.from_bytes(file(twice))
        assert proof.to_bytes() == file(twice)
        grown = ots.graft(proof, DIGEST, at_height(4))
        assert grown.to_bytes() == file(fork(strange(), at_height(4), SHA256 + fork(pending("a"), pending("b"))))
        other = OtsProof.from_bytes(file(SHA256 + pending("c")))
        both = ots_tree.merge(proof.tree, other.tree)
        assert ots_tree.write(both) == fork(strange(), SHA256 + fork(pending("a"), pending("b"), pending("c")))
        assert ots_tree.merge(proof.tree, OtsProof.from_bytes(file(SHA256 + pending("b"))).tree) is proof.tree

    def test_trees_of_two_messages_are_not_merged(self) -> None:
        with pytest.raises(OtsInvalid, match="two messages"):
            ots_tree.merge(self.PROOF.tree, OtsProof.from_bytes(file(pending(), bytes(32))).tree)

    def test_graft_finds_every_place_of_the_message(self) -> None:
        proof = OtsProof.from_bytes(
            file(fork(append(b"aa") + pending("a"), append(b"a") + append(b"a") + pending("b")))
        )
        grown = ots.graft(proof, DIGEST + b"aa", at_height(9))
        assert [a.height for a in grown.attestations() if a.kind is Kind.BITCOIN] == [9, 9]

    def test_graft_keeps_two_attestations_of_different_blocks(self) -> None:
        proof = OtsProof.from_bytes(file(at_height(5)))
        assert [a.height for a in ots.graft(proof, DIGEST, at_height(6)).attestations()] == [5, 6]

    def test_graft_refuses_a_message_that_the_proof_does_not_lead_to(self) -> None:
        with pytest.raises(OtsInvalid, match="does not lead to"):
            ots.graft(self.PROOF, bytes(32), self.ANSWER)

    @pytest.mark.parametrize("answer", [b"", b"\x00", b"<html>", at_height(1) + b"\x00", file(pending())])
    def test_graft_refuses_what_is_no_answer(self, answer: bytes) -> None:
        with pytest.raises(OtsInvalid):
            ots.graft(self.PROOF, self.MESSAGE, answer)

    def test_an_answer_has_at_most_10000_bytes(self) -> None:
        frame = len(fork(strange(bytes(8192)), strange(bytes(200))))
        good = fork(strange(bytes(8192)), strange(bytes(10_000 - frame + 200)))
        assert len(good) == 10_000 and ots.graft(self.PROOF, self.MESSAGE, good)
        with pytest.raises(OtsInvalid, match="10001 bytes"):
            ots.graft(self.PROOF, self.MESSAGE, fork(strange(bytes(8192)), strange(bytes(10_001 - frame + 200))))

    def test_graft_refuses_a_path_that_would_become_too_long(self) -> None:
        ots.graft(self.PROOF, self.MESSAGE, SHA256 * 253 + at_height(1))
        with pytest.raises(OtsInvalid, match="256 messages"):
            ots.graft(self.PROOF, self.MESSAGE, SHA256 * 254 + at_height(1))

    def test_graft_of_the_longest_answer_to_the_longest_path_is_refused_as_any_other(self) -> None:
        longest = OtsProof.from_bytes(file(SHA256 * 255 + pending()))
        with pytest.raises(OtsInvalid, match="256 messages"):
            ots.graft(longest, longest.awaited()[0].message, SHA256 * 255 + at_height(1))
        assert ots.graft(longest, longest.awaited()[0].message, at_height(1)).is_complete()

    def test_graft_refuses_what_would_become_too_large(self) -> None:
        proof = self.PROOF
        with pytest.raises(OtsInvalid, match="at most 65536"):
            for i in range(10):
                proof = ots.graft(proof, self.MESSAGE, strange(bytes([i]) * 8192))
        assert len(proof.to_bytes()) < 65536
        with pytest.raises(OtsInvalid, match="256 attestations"):
            for i in range(3):
                proof = ots.graft(self.PROOF if not i else proof, DIGEST, fork(*(at_height(j) for j in range(i, 300))))

    def test_awaited_names_only_promises_without_a_block(self) -> None:
        two = fork(append(b"a") + fork(pending("a"), SHA256 + at_height(3)), append(b"b") + pending("b"))
        proof = OtsProof.from_bytes(file(two))
        assert [a.uri for a in proof.awaited()] == ["b"] and proof.is_complete()


class TestCheckProof:
    def test_a_proof_of_the_document_is_given_back(self) -> None:
        assert ots.check_proof(file(pending()), DOCUMENT).digest == DIGEST

    def test_another_document_is_refused(self) -> None:
        with pytest.raises(OtsInvalid) as caught:
            ots.check_proof(file(pending()), DOCUMENT + b".")
        assert caught.value.reason == ots.DIGEST_DIFFERS

    def test_another_hash_function_is_refused_even_over_the_document(self) -> None:
        with pytest.raises(OtsInvalid, match="sha1 digest") as caught:
            ots.check_proof(file(pending(), hashlib.sha1(DOCUMENT).digest(), 0x02), DOCUMENT)
        assert caught.value.reason == ots.DIGEST_DIFFERS


class TestJudge:
    def test_the_lowest_confirmed_block_is_named(self) -> None:
        proof = OtsProof.from_bytes(file(fork(at_height(9), at_height(7), SHA256 + at_height(5))))
        headers = KnownHeaders({9: header_with(DIGEST, 1000), 7: header_with(DIGEST, 2000)})
        confirmed = ots.judge(proof, headers)
        assert (confirmed.height, confirmed.time) == (7, 2000)
        assert confirmed.differing == ()

    def test_a_contradicted_attestation_is_named_beside_a_confirmed_one(self) -> None:
        proof = OtsProof.from_bytes(file(fork(at_height(5), at_height(7))))
        confirmed = ots.judge(proof, KnownHeaders({5: header_with(bytes(32)), 7: header_with(DIGEST)}))
        assert confirmed.height == 7 and [a.height for a in confirmed.differing] == [5]

    @pytest.mark.parametrize(
        ("tree", "headers", "reason"),
        [
            (at_height(5), {5: header_with(bytes(32))}, ots.ROOT_DIFFERS),
            (fork(at_height(5), at_height(6)), {5: header_with(bytes(32))}, ots.ROOT_DIFFERS),
            (append(b"a") + at_height(5), {5: header_with(DIGEST)}, ots.ROOT_DIFFERS),  # 33 bytes
            (b"\x02" + at_height(5), {5: header_with(DIGEST)}, ots.ROOT_DIFFERS),  # 20 bytes
            (b"\xf2" + at_height(5), {5: header_with(DIGEST)}, ots.ROOT_DIFFERS),  # as explorers show it
        ],
    )
    def test_an_attestation_that_its_header_contradicts_is_refused(
        self, tree: bytes, headers: dict[int, BlockHeader], reason: str
    ) -> None:
        with pytest.raises(OtsInvalid) as caught:
            ots.judge(OtsProof.from_bytes(file(tree)), KnownHeaders(headers))
        assert caught.value.reason == reason

    @pytest.mark.parametrize(
        ("tree", "reason"),
        [
            (pending(), ots.OTS_PENDING),
            (fork(pending(), strange()), ots.OTS_PENDING),
            (at_height(5), ots.HEADER_UNKNOWN),
            (fork(pending(), at_height(5)), ots.HEADER_UNKNOWN),
            (strange(), ots.ATTESTATION_UNKNOWN),
            (at_height(7, LITECOIN), ots.ATTESTATION_UNKNOWN),
            (at_height(7, ETHEREUM), ots.ATTESTATION_UNKNOWN),
        ],
    )
    def test_what_nothing_confirms_is_never_confirmed(self, tree: bytes, reason: str) -> None:
        headers = KnownHeaders({7: header_with(DIGEST)})
        with pytest.raises(OtsUnconfirmed) as caught:
            ots.judge(OtsProof.from_bytes(file(tree)), headers)
        assert caught.value.reason == reason and caught.value.hint


def claimed(data: bytes, document: bytes) -> tuple[int, int] | None:
    """Height and time that a verifier would show, None if it shows none."""
    try:
        confirmed = ots.judge(ots.check_proof(data, document), REAL_HEADERS)
    except (OtsInvalid, OtsUnconfirmed):
        return None
    return confirmed.height, confirmed.time


def flips(data: bytes, step: int, document: bytes) -> list[int]:
    """Flip every `step`-th bit; each flip is refused or claims the same.  Returns those that claim the same."""
    before, same = claimed(data, document), []
    for bit in range(0, len(data) * 8, step):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        after = claimed(bytes(changed), document)
        assert after is None or after == before
        same += [bit] * (after is not None)
    return same


class TestBitFlips:
    def test_no_flip_of_a_real_proof_is_confirmed(self) -> None:
        assert flips(REAL.hello, 7, b"Hello World!\n") == []

    @pytest.mark.deep
    def test_no_flip_of_any_bit_of_a_real_proof_is_confirmed_but_one_that_changes_nothing(self) -> None:
        """Bitcoin hashes the odd last node of a level with itself: there, append and prepend give the same message."""
        (bit,) = flips(REAL.hello, 1, b"Hello World!\n")
        changed = bytearray(REAL.hello)
        changed[bit // 8] ^= 1 << bit % 8
        assert (REAL.hello[bit // 8], changed[bit // 8]) == (0xF0, 0xF1)
        messages = [[node.message for node in OtsProof.from_bytes(d).tree.walk()] for d in (REAL.hello, bytes(changed))]
        assert messages[0] == messages[1]

    def test_a_flip_beside_the_confirmed_path_changes_nothing_that_is_claimed(self) -> None:
        tree = REAL.hello[len(MAGIC) + 34 :]
        both = file(fork(strange(), tree), hashlib.sha256(b"Hello World!\n").digest())
        assert claimed(both, b"Hello World!\n") == (358391, 1432827678)
        assert 0 < len(flips(both, 5, b"Hello World!\n")) < 8 * len(both) / 5
