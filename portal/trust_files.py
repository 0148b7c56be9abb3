"""What a verifier trusts, from files of theirs: root certificates and Bitcoin headers, for `tallystick verify`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from notary.errors import OtsInvalid, TrustInvalid
from notary.proofs.receipt import OtsAnchor
from notary.verdicts.reasons import Text, said
from notary.verdicts.trust import (
    MAX_CERTIFICATE_BYTES,
    MAX_HEIGHT,
    Trust,
    TrustedAuthority,
    TrustedHeader,
    TrustedSigner,
    parse_header,
)
from portal.certificates import certificates_in
from portal.reading import read_bounded

if TYPE_CHECKING:
    from notary.proofs.receipt import Receipt

MAX_FILE_BYTES: Final = 16 * MAX_CERTIFICATE_BYTES  # of certificates in one file


def read_certificates(path: str) -> list[tuple[str, bytes]]:
    """The certificates in a file, PEM (one or more) or DER: (subject, DER) each.

    Raises FileMissing, FileTooLarge, TrustInvalid.
    """
    data = read_bounded(Path(path), MAX_FILE_BYTES)
    from cryptography.hazmat.primitives.serialization import Encoding

    try:
        found = certificates_in(data)
        return [(one.subject.rfc4514_string(), one.public_bytes(Encoding.DER)) for one in found]
    except ValueError as exc:
        raise TrustInvalid(f"{path} is no certificate, neither PEM nor DER: {exc}") from exc


def trust_authorities(trust: Trust, roots: Sequence[str], certificates: Sequence[str]) -> Trust:
    """`trust` and the time-stamp authorities whose root certificates are in the files `roots`.

    certificates  files with further ones, for tokens that come without

    Raises FileMissing, FileTooLarge, TrustInvalid: also for certificates that no authority could use.
    """
    for path in roots:
        for subject, der in read_certificates(path):
            trust = trust.with_authority(TrustedAuthority(subject, der))
    further = tuple(der for path in certificates for _, der in read_certificates(path))
    if further and not trust.authorities:
        raise TrustInvalid("certificates of time-stamp authorities were given, but no root that they could lead to")
    if not further:
        return trust
    return replace(
        trust, authorities=tuple(replace(one, certificates=one.certificates + further) for one in trust.authorities)
    )


def trust_signers(trust: Trust, roots: Sequence[str]) -> Trust:
    """`trust` and the roots of custody signers in these files.  Raises FileMissing, FileTooLarge, TrustInvalid."""
    for path in roots:
        for subject, der in read_certificates(path):
            trust = trust.with_signer(TrustedSigner(subject, der))
    return trust


def trust_headers(trust: Trust, headers: Sequence[str], files: Sequence[str], receipts: Iterable[Receipt]) -> Trust:
    """`trust` and Bitcoin headers: those written HEIGHT:HEX, and of header files those that the receipts need.

    files  paths of 80-byte headers one after the other, with @HEIGHT behind where they do not begin with block 0

    Raises TrustInvalid, BitcoinHeaderInvalid.
    """
    from notary.timestamps.bitcoin import BlockHeader

    given = [parse_header(text) for text in headers]
    for one in given:
        BlockHeader.from_bytes(one.header)  # its work, so that a slip of the pen shows at once
    trust = trust.with_headers(given)
    wanted = _heights(receipts) if files else []
    for name in files:
        from notary.timestamps.header_file import HeaderFile

        path, first = first_height(name)
        file = HeaderFile(Path(path), first)
        found = ((height, file.at(height)) for height in wanted)
        trust = trust.with_headers(
            TrustedHeader(height, header.to_bytes(), said(Text.SOURCE_HEADERS, path=path))
            for height, header in found
            if header
        )
    return trust


def first_height(name: str) -> tuple[str, int]:
    """(path, height of its first header) of FILE or FILE@HEIGHT."""
    path, at, height = name.rpartition("@")
    if not at or Path(name).exists():
        return name, 0
    if not height.isdecimal() or len(height) > 10 or int(height) > MAX_HEIGHT:
        raise TrustInvalid(f"{height[:20]!r} is no height of a block; headers are given as FILE or FILE@HEIGHT")
    return path, int(height)


def _heights(receipts: Iterable[Receipt]) -> list[int]:
    """The Bitcoin blocks that the receipts' anchors name."""
    from notary.timestamps.ots import Kind, OtsProof

    anchors = {
        anchor
        for receipt in receipts
        for anchor in (*receipt.anchors, *(receipt.later.anchors if receipt.later else ()))
        if isinstance(anchor, OtsAnchor)
    }
    heights: set[int] = set()
    for anchor in anchors:
        try:
            attestations = OtsProof.from_bytes(anchor.proof).attestations()
        except OtsInvalid:  # the verdict says so
            continue
        heights.update(a.height for a in attestations if a.kind is Kind.BITCOIN and a.height is not None)
    return sorted(heights)
