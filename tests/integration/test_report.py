"""Reports as PDF: set, embedded, read back, checked by making them again, signed."""

from __future__ import annotations

import io
import random
import re
import shutil
import subprocess
import time
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any

import pypdf
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pypdf.annotations import FreeText
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    PdfObject,
    TextStringObject,
)
from support import reports, sealed, stamped, tsa
from support.tsa_chain import chain

from notary.errors import ReportInvalid
from notary.report import embedded
from notary.report.checking import Checked, ReportReason, check_report
from notary.report.fonts import Fonts
from notary.report.inputs import FORUMS, Party, ReportInput
from notary.report.render import compile_pdf, laid_out, render
from notary.report.signing import SigningKey, sign
from notary.report.text import BREAK, shown
from notary.service_errors import FontsMissing, ReportUnmade, TimestampUnavailable
from notary.timestamps.stamp_sources import Authority
from notary.verdicts.verdict import Status

HOSTILE = [
    "x" * 300 + ".pdf",
    "محضر اجتماع.pdf",
    "חוזה.pdf",
    "😀👨\u200d👩.jpg",
    "a\u202egpj.exe",
    "tab\tnew\nline\x1b[31m.txt",
    "合同 第1号.pdf",
    "契約書ひらがな.pdf",
    "계약서.pdf",
    "ᏣᎳᎩ.txt",
    "हिन्दी अनुबंध.pdf",
    "สัญญา.pdf",
    "  spaces  .txt",
    "a" + "\u0301" * 60,
    "\ufdd0\ue000.bin",
    "<b>#show: it</b> $x$ *b* _i_ \\n @ref `c` ```d``` = h",
]


def text_of(pdf: bytes) -> str:
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return "\n".join(page.extract_text() for page in pages).replace(BREAK, "")


def check(pdf: bytes) -> Checked:
    return check_report(pdf, reports.fonts)


def changed(pdf: bytes, change: Any) -> bytes:
    """The PDF as another program writes it after `change`."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def form_of(name: NameObject, value: PdfObject) -> DictionaryObject:
    return DictionaryObject({name: value})


def forged(shown_input: ReportInput, carried: ReportInput) -> bytes:
    """A report that shows one thing and carries another."""
    fonts = reports.fonts()
    page, _ = laid_out(shown_input, fonts)
    _, stated = laid_out(carried, fonts)
    return compile_pdf(page, stated.files(), fonts, shown_input.made_at) + b"\n"


@pytest.fixture(scope="module")
def report() -> bytes:
    return render(reports.given(), reports.fonts())


class TestRender:
    def test_render_gives_the_same_bytes_for_the_same_input(self, report: bytes) -> None:
        assert render(reports.given(), reports.fonts()) == report

    def test_render_calls_itself_pdf_a_3a_and_pdf_ua_1(self, report: bytes) -> None:
        metadata = pypdf.PdfReader(io.BytesIO(report)).xmp_metadata
        assert metadata is not None
        xml = metadata.stream.get_data().decode()
        assert re.search(r"<pdfaid:part>3<.*<pdfaid:conformance>A<", xml, re.DOTALL)
        assert "<pdfuaid:part>1<" in xml

    def test_render_embeds_every_file_byte_for_byte(self, report: bytes) -> None:
        files = embedded.files(report)
        given = reports.given()
        assert {name: files[name] for name in ("receipts.json", "trust.json")} == {
            "receipts.json": given.sides[0].receipts,
            "trust.json": given.sides[0].trust,
        }
        assert replace(ReportInput.from_files(files), edition="") == given

    @pytest.mark.parametrize(
        "languages", [("en",), ("zh-Hans",), ("zh-Hant",), ("en", "zh-Hans"), ("zh-Hant", "zh-Hans", "en")]
    )
    def test_render_sets_page_one_on_one_page_in_each_language(self, languages: tuple[str, ...]) -> None:
        pdf = render(reports.given(languages=languages, forums=FORUMS), reports.fonts(languages))
        first, second = (page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages[:2])
        ending = {"en": "newest state of the record", "zh-Hans": "是否被撤回或者更新", "zh-Hant": "是否被撤回或者更新"}
        contents = {"en": "Contents", "zh-Hans": "目录", "zh-Hant": "目錄"}
        for language in languages:
            assert ending[language] in first.replace("\n", "").replace(BREAK, "") or ending[language] in first
            assert contents[language] in second

    def test_render_keeps_page_one_on_one_page_with_wider_fonts(self, tmp_path: Path) -> None:
        dejavu = list(Path("/usr/share/fonts/truetype/dejavu").glob("DejaVuSans*.ttf"))
        if not dejavu:
            pytest.skip("fonts-dejavu is not installed")
        for path in (*dejavu, *reports.FOLDER.glob("NotoSans[ST]C_*.ttf")):
            (tmp_path / path.name).symlink_to(path)
        languages = ("en", "zh-Hans", "zh-Hant")
        fonts = Fonts.find([tmp_path], languages)
        assert fonts.families[0] == "DejaVu Sans"
        pages = pypdf.PdfReader(io.BytesIO(render(reports.given(languages=languages), fonts))).pages
        assert "Contents" in pages[1].extract_text()

    def test_render_keeps_page_one_on_one_page_with_the_longest_names_and_a_warning(self) -> None:
        languages = ("en", "zh-Hans", "zh-Hant")
        long = "名" * 500 + " " + "n" * 499
        given = reports.given(
            reports.side(sealed.seal().receipts),
            languages=languages,
            utc_offset_minutes=480,
            case=long,
            prepared_by=long,
            parties=(Party(long, long),) * 100,
        )
        pages = pypdf.PdfReader(io.BytesIO(render(given, reports.fonts(languages)))).pages
        assert "Contents" in pages[1].extract_text()

    def test_render_shows_case_bundle_and_number_on_every_page(self, report: bytes) -> None:
        pages = pypdf.PdfReader(io.BytesIO(report)).pages
        for number, page in enumerate(pages, 1):
            text = page.extract_text().replace(BREAK, "")
            assert "Case: Weber v. Kraft" in text
            assert reports.DIGEST.hex() in text
            assert f"Page {number} of {len(pages)}" in text

    def test_render_leaves_nothing_out_of_hostile_names(self) -> None:
        text = "".join(text_of(render(reports.many(HOSTILE), reports.fonts())).split())
        for name in HOSTILE:
            printed = "".join(char for char in shown(name) if char != " ")
            if name.startswith("a\u0301"):
                assert text.count("[U+0301]") >= 57
            elif "Ꮳ" in name:
                assert "[U+13E3][U+13B3][U+13A9].txt" in text
            elif (
                all(unicodedata.bidirectional(char) not in ("R", "AL") for char in name)
                and "\u0e31" not in name
                and "\u0939" not in name
            ):
                assert _comparable(printed) in _comparable(text), name

    def test_render_stands_names_of_any_characters(self) -> None:
        chance = random.Random(1)
        points = [point for point in range(1, 0x110000) if not 0xD800 <= point < 0xE000]
        names = [
            "".join(chr(chance.choice(points[: 10 ** chance.randint(2, 6)])) for _ in range(40)) for _ in range(60)
        ]
        assert check(render(reports.many(names), reports.fonts())).status is Status.PASSED

    @pytest.mark.deep  # how long it takes is measured by scripts/bench/run report
    def test_a_thousand_exhibits_are_all_there_and_checked(self) -> None:
        given = reports.many([f"invoice-{number:04}.pdf" for number in range(1000)], forums=("us", "in"))
        pdf = render(given, reports.fonts())
        text = text_of(pdf)
        assert all(f"invoice-{number:04}.pdf" in text for number in range(1000))
        assert check(changed(pdf, lambda writer: None)).status is Status.PASSED

    def test_fonts_that_are_missing_are_named_with_what_to_do(self, tmp_path: Path) -> None:
        for name in ("NotoSans_400Regular.ttf", "NotoSansMono_400Regular.ttf"):
            shutil.copy(reports.FOLDER / name, tmp_path)
        assert Fonts.find([tmp_path], ["en"]).families == ("Noto Sans", "Noto Sans Mono")
        with pytest.raises(FontsMissing, match="zh-Hans needs the font Noto Sans SC or Noto Sans CJK SC") as caught:
            Fonts.find([tmp_path], ["en", "zh-Hans"])
        assert "fonts-noto-cjk" in caught.value.hint

    def test_render_writes_out_what_the_fonts_lack_and_says_which(self, tmp_path: Path) -> None:
        for path in (*reports.FOLDER.glob("NotoSans_*.ttf"), *reports.FOLDER.glob("NotoSansMono_*.ttf")):
            shutil.copy(path, tmp_path)
        pdf = render(reports.many(["合.pdf"]), Fonts.find([tmp_path], ["en"]))
        assert "[U+5408].pdf" in text_of(pdf)
        assert ReportInput.from_files(embedded.files(pdf)).unshown == {0x5408}
        assert check(pdf).status is Status.PASSED  # a reader with more fonts compares all the same


def _comparable(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


class TestCheckReport:
    def test_check_passes_the_report_itself(self, report: bytes) -> None:
        checked = check(report)
        assert (checked.status, checked.exact) == (Status.PASSED, True)

    def test_check_passes_a_report_that_another_program_wrote_anew(self, report: bytes) -> None:
        checked = check(changed(report, lambda writer: None))
        assert (checked.status, checked.exact) == (Status.PASSED, False)

    def test_check_fails_a_report_whose_text_is_not_that_of_its_receipts(self) -> None:
        lie = reports.given(case="Weber v. Krafft")
        checked = check(forged(lie, reports.given()))
        assert (checked.status, checked.reason) == (Status.FAILED, ReportReason.TEXT_DIFFERS)
        assert checked.differences[0].page == 1
        assert "ft" in checked.differences[0].detail

    def test_check_fails_a_report_with_other_receipts_in_it(self) -> None:
        other = sealed.seal([b"other"])
        honest = reports.given(reports.side(other.receipts))
        checked = check(forged(reports.given(), honest))
        assert checked.status is Status.FAILED

    def test_check_fails_a_report_with_something_laid_over_it(self, report: bytes) -> None:
        def cover(writer: Any) -> None:
            writer.add_annotation(0, FreeText(text="It is genuine", rect=(50, 550, 400, 650)))

        checked = check(changed(report, cover))
        assert (checked.status, checked.reason) == (Status.FAILED, ReportReason.COVERED)

    @pytest.mark.parametrize("kind", ["/Widget", "/Link", "/Stamp", "/Popup"])
    @pytest.mark.parametrize("in_form", [True, False])
    def test_check_fails_a_report_with_a_field_or_link_that_shows_something(
        self, report: bytes, kind: str, in_form: bool
    ) -> None:
        def cover(writer: Any) -> None:
            drawn = DecodedStreamObject()
            drawn.set_data(b"1 1 1 rg 0 0 500 700 re f")
            box = ArrayObject(NumberObject(edge) for edge in (0, 0, 500, 700))
            drawn.update({NameObject("/Subtype"): NameObject("/Form"), NameObject("/BBox"): box})
            shows = DictionaryObject({NameObject("/N"): writer._add_object(drawn)})
            field = {"/Subtype": NameObject(kind), "/FT": NameObject("/Sig"), "/Rect": box, "/AP": shows}
            added = writer._add_object(DictionaryObject({NameObject(name): one for name, one in field.items()}))
            writer.pages[0][NameObject("/Annots")] = ArrayObject([added])
            if in_form:
                writer.root_object[NameObject("/AcroForm")] = form_of(NameObject("/Fields"), ArrayObject([added]))

        checked = check(changed(report, cover))
        assert (checked.status, checked.reason) == (Status.FAILED, ReportReason.COVERED)

    def test_check_fails_a_report_whose_links_lead_elsewhere(self, report: bytes) -> None:
        def lead(writer: Any) -> None:
            places = [one.get_object() for page in writer.pages for one in page.get("/Annots", [])]
            link = next(one for one in places if "/A" in one)
            link["/A"][NameObject("/URI")] = TextStringObject("https://evil.example")

        checked = check(changed(report, lead))
        assert (checked.status, checked.reason) == (Status.FAILED, ReportReason.DRAWN_DIFFERENTLY)
        assert "/Annots" in checked.differences[0].detail

    @pytest.mark.parametrize("action", ["/JavaScript", "/Launch", "/GoToR", "/SubmitForm"])
    def test_check_fails_a_report_whose_link_does_something(self, report: bytes, action: str) -> None:
        def act(writer: Any) -> None:
            places = [one.get_object() for page in writer.pages for one in page.get("/Annots", [])]
            next(one for one in places if "/A" in one)["/A"][NameObject("/S")] = NameObject(action)

        checked = check(changed(report, act))
        assert (checked.status, checked.reason) == (Status.FAILED, ReportReason.COVERED)

    @pytest.mark.parametrize(
        ("place", "name", "value"),
        [
            ("root", "/OpenAction", "/JS"),
            ("root", "/AA", "/WC"),
            ("root", "/AcroForm", "/XFA"),
            ("root", "/AcroForm", "/CO"),
            ("page", "/AA", "/O"),
            ("names", "/JavaScript", "/Names"),
            ("names", "/Pages", "/Names"),
        ],
    )
    def test_check_fails_a_report_that_acts_when_it_is_opened(
        self, report: bytes, place: str, name: str, value: str
    ) -> None:
        def add(writer: Any) -> None:
            root = writer.root_object
            where = {"root": root, "page": writer.pages[0], "names": root["/Names"]}[place]
            where[NameObject(name)] = form_of(NameObject(value), TextStringObject("app.alert(1)"))

        checked = check(changed(report, add))
        assert (checked.status, checked.reason) == (Status.FAILED, ReportReason.ADDED)
        assert name in checked.differences[0].detail or value in checked.differences[0].detail

    def test_check_fails_a_report_with_another_title_structure_or_setting(self, report: bytes) -> None:
        def title(writer: Any) -> None:
            writer.add_metadata({"/Title": "Judgment"})

        def heard(writer: Any) -> None:
            """Another text for who has the report read aloud."""
            waiting, seen = [writer.root_object["/StructTreeRoot"]], 0
            while True:
                element = waiting.pop(0).get_object()
                seen += 1
                if element.get("/S") == "/H1":
                    element[NameObject("/Alt")] = TextStringObject("It is proven")
                    return
                below = element.get("/K", [])
                waiting += [
                    one for one in (below if isinstance(below, list) else [below]) if hasattr(one, "get_object")
                ]
                waiting = [one for one in waiting if isinstance(one.get_object(), DictionaryObject)]

        def layers(writer: Any) -> None:
            writer.root_object[NameObject("/OCProperties")] = form_of(NameObject("/D"), DictionaryObject())

        def shown_for(writer: Any) -> None:
            writer.pages[0][NameObject("/Dur")] = NumberObject(1)

        for change in (title, heard, layers, shown_for):
            checked = check(changed(report, change))
            assert (checked.status, checked.reason) == (Status.FAILED, ReportReason.DRAWN_DIFFERENTLY), change

    def test_check_fails_a_report_that_carries_another_file_beside_the_named_ones(self, report: bytes) -> None:
        def carry(writer: Any) -> None:
            other = DecodedStreamObject()
            other.set_data(b"{}")
            held = form_of(NameObject("/F"), writer._add_object(other))
            writer.root_object["/AF"].append(writer._add_object(form_of(NameObject("/EF"), held)))

        checked = check(changed(report, carry))
        assert (checked.status, checked.reason) == (Status.FAILED, ReportReason.ADDED)

    def test_check_fails_what_was_added_to_a_report_of_another_edition(self) -> None:
        given, fonts = reports.given(), reports.fonts()
        page, _ = laid_out(given, fonts)
        older = compile_pdf(page, replace(given, edition="0" * 64).files(), fonts, given.made_at)
        assert check(older).status is Status.PASSED  # its words and pages are the same

        def add(writer: Any) -> None:
            writer.root_object[NameObject("/OpenAction")] = form_of(NameObject("/S"), NameObject("/JavaScript"))

        checked = check(changed(older, add))
        assert (checked.status, checked.reason) == (Status.FAILED, ReportReason.ADDED)

    def test_check_fails_a_report_that_was_painted_over(self, report: bytes) -> None:
        def paint(writer: Any) -> None:
            page, drawn = writer.pages[0], DecodedStreamObject()
            drawn.set_data(page.get_contents().get_data() + b"\n1 1 1 rg 0 0 600 400 re f\n")
            page[NameObject("/Contents")] = writer._add_object(drawn)

        checked = check(changed(report, paint))
        assert (checked.status, checked.reason) == (Status.FAILED, ReportReason.DRAWN_DIFFERENTLY)

    def test_check_fails_a_report_whose_font_was_exchanged(self, report: bytes) -> None:
        def exchange(writer: Any) -> None:
            fonts = writer.pages[0]["/Resources"]["/Font"]
            descriptor = next(iter(fonts.values())).get_object()["/DescendantFonts"][0]["/FontDescriptor"]
            name = next(name for name in descriptor if name.startswith("/FontFile"))
            stream = descriptor[name].get_object()
            stream._data = stream._data[:-1] + bytes([stream._data[-1] ^ 1])

        checked = check(changed(report, exchange))
        assert (checked.status, checked.reason) == (Status.FAILED, ReportReason.DRAWN_DIFFERENTLY)

    def test_check_fails_a_report_that_lacks_a_page(self, report: bytes) -> None:
        def drop(writer: Any) -> None:
            writer.remove_page(len(writer.pages) - 1)

        checked = check(changed(report, drop))
        assert (checked.status, checked.reason) == (Status.FAILED, ReportReason.PAGES_DIFFER)

    def test_check_cannot_compare_a_report_of_another_edition_and_never_passes_it(self) -> None:
        given, lie = reports.given(), reports.given(case="Weber v. Krafft")
        fonts = reports.fonts()
        page, _ = laid_out(lie, fonts)
        older = replace(given, edition="0" * 64)
        checked = check(compile_pdf(page, older.files(), fonts, given.made_at))
        assert (checked.status, checked.reason) == (Status.INDETERMINATE, ReportReason.RENDERER_DIFFERS)

    def test_check_fails_a_report_whose_receipts_are_none(self) -> None:
        given, fonts = reports.given(), reports.fonts()
        page, stated = laid_out(given, fonts)
        files = {**stated.files(), "receipts.json": b"{}"}
        checked = check(compile_pdf(page, files, fonts, given.made_at))
        assert (checked.status, checked.reason) == (Status.FAILED, ReportReason.RECEIPTS_INVALID)

    def test_check_raises_no_other_error_for_altered_bytes(self, report: bytes) -> None:
        odd = report.replace(b"/FlateDecode", b"/FlateDec0de", 8)  # a way of packing that no reader knows
        with pytest.raises(ReportInvalid):
            check(odd)
        chance = random.Random(3)
        for _ in range(12):
            data = bytearray(report)
            for _ in range(chance.choice((1, 5, 50))):
                data[chance.randrange(len(data))] = chance.randrange(256)
            try:
                checked = check(bytes(data))
            except ReportInvalid:
                continue
            assert checked.status in Status


class TestEmbedded:
    @pytest.mark.parametrize(
        "data", [b"", b"%PDF-1.7", b"%PDF-1.7\n%%EOF", b"no pdf at all", b"%PDF-1.7" + b"\0" * 500]
    )
    def test_files_refuses_what_is_no_pdf(self, data: bytes) -> None:
        with pytest.raises(ReportInvalid):
            embedded.files(data)

    def test_files_refuses_a_pdf_that_carries_nothing(self) -> None:
        writer, out = pypdf.PdfWriter(), io.BytesIO()
        writer.add_blank_page(100, 100)
        writer.write(out)
        with pytest.raises(ReportInvalid, match="carries no files"):
            embedded.files(out.getvalue())

    def test_files_refuses_two_files_of_one_name(self, report: bytes) -> None:
        def twice(writer: Any) -> None:
            tree = writer.root_object["/Names"]["/EmbeddedFiles"]
            tree[NameObject("/Names")] += tree["/Names"][:2]

        with pytest.raises(ReportInvalid, match="two files named"):
            embedded.files(changed(report, twice))

    def test_files_refuses_more_than_their_bound(self, report: bytes) -> None:
        total = sum(map(len, embedded.files(report).values()))
        assert embedded.files(report, total)
        with pytest.raises(ReportInvalid, match="more than"):
            embedded.files(report, total - 1)

    def test_files_raises_no_other_error_for_altered_bytes(self, report: bytes) -> None:
        chance = random.Random(2)
        for _ in range(150):
            data = bytearray(report)
            for _ in range(chance.choice((1, 4, 40))):
                data[chance.randrange(len(data))] = chance.randrange(256)
            cut = bytes(data[: chance.choice((len(data), chance.randrange(len(data))))])
            try:
                assert embedded.files(cut)
            except ReportInvalid:
                continue


class TestSign:
    def key(self) -> SigningKey:
        made = chain()
        secret = made.leaf.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return SigningKey(made.leaf.der, secret, made.certificates[1:])

    def test_sign_leaves_the_report_as_it_is_and_checkable(self, report: bytes) -> None:
        with tsa.handmade_tsa(stamped.authority(), lambda: int(time.time())) as running:
            signed = sign(report, self.key(), authority=Authority("Test TSA", running.url), reason="as prepared")
            assert len(running.asked) == 1
        assert signed.startswith(report)
        assert check(signed).status is Status.PASSED
        field = pypdf.PdfReader(io.BytesIO(signed)).get_fields()["Tallystick"]  # type: ignore[index]
        assert field["/V"]["/SubFilter"] == "/ETSI.CAdES.detached"

    def test_sign_gives_nothing_when_the_authority_does_not_answer(self, report: bytes) -> None:
        with pytest.raises(TimestampUnavailable):
            sign(report, self.key(), authority=Authority("Nobody", "http://127.0.0.1:9/"))

    def test_sign_refuses_a_key_that_is_none(self, report: bytes) -> None:
        with pytest.raises(ReportUnmade, match="refused to sign"):
            sign(report, replace(self.key(), key=b"no key"))

    def test_signature_is_valid_and_covers_the_whole_file(self, report: bytes, tmp_path: Path) -> None:
        if shutil.which("pdfsig") is None:
            pytest.skip("pdfsig (poppler-utils) is not installed")
        file = tmp_path / "signed.pdf"
        file.write_bytes(sign(report, self.key()))
        said = subprocess.run(["pdfsig", file], capture_output=True, text=True, check=False).stdout
        assert "Signature is Valid" in said
        assert "Total document signed" in said
