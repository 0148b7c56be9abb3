"""RFC 3161 authorities for tests: tokens made by `openssl ts` and by hand, with the chains of support/tsa_chain.py.

`openssl_reply` lets openssl answer a query; `token` writes a token with asn1crypto, for the kinds of keys, times and
mistakes that openssl does not make. `tsa` serves either over HTTP on a free port of loopback, and misbehaves on demand.
"""

from __future__ import annotations

import hashlib
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from asn1crypto import algos, cms, core, tsp  # type: ignore[import-untyped,unused-ignore]  # it brings no types
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from support.tsa_chain import (
    AT,
    ISSUER,
    KINDS,
    LEAF,
    STAMPING,
    YEAR,
    Chain,
    Key,
    Member,
    Shape,
    chain,
    crl,
    key_of,
    member,
    name,
)

__all__ = [
    "AT",
    "ISSUER",
    "KINDS",
    "LEAF",
    "OTHER_POLICY",
    "POLICY",
    "STAMPING",
    "YEAR",
    "Chain",
    "Key",
    "Member",
    "Running",
    "Shape",
    "attributes_of",
    "chain",
    "changed_query",
    "crl",
    "ess_v1",
    "ess_v2",
    "handmade_tsa",
    "key_of",
    "member",
    "name",
    "openssl_cms_verifies",
    "openssl_reply",
    "openssl_tsa",
    "openssl_verifies",
    "response",
    "sign",
    "signed_data",
    "token",
    "tsa",
    "tst_info",
    "write_pem",
]

POLICY = "1.3.6.1.4.1.99999.1"
OTHER_POLICY = "1.3.6.1.4.1.99999.2"


# --- tokens by hand --------------------------------------------------------------------------------------------------


def tst_info(imprint: bytes, hash_name: str = "sha256", at: int = AT, **changes: Any) -> bytes:
    """DER of a TSTInfo. changes: fields as asn1crypto names them; None leaves one out."""
    fields: dict[str, Any] = {
        "version": "v1",
        "policy": POLICY,
        "message_imprint": {"hash_algorithm": {"algorithm": hash_name}, "hashed_message": imprint},
        "serial_number": 4711,
        "gen_time": datetime.fromtimestamp(at, UTC),
        "nonce": 7,
        **changes,
    }
    return bytes(tsp.TSTInfo({key: value for key, value in fields.items() if value is not None}).dump())


def ess_v1(der: bytes) -> Any:
    return {"type": "signing_certificate", "values": [{"certs": [{"cert_hash": hashlib.sha1(der).digest()}]}]}


def ess_v2(der: bytes, hash_name: str = "sha256", issuer_serial: Any = None) -> Any:
    first: dict[str, Any] = {"cert_hash": hashlib.new(hash_name, der).digest()}
    if hash_name != "sha256":
        first["hash_algorithm"] = {"algorithm": hash_name}
    if issuer_serial is not None:
        first["issuer_serial"] = issuer_serial
    return {"type": "signing_certificate_v2", "values": [{"certs": [first]}]}


def attributes_of(info: bytes, leaf: bytes, digest: str = "sha256", ess: Sequence[Any] | None = None) -> Any:
    """The signed attributes of a good token; `ess` instead of the certificate's ESSCertIDv2."""
    return cms.CMSAttributes(
        [
            {"type": "content_type", "values": ["tst_info"]},
            {"type": "message_digest", "values": [hashlib.new(digest, info).digest()]},
            *([ess_v2(leaf)] if ess is None else ess),
        ]
    )


def sign(member_: Member, kind: str, signed: bytes, digest: str = "sha256", salt: int = 32) -> tuple[Any, bytes]:
    """The signature's algorithm and the signature."""
    key, algorithm = member_.key, getattr(hashes, digest.upper())()
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return algos.SignedDigestAlgorithm({"algorithm": "ed25519"}), key.sign(signed)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return algos.SignedDigestAlgorithm({"algorithm": f"{digest}_ecdsa"}), key.sign(
            signed, ec.ECDSA(algorithm, deterministic_signing=True)
        )
    if kind == "rsa-pss":
        parameters = {
            "hash_algorithm": {"algorithm": digest},
            "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": digest}},
            "salt_length": salt,
        }
        signature = key.sign(signed, padding.PSS(padding.MGF1(algorithm), salt), algorithm)
        return algos.SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": parameters}), signature
    return (
        algos.SignedDigestAlgorithm({"algorithm": f"{digest}_rsa"}),
        key.sign(signed, padding.PKCS1v15(), algorithm),
    )


def signed_data(
    authority: Chain,
    info: bytes,
    *,
    digest: str = "sha256",
    certificates: Sequence[bytes] | None = None,
    attributes: Any = None,
    sid: str = "issuer_and_serial_number",
    content_type: str = "tst_info",
    edit: Callable[[dict[str, Any]], None] | None = None,
) -> bytes:
    """A token around `info`, signed by the authority's leaf. edit: changes the SignedData's fields before they are."""
    leaf = asn1.Certificate.load(authority.leaf.der)
    attributes = attributes if attributes is not None else attributes_of(info, authority.leaf.der, digest)
    algorithm, signature = sign(authority.leaf, authority.kind, attributes.dump(), digest)
    if sid == "issuer_and_serial_number":
        identity: Any = cms.IssuerAndSerialNumber({"issuer": leaf.issuer, "serial_number": leaf.serial_number})
    else:
        identity = leaf.key_identifier
    fields: dict[str, Any] = {
        "version": "v3",
        "digest_algorithms": [{"algorithm": digest}],
        "encap_content_info": cms.EncapsulatedContentInfo(
            {"content_type": content_type, "content": core.ParsableOctetString(info)}
        ),
        "certificates": [
            cms.CertificateChoices("certificate", asn1.Certificate.load(der))
            for der in (authority.certificates if certificates is None else certificates)
        ],
        "signer_infos": [
            cms.SignerInfo(
                {
                    "version": "v1" if sid == "issuer_and_serial_number" else "v3",
                    "sid": cms.SignerIdentifier(sid, identity),
                    "digest_algorithm": {"algorithm": digest},
                    "signed_attrs": attributes,
                    "signature_algorithm": algorithm,
                    "signature": signature,
                }
            )
        ],
    }
    if not fields["certificates"]:
        del fields["certificates"]
    if edit:
        edit(fields)
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(fields)}).dump())


def token(authority: Chain, data: bytes, *, hash_name: str = "sha256", at: int = AT, **changes: Any) -> bytes:
    """A token over `data`. changes: fields of the TSTInfo, as asn1crypto names them."""
    return signed_data(authority, tst_info(hashlib.new(hash_name, data).digest(), hash_name, at, **changes))


def response(token_: bytes | None, status: int = 0, text: str = "", failure: str | None = None) -> bytes:
    """A TimeStampResp around a token."""
    fields: dict[str, Any] = {"status": status}
    if text:
        fields["status_string"] = [text]
    if failure:
        fields["fail_info"] = {failure}
    inner = tsp.PKIStatusInfo(fields).dump() + (token_ or b"")
    return bytes(core.Sequence(contents=inner).dump())


# --- openssl ---------------------------------------------------------------------------------------------------------

CONFIGURATION = """
[tsa]
default_tsa = test
[test]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/leaf.pem
certs = {folder}/between.pem
signer_key = {folder}/leaf.key
signer_digest = {digest}
default_policy = {policy}
other_policies = {other}
digests = sha256, sha384, sha512, sha1
accuracy = secs:1, millisecs:500, microsecs:100
clock_precision_digits = 3
ordering = yes
tsa_name = yes
ess_cert_id_chain = {chain}
ess_cert_id_alg = {ess}
"""


def write_pem(path: Path, *ders: bytes) -> Path:
    text = b"".join(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM) for der in ders)
    path.write_bytes(text)
    return path


def openssl_reply(
    authority: Chain, query: bytes, folder: Path, *, ess: str = "sha256", digest: str = "sha256", whole: bool = False
) -> bytes:
    """What `openssl ts -reply` answers, with the time of now. whole: name every certificate by ESSCertID."""
    folder.mkdir(parents=True, exist_ok=True)
    serial = folder / "serial"
    if not serial.exists():
        serial.write_text("01")
    write_pem(folder / "leaf.pem", authority.leaf.der)
    write_pem(folder / "between.pem", *(one.der for one in authority.between), authority.root.der)
    private = authority.leaf.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "leaf.key").write_bytes(private)
    configuration = CONFIGURATION.format(
        folder=folder, policy=POLICY, other=OTHER_POLICY, digest=digest, chain="yes" if whole else "no", ess=ess
    )
    (folder / "tsa.cnf").write_text(configuration)
    (folder / "query").write_bytes(query)
    command = ["openssl", "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-out", "reply"]
    (folder / "reply").unlink(missing_ok=True)
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if not (folder / "reply").exists():
        raise RuntimeError(f"openssl ts -reply failed: {run.stderr[-500:]}")
    return (folder / "reply").read_bytes()


def openssl_verifies(
    token_: bytes, data: bytes, root: bytes, folder: Path, *, untrusted: Sequence[bytes] = (), at: int | None = AT
) -> bool:
    """Whether `openssl ts -verify` accepts the token, at that time (None: now)."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "token").write_bytes(token_)
    (folder / "data").write_bytes(data)
    command = ["openssl", "ts", "-verify", "-in", "token", "-token_in", "-data", "data"]
    command += ["-CAfile", write_pem(folder / "root.pem", root).name]
    if untrusted:
        command += ["-untrusted", write_pem(folder / "untrusted.pem", *untrusted).name]
    if at is not None:
        command += ["-attime", str(at)]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return run.returncode == 0 and "Verification: OK" in run.stdout + run.stderr


def openssl_cms_verifies(token_: bytes, root: bytes, folder: Path) -> bool:
    """Whether `openssl cms -verify` accepts the token's signature and chain; unlike `openssl ts` it knows RSA-PSS."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "token").write_bytes(token_)
    command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", "token", "-out", "content"]
    command += ["-CAfile", write_pem(folder / "root.pem", root).name, "-purpose", "timestampsign", "-attime", str(AT)]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0


# --- over HTTP -------------------------------------------------------------------------------------------------------


@dataclass
class Running:
    """An authority that answers. asked: queries that came; the behaviour may be changed while it runs."""

    url: str
    answer: Callable[[bytes], bytes]
    behaviour: str = "honest"
    asked: list[bytes] = field(default_factory=list)
    media_types: list[str] = field(default_factory=list)
    seconds: float = 0.0


def changed_query(query: bytes, **changes: Any) -> bytes:
    """A query with other fields: nonce, imprint, cert_req, policy."""
    made = tsp.TimeStampReq.load(query).copy()
    if "imprint" in changes:
        made["message_imprint"]["hashed_message"] = changes.pop("imprint")
    if "policy" in changes:
        made["req_policy"] = changes.pop("policy")
    for key, value in changes.items():
        made[key] = value
    return bytes(made.dump(force=True))


def _misbehave(running: Running, query: bytes) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body as the behaviour wants."""
    behaviour = running.behaviour
    if behaviour == "error":
        return 503, {}, b"try later"
    if behaviour == "redirect":
        return 302, {"Location": running.url + "elsewhere"}, b""
    if behaviour == "garbage":
        return 200, {}, b"<html>Welcome to the hotel's network</html>"
    if behaviour == "empty":
        return 200, {}, b""
    if behaviour == "huge":
        return 200, {}, bytes(70_000)
    if behaviour == "rejection":
        return 200, {}, response(None, 2, "Service is \x07closed", "time_not_available")
    if behaviour == "granted-without-token":
        return 200, {}, response(None, 0)
    if behaviour == "wrong-nonce":
        query = changed_query(query, nonce=12345)
    if behaviour == "no-nonce":
        query = _without_nonce(query)
    if behaviour == "wrong-imprint":
        query = changed_query(query, imprint=bytes(32))
    if behaviour == "wrong-policy":
        query = changed_query(query, policy=OTHER_POLICY)
    if behaviour == "no-certificates":
        query = changed_query(query, cert_req=False)
    answer = running.answer(query)
    if behaviour == "truncated":
        answer = answer[: len(answer) // 2]
    if behaviour == "bit-flip":
        answer = answer[:-5] + bytes([answer[-5] ^ 1]) + answer[-4:]
    return 200, {}, answer


def _without_nonce(query: bytes) -> bytes:
    old = tsp.TimeStampReq.load(query)
    return bytes(
        tsp.TimeStampReq({"version": "v1", "message_imprint": old["message_imprint"], "cert_req": True}).dump()
    )


@contextmanager
def tsa(answer: Callable[[bytes], bytes]) -> Iterator[Running]:
    """Serve an authority until the block ends; `answer` makes a response of a query, `behaviour` may spoil it."""
    running = Running("", answer)
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            running.asked.append(query)
            running.media_types.append(self.headers["Content-Type"])
            with lock:  # openssl counts its serial numbers in a file
                status, headers, body = _misbehave(running, query)
            if running.behaviour == "drop":
                self.close_connection = True
                self.connection.close()
                return
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, value)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                if running.behaviour == "slow":
                    for piece in body:  # a byte now and then keeps a read's own limit from passing
                        self.wfile.write(bytes([piece]))
                        self.wfile.flush()
                        time.sleep(running.seconds)
                else:
                    self.wfile.write(body)
            except OSError:
                pass  # the client has had enough

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    running.url = f"http://127.0.0.1:{server.server_address[1]}/"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def openssl_tsa(authority: Chain, folder: Path) -> Iterator[Running]:
    """An authority that lets `openssl ts -reply` answer."""
    with tsa(lambda query: openssl_reply(authority, query, folder)) as running:
        yield running


@contextmanager
def handmade_tsa(authority: Chain, now: Callable[[], int]) -> Iterator[Running]:
    """An authority whose tokens are made by hand: for Ed25519, RSA-PSS, and times of one's own."""

    def answer(query: bytes) -> bytes:
        asked = tsp.TimeStampReq.load(query)
        imprint = asked["message_imprint"]
        info = tst_info(
            imprint["hashed_message"].native,
            imprint["hash_algorithm"]["algorithm"].native,
            now(),
            nonce=asked["nonce"].native,
            policy=asked["req_policy"].native or POLICY,
        )
        with_certificates = None if asked["cert_req"].native else ()
        return response(signed_data(authority, info, certificates=with_certificates))

    with tsa(answer) as running:
        yield running
