"""Who time-stamps heads, as [timestamps] of the configuration says; and what their stamps are in plain words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from notary.times import utc
from notary.timestamps.stamp_sources import Authority, TimestampSources
from portal.certificates import certificates_in, lists_in
from portal.config import reveal
from portal.errors import SecretMissing

if TYPE_CHECKING:
    from notary.evm.anchors import AnchorRow
    from notary.timestamps.stamp_rows import StampRow
    from portal.config import AuthorityPart, TimestampsPart

MAX_FILE_BYTES: Final = 4 * 1024 * 1024  # a chain of certificates has some 20 KB, a long revocation list megabytes
MAX_IN_FILE: Final = 16  # certificates or lists


def sources(part: TimestampsPart, root: Path) -> TimestampSources | None:
    """What [timestamps] says, certificates read; None where nobody is named.

    root  the workspace's folder, which file names are relative to

    An authority whose files or secret are missing is left out and named in `unusable`: it must hold up nothing else.
    """
    if not part.authorities and not part.calendars:
        return None
    usable: list[Authority] = []
    unusable: list[str] = []
    for authority in part.authorities:
        try:
            usable.append(_authority(authority, root))
        except (OSError, ValueError, SecretMissing) as exc:
            unusable.append(f"{authority.name} cannot be used: {exc}")
    return TimestampSources(
        authorities=tuple(usable),
        tokens=part.tokens,
        calendars=part.calendars,
        calendars_needed=part.calendars_needed or len(part.calendars),
        allowed=tuple(dict.fromkeys((*part.calendars, *part.calendars_allowed))),
        unusable=tuple(unusable),
    )


def _authority(part: AuthorityPart, root: Path) -> Authority:
    """Raises OSError, ValueError, SecretMissing."""
    own = _der_in(root / part.root, certificates_in) if part.root else ()
    if len(own) > 1:
        raise ValueError(f"{part.root} holds {len(own)} certificates; the root is one")
    return Authority(
        name=part.name,
        url=reveal(part.url),
        hash=part.hash.replace("-", "_"),
        policy=part.policy or None,
        root=own[0] if own else None,
        certificates=_der_in(root / part.certificates, certificates_in) if part.certificates else (),
        crls=_der_in(root / part.crls, lists_in) if part.crls else (),
        qualified=part.qualified,
    )


def _der_in(path: Path, found_in: Callable[[bytes], Sequence[Any]]) -> tuple[bytes, ...]:
    """What is in a file, DER each.

    found_in  certificates.certificates_in or lists_in

    Raises OSError, ValueError.
    """
    from cryptography.hazmat.primitives.serialization import Encoding

    with path.open("rb") as file:
        data = file.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise ValueError(f"{path.name} has more than {MAX_FILE_BYTES} bytes")
    try:
        found = found_in(data)
    except ValueError as exc:
        raise ValueError(f"{path.name} cannot be read, neither as PEM nor as DER") from exc
    if not 1 <= len(found) <= MAX_IN_FILE:
        raise ValueError(f"{path.name} holds {len(found)} of them, 1 to {MAX_IN_FILE} are read")
    return tuple(one.public_bytes(Encoding.DER) for one in found)


def anchor_words(anchor: AnchorRow) -> str:
    """What has become of a head on the chain."""
    match anchor.status:
        case "final":
            return f"final in block {anchor.block_number}"
        case "included":
            return f"in block {anchor.block_number}, which is not final yet"
        case "failed":
            return f"refused: {anchor.error or 'no reason was kept'}"
        case _:
            return "pending: in no block yet, proves nothing so far" + _because(anchor.error)


def source_of(row: StampRow) -> str:
    """Whom a time stamp is from, or is wanted from."""
    if row.kind == "ots":
        return "OpenTimestamps"
    return f"authority {row.authority}" if row.authority else f"an authority ({row.slot})"


def stamp_words(row: StampRow, asked: TimestampSources | None) -> str:
    """What has become of a time stamp; never more than is proven.

    asked   who is configured now: only with its root certificate an authority's token was judged when it came
    """
    again = "" if row.next_at is None else f"; asked again from {utc(row.next_at)} on"
    if row.status == "wanted":
        nobody = "no calendar has taken it" if row.kind == "ots" else "no authority has given one"
        return f"wanted: {nobody} yet{_because(row.error)}{again}"
    if row.kind == "rfc3161":
        known = any(a.name == row.authority and a.root is not None for a in (asked or TimestampSources()).authorities)
        vouched = "" if known else "; nothing here vouches for the authority: no root is configured"
        before = f" (asked before: {row.error})" if row.error else ""
        return f"obtained: a token of {utc(_token_time(row))}{vouched}{before}"
    calendars, blocks, waiting = _attested(row)
    if row.status == "pending":
        return (
            f"pending: {_many(len(calendars), 'calendar')} promised it, Bitcoin does not have it yet; "
            f"proves nothing so far"
            f"{_because(row.error)}"
        )
    names = f"Bitcoin block {', '.join(map(str, blocks))}" if len(blocks) == 1 else f"Bitcoin blocks {blocks}"
    rest = f"; {_many(waiting, 'calendar')} still to answer" if waiting and row.next_at is not None else ""
    return f"complete: it names {names}, whose header proves it{rest}"


def stamp_json(row: StampRow) -> dict[str, Any]:
    """A time stamp for programs."""
    told: dict[str, Any] = {
        "size": row.size,
        "kind": row.kind,
        "slot": row.slot,
        "status": row.status,
        "error": row.error,
        "next_at": row.next_at,
    }
    if row.kind == "rfc3161":
        return {**told, "authority": row.authority, "time": None if row.data is None else _token_time(row)}
    calendars, blocks, waiting = _attested(row)
    return {**told, "calendars": calendars, "bitcoin_blocks": blocks, "calendars_waited_for": waiting}


def _attested(row: StampRow) -> tuple[list[str], list[int], int]:
    """Calendars that promised it, Bitcoin blocks that it names, and promises that are not kept yet."""
    from notary.timestamps.ots import OtsProof

    if row.data is None:
        return [], [], 0
    proof = OtsProof.from_bytes(row.data)
    found = proof.attestations()
    calendars = sorted({attestation.uri for attestation in found if attestation.uri})
    blocks = sorted({a.height for a in found if a.kind == "bitcoin" and a.height is not None})
    return calendars, blocks, len(proof.awaited())


def _token_time(row: StampRow) -> int:
    from notary.timestamps.tsp_read import read_token

    return read_token(row.data or b"").gen_time


def _because(error: str | None) -> str:
    return f" ({error})" if error else ""


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
