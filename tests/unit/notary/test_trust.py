from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from notary.errors import TrustInvalid
from notary.verdicts.reasons import Said, Text, said
from notary.verdicts.trust import (
    AUTHORITY_UNCERTAINTY,
    DEFAULT_UNCERTAINTY,
    MAX_CERTIFICATES,
    KnownTime,
    Trust,
    TrustedAuthority,
    TrustedBlock,
    TrustedChain,
    TrustedHeader,
    TrustedSigner,
    parse_block,
    parse_header,
    trust_blocks,
)
from notary.verdicts.verdict import Reason, Status

GENESIS, OTHER = b"\x01" * 32, b"\x02" * 32
HASH, WRONG = b"\x0a" * 32, b"\x0b" * 32
CONTRACT = b"\x0c" * 20


def at(path: str) -> Said:
    return said(Text.SOURCE_HEADERS, path=path)


def chain(chain_id: int = 1, **more: Any) -> TrustedChain:
    blocks = {5: TrustedBlock(5, HASH, 1_800_000_000)}
    return TrustedChain(**({"chain_id": chain_id, "genesis": GENESIS, "blocks": blocks} | more))


def judged(
    trust: Trust, *, chain_id: int = 1, number: int = 5, block_hash: bytes = HASH
) -> tuple[Status, Reason | None]:
    found = trust.judge(chain_id, GENESIS, CONTRACT, number, block_hash)
    return found.status, found.reason


class TestJudge:
    def test_nothing_known_is_unconfirmed(self) -> None:
        unconfirmed = (Status.INDETERMINATE, Reason.BLOCK_HASH_UNCONFIRMED)
        assert judged(Trust()) == unconfirmed
        assert judged(Trust((chain(2),))) == unconfirmed
        assert judged(Trust((chain(),)), number=6) == unconfirmed

    def test_the_known_block_passes_and_another_of_that_number_fails(self) -> None:
        assert judged(Trust((chain(),))) == (Status.PASSED, None)
        assert judged(Trust((chain(),)), block_hash=WRONG) == (Status.FAILED, Reason.BLOCK_HASH_DIFFERS)

    def test_another_genesis_is_another_chain(self) -> None:
        other = chain(genesis=OTHER)
        assert judged(Trust((other,))) == (Status.INDETERMINATE, Reason.GENESIS_DIFFERS)
        assert judged(Trust((other, chain()))) == (Status.PASSED, None)

    def test_a_hash_given_by_hand_needs_no_genesis(self) -> None:
        by_hand = trust_blocks([f"1:5:0x{HASH.hex()}"])
        assert judged(by_hand) == (Status.PASSED, None)
        assert judged(by_hand, block_hash=WRONG) == (Status.FAILED, Reason.BLOCK_HASH_DIFFERS)

    def test_two_sources_that_disagree_never_pass(self) -> None:
        for first, second in ((HASH, WRONG), (WRONG, HASH)):
            file = Trust((chain(blocks={5: TrustedBlock(5, first)}),))
            by_hand = TrustedChain(1, blocks={5: TrustedBlock(5, second)})
            both = Trust((*file.chains, by_hand))
            assert judged(both) == (Status.FAILED, Reason.BLOCK_HASH_DIFFERS)
            with pytest.raises(TrustInvalid, match="contradict"):
                trust_blocks([f"1:5:0x{second.hex()}"], file)

    @pytest.mark.parametrize("chain_id", [1337, 31337, 31338])
    def test_a_dev_chain_is_trusted_only_where_the_file_says_so(self, chain_id: int) -> None:
        plain, dev = Trust((chain(chain_id),)), Trust((chain(chain_id, dev=True),))
        by_hand = trust_blocks([f"{chain_id}:5:0x{HASH.hex()}"])
        untrusted = (Status.INDETERMINATE, Reason.DEV_CHAIN_UNTRUSTED)
        assert judged(plain, chain_id=chain_id) == untrusted
        assert judged(by_hand, chain_id=chain_id) == untrusted
        assert judged(dev, chain_id=chain_id) == (Status.PASSED, Reason.DEV_CHAIN)
        assert judged(dev, chain_id=chain_id, block_hash=WRONG) == (Status.FAILED, Reason.BLOCK_HASH_DIFFERS)

    def test_any_chain_may_be_called_a_dev_chain(self) -> None:
        assert judged(Trust((chain(dev=True),))) == (Status.PASSED, Reason.DEV_CHAIN)

    def test_a_dev_chain_of_another_genesis_lends_no_trust(self) -> None:
        other = chain(31337, genesis=OTHER, dev=True)
        both = trust_blocks([f"31337:5:0x{HASH.hex()}"], Trust((other,)))
        assert judged(both, chain_id=31337) == (Status.INDETERMINATE, Reason.GENESIS_DIFFERS)

    def test_a_forged_genesis_does_not_switch_off_the_pinned_contracts_when_a_block_is_given_by_hand(self) -> None:
        pinning = chain(genesis=OTHER, blocks={}, contracts=(b"\0" * 20,))
        by_hand = [f"1:5:0x{HASH.hex()}"]
        assert judged(trust_blocks(by_hand, Trust((pinning,)))) == (Status.INDETERMINATE, Reason.GENESIS_DIFFERS)
        free = chain(blocks={})  # a second chain of that id, without contracts: the forger may name its genesis
        both = trust_blocks(by_hand, Trust((pinning, free)))
        assert judged(both) == (Status.INDETERMINATE, Reason.CONTRACT_UNTRUSTED)

    def test_a_forged_genesis_does_not_hide_that_a_block_given_by_hand_contradicts_the_file(self) -> None:
        known = chain(genesis=OTHER, blocks={5: TrustedBlock(5, WRONG)})
        by_hand = TrustedChain(1, blocks={5: TrustedBlock(5, HASH)})
        assert judged(Trust((known, by_hand))) == (Status.INDETERMINATE, Reason.GENESIS_DIFFERS)
        free = chain(blocks={})
        assert judged(Trust((known, free, by_hand))) == (Status.FAILED, Reason.BLOCK_HASH_DIFFERS)

    def test_two_chains_of_one_id_each_keep_their_own_blocks_and_contracts(self) -> None:
        other = chain(genesis=OTHER, blocks={5: TrustedBlock(5, WRONG)}, contracts=(b"\0" * 20,))
        assert judged(Trust((other, chain()))) == (Status.PASSED, None)

    def test_pinned_contracts_are_the_only_ones(self) -> None:
        pinned = Trust((chain(contracts=(CONTRACT,)),)).judge(1, GENESIS, CONTRACT, 5, HASH)
        free = Trust((chain(),)).judge(1, GENESIS, CONTRACT, 5, HASH)
        assert (pinned.pinned, free.pinned) == (True, False)
        assert judged(Trust((chain(contracts=(b"\0" * 20,)),))) == (Status.INDETERMINATE, Reason.CONTRACT_UNTRUSTED)


class TestTimeOf:
    def test_only_a_known_block_with_a_time_on_a_trusted_chain_has_one(self) -> None:
        trust = Trust((chain(), chain(31337), chain(31338, dev=True), chain(2, blocks={5: TrustedBlock(5, HASH)})))
        assert trust.time_of(1, 5, HASH) == KnownTime(1_800_000_000, 900)
        assert trust.time_of(31338, 5, HASH) == KnownTime(1_800_000_000, 900, dev=True)
        for block in ((1, 5, WRONG), (1, 6, HASH), (31337, 5, HASH), (2, 5, HASH)):
            assert trust.time_of(*block) is None

    def test_a_block_given_by_hand_without_its_time_does_not_hide_the_files(self) -> None:
        by_hand = TrustedChain(1, blocks={5: TrustedBlock(5, HASH)})
        for chains in ((by_hand, chain(uncertainty_seconds=1000)), (chain(uncertainty_seconds=1000), by_hand)):
            assert Trust(chains).time_of(1, 5, HASH) == KnownTime(1_800_000_000, 1000)


class TestWithBlock:
    def test_the_same_block_again_changes_nothing_and_another_hash_is_refused(self) -> None:
        once = Trust().with_block(1, TrustedBlock(5, HASH, source=at("one")))
        trust = once.with_block(1, TrustedBlock(5, HASH, source=at("two")))
        assert [block.hash for block in trust.chains[0].blocks.values()] == [HASH]
        with pytest.raises(TrustInvalid, match="contradict"):
            trust.with_block(1, TrustedBlock(5, WRONG, source=at("three")))

    def test_a_hash_without_a_genesis_is_refused_when_any_chain_of_that_id_knows_another(self) -> None:
        trust = Trust((chain(), chain(2, blocks={5: TrustedBlock(5, WRONG)})))
        with pytest.raises(TrustInvalid, match="contradict"):
            trust.with_block(1, TrustedBlock(5, WRONG))
        assert len(trust.with_block(1, TrustedBlock(5, HASH)).chains) == 3
        assert len(trust.with_block(1, TrustedBlock(6, WRONG)).chains) == 3

    def test_a_source_that_knows_the_genesis_adds_to_the_chain_of_the_file(self) -> None:
        trust = Trust((chain(31337, dev=True, blocks={}),)).with_block(31337, TrustedBlock(5, HASH), GENESIS)
        assert len(trust.chains) == 1
        assert judged(trust, chain_id=31337) == (Status.PASSED, Reason.DEV_CHAIN)


class TestParseBlock:
    def test_a_block_is_read_in_either_case(self) -> None:
        assert parse_block(f"1:5:0x{HASH.hex().upper()}") == (1, 5, HASH)
        assert parse_block(f"1:0:0x{HASH.hex()}") == (1, 0, HASH)

    @pytest.mark.parametrize(
        "text",
        ["", "1:5", "0:5:0xHH", "1:05:0xHH", "1:5:HH", "1:5:0xHH0", "1:-5:0xHH", "1:5:0xHH ", "a:5:0xHH", "1:5:0xzz"],
    )
    def test_anything_else_is_refused_with_a_hint(self, text: str) -> None:
        with pytest.raises(TrustInvalid) as caught:
            parse_block(text.replace("HH", "ab" * 32))
        assert "CHAIN:NUMBER:0xHASH" in caught.value.hint


class TestFile:
    TRUST = Trust((chain(name="Ethereum", contracts=(CONTRACT,), uncertainty_seconds=12), chain(31337, dev=True)))

    def test_a_file_reads_back(self) -> None:
        assert Trust.from_bytes(self.TRUST.to_bytes()) == self.TRUST

    def test_optional_members_may_be_absent(self) -> None:
        block = {"number": 5, "hash": "0x" + HASH.hex()}
        data = {
            "format": "tallystick/trusted-blocks",
            "version": 1,
            "chains": [{"chain_id": 1, "genesis": "0x" + GENESIS.hex(), "blocks": [block]}],
        }
        (found,) = Trust.from_bytes(json.dumps(data).encode()).chains
        assert found == TrustedChain(1, GENESIS, blocks={5: TrustedBlock(5, HASH)})
        assert found.uncertainty_seconds == DEFAULT_UNCERTAINTY

    def test_a_hash_given_by_hand_has_no_chain_to_write(self) -> None:
        with pytest.raises(TrustInvalid, match="genesis"):
            trust_blocks([f"1:5:0x{HASH.hex()}"]).to_bytes()

    @pytest.mark.parametrize(
        "change",
        [
            lambda v: v.update(version=2),
            lambda v: v.update(format="x"),
            lambda v: v.update(x=1),
            lambda v: v.update(chains=v["chains"] * 2),
            lambda v: v["chains"][0].pop("genesis"),
            lambda v: v["chains"][0].update(genesis=None),
            lambda v: v["chains"][0].update(dev="yes"),
            lambda v: v["chains"][0].update(trusted=True),
            lambda v: v["chains"][0].update(contracts=["0x00"]),
            lambda v: v["chains"][0]["blocks"].append(v["chains"][0]["blocks"][0]),
            lambda v: v["chains"][0]["blocks"][0].update(number=-1),
            lambda v: v["chains"][0]["blocks"][0].update(hash=HASH.hex()),
            lambda v: v["chains"][0]["blocks"][0].update(x=1),
        ],
    )
    def test_what_lacks_its_form_is_refused(self, change: Callable[[Any], object]) -> None:
        value = json.loads(self.TRUST.to_bytes())
        change(value)
        with pytest.raises(TrustInvalid):
            Trust.from_bytes(json.dumps(value).encode())


HEADER, OTHER_HEADER = b"\x03" * 80, b"\x04" * 80


class TestWithHeaders:
    def test_the_same_header_again_changes_nothing_and_another_is_refused(self) -> None:
        once = Trust().with_headers([TrustedHeader(7, HEADER, at("one"))])
        again = once.with_headers([TrustedHeader(7, HEADER, at("two")), TrustedHeader(8, OTHER_HEADER)])
        assert [(one.height, one.source) for one in again.bitcoin] == [(7, at("one")), (8, said(Text.SOURCE_FILE))]
        with pytest.raises(TrustInvalid, match=r"contradict.*Bitcoin block 7.*headers in one.*headers in three"):
            again.with_headers([TrustedHeader(7, OTHER_HEADER, at("three"))])

    @pytest.mark.parametrize("size", [79, 81])
    def test_a_header_has_80_bytes(self, size: int) -> None:
        with pytest.raises(TrustInvalid, match=f"80 bytes, not {size}"):
            Trust().with_headers([TrustedHeader(7, bytes(size))])


class TestParseHeader:
    def test_a_header_is_read_in_either_case(self) -> None:
        found = parse_header(f"0:{HEADER.hex().upper()}")
        assert (found.height, found.header, found.regtest) == (0, HEADER, False)

    @pytest.mark.parametrize(
        "text", ["", "7", "7:", "07:HH", "-1:HH", "7:HH0", "7:0xHH", "2147483648:HH", "7:zz", "7:HH "]
    )
    def test_anything_else_is_refused(self, text: str) -> None:
        with pytest.raises(TrustInvalid, match="HEIGHT:HEX"):
            parse_header(text.replace("HH", HEADER.hex()))
        assert parse_header(f"2147483647:{HEADER.hex()}").height == 2**31 - 1


class TestFurtherParts:
    AUTHORITY = TrustedAuthority("A", b"root", (b"one", b"two"), ("1.2.840.113549", "2.5"), True, 2, (b"crl",))
    TRUST = Trust(
        (chain(),),
        (AUTHORITY, TrustedAuthority("", b"other")),
        (TrustedHeader(7, HEADER), TrustedHeader(8, OTHER_HEADER, regtest=True)),
        (TrustedSigner("court", b"root"),),
    )

    def test_a_file_of_all_parts_reads_back(self) -> None:
        assert Trust.from_bytes(self.TRUST.to_bytes()) == self.TRUST

    def test_only_what_is_needed_must_be_there(self) -> None:
        value = {
            "format": "tallystick/trusted-blocks",
            "version": 1,
            "chains": [],
            "authorities": [{"root": "cm9vdA=="}],
            "bitcoin": [{"height": 7, "header": HEADER.hex()}],
            "signers": [{"root": "cm9vdA=="}],
        }
        found = Trust.from_bytes(json.dumps(value).encode())
        assert found == Trust(
            (),
            (TrustedAuthority("", b"root", uncertainty_seconds=AUTHORITY_UNCERTAINTY),),
            (TrustedHeader(7, HEADER),),
            (TrustedSigner("", b"root"),),
        )

    def test_adding_a_block_keeps_the_other_parts(self) -> None:
        more = self.TRUST.with_block(1, TrustedBlock(6, HASH), GENESIS)
        assert more.authorities and more.bitcoin and more.signers
        assert len(more.with_authority(self.AUTHORITY).authorities) == 3
        assert len(more.with_signer(TrustedSigner("", b"x")).signers) == 2

    @pytest.mark.parametrize(
        "change",
        [
            lambda v: v.update(authorities={}),
            lambda v: v["authorities"][0].pop("root"),
            lambda v: v["authorities"][0].update(root=""),
            lambda v: v["authorities"][0].update(root="cm9vdA"),
            lambda v: v["authorities"][0].update(root="A" * 4 * 64 * 1024),
            lambda v: v["authorities"][0].update(certificates=["cm9vdA=="] * (MAX_CERTIFICATES + 1)),
            lambda v: v["authorities"][0].update(certificates=[1]),
            lambda v: v["authorities"][0].update(policies=["any"]),
            lambda v: v["authorities"][0].update(policies=["1.02"]),
            lambda v: v["authorities"][0].update(policies=[12]),
            lambda v: v["authorities"][0].update(qualified=1),
            lambda v: v["authorities"][0].update(uncertainty_seconds=-1),
            lambda v: v["authorities"][0].update(crls="cm9vdA=="),
            lambda v: v["authorities"][0].update(trusted=True),
            lambda v: v["authorities"][0].update(name="n" * 201),
            lambda v: v["bitcoin"][0].update(header="00" * 79),
            lambda v: v["bitcoin"][0].update(height=-1),
            lambda v: v["bitcoin"][0].update(height=2**31),
            lambda v: v["bitcoin"][1].update(height=7),
            lambda v: v["bitcoin"][0].update(regtest="no"),
            lambda v: v["signers"][0].update(key="x"),
            lambda v: v["signers"][0].pop("root"),
        ],
    )
    def test_what_lacks_its_form_is_refused(self, change: Callable[[Any], object]) -> None:
        value = json.loads(self.TRUST.to_bytes())
        change(value)
        with pytest.raises(TrustInvalid):
            Trust.from_bytes(json.dumps(value).encode())
