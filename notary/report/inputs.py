"""What a report is made of. All of it travels inside the report, so anybody can make the same report again.

    receipts.json, trust.json        of the first side; receipts-2.json, trust-2.json of the second, and so on
    record-N.er                      evidence records (RFC 4998), numbered through all sides
    report.json                      what the issuer states, in this form:

    {"format": "tallystick/report", "version": 1, "languages": [...], "forums": [...], "made_at": Unix seconds,
     "utc_offset_minutes", "case", "prepared_by", "program", "program_digest": hex or null, "page_digest": hex or null,
     "parties": [{"name", "role"}, ...],
     "chains": [{"chain_id", "name", "explorer", "finality"}, ...],
     "edition": hex, of the sources that words and layout come from,
     "sides": [{"label", "bundle_digest": hex or null, "documents": [{"size", "digests": {name: hex}} or null, ...],
                "records": [{"of", "digests": {name: hex}}, ...]}, ...],
     "unshown": [code points that the issuer's fonts lack, ...]}

`documents` are what the issuer read of each receipt's document, in the order of the receipts; a reader of the report
alone has only the issuer's word for them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from notary import jcs
from notary.errors import ReportInvalid
from notary.jcs import Json
from notary.proofs.bundle import MAX_RECEIPTS
from notary.reading import Reader
from notary.verdicts.reasons import LOCALES
from notary.verdicts.verify import DocumentDigests

FORMAT: Final = "tallystick/report"
VERSION: Final = 1
FORUMS: Final = ("cn", "eu", "us", "in", "hk", "sg", "arbitration")
MAX_BYTES: Final = 64 * 1024 * 1024  # of report.json: 25,000 receipts, 5 digests each
MAX_SIDES: Final = 8
MAX_PARTIES: Final = 100
MAX_CHAINS: Final = 1000
MAX_RECORDS: Final = 10_000  # a side's
MAX_TEXT: Final = 1000  # characters of a name
MAX_ADDRESS: Final = 200  # characters of an explorer's address; with a hash behind it, a QR code holds it
MAX_OFFSET: Final = 18 * 60  # minutes; clocks on land are at most 14 hours ahead
MAX_DIGESTS: Final = 16  # of one document
MAX_UNSHOWN: Final = 100_000
LATEST: Final = 253_402_214_400  # Unix seconds; the last day of the year 9999, wherever the court's clocks are
_STATED: Final = (
    "format",
    "version",
    "case",
    "chains",
    "edition",
    "forums",
    "languages",
    "made_at",
    "page_digest",
    "parties",
    "prepared_by",
    "program",
    "program_digest",
    "sides",
    "unshown",
    "utc_offset_minutes",
)


@dataclass(frozen=True, slots=True)
class Party:
    """role  in the dispute, in the issuer's words"""

    name: str
    role: str


@dataclass(frozen=True, slots=True)
class ChainFacts:
    """What people want to know of a chain beside its number.

    explorer  base address of a block explorer, ASCII, at most MAX_ADDRESS; or ""
    finality  what "final" rests on there, in English
    """

    chain_id: int
    name: str
    explorer: str = ""
    finality: str = ""


@dataclass(frozen=True, slots=True)
class RecordFile:
    """An evidence record.

    of       what it is about, for people: a file's name
    data     the .er file
    digests  of that object as the issuer read it, by the hash names of RFC 4998 records (sha256, ...)
    """

    of: str
    data: bytes
    digests: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Side:
    """What one side puts forward.

    receipts       a receipts file or a single receipt, as bytes
    trust          a trust file: what the verdicts rest on; None: nothing
    label          names the side where there are several
    bundle_digest  32 bytes, of the bundle's contents list; None: there is no bundle
    documents      what was read of each receipt's document, in their order; None: it was not at hand. Empty: none was
    """

    receipts: bytes
    trust: bytes | None = None
    label: str = ""
    bundle_digest: bytes | None = None
    documents: tuple[DocumentDigests | None, ...] = ()
    records: tuple[RecordFile, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportInput:
    """All that a report is made of.

    sides               1 to MAX_SIDES
    made_at             Unix seconds, UTC
    languages           1 to 3 of LOCALES; several stand side by side
    forums              annexes, of FORUMS, in this order
    case                how the issuer calls the case
    program             name and version of the program
    program_digest      SHA-256 of it, as it was built; None where that is not known
    page_digest         SHA-256 of the verify.html that goes with it
    utc_offset_minutes  of the clocks at the court: times are shown by them, too
    unshown             code points to write as U+XXXX although a font here has them
    edition             of the program's sources for words and layout; render sets it

    Raises ReportInvalid.
    """

    sides: tuple[Side, ...]
    made_at: int
    languages: tuple[str, ...] = ("en",)
    forums: tuple[str, ...] = ()
    case: str = ""
    parties: tuple[Party, ...] = ()
    prepared_by: str = ""
    program: str = ""
    program_digest: bytes | None = None
    page_digest: bytes | None = None
    chains: tuple[ChainFacts, ...] = ()
    utc_offset_minutes: int = 0
    unshown: frozenset[int] = field(default=frozenset())
    edition: str = ""

    def __post_init__(self) -> None:
        if not 1 <= len(self.sides) <= MAX_SIDES:
            raise ReportInvalid(f"a report has 1 to {MAX_SIDES} sides, not {len(self.sides)}")
        _check_names("languages", self.languages, LOCALES, least=1)
        _check_names("forums", self.forums, FORUMS, least=0)
        if abs(self.utc_offset_minutes) > MAX_OFFSET:
            raise ReportInvalid(f"clocks are at most {MAX_OFFSET} minutes off UTC, not {self.utc_offset_minutes}")
        if not 0 <= self.made_at <= LATEST:
            raise ReportInvalid(f"the report says that it was made at {self.made_at}, which no calendar has")
        texts = [self.case, self.prepared_by, self.program, *(side.label for side in self.sides)]
        texts += [text for party in self.parties for text in (party.name, party.role)]
        longest = max(map(len, texts))
        if longest > MAX_TEXT:
            raise ReportInvalid(f"a name in a report has at most {MAX_TEXT} characters, not {longest}")
        for chain in self.chains:
            if len(chain.explorer) > MAX_ADDRESS or not chain.explorer.isascii():
                detail = f"the explorer of chain {chain.chain_id} has {len(chain.explorer)} characters"
                raise ReportInvalid(f"{detail}; an address of at most {MAX_ADDRESS}, all ASCII, is allowed")

    def stated(self) -> bytes:
        """report.json: JCS and a newline."""
        value: dict[str, Json] = {
            "format": FORMAT,
            "version": VERSION,
            "languages": list(self.languages),
            "forums": list(self.forums),
            "made_at": self.made_at,
            "utc_offset_minutes": self.utc_offset_minutes,
            "case": self.case,
            "prepared_by": self.prepared_by,
            "program": self.program,
            "program_digest": _hex(self.program_digest),
            "page_digest": _hex(self.page_digest),
            "parties": [{"name": party.name, "role": party.role} for party in self.parties],
            "chains": [
                {"chain_id": one.chain_id, "name": one.name, "explorer": one.explorer, "finality": one.finality}
                for one in self.chains
            ],
            "sides": [_write_side(side) for side in self.sides],
            "unshown": [*sorted(self.unshown)],
            "edition": self.edition,
        }
        return jcs.dumps(value) + b"\n"

    def files(self) -> dict[str, bytes]:
        """What the PDF carries, by name."""
        found: dict[str, bytes] = {}
        number = 0
        for place, side in enumerate(self.sides):
            found[side_name("receipts", place)] = side.receipts
            if side.trust is not None:
                found[side_name("trust", place)] = side.trust
            for record in side.records:
                number += 1
                found[f"record-{number}.er"] = record.data
        found["report.json"] = self.stated()
        return found

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> ReportInput:
        """The input that `files` gives.  Raises ReportInvalid, also for a file that the others do not speak of."""
        if "report.json" not in files:
            raise ReportInvalid("the report carries no report.json, which says how it was made")
        top = Reader.open(files["report.json"], MAX_BYTES, "report.json", ReportInvalid)
        if top.get("format") != FORMAT or top.get("version") != VERSION:
            raise ReportInvalid(f"report.json is not of the format {FORMAT}, version {VERSION}")
        top.only(*_STATED)
        used = {"report.json"}

        def take(name: str) -> bytes:
            if name not in files:
                raise ReportInvalid(f"the report does not carry {name}")
            used.add(name)
            return files[name]

        sides: list[Side] = []
        number = 0
        for place, item in enumerate(top.objects("sides", MAX_SIDES)):
            item.only("label", "bundle_digest", "documents", "records")
            records = []
            for record in item.objects("records", MAX_RECORDS):
                record.only("of", "digests")
                number += 1
                digests = _read_digests(record.object("digests"))
                records.append(RecordFile(record.text("of", 4096), take(f"record-{number}.er"), digests))
            trust = side_name("trust", place)
            sides.append(
                Side(
                    receipts=take(side_name("receipts", place)),
                    trust=take(trust) if trust in files else None,
                    label=item.text("label", MAX_TEXT),
                    bundle_digest=_read_hash(item, "bundle_digest"),
                    documents=_read_documents(item),
                    records=tuple(records),
                )
            )
        if set(files) != used:
            raise ReportInvalid(f"report.json says nothing of {sorted(set(files) - used)[0][:100]!r}")
        parties = top.objects("parties", MAX_PARTIES)
        offset = top.integer("utc_offset_minutes", least=-MAX_OFFSET, most=MAX_OFFSET)
        return cls(
            sides=tuple(sides),
            made_at=top.integer("made_at"),
            languages=_read_texts(top, "languages", len(LOCALES)),
            forums=_read_texts(top, "forums", len(FORUMS)),
            case=top.text("case", MAX_TEXT),
            parties=tuple(Party(one.text("name", MAX_TEXT), one.text("role", MAX_TEXT)) for one in parties),
            prepared_by=top.text("prepared_by", MAX_TEXT),
            program=top.text("program", MAX_TEXT),
            program_digest=_read_hash(top, "program_digest"),
            page_digest=_read_hash(top, "page_digest"),
            chains=tuple(_read_chain(one) for one in top.objects("chains", MAX_CHAINS)),
            utc_offset_minutes=offset,
            unshown=frozenset(_read_numbers(top, "unshown", MAX_UNSHOWN)),
            edition=top.text("edition", 64),
        )


def side_name(what: str, place: int) -> str:
    """receipts.json, receipts-2.json, ..."""
    return f"{what}.json" if place == 0 else f"{what}-{place + 1}.json"


def digest_of(data: bytes) -> str:
    """SHA-256, hex."""
    return hashlib.sha256(data).hexdigest()


def _check_names(what: str, names: tuple[str, ...], known: tuple[str, ...], least: int) -> None:
    if len(names) < least or len(set(names)) != len(names) or not set(names) <= set(known):
        raise ReportInvalid(f"{what} are of {', '.join(known)}, each once, not {', '.join(names)[:100]!r}")


def _hex(digest: bytes | None) -> str | None:
    return None if digest is None else digest.hex()


def _write_side(side: Side) -> Json:
    documents: list[Json] = [None if one is None else _write_document(one) for one in side.documents]
    records: list[Json] = [{"of": one.of, "digests": _write_digests(one.digests)} for one in side.records]
    return {
        "label": side.label,
        "bundle_digest": _hex(side.bundle_digest),
        "documents": documents,
        "records": records,
    }


def _write_document(document: DocumentDigests) -> Json:
    return {"size": document.size, "digests": _write_digests(document.digests)}


def _write_digests(digests: Mapping[str, bytes]) -> dict[str, Json]:
    return {name: digest.hex() for name, digest in digests.items()}


def _read_documents(side: Reader) -> tuple[DocumentDigests | None, ...]:
    found: list[DocumentDigests | None] = []
    for item in side.items("documents", MAX_RECEIPTS):
        if item is None:
            found.append(None)
            continue
        document = Reader(item, "report.json's document", ReportInvalid)
        document.only("size", "digests")
        found.append(DocumentDigests(document.integer("size"), _read_digests(document.object("digests"))))
    return tuple(found)


def _read_digests(digests: Reader) -> dict[str, bytes]:
    if len(digests.value) > MAX_DIGESTS or any(len(name) > 32 for name in digests.value):
        raise ReportInvalid(f"a document has at most {MAX_DIGESTS} digests, with names of at most 32 characters")
    found = {}
    for name in digests.value:
        try:
            found[name] = bytes.fromhex(digests.text(name, 128))
        except ValueError as exc:
            raise digests.refuse(name, "is not in hexadecimal") from exc
    return found


def _read_hash(item: Reader, name: str) -> bytes | None:
    return None if item.get(name) is None else item.hex(name, 32)


def _read_chain(item: Reader) -> ChainFacts:
    item.only("chain_id", "name", "explorer", "finality")
    return ChainFacts(
        item.integer("chain_id", least=1),
        item.text("name", MAX_TEXT),
        item.text("explorer", MAX_TEXT),
        item.text("finality", MAX_TEXT),
    )


def _read_texts(top: Reader, name: str, count: int) -> tuple[str, ...]:
    items = top.items(name, count)
    found = tuple(item for item in items if isinstance(item, str))
    if len(found) != len(items):
        raise top.refuse(name, "is not a list of texts")
    return found


def _read_numbers(top: Reader, name: str, count: int) -> list[int]:
    items = top.items(name, count)
    found = [item for item in items if isinstance(item, int) and 0 <= item <= 0x10FFFF]
    if len(found) != len(items):
        raise top.refuse(name, "is not a list of code points")
    return found
