"""Who the parties are, through the command line: records made, sealed, required, carried on and verified."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.certificates import Certified, certify
from support.portalworld import deployed_workspace, finalise, tallystick

from notary import jcs
from notary.report.signing import SigningKey, sign
from portal.chains import ChainUse
from portal.cli import main
from portal.demo.files import make_files
from portal.workspace import Workspace

NAME = "Comércio de Máquinas Aurora Ltda."
PLAN = ("--debtor", "debtor", "--creditor", "creditor", "--token", "test", "--total", "30", "--installments", "3")


@dataclass(frozen=True)
class Place:
    """A workspace `w`, files beside it, and who certifies."""

    folder: Path
    w: Path
    root: Certified

    def write(self, name: str, data: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(data)
        return path

    def run(self, *words: object, expect: tuple[int, ...] = (0,)) -> dict[str, object]:
        answer = tallystick(*words, workspace=self.w, expect=expect).json
        assert isinstance(answer, dict)
        return answer

    def signed(self, name: str, *options: object) -> None:
        """A plan that both have signed."""
        self.run("plan", "draft", name, *PLAN, "--first-due", "2099-01-31", *options)
        for key in ("debtor", "creditor"):
            self.run("plan", "sign", name, "--key", key)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    folder = tmp_path_factory.mktemp("signing")
    root = certify("Root", ca=True)
    person = certify("Li Wei", root)
    (folder / "root.pem").write_bytes(root.pem)
    (folder / "li.pem").write_bytes(person.pem)
    (folder / "li.key").write_bytes(person.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "li.key").chmod(0o600)
    with deployed_workspace(folder / "w") as w:
        made = Place(folder, w, root)
        made.run("case", "new", "smith")
        yield made


RECORD = ("--language", "pt-BR", "--shown-at", "2026-01-02T03:04:05Z")


def test_plan_opens_once_it_is_sealed_who_the_parties_are(place: Place) -> None:
    agreement = place.write("agreement.txt", b"We agree.\n")
    register, letter = place.write("register.pdf", b"%PDF register"), place.write("letter.pdf", b"%PDF letter")
    place.signed("smith-plan", "--agreement", agreement)

    refused = tallystick("plan", "open", "smith-plan", workspace=place.w, expect=(4,))
    assert refused.error == "portal.record-not-sealed"
    assert "tallystick plan record smith-plan --party debtor" in refused.json["error"]["hint"]

    debtor, creditor = place.folder / "debtor.record.json", place.folder / "creditor.record.json"
    sealed = place.run(
        *("plan", "record", "smith-plan", "--party", "debtor", "--name", NAME, *RECORD, "--language", "en"),
        *("--identity", f"company-register={register}", "--identity", f"power-of-attorney={letter}"),
        *("--key", "debtor", "--case", "smith", "--to", debtor),
    )
    assert (sealed["state"], sealed["documents"], sealed["signatures"]) == ("sealed", 2, 1)
    half = tallystick("plan", "open", "smith-plan", workspace=place.w, expect=(4,))
    assert "of the creditor" in half.json["error"]["message"]
    place.run(
        *("plan", "record", "smith-plan", "--party", "creditor", "--name", "Li Wei", *RECORD),
        *("--certificate", place.folder / "li.pem", "--certificate-key", place.folder / "li.key"),
        *("--level", "qualified", "--case", "smith", "--to", creditor),
    )
    place.run("plan", "open", "smith-plan")
    shown = place.run("plan", "show", "smith-plan")["records"]
    assert isinstance(shown, list)
    assert [(one["role"], one["state"], one["case"]) for one in shown] == [
        ("creditor", "sealed", "smith"),
        ("debtor", "sealed", "smith"),
    ]
    names = [str(one["name"]) for one in place.run("case", "show", "smith")["claims"]]  # type: ignore[attr-defined]
    assert {"register.pdf", "letter.pdf", "debtor.record.json", "creditor.record.json"} <= set(names)

    trust, dossier = place.folder / "trust.json", place.folder / "smith.dossier.json"
    place.run("anchor", "--wait", "--trust-file", trust)
    place.run("receipts", "export", "smith", "--to", place.folder / "receipts")
    finalise(place.w)
    place.run("plan", "export", "smith-plan", "--to", dossier)
    given = ("--receipt", place.folder / "receipts", "--trust", trust, "--signer-root", place.folder / "root.pem")

    listed = {one["role"]: one["sha256"] for one in tallystick("verify", dossier, expect=(3,)).json["records"]}
    assert listed["debtor"] == sealed["sha256"]
    good = tallystick("verify", creditor, dossier, *given).json
    assert (good["status"], good["reason"], len(good["checks"])) == ("PASSED", None, 5)
    assert good["record"]["signature_level"] == "qualified"
    said = tallystick("verify", debtor, dossier, register, letter, *given, expect=(3,)).json
    assert (said["reason"], len(said["checks"])) == ("person-stated", 6)
    assert [check["status"] for check in said["checks"]].count("PASSED") == 5
    alone = tallystick("verify", creditor, expect=(3,)).json
    assert [check["reason"] for check in alone["checks"]] == [
        "receipt-absent",
        "address-unsigned",
        "signer-undated",
        "plan-absent",
        None,
    ]
    bent = json.loads(dossier.read_bytes())
    bent["records"] = [{"role": "debtor", "sha256": "00" * 32}]
    other = place.write("other.dossier.json", jcs.dumps(bent))
    assert tallystick("verify", debtor, other, *given, expect=(1,)).json["reason"] == "record-differs"
    letter.write_bytes(b"%PDF altered")
    altered = tallystick("verify", debtor, dossier, letter, *given, expect=(1,)).json
    assert altered["reason"] == "document-foreign"
    for locale in ("zh-Hans", "zh-Hant"):
        assert tallystick("verify", creditor, dossier, *given, "--locale", locale).json["status"] == "PASSED"


def test_agreement_that_the_person_signed_as_pdf_binds_the_person(place: Place) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    pages = [path for path in make_files(place.folder / "papers", 15) if path.suffix == ".pdf"]
    person = certify("João Silva", place.root)
    key = person.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    signed = place.write("signed.pdf", sign(pages[0].read_bytes(), SigningKey(person.der, key)))
    place.signed("pdf-plan", "--agreement", pages[0])
    file, trust = place.folder / "pdf.record.json", place.folder / "pdf-trust.json"
    made = ("plan", "record", "pdf-plan", "--party", "debtor", "--name", "João Silva", *RECORD)
    for unsigned in pages:  # the agreement without a signature, and another paper
        wrong = ("--identity", f"signed-agreement={unsigned}", "--to", file)
        assert tallystick(*made, *wrong, workspace=place.w, expect=(4,)).error == "portal.signing-record"
    place.run(*made, "--identity", f"signed-agreement={signed}", "--case", "smith", "--to", file)
    place.run("anchor", "--wait", "--trust-file", trust)
    place.run("receipts", "export", "smith", "--to", place.folder / "pdf-receipts")
    paper = place.w / "plans" / f"{place.run('plan', 'show', 'pdf-plan')['plan_id']}.json"
    given = ("--receipt", place.folder / "pdf-receipts", "--trust", trust)
    alone = tallystick("verify", file, paper, *given, expect=(3,)).json
    assert alone["reason"] == "person-stated"
    rooted = ("--signer-root", place.folder / "root.pem")
    assert tallystick("verify", file, paper, signed, *given, expect=(3,)).json["reason"] == "signer-untrusted"
    good = tallystick("verify", file, paper, signed, *given, *rooted).json
    assert (good["status"], good["checks"][2]["status"]) == ("PASSED", "PASSED")
    assert "João Silva" in good["checks"][2]["detail"]


def test_parties_without_a_record_say_why_and_the_plan_says_so(place: Place) -> None:
    place.signed("bare-plan")
    for empty in ("", "  ", "two\nlines"):
        bad = tallystick("plan", "open", "bare-plan", "--without-record", empty, workspace=place.w, expect=(4,))
        assert bad.error == "portal.argument"
    assert place.run("plan", "show", "bare-plan")["records"] == []
    place.run("plan", "open", "bare-plan", "--without-record", "both are known to each other")
    shown = place.run("plan", "show", "bare-plan")["records"]
    assert isinstance(shown, list)
    assert {(one["state"], one["reason"]) for one in shown} == {("declined", "both are known to each other")}
    finalise(place.w)
    dossier = place.folder / "bare.dossier.json"
    place.run("plan", "export", "bare-plan", "--to", dossier)
    listed = tallystick("verify", dossier, expect=(3,)).json["records"]
    assert {(one["role"], one["sha256"], one["reason"]) for one in listed} == {
        (role, None, "both are known to each other") for role in ("debtor", "creditor")
    }
    place.run("plan", "open", "bare-plan")  # once said it stays said; the transaction is the same


def test_record_made_elsewhere_is_held_against_the_plan_before_it_is_sealed(place: Place) -> None:
    from portal.keys import KeyRing

    place.signed("far-plan")
    place.signed("other-plan")
    passport, file = place.write("passport.jpg", b"\xff\xd8 passport"), place.folder / "far.record.json"
    made = ("plan", "record", "far-plan", "--party", "debtor", "--name", NAME, *RECORD)
    place.run(*made, "--identity", f"id-document={passport}", "--to", file)
    again = tallystick(*made, "--identity", f"id-document={passport}", "--to", file, workspace=place.w, expect=(4,))
    assert again.error == "portal.output"  # a record is never written over

    typed = json.loads(tallystick("plan", "seal-record", file, "--typed-data", workspace=place.w).text)
    assert typed["message"]["name"] == NAME
    signature = KeyRing(place.w / "keys", lambda *_: "").signer("debtor").sign_statement(typed)
    foreign = KeyRing(place.w / "keys", lambda *_: "").signer("creditor").sign_statement(typed)
    seal = ("plan", "seal-record", file, "--case", "smith", "--signature")
    before = (file.read_bytes(), place.run("case", "show", "smith")["claims"])
    nobody = tallystick(*seal, "0x" + foreign.hex(), workspace=place.w, expect=(4,))
    assert nobody.error == "settlement.signature-foreign"
    other = tallystick(*seal[:-1], "--identity", f"video={passport}", workspace=place.w, expect=(4,))
    assert other.error == "portal.signing-record"
    assert (file.read_bytes(), place.run("case", "show", "smith")["claims"]) == before
    taken = place.run(*seal, "0x" + signature.hex())
    assert (taken["state"], taken["signatures"]) == ("sealed", 1)

    bent = json.loads(file.read_text())
    bent["record"]["plan_id"] = place.run("plan", "show", "other-plan")["plan_id"]
    wrong = place.write(
        "wrong.record.json", json.dumps(bent, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()
    )
    refused = tallystick("plan", "seal-record", wrong, "--case", "smith", workspace=place.w, expect=(4,))
    assert refused.error == "portal.signing-record"


def test_erased_or_revoked_record_is_none_when_the_plan_is_to_open(place: Place) -> None:
    place.signed("late-plan")
    place.run("case", "new", "gone")
    passport = place.write("p.jpg", b"\xff\xd8 p")
    for role in ("debtor", "creditor"):
        made = ("plan", "record", "late-plan", "--party", role, "--name", "Zebedeu Quixaba", *RECORD, "--case", "gone")
        place.run(*made, "--identity", f"id-document={passport}", "--to", place.folder / f"late-{role}.record.json")
    place.run("case", "revoke", "gone", "late-creditor.record.json", "--why", "the wrong person")
    refused = tallystick("plan", "open", "late-plan", workspace=place.w, expect=(4,))
    assert refused.error == "portal.record-not-sealed"
    assert "of the creditor" in refused.json["error"]["message"]
    place.run("case", "erase", "gone", "--whole-case", "--yes", "--why", "the law")
    refused = tallystick("plan", "open", "late-plan", workspace=place.w, expect=(4,))
    assert "of the debtor" in refused.json["error"]["message"]
    for path in place.w.rglob("*"):  # what the workspace keeps of the record says nothing of the person
        if path.is_file():
            assert b"Zebedeu" not in path.read_bytes(), path
            assert hashlib.sha256(passport.read_bytes()).digest() not in path.read_bytes(), path


def test_record_that_binds_nobody_or_an_unsigned_party_is_not_made(place: Place) -> None:
    place.signed("nobody-plan")
    to = ("--to", place.folder / "nobody.record.json")
    made = ("plan", "record", "nobody-plan", "--party", "debtor", "--name", NAME, *RECORD, *to)
    assert tallystick(*made, workspace=place.w, expect=(4,)).error == "portal.signing-record"
    passport = place.write("n.jpg", b"\xff\xd8 n")
    identity = ("--identity", f"id-document={passport}")
    wrong = tallystick(*made, *identity, "--key", "creditor", workspace=place.w, expect=(4,))
    assert wrong.error == "portal.not-a-party"
    unknown = tallystick(*made, "--identity", f"face={passport}", workspace=place.w, expect=(4,))
    assert unknown.error == "portal.argument"
    future = ("--signed-at", "2099-01-01T00:00:00Z")
    assert tallystick(*made, *identity, *future, workspace=place.w, expect=(4,)).error == "portal.signing-record"
    case = ("--case", "no-such-case")
    assert tallystick(*made, *identity, *case, workspace=place.w, expect=(4,)).error == "notary.case-unknown"
    assert not (place.folder / "nobody.record.json").exists()
    place.run("plan", "draft", "unsigned-plan", *PLAN, "--first-due", "2099-01-31")
    words = ("plan", "record", "unsigned-plan", "--party", "debtor", "--name", NAME, *RECORD, *identity, *to)
    assert tallystick(*words, workspace=place.w, expect=(4,)).error == "settlement.not-signed"


def test_guarantor_with_a_contract_wallet_stands_beside_the_parties(place: Place) -> None:
    yes, no = "0x" + "51" * 20, "0x" + "52" * 20
    with ChainUse(Workspace.open(place.w), "plans") as use:
        chain = use.dev().chain()
        chain.rpc("anvil_setCode", [yes, "0x631626ba7e60e01b60005260206000f3"])  # calls every signature its own
        chain.rpc("anvil_setCode", [no, "0x60006000fd"])  # reverts
    place.signed("backed-plan")
    passport = place.write("g.jpg", b"\xff\xd8 g")
    made = ("plan", "record", "backed-plan", "--party", "guarantor", "--name", "Ana Lima", *RECORD)
    identity = ("--identity", f"id-document={passport}", "--to")
    lone = tallystick(*made, *identity, place.folder / "lone.json", workspace=place.w, expect=(4,))
    assert lone.error == "portal.argument"  # the terms do not name a guarantor's address
    for address, accepted in ((no, False), (yes, True)):
        file = place.folder / f"{address}.record.json"
        place.run(*made, "--address", address, *identity, file)
        seal = ("plan", "seal-record", file, "--case", "smith", "--signature", "0x0102")
        answer = tallystick(*seal, workspace=place.w, expect=(0,) if accepted else (4,))
        assert answer.error == ("" if accepted else "settlement.signature-foreign")
    refused = tallystick("plan", "open", "backed-plan", workspace=place.w, expect=(4,))
    assert refused.error == "portal.record-not-sealed"  # a guarantor's record stands for no party's
    place.run("plan", "open", "backed-plan", "--without-record", "the guarantor's is enough for both")
    shown = place.run("plan", "show", "backed-plan")["records"]
    assert isinstance(shown, list)
    assert [(one["role"], one["state"]) for one in shown] == [
        ("creditor", "declined"),
        ("debtor", "declined"),
        ("guarantor", "sealed"),
    ]
    unasked = tallystick("verify", file, expect=(3,)).json
    assert unasked["checks"][1]["reason"] == "wallet-unasked"


def test_verdict_reads_in_each_language(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.signed("read-plan")
    passport, file = place.write("r.jpg", b"\xff\xd8 r"), place.folder / "read.record.json"
    made = ("plan", "record", "read-plan", "--party", "debtor", "--name", NAME, *RECORD, "--key", "debtor")
    place.run(*made, "--identity", f"id-document={passport}", "--to", file)
    for locale, role in (("en", "debtor"), ("zh-Hans", "债务人"), ("zh-Hant", "債務人")):
        capsys.readouterr()
        assert main(["verify", str(file), "--locale", locale]) == 3
        said = capsys.readouterr().out
        assert role in said
        assert NAME in said
        assert "(receipt-absent)" in said
        assert "2026-01-02" in said


def test_record_that_was_cut_off_after_sealing_is_written_down_by_sealing_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    place.signed("cut-plan")
    passport, file = place.write("c.jpg", b"\xff\xd8 c"), place.folder / "cut.record.json"
    made = ("plan", "record", "cut-plan", "--party", "debtor", "--name", NAME, *RECORD, "--case", "smith")
    with monkeypatch.context() as patched:
        patched.setattr("portal.signing.make.put_sealed", cut_off)
        place.run(*made, "--identity", f"id-document={passport}", "--to", file, expect=(130,))
    claims = place.run("case", "show", "smith")["claims"]
    assert place.run("plan", "show", "cut-plan")["records"] == []
    assert place.run("plan", "seal-record", file, "--case", "smith")["state"] == "sealed"
    assert place.run("case", "show", "smith")["claims"] == claims  # what was sealed is recognised
    shown = place.run("plan", "show", "cut-plan")["records"]
    assert isinstance(shown, list)
    assert [one["sha256"] for one in shown] == [hashlib.sha256(file.read_bytes()).hexdigest()]
