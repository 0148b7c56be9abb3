"""Make tests/vectors/receipts: receipts, records, bundles, and index.json with what a verifier must say of each.

scripts/lib/make_vectors.py            write them
scripts/lib/make_vectors.py --check    exit 1 if they are not so
scripts/lib/make_vectors.py --report   make the report by Typst anew, too; it needs the fonts of scripts/fonts

Keys, numbers and times are fixed, so the same bytes come out each time.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from support import bundle_vectors, custody_vectors, receipt_vectors, record_vectors  # noqa: E402  (after the path)
from support.bundle_index import judged_bundle  # noqa: E402
from support.vector_index import judged, judged_record, overall  # noqa: E402

from notary.verdicts.trust import Trust  # noqa: E402

FOLDER = ROOT / "tests/vectors/receipts"
BY_HAND = {"README.md", "ml-dsa-65.base64"}


class Files:
    """Files of the folder by name; documents and trust files that several vectors share are written once."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def add(self, name: str, data: bytes) -> str:
        if name in self.files:
            raise ValueError(f"two vectors write {name}")
        self.files[name] = data
        return name

    def document(self, data: bytes | None) -> str | None:
        return None if data is None else self._shared("documents", data, "bin")

    def trust(self, trust: Trust | None) -> str | None:
        return None if trust is None else self._shared("trust", trust.to_bytes(), "json")

    def _shared(self, folder: str, data: bytes, suffix: str) -> str:
        name = f"{folder}/{hashlib.sha256(data).hexdigest()[:12]}.{suffix}"
        self.files[name] = data
        return name


def make() -> dict[str, bytes]:
    """All files by name."""
    files = Files()
    listed = [_receipts(files, one) for group in (receipt_vectors, custody_vectors) for one in group.vectors()]
    records = [_record(files, one) for one in record_vectors.vectors()]
    bundles = [_bundle(files, one) for one in bundle_vectors.vectors()]
    head = '{"format": "tallystick/vectors", "version": 1,\n "receipts": [\n'
    text = f'{head}{_lines(listed)}],\n "records": [\n{_lines(records)}],\n "bundles": [\n{_lines(bundles)}]}}\n'
    files.add("index.json", text.encode())
    return files.files


def _receipts(files: Files, one: receipt_vectors.Vector) -> dict[str, Any]:
    documents = [files.document(document) for document in one.documents]
    trust = None if one.trust is None else one.trust.to_bytes()
    results = judged(one.data, one.documents, trust)
    return {
        "name": one.name,
        "about": one.about,
        "file": files.add(f"{one.name}.json", one.data),
        "trust": files.trust(one.trust),
        "status": overall(results),
        "results": [{"document": document, **result} for document, result in zip(documents, results, strict=True)],
    }


def _record(files: Files, one: record_vectors.RecordVector) -> dict[str, Any]:
    return {
        "name": one.name,
        "about": one.about,
        "file": files.add(f"records/{one.name}.er", one.data),
        "document": files.document(one.document),
        "trust": files.trust(one.trust),
        "at": one.at,
        **judged_record(one.data, one.document, None if one.trust is None else one.trust.to_bytes(), one.at),
    }


def _bundle(files: Files, one: bundle_vectors.BundleVector) -> dict[str, Any]:
    return {
        "name": one.name,
        "about": one.about,
        "file": files.add(one.file, one.data),
        "trust": files.trust(one.trust),
        "at": bundle_vectors.NOW,
        **judged_bundle(one.data, Path(one.file).suffix, None if one.trust is None else one.trust.to_bytes()),
    }


def _render() -> None:
    from support import reports

    from notary.report.render import render

    bundle_vectors.REPORT.parent.mkdir(parents=True, exist_ok=True)
    bundle_vectors.REPORT.write_bytes(render(reports.given(), reports.fonts()))


def _lines(values: list[dict[str, Any]]) -> str:
    """A line for each member of each value: short, and a changed verdict shows in a diff."""
    written = []
    for one in values:
        members = (f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in one.items())
        written.append("  {" + ",\n   ".join(members) + "}")
    return ",\n".join(written)


def main() -> int:
    """Write or check; returns the exit code."""
    if "--report" in sys.argv[1:]:
        _render()
    made = make()
    present = {str(path.relative_to(FOLDER)): path for path in sorted(FOLDER.rglob("*")) if path.is_file()}
    if "--check" in sys.argv[1:]:
        wrong = [name for name, data in made.items() if name not in present or present[name].read_bytes() != data]
        wrong += sorted(present.keys() - made.keys() - BY_HAND)
        for name in wrong:
            print(f"tests/vectors/receipts/{name} is not what scripts/lib/make_vectors.py makes", file=sys.stderr)
        return 1 if wrong else 0
    for name in present.keys() - made.keys() - BY_HAND:
        present[name].unlink()
    for name, data in made.items():
        (FOLDER / name).parent.mkdir(parents=True, exist_ok=True)
        (FOLDER / name).write_bytes(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
