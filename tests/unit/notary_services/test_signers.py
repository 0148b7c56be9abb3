"""notary.custody.signers: what each kind of key signs is accepted by the verifier, and no key is shown or shared."""

from __future__ import annotations

import pickle
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from support.certificates import BEGIN, Certified, certify

from notary.custody.signatures import Eip712Signature, Statement, X509Signature, judge_x509, verify_signature
from notary.custody.signers import (
    CustodySigner,
    Ed25519Signer,
    Eip712Signer,
    MlDsaSigner,
    WalletSigner,
    X509Signer,
    create_key,
    open_key,
)
from notary.errors import CustodySignatureInvalid, SignerUnproven
from notary.service_errors import CustodyKeyInvalid, OutputExists, VaultDamaged, VaultLocked
from onchain.profiles import profile
from onchain.signer import EnvironmentSigner, UnlockedSigner

STATEMENT = Statement(b"\1" * 32, 0, 4, b"\2" * 32, b"\3" * 32)
PASSWORD = "correct horse"
ROOT = certify("Root", ca=True)
SECRET = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318"


def write_key(path: Path, key: object, password: str | None = None) -> Path:
    encryption: KeySerializationEncryption = NoEncryption()
    if password is not None:
        encryption = BestAvailableEncryption(password.encode())
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))  # type: ignore[attr-defined]  # any
    path.chmod(0o600)
    return path


def write_chain(path: Path, *chain: Certified) -> Path:
    path.write_bytes(b"".join(link.pem for link in chain))
    return path


def every_kind(folder: Path) -> dict[str, CustodySigner]:
    leaf = certify("Ada Clerk", ROOT)
    chain = write_chain(folder / "chain.pem", leaf, ROOT)
    return {
        "eip712": Eip712Signer(UnlockedSigner.open(profile(31337))),
        "ed25519": create_key(folder / "e.pem", "ed25519"),
        "ml-dsa-65": create_key(folder / "m.pem", "ml-dsa-65"),
        "x509": X509Signer.open(write_key(folder / "x.pem", leaf.key), chain),
    }


class TestSign:
    def test_sign_gives_what_the_verifier_accepts_and_names(self, tmp_path: Path) -> None:
        for kind, signer in every_kind(tmp_path).items():
            found = verify_signature(signer.sign(STATEMENT), STATEMENT)
            assert (found.kind, found.identity) == (kind, signer.identity) == (signer.kind, signer.identity)

    def test_sign_gives_the_owners_signature_for_a_wallet(self) -> None:
        owner = EnvironmentSigner.open("K", {"K": SECRET})
        made = WalletSigner(owner, 10, b"\7" * 20).sign(STATEMENT)
        assert (made.chain_id, made.address) == (10, b"\7" * 20)
        as_owner = Eip712Signature(bytes.fromhex(owner.address[2:]), owner.public_key, made.signature)
        assert verify_signature(as_owner, STATEMENT).identity == owner.address.lower()
        with pytest.raises(SignerUnproven):
            verify_signature(made, STATEMENT)

    def test_sign_hands_out_no_signature_that_is_wrong(self, tmp_path: Path) -> None:
        good, other = create_key(tmp_path / "a.pem", "ed25519"), create_key(tmp_path / "b.pem", "ed25519")
        assert isinstance(good, Ed25519Signer)
        assert isinstance(other, Ed25519Signer)
        with pytest.raises(CustodySignatureInvalid):
            Ed25519Signer(other.public, good._private).sign(STATEMENT)

    @pytest.mark.parametrize("kind", ["rsa", "p384", "ed25519"])
    def test_sign_chooses_the_algorithm_that_the_certificates_key_allows(self, tmp_path: Path, kind: str) -> None:
        key = {
            "rsa": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
            "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
            "ed25519": Ed25519PrivateKey.generate,
        }[kind]()
        leaf = certify("L", ROOT, key=key)
        signer = X509Signer.open(write_key(tmp_path / "k", key), write_chain(tmp_path / "c", leaf, ROOT))
        made = signer.sign(STATEMENT)
        assert isinstance(made, X509Signature)
        assert made.algorithm == {"rsa": "rsa-pss-sha256", "p384": "ecdsa-sha256", "ed25519": "ed25519"}[kind]
        assert verify_signature(made, STATEMENT).identity == "CN=L"
        judge_x509(made, [ROOT.der], BEGIN)

    def test_no_key_is_shown_or_copied(self, tmp_path: Path) -> None:
        seed = (tmp_path / "seed.pem", Ed25519PrivateKey.from_private_bytes(b"S" * 32))
        shown = repr(Ed25519Signer.open(write_key(*seed)))
        assert "_private" not in shown
        assert (b"S" * 32).hex() not in shown
        owner = EnvironmentSigner.open("K", {"K": SECRET})
        for shown in (repr(Eip712Signer(owner)), repr(WalletSigner(owner, 1, bytes(20)))):
            assert SECRET not in shown
        for signer in every_kind(tmp_path).values():
            with pytest.raises(Exception, match=r"cannot|pickle"):
                pickle.dumps(signer)


class TestOpen:
    @pytest.mark.parametrize("password", [None, PASSWORD])
    def test_open_takes_plain_and_encrypted_keys(self, tmp_path: Path, password: str | None) -> None:
        key = Ed25519PrivateKey.generate()
        signer = Ed25519Signer.open(write_key(tmp_path / "k.pem", key, password), password)
        assert signer.public == key.public_key().public_bytes_raw()

    @pytest.mark.parametrize(
        ("written", "given", "says"),
        [
            (PASSWORD, None, "is encrypted"),
            (PASSWORD, "wrong", "does not open"),
            (PASSWORD, "", "is encrypted"),
            (None, PASSWORD, "not encrypted"),
        ],
    )
    def test_open_refuses_another_password(
        self, tmp_path: Path, written: str | None, given: str | None, says: str
    ) -> None:
        path = write_key(tmp_path / "k.pem", Ed25519PrivateKey.generate(), written)
        with pytest.raises(CustodyKeyInvalid, match=says) as caught:
            open_key(path, given)
        assert PASSWORD not in str(caught.value)

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
    def test_open_refuses_a_key_that_others_may_read(self, tmp_path: Path, mode: int) -> None:
        path = write_key(tmp_path / "k.pem", Ed25519PrivateKey.generate())
        path.chmod(mode)
        with pytest.raises(VaultLocked, match="others"):
            open_key(path)

    def test_open_refuses_a_key_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(VaultLocked):
            open_key(tmp_path / "none.pem")

    @pytest.mark.parametrize(
        "data", [b"", b"no key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
    )
    def test_open_refuses_what_is_no_key(self, tmp_path: Path, data: bytes) -> None:
        path = tmp_path / "k.pem"
        path.write_bytes(data)
        path.chmod(0o600)
        with pytest.raises(CustodyKeyInvalid, match="no private key"):
            open_key(path)

    def test_open_refuses_a_file_beyond_the_largest_key(self, tmp_path: Path) -> None:
        path = write_key(tmp_path / "k.pem", Ed25519PrivateKey.generate())
        path.write_bytes(path.read_bytes() + b"#" * 4096)
        with pytest.raises(VaultDamaged):
            open_key(path)

    def test_open_refuses_a_key_of_another_kind(self, tmp_path: Path) -> None:
        create_key(tmp_path / "e.pem", "ed25519")
        create_key(tmp_path / "m.pem", "ml-dsa-65")
        with pytest.raises(CustodyKeyInvalid, match="ML-DSA"):
            MlDsaSigner.open(tmp_path / "e.pem")
        with pytest.raises(CustodyKeyInvalid, match="Ed25519"):
            Ed25519Signer.open(tmp_path / "m.pem")
        with pytest.raises(CustodyKeyInvalid, match="ML-DSA"):
            open_key(write_key(tmp_path / "x.pem", Ed448PrivateKey.generate()))


class TestX509:
    def test_open_refuses_a_chain_that_is_not_the_keys(self, tmp_path: Path) -> None:
        leaf, other = certify("L", ROOT), certify("O", ROOT)
        key = write_key(tmp_path / "k.pem", leaf.key)
        for chain in ((other, ROOT), (ROOT, leaf), (leaf, other), (leaf, certify("Root", ca=True))):
            with pytest.raises(CustodyKeyInvalid, match=r"k\.pem"):
                X509Signer.open(key, write_chain(tmp_path / "c.pem", *chain))

    def test_open_refuses_a_certificate_whose_key_may_not_sign(self, tmp_path: Path) -> None:
        leaf = certify("L", ROOT, usage=("key_encipherment",))
        with pytest.raises(CustodyKeyInvalid, match="may not sign"):
            X509Signer.open(write_key(tmp_path / "k", leaf.key), write_chain(tmp_path / "c", leaf, ROOT))

    @pytest.mark.parametrize("data", [None, b"", b"no certificate"])
    def test_open_refuses_a_file_without_certificates(self, tmp_path: Path, data: bytes | None) -> None:
        key = write_key(tmp_path / "k.pem", ec.generate_private_key(ec.SECP256R1()))
        if data is not None:
            (tmp_path / "c.pem").write_bytes(data)
        with pytest.raises(CustodyKeyInvalid, match=r"c\.pem"):
            X509Signer.open(key, tmp_path / "c.pem")

    def test_open_takes_eight_certificates_and_refuses_nine(self, tmp_path: Path) -> None:
        chain = [ROOT]
        while len(chain) < 8:
            chain.insert(0, certify(f"CA {len(chain)}", chain[0], ca=True))
        longest = [certify("L", chain[1]), *chain[1:]]
        key = write_key(tmp_path / "k.pem", longest[0].key)
        X509Signer.open(key, write_chain(tmp_path / "c.pem", *longest))
        leaf = certify("L", chain[0])
        key = write_key(tmp_path / "l.pem", leaf.key)
        with pytest.raises(CustodyKeyInvalid, match="9 certificates"):
            X509Signer.open(key, write_chain(tmp_path / "c.pem", leaf, *chain))

    def test_open_refuses_a_key_that_no_algorithm_is_for(self, tmp_path: Path) -> None:
        with pytest.raises(CustodyKeyInvalid, match="neither"):
            X509Signer.open(
                write_key(tmp_path / "k.pem", Ed448PrivateKey.generate()), write_chain(tmp_path / "c", ROOT)
            )


class TestCreateKey:
    @pytest.mark.parametrize("kind", ["ed25519", "ml-dsa-65"])
    def test_create_makes_a_private_file_that_opens_again(self, tmp_path: Path, kind: str) -> None:
        made = create_key(tmp_path / "k.pem", kind)
        assert made.kind == kind
        assert stat.S_IMODE((tmp_path / "k.pem").stat().st_mode) == 0o600
        assert open_key(tmp_path / "k.pem").identity == made.identity

    def test_create_never_replaces_a_key(self, tmp_path: Path) -> None:
        create_key(tmp_path / "k.pem", "ed25519")
        before = (tmp_path / "k.pem").read_bytes()
        with pytest.raises(OutputExists):
            create_key(tmp_path / "k.pem", "ml-dsa-65")
        assert (tmp_path / "k.pem").read_bytes() == before

    def test_create_refuses_a_kind_that_is_not_made_here(self, tmp_path: Path) -> None:
        with pytest.raises(CustodyKeyInvalid, match="'rsa'"):
            create_key(tmp_path / "k.pem", "rsa")
        assert not (tmp_path / "k.pem").exists()
