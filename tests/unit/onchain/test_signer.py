"""Signers: they sign what other programs accept, refuse what is dangerous, and never show a key."""

from __future__ import annotations

import copy
import json
import pickle
import stat
import traceback
from dataclasses import replace
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

from onchain.abi import keccak
from onchain.errors import SignerError, SignerLocked, SignerRefused, WrongPassword
from onchain.profiles import profile
from onchain.signer import MAX_KEYSTORE_BYTES, EnvironmentSigner, KeystoreSigner, UnlockedSigner

KEY = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318"
ADDRESS = "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23"  # published with the key in web3.py's documentation
WEAK = 1024  # scrypt's N: tests need no second of hashing
DEV = profile(31337)

TRANSACTION: dict[str, object] = {
    "chainId": 31337,
    "nonce": 7,
    "gas": 21_000,
    "maxFeePerGas": 10,
    "maxPriorityFeePerGas": 1,
    "to": ADDRESS,
    "value": 5,
    "data": "0x",
    "type": 2,
}
TYPED: dict[str, object] = {
    "types": {
        "EIP712Domain": [
            {"name": "name", "type": "string"},
            {"name": "chainId", "type": "uint256"},
            {"name": "verifyingContract", "type": "address"},
        ],
        "Note": [{"name": "text", "type": "string"}],
    },
    "primaryType": "Note",
    "domain": {"name": "t", "chainId": 31337, "verifyingContract": ADDRESS},
    "message": {"text": "hello"},
}
STATEMENT: dict[str, object] = {
    "types": {
        "EIP712Domain": [{"name": "name", "type": "string"}],
        "Note": [{"name": "text", "type": "string"}],
    },
    "primaryType": "Note",
    "domain": {"name": "t"},
    "message": {"text": "hello"},
}


@pytest.fixture
def keystore(tmp_path: Path) -> Path:
    path = tmp_path / "key.json"
    path.write_text(json.dumps(Account.encrypt("0x" + KEY, "pass", kdf="scrypt", iterations=WEAK)), encoding="utf-8")
    return path


class TestSigning:
    def test_a_transaction_recovers_to_the_address(self) -> None:
        signer = EnvironmentSigner.open("K", {"K": KEY})
        signed = signer.sign_transaction(TRANSACTION)
        assert Account.recover_transaction(signed.raw) == signer.address == ADDRESS
        assert len(signed.hash) == 32

    def test_the_same_transaction_gives_the_same_bytes(self) -> None:
        signer = EnvironmentSigner.open("K", {"K": KEY})
        assert signer.sign_transaction(TRANSACTION) == signer.sign_transaction(TRANSACTION)

    def test_typed_data_recovers_to_the_address_with_v_27_or_28(self) -> None:
        signature = EnvironmentSigner.open("K", {"K": KEY}).sign_typed_data(TYPED)
        assert len(signature) == 65
        assert signature[64] in (27, 28)
        assert Account.recover_message(encode_typed_data(full_message=TYPED), signature=signature) == ADDRESS

    def test_a_transaction_without_chain_is_refused(self) -> None:
        signer = EnvironmentSigner.open("K", {"K": KEY})
        with pytest.raises(SignerRefused, match="chainId"):
            signer.sign_transaction({k: v for k, v in TRANSACTION.items() if k != "chainId"})

    @pytest.mark.parametrize("member", ["chainId", "verifyingContract"])
    def test_typed_data_that_is_valid_elsewhere_is_refused(self, member: str) -> None:
        wrong = copy.deepcopy(TYPED)
        del wrong["domain"][member]  # type: ignore[attr-defined]
        with pytest.raises(SignerRefused, match="domain"):
            EnvironmentSigner.open("K", {"K": KEY}).sign_typed_data(wrong)

    def test_a_statement_recovers_to_the_address_when_its_domain_names_no_place(self) -> None:
        signer = EnvironmentSigner.open("K", {"K": KEY})
        signature = signer.sign_statement(STATEMENT)
        assert Account.recover_message(encode_typed_data(full_message=STATEMENT), signature=signature) == ADDRESS
        assert keccak(signer.public_key)[12:] == bytes.fromhex(ADDRESS[2:])

    @pytest.mark.parametrize("member", ["chainId", "verifyingContract"])
    def test_a_statement_that_a_contract_could_act_on_is_refused(self, member: str) -> None:
        place = {"chainId": 31337, "verifyingContract": ADDRESS}[member]
        wrong = {**STATEMENT, "domain": {"name": "t", member: place}}
        with pytest.raises(SignerRefused, match="statement"):
            EnvironmentSigner.open("K", {"K": KEY}).sign_statement(wrong)

    @pytest.mark.parametrize(
        "broken", [{"gas": "many"}, {"to": "nobody"}, {"nonce": -1}, {"value": 2**256}, {"nonce": True}]
    )
    def test_malformed_transactions_are_refused(self, broken: dict[str, object]) -> None:
        with pytest.raises(SignerRefused, match="malformed"):
            EnvironmentSigner.open("K", {"K": KEY}).sign_transaction({**TRANSACTION, **broken})

    @pytest.mark.parametrize(
        "change",
        [
            {"message": {}},
            {"message": {"text": "hello", "more": 1}},
            {"message": {"text": 5}},
            {"message": ["hello"]},
            {"primaryType": "Other"},
            {"extra": 1},
            {"domain": {"name": "t", "chainId": "0x7a69", "verifyingContract": ADDRESS}},
            {"domain": {"name": "t", "chainId": 31337, "verifyingContract": "0x12"}},
        ],
    )
    def test_typed_data_that_does_not_fit_its_types_is_refused(self, change: dict[str, object]) -> None:
        with pytest.raises(SignerRefused):
            EnvironmentSigner.open("K", {"K": KEY}).sign_typed_data({**TYPED, **change})

    @pytest.mark.parametrize(
        ("kind", "good", "bad"),
        [
            ("uint8", 255, 256),
            ("uint8", 0, -1),
            ("int8", -128, -129),
            ("int8", 127, 128),
            ("uint256", 2**256 - 1, 2**256),
            ("uint16", 1, True),
            ("uint256", "12345678901234567890", "0x10"),
            ("uint8", "255", "256"),
            ("uint8", "0", "01"),
            ("bool", True, 1),
            ("address", ADDRESS, ADDRESS[:-1]),
            ("bytes32", b"\0" * 32, b"\0" * 31),
            ("bytes32", "0x" + "00" * 32, "00" * 32),
            ("bytes", b"", "0x0"),
            ("uint8[2]", [1, 2], [1]),
            ("uint8[]", [], "12"),
            ("Point", {"x": 1}, {"y": 1}),
            ("Point[]", [{"x": 1}], [{"x": 256}]),
        ],
    )
    def test_each_type_takes_its_last_good_value_and_refuses_the_next(
        self, kind: str, good: object, bad: object
    ) -> None:
        types = {
            **TYPED["types"],  # type: ignore[dict-item]
            "Note": [{"name": "value", "type": kind}],
            **({"Point": [{"name": "x", "type": "uint8"}]} if "Point" in kind else {}),
        }
        signer = EnvironmentSigner.open("K", {"K": KEY})
        assert len(signer.sign_typed_data({**TYPED, "types": types, "message": {"value": good}})) == 65
        with pytest.raises(SignerRefused, match="malformed"):
            signer.sign_typed_data({**TYPED, "types": types, "message": {"value": bad}})

    def test_decimal_text_is_signed_as_the_number_that_it_says(self) -> None:
        types = {**TYPED["types"], "Note": [{"name": "value", "type": "uint256"}]}  # type: ignore[dict-item]
        signer = EnvironmentSigner.open("K", {"K": KEY})
        as_text = signer.sign_typed_data({**TYPED, "types": types, "message": {"value": str(10**30)}})
        assert as_text == signer.sign_typed_data({**TYPED, "types": types, "message": {"value": 10**30}})

    def test_types_that_contain_themselves_are_refused(self) -> None:
        types = {**TYPED["types"], "Note": [{"name": "text", "type": "Note[]"}]}  # type: ignore[dict-item]
        message: dict[str, object] = {"text": []}
        for _ in range(20):
            message = {"text": [message]}
        with pytest.raises(SignerRefused, match="nested deeper"):
            EnvironmentSigner.open("K", {"K": KEY}).sign_typed_data({**TYPED, "types": types, "message": message})


class TestKeystore:
    def test_open_with_the_right_password(self, keystore: Path) -> None:
        assert KeystoreSigner.open(keystore, "pass").address == ADDRESS
        assert KeystoreSigner.address_of(keystore) == ADDRESS

    def test_a_wrong_password_is_its_own_error(self, keystore: Path) -> None:
        with pytest.raises(WrongPassword, match=r"key\.json"):
            KeystoreSigner.open(keystore, "Pass")

    def test_create_makes_a_private_file_that_opens_again(self, tmp_path: Path) -> None:
        path = tmp_path / "new.json"
        made = KeystoreSigner.create(path, "pw", iterations=WEAK)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert KeystoreSigner.open(path, "pw").address == made.address
        assert [p.name for p in tmp_path.iterdir()] == ["new.json"]

    def test_create_never_overwrites(self, keystore: Path) -> None:
        before = keystore.read_bytes()
        with pytest.raises(SignerLocked, match="exists"):
            KeystoreSigner.create(keystore, "pw", iterations=WEAK)
        assert keystore.read_bytes() == before

    def test_create_needs_a_password_and_a_folder(self, tmp_path: Path) -> None:
        with pytest.raises(SignerLocked, match="password"):
            KeystoreSigner.create(tmp_path / "a.json", "", iterations=WEAK)
        with pytest.raises(SignerLocked):
            KeystoreSigner.create(tmp_path / "missing" / "a.json", "pw", iterations=WEAK)
        assert list(tmp_path.iterdir()) == []

    def test_a_missing_file_is_locked(self, tmp_path: Path) -> None:
        with pytest.raises(SignerLocked, match="No such file"):
            KeystoreSigner.open(tmp_path / "none.json", "pw")

    @pytest.mark.parametrize(
        "change",
        [
            {"n": 2**30},
            {"r": 2**20},
            {"p": 17},
            {"n": -1},
            {"n": "262144"},
            {"dklen": 64},
        ],
    )
    def test_parameters_that_would_exhaust_the_machine_are_refused(
        self, keystore: Path, change: dict[str, object]
    ) -> None:
        data = json.loads(keystore.read_text(encoding="utf-8"))
        data["crypto"]["kdfparams"].update(change)
        keystore.write_text(json.dumps(data), encoding="utf-8")
        with pytest.raises(SignerLocked):
            KeystoreSigner.open(keystore, "pass")

    @pytest.mark.parametrize(
        "text",
        ["", "[]", "{}", '{"crypto": 5}', "[" * 50_000, " " * (MAX_KEYSTORE_BYTES + 1), '{"version": 3, "crypto": {}}'],
        ids=["empty", "list", "object", "number", "deep", "large", "bare"],
    )
    def test_what_is_no_keystore_is_refused(self, keystore: Path, text: str) -> None:
        keystore.write_text(text, encoding="utf-8")
        with pytest.raises(SignerLocked):
            KeystoreSigner.open(keystore, "pass")

    def test_other_versions_are_refused(self, keystore: Path) -> None:
        data = json.loads(keystore.read_text(encoding="utf-8"))
        keystore.write_text(json.dumps({**data, "version": 4}), encoding="utf-8")
        with pytest.raises(SignerLocked, match="version 3"):
            KeystoreSigner.open(keystore, "pass")

    def test_a_key_that_is_not_the_stated_addresss_is_refused(self, keystore: Path) -> None:
        data = json.loads(keystore.read_text(encoding="utf-8"))
        keystore.write_text(json.dumps({**data, "address": "00" * 20}), encoding="utf-8")
        with pytest.raises(SignerLocked, match="does not belong"):
            KeystoreSigner.open(keystore, "pass")


class TestEnvironment:
    @pytest.mark.parametrize("value", ["", "   ", "zz", KEY[:-2], KEY + "00", "00" * 32, "ff" * 32])
    def test_what_is_no_key_is_locked(self, value: str) -> None:
        with pytest.raises(SignerLocked):
            EnvironmentSigner.open("K", {"K": value})

    def test_a_missing_variable_is_named(self) -> None:
        with pytest.raises(SignerLocked, match="TALLY_KEY"):
            EnvironmentSigner.open("TALLY_KEY", {})

    def test_0x_and_spaces_around_are_taken(self) -> None:
        assert EnvironmentSigner.open("K", {"K": f" 0x{KEY}\n"}).address == ADDRESS


class TestUnlocked:
    def test_the_accounts_are_those_that_dev_chains_fund(self) -> None:
        assert UnlockedSigner.open(DEV, 0).address == "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
        assert UnlockedSigner.open(DEV, 1).address == "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"

    @pytest.mark.parametrize("chain_id", [1, 11155111, 324])
    def test_public_keys_do_not_sign_on_chains_that_matter(self, chain_id: int) -> None:
        with pytest.raises(SignerRefused, match="public test keys"):
            UnlockedSigner.open(profile(chain_id))

    def test_a_profile_that_is_no_dev_chain_is_refused_even_with_a_dev_id(self) -> None:
        with pytest.raises(SignerRefused):
            UnlockedSigner.open(replace(DEV, dev=False))

    @pytest.mark.parametrize("index", [-1, 100])
    def test_only_a_hundred_accounts(self, index: int) -> None:
        with pytest.raises(SignerRefused):
            UnlockedSigner.open(DEV, index)


class TestSecrecy:
    def test_the_key_is_not_in_repr_str_or_vars(self, keystore: Path) -> None:
        for signer in (KeystoreSigner.open(keystore, "pass"), EnvironmentSigner.open("K", {"K": KEY})):
            shown = f"{signer!r} {signer!s} {getattr(signer, '__dict__', {})}"
            assert KEY not in shown.lower()
            assert str(int(KEY, 16)) not in shown
            assert signer.address in repr(signer)

    def test_a_signer_cannot_be_pickled_or_copied(self) -> None:
        signer = EnvironmentSigner.open("K", {"K": KEY})
        for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(SignerRefused):
                attempt(signer)

    @pytest.mark.parametrize("value", [KEY + "0", KEY[:-1] + "g", KEY + KEY])
    def test_errors_do_not_repeat_the_key(self, value: str) -> None:
        try:
            EnvironmentSigner.open("K", {"K": value})
        except SignerError as exc:
            told = "".join(traceback.format_exception(exc))
            assert KEY[:16] not in told
        else:
            pytest.fail("accepted")

    def test_the_password_is_not_in_the_error(self, keystore: Path) -> None:
        password = bytes(range(97, 117)).decode()
        try:
            KeystoreSigner.open(keystore, password)
        except WrongPassword as exc:
            assert password not in "".join(traceback.format_exception(exc))
        else:
            pytest.fail("accepted")
