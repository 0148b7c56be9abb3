"""Bundles and reports for both verifiers: the command line's and the browser's, and what differs between them."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import random
import re
import struct
import subprocess
import time
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from support import reports, stamped, zips
from support.browser_verifier import FOLDER, PAGE, same
from support.portalworld import tallystick

from notary.court import layout
from notary.court.reverify import bundled_text
from notary.proofs import bundle
from notary.proofs.receipt import Receipt
from notary.report.render import render

UNCHECKED = {  # by the page, which cannot make a report again
    None,
    "report-text-differs",
    "report-pages-differ",
    "report-covered",
    "report-added",
    "report-drawn-differently",
    "report-receipts-invalid",
    "report-renderer-differs",
}


@dataclass(frozen=True)
class Case:
    """One file that is given to both: its name and its bytes."""

    label: str
    name: str
    data: bytes


def sealed_in_bundle() -> tuple[list[Receipt], list[bytes]]:
    """Receipts, one of them with every anchor, and their documents."""
    full = stamped.full()
    first, _, third = full.sealed.receipts
    return [first, full.receipt, third], list(full.sealed.documents)


def parts() -> dict[str, bytes]:
    """The files of a good bundle but for its list and its report."""
    full = stamped.full()
    receipts, documents = sealed_in_bundle()
    found = dict(zip(layout.document_paths(receipts), documents, strict=True))
    found[layout.RECEIPTS] = bundle.dumps(receipts)
    found[layout.TRUST] = full.trust.to_bytes()
    found[layout.MANUAL] = bundled_text(receipts, found, full.trust).encode()
    return found


def listed(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """With the list of them."""
    digests = {name: hashlib.sha256(data).digest() for name, data in files.items()}
    return {**files, layout.MANIFEST: layout.manifest(digests)}


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name), files[name], method)
    return out.getvalue()


class _Pipe(io.RawIOBase):
    """Where nobody can go back, so that sizes stand behind the bytes."""

    def __init__(self) -> None:
        super().__init__()
        self.data = b""

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.data += bytes(data)
        return len(data)


def streamed(files: Mapping[str, bytes]) -> bytes:
    """Deflated, with checksum and sizes behind each entry."""
    out = _Pipe()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            with archive.open(zipfile.ZipInfo(name), "w") as entry:
                entry.write(files[name])
    return out.data


@cache
def report(of_bundle: bool = True) -> bytes:
    """A report of the bundle of `parts`, or of the same receipts without one."""
    receipts, documents = sealed_in_bundle()
    digests = {name: hashlib.sha256(data).digest() for name, data in parts().items()}
    side = replace(
        reports.side(receipts, stamped.full().trust, documents),
        bundle_digest=layout.contents_digest(digests) if of_bundle else None,
    )
    given = reports.given(side)
    return render(given, reports.fonts(given.languages))


def altered() -> Iterable[tuple[str, dict[str, bytes]]]:
    """Bundles that differ from a good one in what a reader is told of, each with its list made after or before."""
    good = parts()
    paths = [name for name in good if name.startswith(layout.DOCUMENTS)]
    receipts, _ = sealed_in_bundle()
    yield "good", listed(good)
    yield "page", listed({**good, layout.PAGE: PAGE.read_bytes()})
    yield "page-other", listed({**good, layout.PAGE: b"<html></html>"})
    yield "no-manifest", good
    yield "no-receipts", listed({name: data for name, data in good.items() if name != layout.RECEIPTS})
    yield "receipts-broken", listed({**good, layout.RECEIPTS: b"{}"})
    yield "receipts-later-version", listed({**good, layout.RECEIPTS: b'{"format":"tallystick/receipts","version":2}'})
    yield "one-receipt", listed({**good, layout.RECEIPTS: receipts[0].to_bytes()})
    yield "trust-broken", listed({**good, layout.TRUST: b"[]"})
    yield "document-altered", {**listed(good), paths[0]: b"altered"}
    yield "document-altered-and-listed", listed({**good, paths[0]: b"altered"})
    yield "document-gone", {name: data for name, data in listed(good).items() if name != paths[1]}
    yield "document-gone-and-unlisted", listed({name: data for name, data in good.items() if name != paths[1]})
    yield "documents-swapped", listed({**good, paths[0]: good[paths[1]], paths[1]: good[paths[0]]})
    moved = {name: data for name, data in good.items() if name != paths[2]}
    yield "document-moved", listed({**moved, "documents/elsewhere/x": good[paths[2]]})
    yield "document-more", listed({**good, "documents/A-9/more.txt": b"more"})
    yield "document-unlisted", {**listed(good), "documents/A-9/more.txt": b"more"}
    yield "record", listed({**good, "records/1.er": b"0"})
    yield "record-otherwise", listed({**good, "records/01.er": b"0", "records/x": b"1"})
    yield "file-unknown", listed({**good, "README.txt": b"read me", "documents.txt": b""})
    yield "only-list", {layout.MANIFEST: b""}
    for label, lines in (
        ("not-utf8", b"\xff"),
        ("no-line", b"x\n"),
        ("not-ended", listed(good)[layout.MANIFEST][:-1]),
        ("unsorted", b"".join(reversed(listed(good)[layout.MANIFEST].splitlines(keepends=True)))),
        ("path", b"0" * 64 + b"  ../x\n"),
        ("itself", b"0" * 64 + b"  MANIFEST.sha256\n"),
    ):
        yield f"manifest-{label}", {**good, layout.MANIFEST: lines}


def with_reports() -> Iterable[tuple[str, dict[str, bytes]]]:
    """Bundles with a report of their own, of none, of others, and with what is none."""
    good, pdf = parts(), report()
    yield "report", listed({**good, layout.REPORT: pdf})
    yield "report-of-no-bundle", listed({**good, layout.REPORT: report(of_bundle=False)})
    yield "report-of-others", listed({**good, layout.REPORT: render(reports.given(), reports.fonts())})
    yield "report-of-another-bundle", listed({**good, "documents/A-9/more.txt": b"more", layout.REPORT: pdf})
    yield "report-none", listed({**good, layout.REPORT: b"%PDF-1.7\n"})
    yield "report-no-pdf", listed({**good, layout.REPORT: b"report"})
    stated = pdf.replace(b"(report.json)", b"(report.jsoN)")
    yield "report-without-statement", listed({**good, layout.REPORT: stated})


def cases() -> list[Case]:
    """Every bundle of `altered`, in several forms of zip."""
    found = []
    for label, files in altered():
        found.append(Case(label, f"{label}.zip", zipped(files)))
        found.append(Case(f"{label}-deflated", f"{label}.zip", zipped(files, zipfile.ZIP_DEFLATED)))
        found.append(Case(f"{label}-streamed", f"{label}.zip", streamed(files)))
    return found


def odd_zips() -> list[Case]:
    """Zips put together by hand: of each fault, and near it."""
    files = [zips.Part(name.encode(), data, flags=0x800) for name, data in sorted(listed(parts()).items())]
    packed = [replace(one, method=8, packed=zips.deflated(one.data)) for one in files]
    out, rows, count = zips.put_together(files)
    end = zips.end(count, len(rows), len(out))

    def more(**changes: Any) -> bytes:
        return zips.zipped([*files, replace(zips.Part(b"extra.txt", b"extra"), **changes)])

    names = [
        b"../x", b"/x", b"a//b", b"a/./b", b"a\\b", b"C:x", b"x\x00y", b"x\x7f", b"\xef\xbf\xbd", b"\xff",
        "é".encode(), b"x" * 1000, b"x" * 1001, b"receipts.json", b"RECEIPTS.JSON", b"documents", b"Documents/x",
        b"trust.json/x", b"", b"folder/", b"trust.json/", b"TRUST.json/", b"..",
    ]  # fmt: skip
    found = {f"name-{place}": more(name=name) for place, name in enumerate(names)}
    found |= {f"utf8-name-{place}": more(name=name, flags=0x800) for place, name in enumerate(names)}
    for one, other in (
        ("Straße", "STRASSE"),
        ("ﬁ", "FI"),
        ("e\u0301", "é"),
        ("ı", "i"),
        ("ς", "Σ"),
        ("K", "k"),
        ("İ", "i̇"),
    ):
        pair = [zips.Part(name.encode(), b"", flags=0x800) for name in (one, other)]
        found[f"names-{one}"] = zips.zipped([*files, *pair])
    found |= {f"flags-{bit}": more(flags=1 << bit) for bit in range(16)}
    found |= {f"method-{method}": more(method=method) for method in (1, 9, 12, 14, 95, 99)}
    kinds = [0, 0o120777 << 16, 0o040755 << 16, 0o060644 << 16, 0o170000 << 16, 0x8, 0x10, 0x400, 0x20]
    kinds += [(0o100644 << 16) | 0x10, 0o100644 << 16]
    found |= {f"attributes-{value:x}": more(attributes=value) for value in kinds}
    found |= {f"folder-{value:x}": more(name=b"f/", data=b"", attributes=value) for value in kinds}
    found["folder-with-bytes"] = more(name=b"f/", attributes=0)
    found["crc"] = more(crc=1)
    found["sizes"] = more(sizes=(5, 6))
    found["deflated"] = zips.zipped(packed)
    found["deflated-cut"] = more(method=8, packed=zips.deflated(b"extra")[:-1])
    found["deflated-empty"] = more(method=8, packed=b"")
    found["deflated-more"] = more(method=8, packed=zips.deflated(b"extra") + b"x")
    found["deflated-twice"] = more(method=8, packed=zips.deflated(b"extra") * 2)
    found["deflated-none"] = more(method=8, packed=b"\xff\xff\xff")
    found["deflated-longer"] = more(method=8, packed=zips.deflated(b"extra and more"))
    found["deflated-shorter"] = more(method=8, packed=zips.deflated(b"extr"))
    large = b"\0" * (17 << 20)
    found["bomb"] = more(data=large, method=8, packed=zips.deflated(large))
    found["not-quite-a-bomb"] = more(data=large[: 15 << 20], method=8, packed=zips.deflated(large[: 15 << 20]))
    found["large"] = more(sizes=(5, 1 << 31), method=8)
    for kind in (1, 0x7075, 0x5455, 0x9901):
        for field in (b"", b"12345678", b"1234567890123456", b"1" * 24):
            found[f"extra-{kind:x}-{len(field)}"] = more(extra=zips.extra(kind, field))
    found["extra-cut"] = more(extra=b"\x01")
    found["extra-long"] = more(extra=zips.extra(0x5455, b"1234")[:-1])
    found["extra-twice"] = more(extra=zips.extra(0x5455, b"1") * 2)
    found["behind"] = more(behind=b"x")
    found["entry-comment"] = more(comment=b"a comment")
    shared = {len(files) - 1: replace(files[-1], sizes=(len(files[-1].data) + 100,) * 2)}
    found["reaches-into-the-list"] = zips.zipped(files, shared)
    found["other-disk"] = more(disk=1)
    longest = replace(
        files[0], sizes=(0xFFFF_FFFF, 1), method=8, extra=zips.extra(1, struct.pack("<Q", (1 << 40) - 55))
    )
    far = [
        replace(files[0], name=name, extra=zips.extra(1, struct.pack("<Q", 1 << (40 + n)))).row(0xFFFF_FFFF)
        for n, name in enumerate((b"b", b"c"))
    ]
    list_of_far = longest.row(0) + b"".join(far)
    found["far-behind-the-end"] = longest.local() + list_of_far + zips.end(3, len(list_of_far), len(longest.local()))
    found["before"] = b"x" + out + rows + end
    found["moved"] = b"x" + out + rows + zips.end(count, len(rows), len(out) + 1)
    found["after"] = out + rows + end + b"x"
    found["comment"] = out + rows + end[:-2] + b"\1\0x"
    found["between"] = out + b"x" + rows + zips.end(count, len(rows), len(out) + 1)
    found["behind-the-list"] = out + rows + b"x" + end
    found["count-more"] = out + rows + zips.end(count + 1, len(rows), len(out))
    found["count-fewer"] = out + rows + zips.end(count - 1, len(rows), len(out))
    found["list-shorter"] = out + rows + zips.end(count, len(rows) - 1, len(out))
    found["end64"] = out + rows + zips.end64(count, len(rows), len(out)) + end
    found["end64-only"] = out + rows + zips.end64(count, len(rows), len(out)) + zips.end(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
    found["end64-differs"] = out + rows + zips.end64(count - 1, len(rows), len(out)) + end
    found["end64-elsewhere"] = out + rows + zips.end64(count, len(rows), len(out) + 1) + end
    found["cut"] = (out + rows + end)[:-1]
    found["no-end"] = out + rows
    found["list-only"] = rows + zips.end(count, len(rows), 0)
    found["empty"] = zips.end(0, 0, 0) + b"receipts.json"
    return [Case(f"zip-{label}", "odd.zip", data) for label, data in found.items()]


def mutants(count: int, seed: int) -> Iterable[Case]:
    """Good bundles with some bytes changed, most of them where a zip says what is in it."""
    chance = random.Random(seed)
    files = listed(parts())
    large = zips.put_together([zips.Part(name.encode(), data) for name, data in sorted(files.items())])
    sources = [zipped(files), zipped(files, zipfile.ZIP_DEFLATED), streamed(files)]
    sources.append(
        large[0]
        + large[1]
        + zips.end64(large[2], len(large[1]), len(large[0]))
        + zips.end(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
    )
    marks = [[found.start() for found in re.finditer(rb"PK[\x01-\x08][\x02-\x08]", one)] for one in sources]
    for number in range(count):
        place = chance.randrange(len(sources))
        data = bytearray(sources[place])
        for _ in range(chance.choice((1, 1, 1, 2))):
            near = chance.choice(marks[place]) + chance.randrange(64)
            at = near if chance.random() < 0.8 and near < len(data) else chance.randrange(len(data))
            kind = chance.randrange(6)
            if kind <= 2:
                data[at] ^= 1 << chance.randrange(8)
            elif kind == 3:
                data[at] = chance.choice((0, 1, 8, 0x7F, 0x80, 0xFF))
            elif kind == 4:
                del data[at : at + chance.choice((1, 1, 2, 8))]
            else:
                data[at:at] = chance.randbytes(chance.choice((1, 1, 4)))
        yield Case(f"mutant-{seed}-{number}", "mutant.zip", bytes(data))


def python(case: Case, folder: Path, trust: Path) -> dict[str, Any]:
    """What `tallystick verify` says, in the form that `judgedJson` of the page has."""
    path = folder / case.name
    path.write_bytes(case.data)
    said = tallystick("verify", path, "--trust", trust, expect=None)
    path.unlink()
    if said.error:
        return {"fault": fault_of(json.dumps(said.json))}
    results = [_comparable(one, str(folder)) for one in said.json["results"]]
    contents = said.json.get("contents_sha256")
    return {"results": results, "contents_sha256": [contents] if contents else []}


def fault_of(text: str) -> str:
    """The code of a zip's fault in a message, or all of the message."""
    found = re.search(r"\((zip-[a-z-]+)\)", text)
    return found[1] if found else text


def _comparable(result: Mapping[str, Any], folder: str) -> dict[str, Any]:
    """A result of the command line, without what the page cannot find out, and with what it says of that."""
    name = (result["document"] or "").removeprefix(f"{folder}/") or None
    status, reason = result["status"], result["reason"]
    if (name == layout.REPORT or (name or "").endswith(".pdf")) and result["receipt"] is None and reason in UNCHECKED:
        status, reason = "INDETERMINATE", "report-unchecked"
    if reason and reason.startswith("notary.receipt"):
        reason = reason.removeprefix("notary.").replace("receipt-version", "receipt-version-unknown")[:23]
    return {"document": name, "status": status, "reason": reason, "verdict": result["verdict"]}


def differing(given: Sequence[Case], pages: Sequence[Any], folder: Path, trust: Path) -> list[tuple[str, Any, Any]]:
    """Labels of the cases where the two differ, with what each says."""
    found = []
    for case, page in zip(given, pages, strict=True):
        expected = python(case, folder, trust)
        if not isinstance(page, dict):
            found.append((case.label, expected, page))
        elif page["faults"]:
            if [expected.get("fault")] != list(map(fault_of, page["faults"])):
                found.append((case.label, expected, page["faults"]))
        else:
            results = [
                {name: one[name] for name in ("document", "status", "reason", "verdict")} for one in page["results"]
            ]
            if not same(expected, {"results": results, "contents_sha256": page["contents_sha256"]}):
                found.append((case.label, expected, results))
    return found


def run_files(given: Iterable[Case], trust: bytes, folder: Path, node: str) -> list[Any]:
    """What the browser's verifier says of each, run by Node without its page; a fault of the program is a text."""
    core = folder / "judging.mjs"
    subprocess.run([node, str(FOLDER / "build.mjs"), "--core", str(core), "judging.ts"], check=True)
    page = base64.b64encode(hashlib.sha256(PAGE.read_bytes()).digest()).decode()
    known, at = base64.b64encode(trust).decode(), int(time.time())
    lines = "".join(
        json.dumps({"files": [[one.name, base64.b64encode(one.data).decode()]], "trust": known, "page": page, "at": at})
        + "\n"
        for one in given
    )
    command = [node, str(FOLDER / "test/run_files.mjs"), str(core)]
    found = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in found.stdout.removesuffix("\n").split("\n")]
