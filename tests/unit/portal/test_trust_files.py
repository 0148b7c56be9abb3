"""What a verifier trusts by options, through the command line: certificates and Bitcoin headers; and the languages."""

from __future__ import annotations

import hashlib
import io
import json
import re
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from support import tsa
from support.ots_bytes import mainnet
from support.portalworld import tallystick
from support.schema import faults
from support.sealed import BLOCK_TIME, anchor, seal
from support.stamped import authority, full, ots_anchor, token_anchor

from notary.errors import BitcoinHeaderInvalid, TrustInvalid
from notary.proofs.receipt import Anchor, TimestampAnchor
from notary.verdicts.reasons import Text, said
from notary.verdicts.trust import Trust
from portal.cli import main
from portal.errors import FileMissing
from portal.trust_files import read_certificates, trust_authorities, trust_headers, trust_signers

SEALED = seal()
HEIGHT, HEADER = min(mainnet().headers.items())
SCHEMA = json.loads((Path(__file__).parents[3] / "docs/formats/verdict.schema.json").read_bytes())


def write(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    return str(path)


def pem(*ders: bytes) -> bytes:
    return b"".join(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM) for der in ders)


def put(folder: Path, *anchors: Anchor) -> Path:
    """A document with its receipt beside it."""
    (folder / "paper.txt").write_bytes(SEALED.documents[1])
    receipt = anchor(SEALED, *anchors)[1]
    (folder / "paper.txt.receipt.json").write_bytes(receipt.to_bytes())
    return folder / "paper.txt"


def only(answer: Any) -> tuple[str, str | None]:
    (result,) = answer.json["results"]
    assert faults(answer.json, SCHEMA) == []
    return result["status"], result["reason"]


class TestReadCertificates:
    def test_pem_with_several_and_der_with_one_are_read(self, tmp_path: Path) -> None:
        chain = authority()
        both = read_certificates(write(tmp_path / "a.pem", b"comment\n" + pem(chain.root.der, chain.leaf.der)))
        assert both == [("CN=Test TSA root", chain.root.der), ("CN=Test TSA", chain.leaf.der)]
        assert read_certificates(write(tmp_path / "a.der", chain.root.der)) == both[:1]

    @pytest.mark.parametrize("data", [b"", b"x", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
    def test_anything_else_is_refused_by_name(self, tmp_path: Path, data: bytes) -> None:
        with pytest.raises(TrustInvalid, match=r"bad\.pem is no certificate"):
            read_certificates(write(tmp_path / "bad.pem", data))

    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(FileMissing):
            read_certificates(str(tmp_path / "none.pem"))


class TestOptions:
    def test_a_tsa_root_confirms_a_token(self, tmp_path: Path) -> None:
        paper = put(tmp_path, token_anchor(SEALED.note, at=BLOCK_TIME))
        root = write(tmp_path / "root.pem", pem(authority().root.der))
        assert only(tallystick("verify", paper, "--tsa-root", root)) == ("PASSED", None)
        assert only(tallystick("verify", paper, expect=(3,))) == ("INDETERMINATE", "authority-untrusted")

    def test_a_tsa_cert_serves_a_token_that_has_none(self, tmp_path: Path) -> None:
        bare = tsa.signed_data(authority(), info(), certificates=())
        paper = put(tmp_path, TimestampAnchor(bare))
        root = write(tmp_path / "root.der", authority().root.der)
        further = write(tmp_path / "further.pem", pem(*authority().certificates))
        missing = ("INDETERMINATE", "token-certificate-missing")
        assert only(tallystick("verify", paper, "--tsa-root", root, expect=(3,))) == missing
        assert only(tallystick("verify", paper, "--tsa-root", root, "--tsa-cert", further)) == ("PASSED", None)
        with pytest.raises(TrustInvalid, match="no root"):
            trust_authorities(Trust(), [], [further])

    def test_a_header_file_and_single_headers_are_used_and_checked(self, tmp_path: Path) -> None:
        """A proof that names a block of Bitcoin which it does not lead to: so it shows that the header is looked at."""
        anchor_, _ = ots_anchor(SEALED.note, height=HEIGHT)
        paper = put(tmp_path, anchor_)
        headers = write(tmp_path / "headers", HEADER)
        unknown = ("INDETERMINATE", "bitcoin-header-unknown")
        assert only(tallystick("verify", paper, expect=(3,))) == unknown
        for option in (("--bitcoin-headers", f"{headers}@{HEIGHT}"), ("--bitcoin-header", f"{HEIGHT}:{HEADER.hex()}")):
            assert only(tallystick("verify", paper, *option, expect=(1,))) == ("FAILED", "bitcoin-root-differs")
        elsewhere = ("--bitcoin-headers", f"{headers}@5")
        assert only(tallystick("verify", paper, *elsewhere, expect=(3,))) == unknown

    def test_wrong_headers_are_errors_and_no_verdicts(self, tmp_path: Path) -> None:
        receipts = anchor(SEALED, ots_anchor(SEALED.note, height=HEIGHT)[0])
        damaged = bytes([*HEADER[:-1], HEADER[-1] ^ 1])
        with pytest.raises(BitcoinHeaderInvalid, match="does not meet"):
            trust_headers(Trust(), [f"{HEIGHT}:{damaged.hex()}"], [], receipts)
        with pytest.raises(BitcoinHeaderInvalid):
            trust_headers(Trust(), [], [write(tmp_path / "cut", HEADER[:-1])], receipts)
        with pytest.raises(TrustInvalid, match="no height"):
            trust_headers(Trust(), [], [f"{tmp_path / 'none'}@x"], receipts)
        header = replace(ots_anchor(SEALED.note, height=HEIGHT)[1], source=said(Text.SOURCE_FILE))
        other = Trust().with_headers([header])
        with pytest.raises(TrustInvalid, match="contradict"):
            trust_headers(other, [f"{HEIGHT}:{HEADER.hex()}"], [], receipts)

    def test_a_signer_root_is_kept(self, tmp_path: Path) -> None:
        trust = trust_signers(Trust(), [write(tmp_path / "root.pem", pem(authority().root.der))])
        assert [(one.name, one.root) for one in trust.signers] == [("CN=Test TSA root", authority().root.der)]

    def test_every_anchor_of_a_receipt_is_confirmed_by_one_trust_file(self, tmp_path: Path) -> None:
        whole = full()
        paper = tmp_path / "paper.txt"
        paper.write_bytes(whole.document)
        (tmp_path / "paper.txt.receipt.json").write_bytes(whole.receipt.to_bytes())
        file = write(tmp_path / "trust.json", whole.trust.to_bytes())
        answer = tallystick("verify", paper, "--trust", file)
        assert only(answer) == ("PASSED", None)
        verdict = answer.json["results"][0]["verdict"]
        assert [source["type"] for source in verdict["interval"]["sources"]] == ["rfc3161", "evm"]


def info() -> bytes:
    return tsa.tst_info(hashlib.sha256(SEALED.note.to_text().encode()).digest())


SENTENCES = {"title", "detail", "text"}


def codes(value: Any) -> Any:
    """A verdict without its sentences."""
    if isinstance(value, dict):
        return {name: codes(one) for name, one in value.items() if name not in SENTENCES}
    return [codes(one) for one in value] if isinstance(value, list) else value


def sentences(value: Any) -> list[str]:
    """A verdict's sentences."""
    if isinstance(value, dict):
        own = [one for name, one in value.items() if name in SENTENCES]
        return own + [text for one in value.values() for text in sentences(one)]
    return [text for one in value for text in sentences(one)] if isinstance(value, list) else []


class TestLocale:
    @pytest.mark.parametrize(
        ("locale", "words"),
        [
            ("en", ("INDETERMINATE", "authority-untrusted", "Nothing on your side vouches", "Not proven: ")),
            ("zh-Hans", ("未能核实", "authority-untrusted", "时间戳机构", "以下各项未获证明")),
            ("zh-Hant", ("未能核實", "authority-untrusted", "時間戳機構", "以下各項未獲證明")),
        ],
    )
    def test_the_verdict_is_said_in_the_language_asked_for(
        self, tmp_path: Path, locale: str, words: tuple[str, ...]
    ) -> None:
        paper = put(tmp_path, token_anchor(SEALED.note))
        out = io.StringIO()
        with redirect_stdout(out):
            code = main(["verify", str(paper), "--locale", locale])
        assert code == 3
        for word in words:
            assert word in out.getvalue()

    @pytest.mark.parametrize("locale", ["zh-Hans", "zh-Hant"])
    def test_many_files_are_summed_up_without_an_english_sentence(self, tmp_path: Path, locale: str) -> None:
        put(tmp_path, token_anchor(SEALED.note))
        (tmp_path / "none.pdf").write_bytes(b"no receipt")
        (tmp_path / "bad.pdf").write_bytes(b"bad receipt")
        (tmp_path / "bad.pdf.receipt.json").write_bytes(b"{}")
        out = io.StringIO()
        with redirect_stdout(out):
            assert main(["verify", str(tmp_path), "--locale", locale]) == 1
        assert "NAME.receipt.json" in out.getvalue()
        for line in out.getvalue().splitlines():
            assert not re.search(r"[A-Za-z]{2,}(?:[ ,;:']+[A-Za-z]{2,}){2,}", line.replace(str(tmp_path), "")), line

    def test_programs_read_the_same_codes_in_every_language(self, tmp_path: Path) -> None:
        paper = put(tmp_path, token_anchor(SEALED.note))
        answers = [tallystick("verify", paper, "--locale", one, expect=(3,)) for one in ("en", "zh-Hans", "zh-Hant")]
        english, hans, hant = (answer.json["results"][0]["verdict"] for answer in answers)
        assert codes(english) == codes(hans) == codes(hant)
        for one in (hans, hant):
            assert faults(one, SCHEMA) == []
            assert not [text for text in sentences(one) if text in set(sentences(english))]
        assert len({answer.json["results"][0]["text"] for answer in answers}) == 3
