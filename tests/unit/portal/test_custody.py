"""portal.custody: the signers that a tallystick.toml names, and the keys made for them."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from support.certificates import certify

from notary.custody.signatures import Statement
from notary.service_errors import CustodyKeyInvalid, VaultLocked
from onchain.errors import SignerLocked, WrongPassword
from onchain.signer import KeystoreSigner
from portal import custody
from portal.config import MAX_SIGNERS, Config, SignerPart
from portal.errors import ConfigInvalid, KeyExists, KeyMissing, KeyNameInvalid, SecretMissing
from portal.keys import KeyRing
from portal.setup import Choices, configuration

PASSWORD = "correct horse"
SECRET = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318"
WALLET = "0x" + "Ab" * 20
STATEMENT = Statement(bytes(32), 0, 0, bytes(32), bytes(32))


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    (tmp_path / "keys").mkdir()
    KeystoreSigner.create(tmp_path / "keys" / "operator.json", PASSWORD, iterations=2)
    return KeyRing(tmp_path / "keys", lambda _name, _new: PASSWORD)


def parsed(*signers: str) -> tuple[SignerPart, ...]:
    """The signers of a configuration with these tables."""
    text = configuration(Choices(), "tallystick.local/0011aabb")
    assert text.count("\n[custody]\n") == 1
    tables = "".join(f"[[custody.signers]]\n{signer}\n" for signer in signers)
    return Config.parse(text.replace("\n[custody]\n", f"\n[custody]\n{tables}").encode()).custody.signers


class TestConfig:
    def test_nobody_signs_in_a_new_workspace(self) -> None:
        assert parsed() == ()

    @pytest.mark.parametrize(
        "table",
        [
            'kind = "eip712"\nkey = "operator"',
            'kind = "eip712"\nkey = "${SIGNER}"',
            f'kind = "erc1271"\nkey = "operator"\nwallet = "{WALLET}"\nchain_id = 10',
            'kind = "ed25519"\nkey = "custody"',
            'kind = "ed25519"\nkey = "custody"\npassword = "${P}"',
            'kind = "ml-dsa-65"\nkey = "pq"',
            'kind = "x509"\nfile = "k.pem"\ncertificate = "c.pem"\npassword = "${P}"',
        ],
    )
    def test_every_kind_can_be_written(self, table: str) -> None:
        assert len(parsed(table)) == 1

    @pytest.mark.parametrize(
        ("table", "says"),
        [
            ('kind = "gpg"\nkey = "a"', "kind"),
            ('kind = "eip712"', "needs key"),
            ('kind = "eip712"\nkey = "Not A Name"', "key"),
            ('kind = "eip712"\nkey = "../operator"', "key"),
            (f'kind = "eip712"\nkey = "{SECRET}"', "key"),
            ('kind = "eip712"\nkey = "operator"\nchain_id = 1', "has no chain_id"),
            ('kind = "eip712"\nkey = "operator"\npassword = "${P}"', "has no password"),
            ('kind = "erc1271"\nkey = "operator"\nchain_id = 1', "needs wallet"),
            (f'kind = "erc1271"\nkey = "operator"\nwallet = "{WALLET}"', "needs chain_id"),
            ('kind = "erc1271"\nkey = "operator"\nwallet = "0x12"\nchain_id = 1', "wallet"),
            ('kind = "ed25519"\nkey = "${SEED}"', "in a file"),
            ('kind = "x509"\nfile = "k.pem"', "needs certificate"),
            ('kind = "x509"\nkey = "a"\nfile = "k.pem"\ncertificate = "c"', "has no key"),
            ('kind = "x509"\nfile = "k.pem"\ncertificate = "c"\npassword = "hunter2"', "password"),
        ],
    )
    def test_what_does_not_fit_its_kind_is_refused_without_repeating_a_secret(self, table: str, says: str) -> None:
        with pytest.raises(ConfigInvalid) as caught:
            parsed(table)
        assert says in str(caught.value)
        assert "hunter2" not in str(caught.value)
        assert SECRET not in str(caught.value)

    def test_eight_signers_fit_and_nine_do_not(self) -> None:
        one = 'kind = "ed25519"\nkey = "custody"'
        assert len(parsed(*[one] * MAX_SIGNERS)) == MAX_SIGNERS == 8
        with pytest.raises(ConfigInvalid, match=r"custody\.signers"):
            parsed(*[one] * (MAX_SIGNERS + 1))


class TestOpenSigners:
    def test_every_kind_opens_and_signs(self, ring: KeyRing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SIGNER", SECRET)
        monkeypatch.setenv("P", PASSWORD)
        custody.create_key(ring, "custody", "ed25519")
        custody.create_key(ring, "pq", "ml-dsa-65")
        leaf = certify("Ada Clerk")
        locked = BestAvailableEncryption(PASSWORD.encode())
        (tmp_path / "k.pem").write_bytes(leaf.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked))
        (tmp_path / "k.pem").chmod(0o600)
        (tmp_path / "c.pem").write_bytes(leaf.pem)
        parts = parsed(
            'kind = "eip712"\nkey = "operator"',
            'kind = "eip712"\nkey = "${SIGNER}"',
            f'kind = "erc1271"\nkey = "operator"\nwallet = "{WALLET}"\nchain_id = 10',
            'kind = "ed25519"\nkey = "custody"',
            'kind = "ml-dsa-65"\nkey = "pq"',
            'kind = "x509"\nfile = "k.pem"\ncertificate = "c.pem"\npassword = "${P}"',
        )
        signers = custody.open_signers(parts, ring, tmp_path)
        assert [signer.kind for signer in signers] == [part.kind for part in parts]
        assert signers[0].identity == ring.address("operator").lower()
        assert signers[1].identity == "0x2c7536e3605d9c16a7a3d7b1898e529396a65c23"
        assert signers[2].identity == f"{WALLET.lower()} on chain 10"
        assert signers[5].identity == "CN=Ada Clerk"
        for signer in signers:
            signer.sign(STATEMENT)

    @pytest.mark.parametrize(
        ("table", "error"),
        [
            ('kind = "eip712"\nkey = "nobody"', KeyMissing),
            ('kind = "ed25519"\nkey = "nobody"', KeyMissing),
            ('kind = "ed25519"\nkey = "operator"', KeyMissing),  # a keystore is no such key
            ('kind = "eip712"\nkey = "${NOT_SET_HERE}"', SecretMissing),
            ('kind = "eip712"\nkey = "${BAD}"', SignerLocked),
            ('kind = "ml-dsa-65"\nkey = "custody"', CustodyKeyInvalid),
            ('kind = "ed25519"\nkey = "custody"\npassword = "${BAD}"', CustodyKeyInvalid),
            ('kind = "x509"\nfile = "none.pem"\ncertificate = "c.pem"', VaultLocked),
            ('kind = "x509"\nfile = "keys/custody.pem"\ncertificate = "c.pem"', CustodyKeyInvalid),
            ('kind = "x509"\nfile = "k"\ncertificate = "c"\npassword = "${NOT_SET_HERE}"', SecretMissing),
        ],
    )
    def test_what_does_not_open_is_refused_by_name(
        self, ring: KeyRing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str, error: type[Exception]
    ) -> None:
        monkeypatch.setenv("BAD", "not a key")
        monkeypatch.delenv("NOT_SET_HERE", raising=False)
        custody.create_key(ring, "custody", "ed25519")
        with pytest.raises(error) as caught:
            custody.open_signers(parsed(table), ring, tmp_path)
        assert "not a key" not in str(caught.value)

    def test_a_wrong_password_of_a_keystore_is_refused(self, ring: KeyRing, tmp_path: Path) -> None:
        other = KeyRing(ring.folder, lambda _name, _new: "wrong")
        with pytest.raises(WrongPassword):
            custody.open_signers(parsed('kind = "eip712"\nkey = "operator"'), other, tmp_path)


class TestCreateKey:
    def test_create_makes_a_private_file_that_is_listed(self, ring: KeyRing) -> None:
        custody.create_key(ring, "zed", "ed25519")
        custody.create_key(ring, "pq", "ml-dsa-65")
        assert custody.names(ring.folder) == ("pq", "zed")
        assert stat.S_IMODE((ring.folder / "zed.pem").stat().st_mode) == 0o600
        assert ring.names() == ("operator",)

    @pytest.mark.parametrize("name", ["", "Custody", "../a", "a" * 41])
    def test_create_refuses_what_cannot_be_a_file_name(self, ring: KeyRing, name: str) -> None:
        with pytest.raises(KeyNameInvalid):
            custody.create_key(ring, name, "ed25519")

    def test_one_name_is_one_key(self, ring: KeyRing) -> None:
        custody.create_key(ring, "custody", "ed25519")
        before = (ring.folder / "custody.pem").read_bytes()
        makers: list[Any] = [
            lambda: custody.create_key(ring, "custody", "ml-dsa-65"),
            lambda: custody.create_key(ring, "operator", "ed25519"),
            lambda: ring.create("custody"),
        ]
        for make in makers:
            with pytest.raises(KeyExists):
                make()
        assert (ring.folder / "custody.pem").read_bytes() == before
        assert sorted(path.name for path in ring.folder.iterdir()) == ["custody.pem", "operator.json"]
