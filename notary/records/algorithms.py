"""How long hashes and signatures are good for: a policy that is data, each row with its source.

    {"format": "tallystick/algorithm-lifetimes", "version": 1,
     "rows": [{"kind": "hash" | "signature", "algorithm": "sha256", "bits_from": 0, "bits_below": 3000 (both optional),
               "until": "2035-12-31" (the last day, UTC) or null, "source": "...", "published": "2026-01",
               "statement": "what the source says, in our words"}]}

Of several rows for one algorithm the earliest end counts: no source is outvoted by a more patient one. An algorithm
that no row names has no lifetime that anybody vouches for, and counts as ended. `until` null says that the source
names no end, not that there is none. The policy that comes with this program is algorithms.json; sources change their
minds, so it is looked at again with each release, and a file of your own can take its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from importlib import resources
from typing import Literal

from notary.errors import PolicyInvalid
from notary.reading import Reader

FORMAT = "tallystick/algorithm-lifetimes"
VERSION = 1
MAX_BYTES = 1024 * 1024
MAX_ROWS = 1000
MAX_BITS = 1_000_000
DAY_SECONDS = 86_400

Kind = Literal["hash", "signature"]


@dataclass(frozen=True, slots=True)
class Use:
    """An algorithm as something uses it.

    kind       what for
    algorithm  a hash by its name in hashlib; or rsa, ecdsa, ed25519, ed448, ml-dsa-65, ...
    bits       of an RSA key or a curve; None where the name says it
    """

    kind: Kind
    algorithm: str
    bits: int | None = None

    def __str__(self) -> str:
        return self.algorithm if self.bits is None else f"{self.algorithm} of {self.bits} bits"


@dataclass(frozen=True, slots=True)
class Row:
    """What one source says of one algorithm.

    bits_from, bits_below  sizes that it speaks of, the second not included; None: without that bound
    until                  Unix seconds, the last one of the last day; None: the source names no end
    """

    kind: Kind
    algorithm: str
    bits_from: int | None
    bits_below: int | None
    until: int | None
    source: str
    published: str
    statement: str

    def covers(self, use: Use) -> bool:
        if (self.kind, self.algorithm) != (use.kind, use.algorithm):
            return False
        if self.bits_from is None and self.bits_below is None:
            return True
        bits = 0 if use.bits is None else use.bits
        return (self.bits_from or 0) <= bits and (self.bits_below is None or bits < self.bits_below)


@dataclass(frozen=True, slots=True)
class Ending:
    """What ends, and when.

    what   an algorithm, or a certificate
    until  Unix seconds, the last one; None: no end is known
    row    of the policy; None for a certificate, and for an algorithm that no row names (until is then 0)
    """

    what: str
    until: int | None
    row: Row | None = None

    def ended(self, at: int) -> bool:
        return self.until is not None and at > self.until


@dataclass(frozen=True, slots=True)
class Facts:
    """What the strength of a proof rests on.

    uses          algorithms
    certificates  (whose, Unix seconds of its last second)
    """

    uses: tuple[Use, ...] = ()
    certificates: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """Lifetimes of algorithms."""

    rows: tuple[Row, ...]

    @classmethod
    def from_bytes(cls, data: bytes) -> Policy:
        """Raises PolicyInvalid."""
        top = Reader.open(data, MAX_BYTES, "algorithm policy", PolicyInvalid)
        top.only("format", "version", "rows")
        if (top.get("format"), top.get("version")) != (FORMAT, VERSION):
            raise top.refuse("format", f"is not {FORMAT} of version {VERSION}")
        return cls(tuple(_row(row) for row in top.objects("rows", MAX_ROWS)))

    def ending(self, use: Use) -> Ending:
        """When an algorithm ends, by the earliest source."""
        rows = [row for row in self.rows if row.covers(use)]
        if not rows:
            return Ending(f"{use}, which no row of the policy names", 0)
        row = min(rows, key=_first_to_end)
        return Ending(str(use), row.until, row)

    def weakest(self, facts: Facts) -> Ending | None:
        """What of `facts` ends first, be it in the past or to come; None where no end is known of anything."""
        endings = [self.ending(use) for use in facts.uses]
        endings += [Ending(whose, until) for whose, until in facts.certificates]
        known = [ending for ending in endings if ending.until is not None]
        return min(known, key=lambda ending: ending.until or 0, default=None)


@cache
def default_policy() -> Policy:
    """The policy that comes with this program."""
    return Policy.from_bytes(resources.files("notary.records").joinpath("algorithms.json").read_bytes())


def _first_to_end(row: Row) -> tuple[bool, int]:
    return row.until is None, row.until or 0


def _row(row: Reader) -> Row:
    row.only("kind", "algorithm", "until", "source", "published", "statement", optional=("bits_from", "bits_below"))
    kind = row.text("kind", 16)
    if kind not in ("hash", "signature"):
        raise row.refuse("kind", "is neither hash nor signature")
    return Row(
        kind="hash" if kind == "hash" else "signature",
        algorithm=row.text("algorithm", 64),
        bits_from=row.integer("bits_from", most=MAX_BITS) if row.has("bits_from") else None,
        bits_below=row.integer("bits_below", least=1, most=MAX_BITS) if row.has("bits_below") else None,
        until=None if row.get("until") is None else _last_second(row),
        source=row.text("source", 500),
        published=row.text("published", 10),
        statement=row.text("statement", 1000),
    )


def _last_second(row: Reader) -> int:
    text = row.text("until", 10)
    try:
        day = date.fromisoformat(text)
    except ValueError as exc:
        raise row.refuse("until", "is no day such as 2035-12-31") from exc
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) + DAY_SECONDS - 1
