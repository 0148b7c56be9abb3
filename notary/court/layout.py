"""Where each file lies in a bundle, the list of them, and that list's digest.

    receipts.json              a receipts file (notary/proofs/bundle.py)
    documents/EXHIBIT/NAME     the documents that were chosen, byte for byte
    records/N.er               evidence records (RFC 4998) of single documents
    trust.json                 what the issuer's verdicts rest on; a reader's own only if they say so
    report.pdf verify.html REVERIFY.md
    MANIFEST.sha256            of every other file, sorted by name, as `sha256sum -c` reads it

Where a document lies follows from the receipts alone, so that a reader finds an altered one.

The contents digest is the SHA-256 over the lines of MANIFEST.sha256 without that of report.pdf, which prints it.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

from notary.characters import category
from notary.court.bundle_zip import MAX_NAME, check_path
from notary.court.zip_entries import MAX_ENTRIES
from notary.errors import BundleInvalid
from notary.proofs.receipt import Receipt

RECEIPTS: Final = "receipts.json"
TRUST: Final = "trust.json"
REPORT: Final = "report.pdf"
PAGE: Final = "verify.html"
MANUAL: Final = "REVERIFY.md"
MANIFEST: Final = "MANIFEST.sha256"
DOCUMENTS: Final = "documents/"
RECORDS: Final = "records/"
MAX_MANIFEST: Final = MAX_ENTRIES * (MAX_NAME + 67)  # bytes
MAX_PART: Final = 120  # bytes of one name, in UTF-8; every file system has room for it
_UNFIT: Final = frozenset('<>:"/\\|?*\ufffd')  # some file system refuses them
_RESERVED: Final = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")  # names of devices on Windows
_RECORD: Final = re.compile(rf"{RECORDS}[1-9][0-9]*\.er")
_LINE: Final = re.compile(r"([0-9a-f]{64})  ([^\n]+)\n")


def document_paths(receipts: Sequence[Receipt]) -> list[str]:
    """Where the document of each receipt lies, in their order; no two are one file on any system.

    A withheld exhibit number or name stays out of the path.
    """
    taken: set[str] = set()
    folders: dict[str, str] = {}  # as they were first written: "A1" and "a1" are one on some systems
    found = []
    for place, receipt in enumerate(receipts, 1):
        shown = receipt.shown()
        folder = safe_name(str(shown["exhibit"])) if "exhibit" in shown else f"receipt-{place}"
        name = safe_name(str(shown["name"]).rpartition("/")[2]) if "name" in shown else "document"
        number = 0
        while _folded(f"{folder}/{name}") in taken or folders.setdefault(_folded(folder), folder) != folder:
            number += 1
            folder = f"receipt-{place}" if number == 1 else f"receipt-{place}-{number}"
        taken.add(_folded(f"{folder}/{name}"))
        found.append(f"{DOCUMENTS}{folder}/{name}")
    return found


def is_record(name: str) -> bool:
    """Whether an evidence record lies there."""
    return _RECORD.fullmatch(name) is not None


def safe_name(name: str) -> str:
    """`name` as a file's name that every file system takes and no terminal or page turns around; never empty.

    Characters that cannot stay become `_`; what is too long loses its middle. The original name is in the claim.
    """
    text = "".join(_fit(char) for char in unicodedata.normalize("NFC", name)).strip(" .")
    text = re.sub(" {2,}", " ", text)  # two spaces end the digest in a line of the manifest
    text = text or "_"
    if _RESERVED.fullmatch(text):
        text = f"_{text}"
    if len(text.encode()) > MAX_PART:
        stem, dot, ending = text.rpartition(".")
        ending = dot + ending if stem and len(ending.encode()) <= 16 else ""
        room = MAX_PART - len(ending.encode())
        text = text.encode()[:room].decode(errors="ignore").rstrip(" .") + ending
    return text


def manifest(digests: Mapping[str, bytes]) -> bytes:
    """MANIFEST.sha256 of files by name."""
    return "".join(f"{digests[name].hex()}  {name}\n" for name in sorted(digests)).encode()


def contents_digest(digests: Mapping[str, bytes]) -> bytes:
    """32 bytes: over what the manifest says of all files but the report."""
    return hashlib.sha256(manifest({name: one for name, one in digests.items() if name != REPORT})).digest()


def read_manifest(data: bytes) -> dict[str, bytes]:
    """Digests by name.  Raises BundleInvalid."""
    try:
        text = data.decode()
    except UnicodeDecodeError as exc:
        raise BundleInvalid("manifest-invalid", f"{MANIFEST} is not UTF-8 at byte {exc.start}") from exc
    found: dict[str, bytes] = {}
    place = 0
    while place < len(text):
        line = _LINE.match(text, place)
        if line is None:
            raise BundleInvalid("manifest-invalid", f"line {len(found) + 1} of {MANIFEST} is not a digest and a name")
        check_path(line[2])
        found[line[2]] = bytes.fromhex(line[1])
        place = line.end()
    if data != manifest(found):
        raise BundleInvalid("manifest-invalid", f"{MANIFEST} is not sorted by name, or has a name twice")
    return found


def _fit(char: str) -> str:
    unfit = char in _UNFIT or category(char) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    return "_" if unfit else char


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
