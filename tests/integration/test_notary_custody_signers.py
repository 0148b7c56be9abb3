"""Custody signatures against programs that are not ours: a wallet's code on a chain, and the OpenSSL command line."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_public_key
from sqlalchemy.engine import Engine
from support.chain_engine import chain_engine
from support.devchain import dev_chain

from notary.custody.signatures import Ed25519Signature, Statement, X509Signature, judge_x509, verify_signature
from notary.custody.signers import Ed25519Signer, WalletSigner, X509Signer, create_key
from notary.custody.wallet_chain import check_erc1271
from notary.errors import CustodySignatureInvalid
from onchain.connect import Chain
from onchain.deploy import deploy
from onchain.devchain import DevChain
from onchain.errors import NodeRefused
from onchain.send import Sender

STATEMENT = Statement(b"\1" * 32, 2, 6, b"\2" * 32, b"\3" * 32)
DIGEST = STATEMENT.eip712_digest()


def openssl(*words: object, given: bytes = b"") -> bytes:
    command = ["openssl", *map(str, words)]
    done = subprocess.run(command, input=given, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, f"{command}: {done.stderr.decode()}"
    return done.stdout


@dataclass
class Place:
    """A chain with a wallet that test account 1 owns."""

    dev: DevChain
    chain: Chain
    sender: Sender
    wallet: bytes
    before: int  # a block in which the wallet was not there yet

    def signature(self, owner: int = 1, statement: Statement = STATEMENT) -> bytes:
        return WalletSigner(self.dev.signer(owner), self.chain.chain_id, self.wallet).sign(statement).signature


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with chain_engine(tmp_path_factory.mktemp("wallet") / "d.db") as made:
        yield made


@pytest.fixture(scope="module")
def place(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with dev_chain() as dev:
        chain = dev.chain()
        sender = Sender(engine, chain, dev.signer(0), lambda: 1_800_000_000)
        before = chain.head().number
        made = deploy("DemoWallet", [dev.signer(1).address], sender, tmp_path_factory.mktemp("deployments"))
        yield Place(dev, chain, sender, bytes.fromhex(made.address[2:]), before)


def installed(place: Place, code: str) -> bytes:
    """The address of a wallet with that code."""
    address = bytes.fromhex("0e" * 20)
    place.chain.rpc("anvil_setCode", ["0x" + address.hex(), "0x" + code])
    return address


class TestErc1271:
    def test_the_wallet_knows_its_owners_signature(self, place: Place) -> None:
        assert check_erc1271(place.chain, place.wallet, DIGEST, place.signature())

    def test_the_wallet_refuses_every_other(self, place: Place) -> None:
        good = place.signature()
        assert not check_erc1271(place.chain, place.wallet, DIGEST, place.signature(owner=2))
        assert not check_erc1271(place.chain, place.wallet, bytes(32), good)
        assert not check_erc1271(place.chain, place.wallet, DIGEST, good[:-1])
        other = replace(STATEMENT, last=7)
        assert not check_erc1271(place.chain, place.wallet, DIGEST, place.signature(statement=other))
        for byte in range(0, 65, 8):
            changed = bytearray(good)
            changed[byte] ^= 1
            assert not check_erc1271(place.chain, place.wallet, DIGEST, bytes(changed))

    def test_an_address_without_code_signed_nothing(self, place: Place) -> None:
        account = bytes.fromhex(place.dev.signer(1).address[2:])
        assert not check_erc1271(place.chain, account, DIGEST, place.signature())
        assert not check_erc1271(place.chain, place.wallet, DIGEST, place.signature(), block=place.before)
        assert check_erc1271(place.chain, place.wallet, DIGEST, place.signature(), block=place.chain.head().hash)

    @pytest.mark.parametrize(
        ("what", "code"),
        [
            ("reverts", "60006000fd"),
            ("meets an invalid opcode", "fe"),
            ("never ends", "5b600056"),
            ("answers nothing", "00"),
            ("answers yes in the wrong place", "631626ba7e60005260206000f3"),
            ("answers too short", "7f1626ba7e" + "00" * 28 + "60005260046000f3"),
            ("answers true", "600160005260206000f3"),
        ],
    )
    def test_a_wallet_that_does_not_say_yes_has_not_signed(self, place: Place, what: str, code: str) -> None:
        assert not check_erc1271(place.chain, installed(place, code), DIGEST, b"\1" * 65), what

    def test_a_wallet_that_says_yes_to_everything_is_taken_at_its_word(self, place: Place) -> None:
        yes = installed(place, "7f1626ba7e" + "00" * 28 + "60005260206000f3")
        assert check_erc1271(place.chain, yes, DIGEST, b"\1" * 4096)

    def test_a_block_that_the_node_does_not_have_is_not_an_answer(self, place: Place) -> None:
        with pytest.raises(NodeRefused):
            check_erc1271(place.chain, place.wallet, DIGEST, place.signature(), block=10**9)


class TestOpenssl:
    """Both ways: what OpenSSL signs we accept, and what we sign OpenSSL accepts."""

    @pytest.mark.parametrize(
        ("algorithm", "new", "options"),
        [
            ("rsa-pss-sha256", ("rsa:2048",), ("-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:-1")),
            ("rsa-pkcs1-sha256", ("rsa:2048",), ()),
            ("ecdsa-sha256", ("ec", "-pkeyopt", "ec_paramgen_curve:P-256"), ()),
        ],
    )
    def test_verify_accepts_what_openssl_signed_with_a_certificate(
        self, tmp_path: Path, algorithm: str, new: tuple[str, ...], options: tuple[str, ...]
    ) -> None:
        root, leaf = chain_by_openssl(tmp_path, new)
        (tmp_path / "message").write_bytes(STATEMENT.message())
        made = openssl("dgst", "-sha256", "-sign", tmp_path / "leaf.key", *options, tmp_path / "message")
        signature = X509Signature((leaf, root), made, algorithm)
        assert verify_signature(signature, STATEMENT).identity == "CN=Ada"
        judge_x509(signature, [root], int(x509.load_der_x509_certificate(leaf).not_valid_before_utc.timestamp()))

    @pytest.mark.parametrize("new", [("rsa:2048",), ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")])
    def test_openssl_accepts_what_we_sign_with_a_certificate(self, tmp_path: Path, new: tuple[str, ...]) -> None:
        chain_by_openssl(tmp_path, new)
        (tmp_path / "chain.pem").write_bytes(
            (tmp_path / "leaf.pem").read_bytes() + (tmp_path / "root.pem").read_bytes()
        )
        (tmp_path / "leaf.key").chmod(0o600)
        made = X509Signer.open(tmp_path / "leaf.key", tmp_path / "chain.pem").sign(STATEMENT)
        (tmp_path / "made").write_bytes(made.signature)
        (tmp_path / "public.pem").write_bytes(openssl("x509", "-in", tmp_path / "leaf.pem", "-noout", "-pubkey"))
        pss = ("-sigopt", "rsa_padding_mode:pss") if made.algorithm.startswith("rsa") else ()
        files = ("-verify", tmp_path / "public.pem", "-signature", tmp_path / "made")
        assert b"Verified OK" in openssl("dgst", "-sha256", *files, *pss, given=STATEMENT.message())

    def test_verify_accepts_what_openssl_signed_with_ed25519(self, tmp_path: Path) -> None:
        key, message = tmp_path / "k.pem", tmp_path / "message"
        openssl("genpkey", "-algorithm", "ed25519", "-out", key)
        message.write_bytes(STATEMENT.message())
        made = openssl("pkeyutl", "-sign", "-inkey", key, "-rawin", "-in", message)
        public = load_pem_public_key(openssl("pkey", "-in", key, "-pubout")).public_bytes_raw()  # type: ignore[union-attr]
        assert verify_signature(Ed25519Signature(public, made), STATEMENT).identity == public.hex()
        key.chmod(0o600)
        assert Ed25519Signer.open(key).sign(STATEMENT).signature == made  # Ed25519 is deterministic

    def test_openssl_reads_and_checks_with_a_key_of_ours(self, tmp_path: Path) -> None:
        signer = create_key(tmp_path / "k.pem", "ed25519")
        made = signer.sign(STATEMENT)
        assert isinstance(made, Ed25519Signature)
        (tmp_path / "message").write_bytes(STATEMENT.message())
        (tmp_path / "made").write_bytes(made.signature)
        files = ("-inkey", tmp_path / "k.pem", "-in", tmp_path / "message", "-sigfile", tmp_path / "made")
        assert b"Verified" in openssl("pkeyutl", "-verify", "-rawin", *files)

    def test_verify_refuses_a_certificate_that_was_signed_with_sha1(self, tmp_path: Path) -> None:
        root, leaf = chain_by_openssl(tmp_path, ("rsa:2048",), digest="-sha1")
        made = openssl("dgst", "-sha256", "-sign", tmp_path / "leaf.key", given=STATEMENT.message())
        with pytest.raises(CustodySignatureInvalid, match="sha1"):
            verify_signature(X509Signature((leaf, root), made, "rsa-pkcs1-sha256"), STATEMENT)


def chain_by_openssl(folder: Path, new: tuple[str, ...], digest: str = "-sha256") -> tuple[bytes, bytes]:
    """root.pem, leaf.pem and leaf.key in `folder`; returns both certificates as DER."""
    key = ("-newkey", *new, "-nodes")
    root = ("-keyout", folder / "root.key", "-out", folder / "root.pem", "-days", 30, "-sha256")
    openssl("req", "-x509", *key, "-subj", "/CN=Root", *root)
    openssl("req", *key, "-subj", "/CN=Ada", "-keyout", folder / "leaf.key", "-out", folder / "leaf.csr")
    ca = ("-CA", folder / "root.pem", "-CAkey", folder / "root.key", "-CAcreateserial")
    openssl("x509", "-req", "-in", folder / "leaf.csr", *ca, "-days", 30, digest, "-out", folder / "leaf.pem")
    names = ("root.pem", "leaf.pem")
    ders = (x509.load_pem_x509_certificate((folder / name).read_bytes()).public_bytes(Encoding.DER) for name in names)
    root_der, leaf_der = ders
    return root_der, leaf_der
