"""notary.custody.signatures and notary.custody.signature_chain, against eth-account, keys made here, and published
points.
"""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_keys.datatypes import PrivateKey
from eth_utils.crypto import keccak
from support.signers import (
    ADDRESS,
    GOOD,
    KEY,
    LEAF,
    MESSAGE,
    MIDDLE,
    STATEMENT,
    ed25519,
    eip712,
    flipped,
    mldsa,
    refused,
    signed_by,
    typed,
)

from notary import jcs
from notary.custody.signatures import (
    MAX_BYTES,
    MAX_CHAIN,
    MAX_SIGNATURES,
    MAX_WALLET_SIGNATURE,
    SECP256K1_ORDER,
    Ed25519Signature,
    Erc1271Signature,
    Signature,
    Statement,
    UnknownSignature,
    X509Signature,
    batch_digest,
    judge_x509,
    read_signatures,
    verify_signature,
    wallet_signer,
    write_signature,
    write_signatures,
)
from notary.errors import ReceiptInvalid, SignerUnproven
from notary.reading import Reader


class TestStatement:
    def test_message_is_the_tag_and_canonical_json(self) -> None:
        assert STATEMENT.message() == MESSAGE

    @pytest.mark.parametrize(("first", "last"), [(3, 9), (0, 0), (2**53 - 1, 2**53 - 1)])
    def test_eip712_digest_is_that_of_eth_account(self, first: int, last: int) -> None:
        statement = replace(STATEMENT, first=first, last=last)
        message = encode_typed_data(full_message=typed(statement))
        text = b"\x19" + message.version + message.header + message.body
        assert statement.eip712_digest() == keccak(text)

    def test_typed_data_is_what_wallets_are_shown(self) -> None:
        shown = json.loads(json.dumps(STATEMENT.typed_data()))
        signed = Account.sign_typed_data(KEY, full_message=shown)
        assert bytes(signed.signature) == eip712().signature

    def test_read_gives_back_what_was_written(self) -> None:
        assert Statement.read(Reader(STATEMENT.to_json(), "batch", ReceiptInvalid)) == STATEMENT

    @pytest.mark.parametrize(
        "change",
        [
            {"first": 10},
            {"first": -1},
            {"last": 2},
            {"last": 2**53},
            {"last": True},
            {"case": "00" * 31},
            {"head": "AA" * 32},
            {"entries": None},
            {"more": 1},
        ],
    )
    def test_read_refuses_what_is_no_batch(self, change: dict[str, Any]) -> None:
        with pytest.raises(ReceiptInvalid, match="batch"):
            Statement.read(Reader({**STATEMENT.to_json(), **change}, "batch", ReceiptInvalid))

    @pytest.mark.parametrize("change", [{"first": 10}, {"first": -1}, {"last": 2**53}, {"case": b""}, {"head": b"1"}])
    def test_a_statement_of_no_batch_cannot_be_made(self, change: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match=r"bytes|batch"):
            replace(STATEMENT, **change)


class TestVerify:
    def test_verify_names_the_address_for_eip712(self) -> None:
        signer = verify_signature(eip712(), STATEMENT)
        assert (signer.kind, signer.identity) == ("eip712", ADDRESS)

    def test_verify_names_the_key_for_ed25519(self) -> None:
        signer = verify_signature(ed25519(), STATEMENT)
        assert (signer.kind, signer.identity) == ("ed25519", ed25519().key.hex())
        assert signer.fingerprint == hashlib.sha256(ed25519().key).digest()

    def test_verify_names_the_keys_digest_for_mldsa(self) -> None:
        signer = verify_signature(mldsa(), STATEMENT)
        assert (signer.kind, signer.identity) == ("ml-dsa-65", f"sha256:{hashlib.sha256(mldsa().key).hexdigest()}")

    def test_verify_names_the_subject_for_x509(self) -> None:
        signer = verify_signature(signed_by(LEAF, MIDDLE), STATEMENT)
        assert (signer.kind, signer.identity) == ("x509", "CN=Ada Clerk")
        assert signer.fingerprint == LEAF.certificate.fingerprint(hashes.SHA256())

    def test_verify_leaves_a_wallet_to_its_chain(self) -> None:
        wallet = Erc1271Signature(10, bytes.fromhex(ADDRESS[2:]), b"\1" * 65)
        with pytest.raises(SignerUnproven, match="chain 10") as caught:
            verify_signature(wallet, STATEMENT)
        assert caught.value.reason == "erc1271-offline"
        assert wallet_signer(wallet).identity == f"{ADDRESS} on chain 10"
        assert wallet_signer(wallet).fingerprint != wallet_signer(replace(wallet, chain_id=1)).fingerprint

    def test_verify_counts_an_unknown_type_for_nothing(self) -> None:
        with pytest.raises(SignerUnproven) as caught:
            verify_signature(UnknownSignature(b'{"type":"slh-dsa"}'), STATEMENT)
        assert caught.value.reason == "signature-unknown"

    @pytest.mark.parametrize("kind", GOOD)
    @pytest.mark.parametrize("member", [field.name for field in fields(Statement)])
    def test_verify_refuses_every_change_of_the_statement(self, kind: str, member: str) -> None:
        signature, value = GOOD[kind](), getattr(STATEMENT, member)
        values: list[Any]
        if isinstance(value, int):
            values = [v for bit in range(53) if (v := value ^ 1 << bit) >= 0]
        else:
            values = list(flipped(value))
        tried = 0
        for other in values:
            if (member == "first" and other > STATEMENT.last) or (member == "last" and other < STATEMENT.first):
                continue
            refused(signature, replace(STATEMENT, **{member: other}))
            tried += 1
        assert tried >= 3

    @pytest.mark.parametrize("kind", ["eip712", "ed25519"])
    def test_verify_refuses_every_changed_bit_of_key_and_signature(self, kind: str) -> None:
        signature: Any = GOOD[kind]()
        for field in fields(signature):
            for other in flipped(getattr(signature, field.name)):
                refused(replace(signature, **{field.name: other}))

    def test_verify_refuses_a_changed_bit_in_every_fourth_byte_of_mldsa(self) -> None:
        signature = mldsa()
        for key in flipped(signature.key, 8 * 4 + 1):
            refused(replace(signature, key=key))
        for made in flipped(signature.signature, 8 * 4 + 1):
            refused(replace(signature, signature=made))

    @pytest.mark.deep
    def test_verify_refuses_every_changed_bit_of_mldsa(self) -> None:
        signature = mldsa()
        for key in flipped(signature.key):
            refused(replace(signature, key=key))
        for made in flipped(signature.signature):
            refused(replace(signature, signature=made))

    @pytest.mark.parametrize("kind", GOOD)
    def test_verify_refuses_a_signature_whose_end_is_changed_or_cut(self, kind: str) -> None:
        signature: Any = GOOD[kind]()
        refused(replace(signature, signature=signature.signature[:-1] + bytes([signature.signature[-1] ^ 255])))
        if kind != "eip712":  # its parts have fixed places
            refused(replace(signature, signature=signature.signature[:-1]))
            refused(replace(signature, signature=signature.signature + b"\0"))
            refused(replace(signature, signature=b""))

    @pytest.mark.parametrize("kind", GOOD)
    def test_verify_refuses_the_signature_of_another_kind_of_message(self, kind: str) -> None:
        other = replace(STATEMENT, last=STATEMENT.last + 1)
        makers: dict[str, Callable[[Statement], Signature]] = {"eip712": eip712, "ed25519": ed25519, "ml-dsa-65": mldsa}
        foreign = makers.get(kind)
        refused(foreign(other) if foreign else signed_by(LEAF, MIDDLE, statement=other))


class TestEip712:
    def test_verify_refuses_a_malleated_s(self) -> None:
        good = eip712()
        s = int.from_bytes(good.signature[32:64], "big")
        high = (SECP256K1_ORDER - s).to_bytes(32, "big")
        malleated = good.signature[:32] + high + bytes([27 + 28 - good.signature[64]])
        # Ethereum's own recovery takes it: it is the rule about s that refuses it
        signable = encode_typed_data(full_message=typed(STATEMENT))
        assert Account.recover_message(signable, signature=malleated).lower() == ADDRESS
        refused(replace(good, signature=malleated))

    @pytest.mark.parametrize("v", [0, 1, 26, 29, 37, 255])
    def test_verify_refuses_a_v_that_no_contract_takes(self, v: int) -> None:
        refused(replace(eip712(), signature=eip712().signature[:64] + bytes([v])))

    @pytest.mark.parametrize("value", [0, SECP256K1_ORDER, 2**256 - 1])
    @pytest.mark.parametrize("place", [0, 32])
    def test_verify_refuses_r_or_s_out_of_range(self, place: int, value: int) -> None:
        made = bytearray(eip712().signature)
        made[place : place + 32] = value.to_bytes(32, "big")
        refused(replace(eip712(), signature=bytes(made)))

    def test_verify_refuses_a_foreign_key_under_the_same_address(self) -> None:
        other = PrivateKey(b"\1" * 32)
        signed = Account.sign_typed_data(b"\1" * 32, full_message=typed(STATEMENT))
        forged = replace(eip712(), key=other.public_key.to_bytes(), signature=bytes(signed.signature))
        refused(forged)
        address = other.public_key.to_canonical_address()
        assert verify_signature(replace(forged, address=address), STATEMENT).identity == "0x" + address.hex()

    def test_verify_refuses_a_key_that_is_no_point(self) -> None:
        for key in (bytes(64), b"\xff" * 64, eip712().key[:63] + bytes([eip712().key[63] ^ 1])):
            refused(replace(eip712(), key=key, address=keccak(key)[12:]))


class TestEd25519:
    def test_verify_refuses_keys_of_small_order_whose_signatures_fit_everything(self) -> None:
        p = 2**255 - 19
        y8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
        ys = {0, 1, p - 1, y8, p - y8, p, p + 1}
        identity = (1).to_bytes(32, "little")
        for y in ys:
            for sign in (0, 1 << 255):
                refused(Ed25519Signature((y | sign).to_bytes(32, "little"), identity + bytes(32)))

    def test_such_a_signature_would_pass_without_that_rule(self) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        identity = (1).to_bytes(32, "little")
        Ed25519PublicKey.from_public_bytes(identity).verify(identity + bytes(32), b"anything")

    def test_verify_refuses_s_beyond_the_order(self) -> None:
        order = 2**252 + 27742317777372353535851937790883648493
        good = ed25519()
        s = int.from_bytes(good.signature[32:], "little") + order
        refused(replace(good, signature=good.signature[:32] + s.to_bytes(32, "little")))


class TestReadAndWrite:
    def test_read_gives_back_what_was_written(self) -> None:
        made = _one_of_each()
        value = jcs.loads(jcs.dumps({"signatures": write_signatures(made)}), max_bytes=MAX_BYTES)
        assert read_signatures(Reader(value, "batch", ReceiptInvalid), "signatures") == made

    def test_digest_is_over_the_statement_and_the_list_as_written(self) -> None:
        made = _one_of_each()
        listed: list[jcs.Json] = [write_signature(signature) for signature in made]
        text = jcs.dumps({"statement": STATEMENT.to_json(), "signatures": listed})
        assert batch_digest(STATEMENT, made) == hashlib.sha256(b"tallystick/custody-batch/v1\0" + text).digest()
        others = [replace(STATEMENT, last=10), replace(STATEMENT, head=b"\xab" * 32)]
        assert len({batch_digest(STATEMENT, ()), *(batch_digest(other, ()) for other in others)}) == 3
        assert batch_digest(STATEMENT, made[::-1]) != batch_digest(STATEMENT, made)

    @pytest.mark.parametrize("kind", GOOD)
    def test_digest_changes_with_every_member(self, kind: str) -> None:
        made: Any = GOOD[kind]()
        seen = {batch_digest(STATEMENT, [made])}
        for field in fields(made):
            value = getattr(made, field.name)
            if isinstance(value, bytes):
                seen.add(batch_digest(STATEMENT, [replace(made, **{field.name: next(flipped(value))})]))
        assert len(seen) == 1 + sum(isinstance(getattr(made, field.name), bytes) for field in fields(made))

    @pytest.mark.parametrize(
        ("index", "change"),
        [
            (0, {"address": ADDRESS.upper()}),
            (0, {"key": "0x" + "00" * 63}),
            (0, {"signature": "0x" + "00" * 64}),
            (0, {"more": 1}),
            (1, {"chain_id": 0}),
            (1, {"signature": "0x"}),
            (1, {"signature": "0x" + "00" * (MAX_WALLET_SIGNATURE + 1)}),
            (2, {"key": base64.b64encode(bytes(31)).decode()}),
            (2, {"signature": base64.b64encode(bytes(64)).decode().rstrip("=")}),
            (3, {"chain": []}),
            (3, {"chain": [""]}),
            (3, {"chain": ["AA=="] * (MAX_CHAIN + 1)}),
            (3, {"chain": ["AB=="]}),
            (3, {"algorithm": "rsa-pkcs1-sha1"}),
            (3, {"signature": ""}),
            (4, {"key": base64.b64encode(bytes(1951)).decode()}),
            (4, {"signature": base64.b64encode(bytes(3310)).decode()}),
            (5, {"type": 7}),
            (5, {"type": "x" * 65}),
        ],
    )
    def test_read_refuses_what_has_another_form(self, index: int, change: dict[str, Any]) -> None:
        written: Any = write_signatures(_one_of_each())
        written[index].update(change)
        with pytest.raises(ReceiptInvalid, match="signatures"):
            read_signatures(Reader({"signatures": written}, "batch", ReceiptInvalid), "signatures")

    def test_read_takes_the_largest_wallet_signature(self) -> None:
        wallet = Erc1271Signature(1, bytes(20), bytes(MAX_WALLET_SIGNATURE))
        reader = Reader({"s": [write_signature(wallet)]}, "batch", ReceiptInvalid)
        assert read_signatures(reader, "s") == (wallet,)

    def test_read_takes_eight_and_refuses_nine(self) -> None:
        one = write_signature(ed25519())
        reader = Reader({"s": [one] * MAX_SIGNATURES, "t": [one] * (MAX_SIGNATURES + 1)}, "batch", ReceiptInvalid)
        assert len(read_signatures(reader, "s")) == MAX_SIGNATURES
        with pytest.raises(ReceiptInvalid, match="8"):
            read_signatures(reader, "t")

    def test_read_takes_the_most_bytes_and_refuses_one_more(self) -> None:
        empty = len(jcs.dumps([{"type": "new", "data": ""}]))
        largest: jcs.Json = {"type": "new", "data": "x" * (MAX_BYTES - empty)}
        assert len(read_signatures(Reader({"s": [largest]}, "batch", ReceiptInvalid), "s")) == 1
        larger: jcs.Json = {"type": "new", "data": "x" * (MAX_BYTES - empty + 1)}
        with pytest.raises(ReceiptInvalid, match=str(MAX_BYTES + 1)):
            read_signatures(Reader({"s": [larger]}, "batch", ReceiptInvalid), "s")

    @pytest.mark.parametrize("value", [None, {}, "x", [None], [[]], ["eip712"]])
    def test_read_refuses_what_is_no_list_of_objects(self, value: Any) -> None:
        with pytest.raises(ReceiptInvalid):
            read_signatures(Reader({"s": value}, "batch", ReceiptInvalid), "s")


class TestVectors:
    """tests/vectors/custody_signatures.json: made by other programs; `made` in the file says which."""

    VECTORS = json.loads(Path(__file__).parents[2].joinpath("vectors/custody_signatures.json").read_text())

    def test_statement_and_batch_have_the_recorded_bytes(self) -> None:
        reader = Reader(self.VECTORS, "vectors", ReceiptInvalid)
        statement, signatures = Statement.read(reader.object("statement")), read_signatures(reader, "signatures")
        assert statement.message().hex() == self.VECTORS["message"]
        assert statement.eip712_digest().hex() == self.VECTORS["digest"]
        assert batch_digest(statement, signatures).hex() == self.VECTORS["batch"]

    def test_every_recorded_signature_holds_and_names_its_signer(self) -> None:
        reader = Reader(self.VECTORS, "vectors", ReceiptInvalid)
        statement, signatures = Statement.read(reader.object("statement")), read_signatures(reader, "signatures")
        assert [verify_signature(one, statement).identity for one in signatures] == self.VECTORS["signers"]
        certified = next(one for one in signatures if isinstance(one, X509Signature))
        judge_x509(certified, [base64.b64decode(self.VECTORS["root"])], 1_800_000_000)


def test_importing_the_module_loads_neither_cryptography_nor_a_chain_library() -> None:
    code = (
        "import sys, notary.custody.signatures; "
        "print(sorted(m for m in ('cryptography', 'eth_account', 'Crypto', 'onchain') if m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def _one_of_each() -> tuple[Signature, ...]:
    return (
        eip712(),
        Erc1271Signature(8453, bytes(range(20)), b"\7" * 130),
        ed25519(),
        signed_by(LEAF, MIDDLE),
        mldsa(),
        UnknownSignature(jcs.dumps({"type": "slh-dsa-128s", "key": "AA==", "nested": {"a": [1, None, True]}})),
    )
