"""`tallystick case export` and `tallystick verify BUNDLE.zip`, from a workspace with a chain."""

from __future__ import annotations

import hashlib
import io
import subprocess
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.portalworld import Answer, deployed_workspace, tallystick

from notary.court import bundle_zip
from notary.proofs import bundle
from notary.report.inputs import FORUMS
from notary.verdicts.reasons import LOCALES
from portal.cli import case_export

AT = "2026-11-24T08:00:00+08:00"
NAMES = ("b.txt", "合同 'x' $(id).pdf", "‮gpj.exe", "😀" * 60, "CON", "Straße/ß.txt")


@dataclass(frozen=True)
class Place:
    folder: Path

    @property
    def workspace(self) -> Path:
        return self.folder / "w"

    @property
    def papers(self) -> Path:
        return self.folder / "papers"

    @property
    def trust(self) -> Path:
        return self.folder / "blocks.json"

    def export(self, name: str, *options: object, case: str = "smith", expect: tuple[int, ...] = (0,)) -> Answer:
        words = ("case", "export", case, "--to", self.folder / name, *options)
        return tallystick(*words, workspace=self.workspace, expect=expect)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    found = Place(tmp_path_factory.mktemp("export"))
    with deployed_workspace(found.workspace, keys=()):
        for number, name in enumerate(NAMES):
            path = found.papers / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"document {number}")
        tallystick(
            "case", "new", "smith", "--title", "Smith v. Weber", "--party", "Smith Ltd", workspace=found.workspace
        )
        tallystick("seal", "smith", found.papers, workspace=found.workspace)
        tallystick("anchor", "--wait", "--trust-file", found.trust, workspace=found.workspace)
        yield found


@pytest.fixture(scope="module")
def whole(place: Place) -> Path:
    """A bundle of everything, with a report."""
    place.export("whole.zip", "--at", AT, "--trust", place.trust, "--lang", "en", "--forum", "us")
    return place.folder / "whole.zip"


def files_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def remade(path: Path, files: Mapping[str, bytes], *, listed: bool = True) -> Path:
    """A bundle of these files; with a manifest that fits them, as a forger would write it, or with the old one."""
    files = dict(files)
    if listed:
        lines = [f"{hashlib.sha256(files[n]).hexdigest()}  {n}\n" for n in sorted(files) if n != "MANIFEST.sha256"]
        files["MANIFEST.sha256"] = "".join(lines).encode()
    out = io.BytesIO()
    bundle_zip.write(out, [(name, len(data), [data]) for name, data in sorted(files.items())], 1_790_000_000)
    path.write_bytes(out.getvalue())
    return path


class TestExport:
    def test_export_gives_the_same_bytes_for_the_same_case_and_time(self, place: Place, whole: Path) -> None:
        place.export("again.zip", "--at", AT, "--trust", place.trust, "--lang", "en", "--forum", "us")
        assert (place.folder / "again.zip").read_bytes() == whole.read_bytes()
        place.export("later.zip", "--at", "1790000000", "--trust", place.trust)
        assert (place.folder / "later.zip").read_bytes() != whole.read_bytes()

    def test_export_holds_every_document_byte_for_byte(self, place: Place, whole: Path) -> None:
        files = files_of(whole)
        documents = {data for name, data in files.items() if name.startswith("documents/")}
        assert documents == {path.read_bytes() for path in place.papers.rglob("*") if path.is_file()}
        assert {"receipts.json", "trust.json", "report.pdf", "MANIFEST.sha256"} <= set(files)
        assert files["trust.json"] == place.trust.read_bytes()
        names = {str(one.shown()["name"]) for one in bundle.loads(files["receipts.json"])}
        assert {name.rpartition("/")[2] for name in names} == {name.rpartition("/")[2] for name in NAMES}

    def test_export_unpacks_so_that_sha256sum_finds_every_file(self, whole: Path, tmp_path: Path) -> None:
        with zipfile.ZipFile(whole) as archive:
            archive.extractall(tmp_path)
        ran = subprocess.run(
            ["sha256sum", "--strict", "-c", "MANIFEST.sha256"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert ran.stdout.count(": OK\n") == len(files_of(whole)) - 1

    def test_export_takes_the_exhibits_and_documents_that_were_chosen(self, place: Place) -> None:
        said = place.export("two.zip", "--exhibit", 1, "--exhibit", 3, "--document", 3, "--no-report").json
        assert (said["receipts"], said["documents"]) == (2, 1)
        assert next(name for name in said["files"] if name.startswith("documents/")).startswith("documents/3/")
        assert place.export("none.zip", "--documents", "none", "--no-report").json["documents"] == 0

    def test_export_withholds_fields_everywhere(self, place: Place) -> None:
        place.export(
            "held.zip", "--withhold", "name", "--withhold", "exhibit", "--withhold", "case", "--documents", "none"
        )
        files = files_of(place.folder / "held.zip")
        assert all("name" not in one.shown() and one.custody is None for one in bundle.loads(files["receipts.json"]))
        place.export("held.zip", "--withhold", "name", "--no-report")
        files = files_of(place.folder / "held.zip")
        assert not any("b.txt" in name for name in files) and b"b.txt" not in files["receipts.json"]

    @pytest.mark.parametrize(
        ("options", "code"),
        [
            (("--exhibit", "99"), "notary.exhibit-unknown"),
            (("--document", "99"), "notary.exhibit-unknown"),
            (("--withhold", "nothing"), "notary.claim-invalid"),
            (("--at", "1979-12-31T23:59:59Z"), "portal.argument"),
            (("--trust", "/nowhere"), "portal.file-missing"),
        ],
    )
    def test_export_refuses_what_is_not_there_and_writes_nothing(
        self, place: Place, options: tuple[str, ...], code: str
    ) -> None:
        answer = place.export("refused.zip", *options, "--no-report", expect=(4,))
        assert answer.error == code
        assert not list(place.folder.glob("*refused*"))

    def test_export_refuses_changed_and_missing_documents_by_name(self, place: Place) -> None:
        tallystick("case", "new", "changing", workspace=place.workspace)
        folder = place.folder / "changing"
        folder.mkdir()
        for name in ("kept", "changed", "gone"):
            (folder / name).write_text(name)
        tallystick("seal", "changing", folder, workspace=place.workspace)
        (folder / "changed").write_text("CHANGED")
        (folder / "gone").unlink()
        answer = place.export("changing.zip", "--no-report", case="changing", expect=(4,))
        assert answer.error == "notary.documents-changed"
        message = answer.json["error"]["message"]
        assert (
            "2 document(s)" in message and "/changed: its sha256 was" in message and "/gone: does not exist" in message
        )
        assert not (place.folder / "changing.zip").exists()
        said = place.export("changing.zip", "--documents", "none", "--no-report", case="changing").json
        assert (said["receipts"], said["documents"]) == (3, 0)

    def test_a_case_that_is_not_anchored_exports_and_one_without_exhibits_does_not(self, place: Place) -> None:
        tallystick("case", "new", "fresh", workspace=place.workspace)
        assert place.export("fresh.zip", case="fresh", expect=(4,)).error == "notary.act-refused"
        paper = place.folder / "fresh.txt"
        paper.write_text("fresh")
        tallystick("seal", "fresh", paper, workspace=place.workspace)
        assert place.export("fresh.zip", "--at", AT, case="fresh").json["receipts"] == 1

    def test_languages_and_forums_are_those_of_the_report(self) -> None:
        assert (case_export.LANGUAGES, case_export.FORUMS) == (LOCALES, FORUMS)
