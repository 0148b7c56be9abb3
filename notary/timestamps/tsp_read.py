"""Read RFC 3161 tokens and responses, and write requests: the only file of the verifier that knows asn1crypto.

    ContentInfo (signedData) > SignedData > EncapsulatedContentInfo (id-ct-TSTInfo) > OCTET STRING > TSTInfo
                                          > certificates, one SignerInfo > signedAttrs, signature

Nothing is judged here beyond form: what is read is what the bytes say.  Source: RFC 3161, RFC 5652, RFC 5816.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

from asn1crypto import algos, cms, core, tsp  # type: ignore[import-untyped,unused-ignore]  # it brings no types

from notary.errors import TokenInvalid
from notary.timestamps import tsp_ber
from notary.timestamps.tsp_values import HASHES, MAX_TOKEN_BYTES, MICROSECONDS, SignerInfo, Token

MAX_CERTIFICATES = 32
MAX_INTEGER_BITS = 512  # serial numbers have up to 160 bits, nonces 64 in practice
MAX_ACCURACY_SECONDS = 10 * 366 * 86_400
MAX_STATUS = 500  # characters of what an authority says when it refuses

WEAK_HASHES = {
    "1.2.840.113549.2.2": "md2",
    "1.2.840.113549.2.5": "md5",
    "1.3.14.3.2.26": "sha1",
    "1.3.36.3.2.1": "ripemd160",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.7": "sha3_224",
}
_SIGNED_DATA = "1.2.840.113549.1.7.2"
_TST_INFO = "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12"
_SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
_RSA_PSS = "1.2.840.113549.1.1.10"
_MGF1 = "1.2.840.113549.1.1.8"
_SET = b"\x31"

_TIME = re.compile(r"([0-9]{14})(?:[.,]([0-9]{1,30}))?Z")
# What asn1crypto lets out for bytes that do not fit; KeyError and AttributeError where a choice was another
_MISFITS = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError)

T = TypeVar("T")


def read_token(data: bytes) -> Token:
    """As notary.timestamps.tsp.read_token."""
    if len(data) > MAX_TOKEN_BYTES:
        raise _invalid(f"the token has {len(data)} bytes, at most {MAX_TOKEN_BYTES} are allowed")
    with _readable("token"):
        outer = cms.ContentInfo.load(tsp_ber.definite(data), strict=True)
        if outer["content_type"].dotted != _SIGNED_DATA:
            raise _invalid(f"it is no signed data, but {_short(outer['content_type'].dotted)}")
        signed_data = outer["content"]
        content = _content(signed_data["encap_content_info"])
        signers = signed_data["signer_infos"]
        if len(signers) != 1:
            raise _invalid(f"a token has exactly one signature, this one has {len(signers)}")
        signer = _signer(signers[0])
        certificates = _certificates(signed_data["certificates"])
        return _facts(data, content, certificates, signer)


def read_response(data: bytes) -> Token:
    """As notary.timestamps.tsp.read_response."""
    if len(data) > MAX_TOKEN_BYTES:
        raise _invalid(f"the response has {len(data)} bytes, at most {MAX_TOKEN_BYTES} are allowed")
    with _readable("response"):
        parts = tsp_ber.children(data)
        if not 1 <= len(parts) <= 2:
            raise _invalid(f"a response has a status and a token, not {len(parts)} parts")
        status = tsp.PKIStatusInfo.load(tsp_ber.definite(parts[0]), strict=True)
        number = int(status["status"])
        if number not in (0, 1):  # granted, granted with modifications
            raise TokenInvalid("token-refused", f"the authority refused: {_status_text(number, status)}")
        if len(parts) != 2:
            raise _invalid("the authority says that it granted a token, but sent none")
    return read_token(parts[1])


def request(digest: bytes, hash_name: str, nonce: int, policy: str | None) -> bytes:
    """As notary.timestamps.tsp.request."""
    oid = next(oid for oid, name in HASHES.items() if name == hash_name)
    imprint = tsp.MessageImprint(
        {"hash_algorithm": algos.DigestAlgorithm({"algorithm": oid}), "hashed_message": digest}
    )
    fields: dict[str, Any] = {"version": "v1", "message_imprint": imprint, "nonce": nonce, "cert_req": True}
    if policy is not None:
        fields["req_policy"] = policy
    return bytes(tsp.TimeStampReq(fields).dump())


def hash_of(oid: str, where: str) -> str:
    """The hashlib name of a hash.  Raises TokenInvalid (token-algorithm-weak, or token-invalid for an unknown one)."""
    if oid in WEAK_HASHES:
        raise TokenInvalid("token-algorithm-weak", f"{where} uses {WEAK_HASHES[oid]}, which is broken or too short")
    if oid not in HASHES:
        raise _invalid(f"{where} uses the unknown hash {_short(oid)}")
    return HASHES[oid]


def _facts(der: bytes, content: bytes, certificates: tuple[bytes, ...], signer: SignerInfo) -> Token:
    info = tsp.TSTInfo.load(tsp_ber.definite(content), strict=True)
    if int(info["version"]) != 1:
        raise _invalid(f"version {_short(str(int(info['version'])))} is unknown; version 1 is read")
    imprint = info["message_imprint"]
    gen_time, gen_time_us = _time(info["gen_time"].contents)
    for extension in _items(info["extensions"]):
        if extension["critical"].native:
            raise _invalid(f"its critical extension {_short(extension['extn_id'].dotted)} is unknown")
    return Token(
        der=der,
        policy=info["policy"].dotted,
        hash_name=hash_of(imprint["hash_algorithm"]["algorithm"].dotted, "the imprint"),
        imprint=bytes(imprint["hashed_message"]),
        serial=_integer(info["serial_number"], "serial number"),
        gen_time=gen_time,
        gen_time_us=gen_time_us,
        accuracy_us=_optional(info["accuracy"], _accuracy),
        nonce=_optional(info["nonce"], lambda value: _integer(value, "nonce")),
        certificates=certificates,
        content=content,
        signer=signer,
    )


def _content(encapsulated: Any) -> bytes:
    kind = encapsulated["content_type"].dotted
    if kind != _TST_INFO:
        raise _invalid(f"what is signed is no time stamp (TSTInfo), but {_short(kind)}")
    content = encapsulated["content"]
    # asn1crypto takes signed data of version 1 for PKCS #7, where anything may stand here
    if isinstance(content, core.Any):
        content = content.parse(core.OctetString)
    if not isinstance(content, core.OctetString | core.ParsableOctetString):
        raise _invalid("the time stamp does not come along with its signature")
    return bytes(content)


def _certificates(given: Any) -> tuple[bytes, ...]:
    """Certificates alone; attribute certificates and unknown kinds are passed over."""
    found = tuple(choice.chosen.dump() for choice in _items(given) if choice.name == "certificate")
    if len(found) > MAX_CERTIFICATES:
        raise _invalid(f"{len(found)} certificates came along, at most {MAX_CERTIFICATES} are looked at")
    return found


def _signer(info: Any) -> SignerInfo:
    attributes: dict[str, Any] = {}
    if not isinstance(info["signed_attrs"], cms.CMSAttributes):
        raise _invalid("its signature covers no attributes")
    for attribute in info["signed_attrs"]:
        kind = attribute["type"].dotted
        if kind in attributes:
            raise _invalid(f"the signed attribute {_short(kind)} stands there twice")
        attributes[kind] = attribute["values"]
    if _one(attributes, _CONTENT_TYPE, "content type").dotted != _TST_INFO:
        raise _invalid("the signed attributes say another content type than a time stamp's")

    issuer = serial = key_id = None
    if info["sid"].name == "issuer_and_serial_number":
        issuer = bytes(info["sid"].chosen["issuer"].dump())
        serial = _integer(info["sid"].chosen["serial_number"], "certificate's number")
    else:
        key_id = bytes(info["sid"].chosen)
    algorithm = info["signature_algorithm"]
    return SignerInfo(
        issuer=issuer,
        serial=serial,
        key_id=key_id,
        digest=hash_of(info["digest_algorithm"]["algorithm"].dotted, "the signature"),
        algorithm=algorithm["algorithm"].dotted,
        pss=_pss(algorithm["parameters"]) if algorithm["algorithm"].dotted == _RSA_PSS else None,
        signed=_signed_bytes(info["signed_attrs"].contents),
        message_digest=bytes(_one(attributes, _MESSAGE_DIGEST, "message digest")),
        certificate_ids=tuple(_certificate_ids(attributes)),
        signature=bytes(info["signature"]),
    )


def _one(attributes: dict[str, Any], kind: str, name: str) -> Any:
    values = attributes.get(kind)
    if values is None or len(values) != 1:
        raise _invalid(f"the signed attribute {name} must stand there once, with one value")
    return values[0]


def _signed_bytes(content: bytes) -> tuple[bytes, ...]:
    """What a signature may cover: the attributes as a SET in the order they came, and in DER's.

    DER sorts a set; some authorities sign sorted and send unsorted, others sign what they send.
    """
    as_came = tsp_ber.encode(_SET, content)
    in_order = tsp_ber.encode(_SET, b"".join(sorted(tsp_ber.children(as_came))))
    return (as_came,) if as_came == in_order else (as_came, in_order)


def _certificate_ids(attributes: dict[str, Any]) -> Iterator[tuple[str, bytes, bytes | None, int | None]]:
    """The first of each list is the signer's certificate (RFC 2634, section 5.4; RFC 5035); further ones do no harm."""
    if _SIGNING_CERTIFICATE not in attributes and _SIGNING_CERTIFICATE_V2 not in attributes:
        raise _invalid("the signed attributes do not name the signer's certificate (ESSCertID)")
    if _SIGNING_CERTIFICATE in attributes:
        first = _one(attributes, _SIGNING_CERTIFICATE, "signing certificate")["certs"][0]
        yield ("sha1", bytes(first["cert_hash"]), *_issuer_serial(first["issuer_serial"]))
    if _SIGNING_CERTIFICATE_V2 in attributes:
        first = _one(attributes, _SIGNING_CERTIFICATE_V2, "signing certificate, version 2")["certs"][0]
        name = hash_of(first["hash_algorithm"]["algorithm"].dotted, "the name of the signer's certificate")
        yield (name, bytes(first["cert_hash"]), *_issuer_serial(first["issuer_serial"]))


def _issuer_serial(given: Any) -> tuple[bytes | None, int | None]:
    if not isinstance(given, tsp.IssuerSerial):
        return None, None
    names = given["issuer"]
    if len(names) != 1 or names[0].name != "directory_name":
        raise _invalid("the signer's certificate is named by something else than one issuer's name")
    return bytes(names[0].chosen.untag().dump()), _integer(given["serial_number"], "certificate's number")


def _pss(parameters: Any) -> tuple[str, str, int]:
    if not isinstance(parameters, algos.RSASSAPSSParams):
        raise _invalid("the RSA-PSS signature states no parameters")
    mask = parameters["mask_gen_algorithm"]
    if mask["algorithm"].dotted != _MGF1 or int(parameters["trailer_field"]) != 1:
        raise _invalid("the RSA-PSS signature uses another mask or trailer than MGF1 and 1")
    return (
        hash_of(parameters["hash_algorithm"]["algorithm"].dotted, "the RSA-PSS signature"),
        hash_of(mask["parameters"]["algorithm"].dotted, "the RSA-PSS mask"),
        _integer(parameters["salt_length"], "length of salt"),
    )


def _time(text: bytes) -> tuple[int, int]:
    """Seconds and microseconds of a GeneralizedTime in UTC."""
    match = _TIME.fullmatch(text.decode("ascii"))
    if match is None:
        raise _invalid(f"its time {text[:40]!r} is not of the form 20260131235959.5Z")
    moment = datetime.strptime(match[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    return int(moment.timestamp()), int((match[2] or "").ljust(6, "0")[:6])


def _accuracy(value: Any) -> int:
    seconds = _optional(value["seconds"], int) or 0
    millis, micros = _optional(value["millis"], int) or 0, _optional(value["micros"], int) or 0
    if not (0 <= seconds <= MAX_ACCURACY_SECONDS and 0 <= millis <= 999 and 0 <= micros <= 999):
        raise _invalid("its accuracy is out of range")
    return seconds * MICROSECONDS + millis * 1000 + micros


def _integer(value: Any, name: str) -> int:
    number = int(value)
    if number.bit_length() > MAX_INTEGER_BITS:
        raise _invalid(f"its {name} has {number.bit_length()} bits, at most {MAX_INTEGER_BITS} are allowed")
    return number


def _status_text(number: int, status: Any) -> str:
    said = "; ".join(str(text.native) for text in _items(status["status_string"]))
    failure = ", ".join(sorted(str(bit) for bit in status["fail_info"].native or ()))
    text = ". ".join(part for part in (f"status {_short(str(number))}", said, failure) if part)
    return "".join(char if char.isprintable() else "\ufffd" for char in text[:MAX_STATUS])


def _optional(value: Any, read: Callable[[Any], T]) -> T | None:
    return None if isinstance(value, core.Void) else read(value)


def _items(value: Any) -> Iterator[Any]:
    return iter(()) if isinstance(value, core.Void) else iter(value)


def _short(text: str) -> str:
    return text[:80]


def _invalid(detail: str) -> TokenInvalid:
    return TokenInvalid("token-invalid", detail)


@contextmanager
def _readable(what: str) -> Iterator[None]:
    """Turn what reading lets out into TokenInvalid."""
    try:
        yield
    except RecursionError as exc:
        raise _invalid(f"the {what} nests too deep") from exc
    except _MISFITS as exc:
        raise _invalid(
            f"the {what} cannot be read: {str(exc).splitlines()[0][:200] if str(exc) else type(exc).__name__}"
        ) from exc
