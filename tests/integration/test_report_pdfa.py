"""veraPDF, the PDF Association's checker, judges reports and agreements: PDF/A-3a, PDF/UA-1. Needs Java and Maven."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from support import agreements, reports, sealed
from support.dossiers import made_dossier
from support.tsa_chain import chain

from notary.report.inputs import FORUMS, ReportInput
from notary.report.render import render
from notary.report.signing import SigningKey, sign
from portal.dossier.completion.render import completion_pdf
from portal.dossier.completion.values import Completion

ROOT = Path(__file__).parents[2]
JARS = ROOT / ".tools/verapdf"
pytestmark = pytest.mark.deep


@pytest.fixture(scope="session")
def verapdf() -> str:
    """veraPDF's class path; fetched once."""
    for program in ("java", "mvn"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed, so veraPDF cannot be had")
    if not any(JARS.glob("greenfield-apps-*.jar")):
        pom = ROOT / "tests/tools/verapdf/pom.xml"
        command = ["mvn", "-q", "-B", "-f", pom, "dependency:copy-dependencies", f"-DoutputDirectory={JARS}"]
        subprocess.run(command, check=True, timeout=280)
    return f"{JARS}/*"


def judged(verapdf: str, pdf: bytes, folder: Path) -> dict[str, str]:
    """What veraPDF says of each standard, from the first word on: PASS or FAIL and the clauses."""
    file = folder / "report.pdf"
    file.write_bytes(pdf)
    found = {}
    for standard in ("3a", "ua1"):
        command = ["java", "-cp", verapdf, "org.verapdf.apps.GreenfieldCliWrapper", "-f", standard, "--format", "text"]
        done = subprocess.run([*command, "-v", file], capture_output=True, text=True, timeout=250, check=False)
        found[standard] = done.stdout.replace(str(file), "").strip()
    return found


NAMES = [
    "x" * 300 + ".pdf",
    "محضر.pdf",
    "😀👨\u200d👩.jpg",
    "a\u202eb",
    "合同.pdf",
    "हिन्दी.pdf",
    "สัญญา.pdf",
    "a\u0301" * 9,
]


@pytest.mark.parametrize(
    ("given", "languages"),
    [
        (reports.given(forums=FORUMS), ("en",)),
        (reports.given(forums=FORUMS), ("zh-Hans",)),
        (reports.given(forums=FORUMS), ("zh-Hant",)),
        (reports.given(forums=FORUMS), ("en", "zh-Hans", "zh-Hant")),
        (reports.many(NAMES), ("en",)),
        (reports.many([f"{number}.pdf" for number in range(300)]), ("en", "zh-Hans")),
        (reports.given(reports.side(sealed.seal().receipts)), ("en",)),
    ],
    ids=["en", "zh-Hans", "zh-Hant", "three-languages", "hostile-names", "300-exhibits", "no-anchor"],
)
def test_report_is_pdf_a_3a_and_pdf_ua_1(
    verapdf: str, given: ReportInput, languages: tuple[str, ...], tmp_path: Path
) -> None:
    pdf = render(reports.replace(given, languages=languages), reports.fonts(languages))
    assert judged(verapdf, pdf, tmp_path) == {"3a": "PASS  3a", "ua1": "PASS  ua1"}


def test_signed_report_still_is(verapdf: str, tmp_path: Path) -> None:
    made = chain()
    secret = made.leaf.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    signed = sign(render(reports.given(), reports.fonts()), SigningKey(made.leaf.der, secret, made.certificates[1:]))
    assert judged(verapdf, signed, tmp_path) == {"3a": "PASS  3a", "ua1": "PASS  ua1"}


@pytest.mark.parametrize("languages", [("en",), ("zh-Hans",), ("zh-Hant",), ("en", "zh-Hans", "zh-Hant")])
def test_completion_paper_of_a_plan_is_too(verapdf: str, languages: tuple[str, ...], tmp_path: Path) -> None:
    pdf = completion_pdf(Completion.of(made_dossier().to_bytes(), languages), reports.fonts(languages))
    assert judged(verapdf, pdf, tmp_path) == {"3a": "PASS  3a", "ua1": "PASS  ua1"}


@pytest.mark.parametrize("languages", agreements.PAIRS, ids="+".join)
def test_agreement_is_pdf_a_3a_and_pdf_ua_1(verapdf: str, languages: tuple[str, ...], tmp_path: Path) -> None:
    pdf = agreements.pdf_of(agreements.agreement(languages=languages, prevails=languages[0]))
    assert judged(verapdf, pdf, tmp_path) == {"3a": "PASS  3a", "ua1": "PASS  ua1"}
