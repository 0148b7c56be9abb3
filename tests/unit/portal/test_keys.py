"""portal.keys: keys by name, and what a password is asked for."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from onchain.errors import WrongPassword
from onchain.signer import KeystoreSigner
from portal.errors import AddressInvalid, KeyExists, KeyMissing, KeyNameInvalid, PasswordMissing
from portal.keys import KeyRing

PASSWORD = "correct horse"
FEW_ROUNDS = 2


def nobody(name: str, new: bool) -> str:
    raise PasswordMissing(name)


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    ring = KeyRing(tmp_path, lambda _name, _new: PASSWORD)
    KeystoreSigner.create(tmp_path / "creditor.json", PASSWORD, iterations=FEW_ROUNDS)
    return ring


class TestSigner:
    def test_signer_opens_with_the_password(self, ring: KeyRing) -> None:
        assert ring.signer("creditor").address == ring.address("creditor")

    def test_signer_refuses_a_wrong_password(self, ring: KeyRing, tmp_path: Path) -> None:
        with pytest.raises(WrongPassword):
            KeyRing(tmp_path, lambda _name, _new: "wrong").signer("creditor")

    def test_signer_refuses_when_nobody_can_be_asked(self, ring: KeyRing, tmp_path: Path) -> None:
        with pytest.raises(PasswordMissing):
            KeyRing(tmp_path, nobody).signer("creditor")

    @pytest.mark.parametrize("name", ["nobody", "../creditor", "creditor.json", ""])
    def test_signer_refuses_a_name_that_is_no_key(self, ring: KeyRing, name: str) -> None:
        with pytest.raises(KeyMissing):
            ring.signer(name)

    def test_address_needs_no_password(self, ring: KeyRing, tmp_path: Path) -> None:
        assert KeyRing(tmp_path, nobody).address("creditor").startswith("0x")


class TestCreate:
    def test_create_uses_the_generated_password_of_a_dev_folder(self, tmp_path: Path) -> None:
        ring = KeyRing(tmp_path, nobody)
        ring.make_dev()
        made = ring.create("debtor")
        assert KeyRing(tmp_path, nobody).signer("debtor").address == made.address
        assert {stat.S_IMODE(p.stat().st_mode) for p in tmp_path.iterdir()} == {0o600}

    def test_create_never_overwrites(self, ring: KeyRing) -> None:
        before = (ring.folder / "creditor.json").read_bytes()
        with pytest.raises(KeyExists):
            ring.create("creditor")
        assert (ring.folder / "creditor.json").read_bytes() == before

    @pytest.mark.parametrize("name", ["", "Creditor", "a b", "../a", "a" * 41])
    def test_create_refuses_what_cannot_be_a_file_name(self, ring: KeyRing, name: str) -> None:
        with pytest.raises(KeyNameInvalid):
            ring.create(name)
        assert [p.name for p in ring.folder.iterdir()] == ["creditor.json"]


class TestResolve:
    def test_resolve_takes_names_and_addresses(self, ring: KeyRing) -> None:
        address = ring.address("creditor")
        assert ring.resolve("creditor") == ring.resolve(address) == ring.resolve(address.lower()) == address

    def test_resolve_refuses_an_address_with_a_wrong_digit(self, ring: KeyRing) -> None:
        good = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"  # from EIP-55
        assert ring.resolve(good) == good
        with pytest.raises(AddressInvalid, match="capital"):
            ring.resolve("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD")

    @pytest.mark.parametrize("text", ["0x", "0x12", "0x" + "g" * 40, "0x" + "1" * 41])
    def test_resolve_refuses_what_is_no_address(self, ring: KeyRing, text: str) -> None:
        with pytest.raises(AddressInvalid):
            ring.resolve(text)

    def test_resolve_refuses_an_unknown_name(self, ring: KeyRing) -> None:
        with pytest.raises(KeyMissing):
            ring.resolve("nobody")

    def test_name_of_gives_the_key_or_the_address_back(self, ring: KeyRing) -> None:
        assert ring.name_of(ring.address("creditor").lower()) == "creditor"
        assert ring.name_of("0x" + "1" * 40) == "0x" + "1" * 40
