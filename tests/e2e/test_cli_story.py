"""A way through the command line, from an empty folder to a paid plan and a checked receipt."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from support.portalworld import deployed_workspace, finalise, tallystick
from support.signing import UNRECORDED

from portal.chains import ChainUse
from portal.cli import main
from portal.workspace import Workspace

NEVER = "2099-01-31"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("story")
    with deployed_workspace(folder / "w"):
        yield folder


@pytest.fixture(scope="module")
def w(place: Path) -> Path:
    return place / "w"


FILES = {"a.pdf": b"%PDF one", "b.txt": b"two", "mails/b.txt": b"three", "empty": b""}


def write(folder: Path) -> Path:
    for name, data in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


@dataclass(frozen=True)
class Sealed:
    """A case that is sealed and anchored: its files, receipts, trusted-blocks file, and its anchor's JSON."""

    files: Path
    receipts: Path
    trust: Path
    anchor: dict[str, object]


@pytest.fixture(scope="module")
def sealed(place: Path, w: Path) -> Sealed:
    files, trust = write(place / "files"), place / "trust.json"
    tallystick("case", "new", "smith", "--title", "Unpaid pumps", workspace=w)
    first = tallystick("seal", "smith", files, "--kind", "contract", workspace=w).json
    assert (first["sealed"], first["unchanged"], first["superseded"]) == (4, 0, 0)
    again = tallystick("seal", "smith", files, workspace=w).json
    assert (again["sealed"], again["unchanged"]) == (0, 4)
    anchor = tallystick("anchor", "--wait", "--trust-file", trust, workspace=w).json["anchor"]
    assert anchor["status"] == "final"
    receipts = Path(tallystick("receipts", "export", "smith", workspace=w).json["folder"])
    assert len(list(receipts.rglob("*.receipt.json"))) == 4
    return Sealed(files, receipts, trust, anchor)


class TestEvidence:
    def test_verify_says_what_is_known_from_the_verifiers_side(self, sealed: Sealed) -> None:
        verify = ("verify", sealed.files, "--receipt", sealed.receipts)
        said = tallystick(*verify, expect=(3,)).json
        assert said["counts"] == {"PASSED": 0, "FAILED": 0, "INDETERMINATE": 4}
        assert {result["reason"] for result in said["results"]} == {"block-hash-unconfirmed"}
        a = sealed.anchor
        said = tallystick(
            *verify, "--block", f"{a['chain_id']}:{a['block_number']}:{a['block_hash']}", expect=(3,)
        ).json
        assert {result["reason"] for result in said["results"]} == {"dev-chain-untrusted"}
        said = tallystick(*verify, "--trust", sealed.trust).json
        assert said["counts"] == {"PASSED": 4, "FAILED": 0, "INDETERMINATE": 0}
        said = tallystick(*verify, "--block", f"{a['chain_id']}:{a['block_number']}:0x{'ab' * 32}", expect=(1,)).json
        assert {result["reason"] for result in said["results"]} == {"block-hash-differs"}

    def test_anchor_again_is_the_same_anchor(self, sealed: Sealed, tmp_path: Path, w: Path) -> None:
        with_nothing_new = tallystick("anchor", "--wait", workspace=w).json["anchor"]
        assert with_nothing_new["status"] == "final"
        assert tallystick("anchor", workspace=w).json["anchor"] == with_nothing_new

    def test_verify_finds_receipts_beside_files_alone_and_in_bundles(
        self, sealed: Sealed, tmp_path: Path, w: Path
    ) -> None:
        files, trust = write(tmp_path / "files"), ("--trust", sealed.trust)
        shutil.copytree(sealed.receipts, files, dirs_exist_ok=True)
        assert tallystick("verify", files / "a.pdf", *trust).json["counts"]["PASSED"] == 1
        assert tallystick("verify", files, *trust).json["counts"]["PASSED"] == 4
        alone = tallystick("verify", files / "a.pdf.receipt.json", *trust, expect=(3,)).json
        assert alone["results"][0]["reason"] == "no-document"
        for receipt in list(files.rglob("*.receipt.json")):
            receipt.unlink()
        tallystick("receipts", "export", "smith", "--bundle", "--to", tmp_path / "court", workspace=w)
        (bundle,) = (tmp_path / "court").iterdir()
        assert tallystick("verify", files, "--receipt", bundle, *trust).json["counts"]["PASSED"] == 4
        one_of_many = tallystick("verify", files / "empty", "--receipt", bundle, *trust).json
        assert one_of_many["counts"] == {"PASSED": 1, "FAILED": 0, "INDETERMINATE": 0}  # the others were not asked for

    def test_verify_asks_a_node_of_the_verifiers_own(self, sealed: Sealed, w: Path) -> None:
        port = json.loads((w / "chains" / "evidence" / "state.json.run").read_text())["port"]
        verify = ("verify", sealed.files, "--receipt", sealed.receipts, "--rpc")
        said = tallystick(*verify, f"http://127.0.0.1:{port}", expect=(3,)).json
        assert {result["reason"] for result in said["results"]} == {"dev-chain-untrusted"}  # known, and not trusted
        both = tallystick(*verify, f"http://127.0.0.1:{port}", "--rpc", "http://127.0.0.1:1", expect=(3,)).json
        assert both["results"] == said["results"]  # one that is down is named, and the other counts
        assert any(note.startswith("the node http://127.0.0.1:1 did not count") for note in both["notes"])
        assert tallystick(*verify, "http://127.0.0.1:1", expect=(5,)).error == "chain.node-unreachable"

    def test_an_altered_moved_missing_or_new_file_is_told_apart(self, sealed: Sealed, tmp_path: Path) -> None:
        files = write(tmp_path / "files")
        (files / "b.txt").write_bytes(b"tvo")
        (files / "new").write_bytes(b"never sealed")
        (files / "mails" / "b.txt").rename(files / "moved.txt")
        (files / "empty").unlink()
        said = tallystick("verify", files, "--receipt", sealed.receipts, "--trust", sealed.trust, expect=(1,)).json
        found = {Path(result["document"]).name: (result["status"], result["reason"]) for result in said["results"]}
        assert found == {
            "a.pdf": ("PASSED", "dev-chain"),
            "b.txt": ("FAILED", "digest-differs"),
            "new": ("INDETERMINATE", "no-receipt"),
            "moved.txt": ("PASSED", "dev-chain"),
            "empty": ("INDETERMINATE", "no-document"),
        }

    def test_a_new_version_supersedes_and_both_receipts_stay_valid(self, tmp_path: Path, w: Path) -> None:
        files, trust = write(tmp_path / "files"), tmp_path / "trust.json"
        tallystick("case", "new", "versions", workspace=w)
        tallystick("seal", "versions", files, workspace=w)
        (files / "b.txt").write_bytes(b"two, corrected")
        assert tallystick("seal", "versions", files, workspace=w).json["superseded"] == 1
        tallystick("anchor", "--wait", "--trust-file", trust, workspace=w)
        tallystick("receipts", "export", "versions", "--to", tmp_path / "receipts", workspace=w)
        verify = ("verify", files, "--receipt", tmp_path / "receipts", "--trust", trust)
        assert tallystick(*verify).json["counts"]["PASSED"] == 4
        (files / "b.txt").write_bytes(b"two")  # the older version meets the older receipt
        assert tallystick(*verify, expect=(3,)).json["counts"] == {"PASSED": 4, "FAILED": 0, "INDETERMINATE": 1}
        listed = tallystick("case", "show", "versions", workspace=w).json["claims"]
        everything = tallystick("case", "show", "versions", "--all", workspace=w).json["claims"]
        assert (len(listed), len(everything)) == (4, 5)

    def test_the_log_is_written_as_tiles(self, sealed: Sealed, tmp_path: Path, w: Path) -> None:
        size = tallystick("log", "export", tmp_path / "log", workspace=w).json["size"]
        assert (tmp_path / "log" / "checkpoint").read_text().splitlines()[1] == str(size)
        assert (tmp_path / "log" / "tile" / "0" / f"000.p/{size}").stat().st_size == size * 32


class TestPlan:
    def test_a_plan_from_draft_to_completion(self, place: Path, w: Path) -> None:
        (place / "agreement.txt").write_text("We agree.")
        drafted = tallystick(
            *("plan", "draft", "smith-plan", "--debtor", "debtor", "--creditor", "creditor", "--token", "test"),
            *("--total", "100", "--installments", "3", "--first-due", NEVER, "--collateral", "50", "--reserve", "30"),
            *("--late-flat", "1", "--agreement", place / "agreement.txt", "--jurisdiction", "BR-company"),
            workspace=w,
        ).json
        assert drafted["signed"] == {"debtor": False, "creditor": False}
        paper = Path(drafted["file"])
        assert paper.name == f"{drafted['plan_id']}.json"

        unsigned = tallystick("plan", "open", "smith-plan", workspace=w, expect=(4,))
        assert unsigned.error == "settlement.not-signed"
        travelling = place / "to-the-debtor.json"
        travelling.write_bytes(paper.read_bytes())
        tallystick("plan", "sign", travelling, "--key", "debtor", workspace=w)
        signed = tallystick("plan", "sign", travelling, "--key", "creditor", workspace=w).json
        assert signed["signed"] == {"debtor": True, "creditor": True}
        assert json.loads(paper.read_text())["signatures"] == json.loads(travelling.read_text())["signatures"]

        unpledged = tallystick("plan", "open", travelling, *UNRECORDED, workspace=w, expect=(7,))
        assert unpledged.error == "settlement.allowance-short"
        opened = tallystick("plan", "open", travelling, "--pledge-with", "debtor", workspace=w).json
        assert [event["name"] for event in opened["events"]] == ["CollateralHeld", "PlanOpened"]
        assert tallystick("plan", "open", travelling, workspace=w).json["tx"] == opened["tx"]

        pay = ("plan", "pay", "smith-plan", "--key")
        first = tallystick(*pay, "friend", "--amount", "12.50", "--once", "first", workspace=w).json
        assert tallystick(*pay, "friend", "--amount", "12.50", "--once", "first", workspace=w).json["tx"] == first["tx"]
        shown = tallystick("plan", "show", "smith-plan", workspace=w).json["on_chain"]
        assert (shown["principal_paid"], shown["withdrawable"], shown["state"]) == (12_500_000, 12_500_000, "current")
        last = tallystick(*pay, "debtor", "--all", workspace=w).json
        assert last["events"][0]["args"]["principal"] == "87500000"
        nothing = tallystick(*pay, "debtor", "--amount", "1", workspace=w, expect=(7,))
        assert nothing.error == "settlement.plan-nothing-owed"

        wrong = tallystick("plan", "withdraw", "smith-plan", "--key", "friend", workspace=w, expect=(7,))
        assert wrong.error == "settlement.plan-not-creditor"
        tallystick("plan", "withdraw", "smith-plan", "--key", "creditor", "--amount", "40", workspace=w)
        tallystick("plan", "withdraw", "smith-plan", "--key", "creditor", "--to", "friend", workspace=w)
        assert tallystick("plan", "show", "smith-plan", workspace=w).json["on_chain"]["withdrawable"] == 0
        tallystick("plan", "release", "smith-plan", "--key", "debtor", workspace=w)

        finalise(w)
        tallystick("keeper", "once", workspace=w)
        (listed,) = tallystick("plan", "list", workspace=w).json["plans"]
        assert (listed["status"], listed["principal_paid"], listed["withdrawn"]) == (
            "completed",
            "100000000",
            "100000000",
        )
        history = [event["name"] for event in tallystick("plan", "show", "smith-plan", workspace=w).json["events"]]
        assert sorted(history[:2]) == ["CollateralHeld", "PlanOpened"]
        assert history.count("Paid") == 2

        dossier = str(place / "smith-plan.dossier.json")
        exported = tallystick("plan", "export", "smith-plan", "--to", dossier, "--lang", "zh-Hant", workspace=w).json
        checked = tallystick("verify", dossier, expect=(3,)).json  # without a workspace; nothing is known of the blocks
        assert (checked["reason"], checked["plan_id"]) == ("block-unconfirmed", exported["plan_id"])
        assert [check["status"] for check in checked["checks"]] == ["PASSED"] * 5 + ["INDETERMINATE"]
        assert checked["account"]["state"] == "completed"
        assert exported["completion"] == str(place / "smith-plan.completion.pdf")
        self.verified_with_a_trust_file(place, Path(dossier))

    def verified_with_a_trust_file(self, place: Path, dossier: Path) -> None:
        """Somebody's own word for the blocks is enough, and no altered file passes with it."""
        from notary.evm.evm_proof import parse_header
        from notary.verdicts.trust import Trust, TrustedBlock, TrustedChain
        from portal.dossier.file import Dossier

        made = Dossier.from_bytes(dossier.read_bytes())
        found = [parse_header(raw) for raw in made.headers]
        blocks = {one.number: TrustedBlock(one.number, one.hash, one.timestamp) for one in found}
        trust = place / "blocks-of-the-plan.json"
        trust.write_bytes(Trust((TrustedChain(made.chain_id, made.genesis, "dev", True, (), blocks),)).to_bytes())
        passed = tallystick("verify", dossier, "--trust", trust).json
        assert (passed["status"], passed["reason"]) == ("PASSED", "dev-chain")
        paper = place / "smith-plan.completion.pdf"
        told = tallystick("verify", paper, "--trust", trust).json
        assert (told["status"], told["plan_id"], told["checks"][-1]["number"]) == ("PASSED", passed["plan_id"], 8)
        altered = place / "altered.dossier.json"
        altered.write_bytes(replace(made, events=(made.events[0], *made.events[2:])).to_bytes())
        failed = tallystick("verify", altered, "--trust", trust, expect=(1,)).json
        assert (failed["status"], failed["reason"]) == ("FAILED", "history-inconsistent")

    def test_a_signature_made_elsewhere_is_taken(self, place: Path, w: Path) -> None:
        from portal.keys import KeyRing

        draft = ("plan", "draft", "wallet-plan", "--debtor", "debtor", "--creditor", "creditor", "--token", "test")
        tallystick(*draft, "--total", "3", "--installments", "3", "--first-due", NEVER, workspace=w)
        typed = json.loads(tallystick("plan", "show", "wallet-plan", "--typed-data", workspace=w).text)
        signature = KeyRing(w / "keys", lambda *_: "").signer("debtor").sign_typed_data(typed)
        sign = ("plan", "sign", "wallet-plan")
        tallystick(*sign, "--role", "debtor", "--signature", "0x" + signature.hex(), workspace=w)
        tallystick(*sign, "--role", "creditor", "--signature", "0x" + signature.hex(), workspace=w)  # not theirs
        refused = tallystick("plan", "open", "wallet-plan", *UNRECORDED, workspace=w, expect=(4,))
        assert refused.error == "settlement.signature-foreign"
        tallystick(*sign, "--key", "creditor", workspace=w)
        tallystick("plan", "open", "wallet-plan", *UNRECORDED, workspace=w)

    def test_export_of_an_unpaid_plan_is_a_dossier_without_a_completion_paper(
        self, place: Path, w: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.opened(w, "unpaid-plan")
        finalise(w)
        export, dossier, paper = ("plan", "export", "unpaid-plan", "--to"), place / "u.dossier.json", place / "u.pdf"
        refused = tallystick(*export, dossier, "--completion", paper, workspace=w, expect=(4,))
        assert refused.error == "portal.plan-not-completed"
        assert not dossier.exists() and not paper.exists()
        assert tallystick(*export, dossier, workspace=w).json["completion"] is None
        assert [one.name for one in place.glob("u.*")] == [dossier.name]
        one = tallystick(*export, dossier, "--completion", dossier, workspace=w, expect=(4,))
        assert one.error == "portal.argument"
        monkeypatch.setattr("portal.dossier.file.MAX_BYTES", 1000)  # what verify would not read is not written
        too_large = tallystick(*export, place / "large.json", workspace=w, expect=(4,))
        assert too_large.error == "portal.dossier"
        assert not (place / "large.json").exists()

    def opened(self, w: Path, name: str) -> None:
        draft = ("plan", "draft", name, "--debtor", "debtor", "--creditor", "creditor", "--token", "test")
        tallystick(*draft, "--total", "30", "--installments", "3", "--first-due", NEVER, workspace=w)
        for key in ("debtor", "creditor"):
            tallystick("plan", "sign", name, "--key", key, workspace=w)
        tallystick("plan", "open", name, *UNRECORDED, workspace=w)

    def test_payment_that_timed_out_is_repeated_with_the_word_it_was_given(
        self, w: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from settlement.book import Book

        self.opened(w, "slow-plan")
        monkeypatch.setitem(Book.__init__.__kwdefaults__, "wait_seconds", 0.3)
        pay = ("plan", "pay", "slow-plan", "--key", "debtor", "--amount", "2")
        with ChainUse(Workspace.open(w), "plans") as use:
            use.dev().set_automine(False)
            use.dev().chain().rpc("evm_setIntervalMining", [0])
            try:
                first = tallystick(*pay, workspace=w, expect=(7,))  # its approval waits
                (word,) = re.findall("--once ([0-9a-f]{16}),", first.json["error"]["hint"])
                use.dev().mine()
                again = tallystick(*pay, "--once", word, workspace=w, expect=(7,))  # now the payment itself
                assert (first.error, again.error) == ("chain.stuck", "chain.stuck")
                assert f"--once {word}," in again.json["error"]["hint"]
                use.dev().mine()
            finally:
                use.dev().set_automine(True)
        assert tallystick(*pay, "--once", word, workspace=w).json["once"] == word
        assert tallystick("plan", "show", "slow-plan", workspace=w).json["on_chain"]["principal_paid"] == 2_000_000

    def test_word_is_told_before_sending_and_when_interrupted(
        self, w: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        from settlement.book import Book

        self.opened(w, "interrupted-plan")

        def stop(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(Book, "pay", stop)
        capsys.readouterr()
        words = ["plan", "pay", "interrupted-plan", "--key", "debtor", "--amount", "2", "--workspace", str(w)]
        assert main(words) == 130
        told = re.findall("--once ([0-9a-f]{16})", capsys.readouterr().err)
        assert len(told) == 2 and told[0] == told[1]  # before sending, and in the hint
        hint = tallystick(*words[:-2], workspace=w, expect=(130,)).json["error"]["hint"]
        assert re.search("repeat with --once [0-9a-f]{16},", hint)


class TestEscrow:
    def draft(self, w: Path, name: str, fund_by: str = "2098-01-01T00:00:00Z") -> None:
        draft = ("escrow", "draft", name, "--payer", "debtor", "--payee", "creditor", "--token", "test")
        times = ("--fund-by", fund_by, "--expires", "2099-01-01T00:00:00Z")
        tallystick(*draft, "--amount", "15.5", *times, workspace=w)
        for key in ("debtor", "creditor"):
            tallystick("escrow", "sign", name, "--key", key, workspace=w)
        tallystick("escrow", "open", name, workspace=w)

    def state(self, w: Path, name: str) -> str:
        return str(tallystick("escrow", "show", name, workspace=w).json["state"])

    def test_fund_release_and_withdraw(self, w: Path) -> None:
        self.draft(w, "released")
        assert self.state(w, "released") == "open"
        tallystick("escrow", "fund", "released", "--key", "friend", workspace=w)
        assert self.state(w, "released") == "funded"
        wrong = tallystick("escrow", "release", "released", "--key", "creditor", workspace=w, expect=(7,))
        assert wrong.error == "settlement.escrow-not-party"
        early = tallystick("escrow", "reclaim", "released", workspace=w, expect=(7,))
        assert early.error == "settlement.escrow-reclaim-early"
        tallystick("escrow", "release", "released", "--key", "debtor", workspace=w)
        tallystick("escrow", "withdraw", "released", "--key", "creditor", workspace=w)
        assert tallystick("escrow", "show", "released", workspace=w).json["withdrawn"] is True

    def test_refund_gives_it_back(self, w: Path) -> None:
        self.draft(w, "refunded")
        tallystick("escrow", "fund", "refunded", "--key", "debtor", workspace=w)
        tallystick("escrow", "refund", "refunded", "--key", "creditor", workspace=w)
        tallystick("escrow", "withdraw", "refunded", "--key", "debtor", workspace=w)
        assert self.state(w, "refunded") == "refunded"
        assert {e["name"] for e in tallystick("escrow", "show", workspace=w).json["escrows"]} >= {
            "released",
            "refunded",
        }


class TestSetUp:
    def test_deploy_again_finds_everything_and_sends_nothing(self, w: Path) -> None:
        first = tallystick("deploy", workspace=w).json["contracts"]
        assert tallystick("deploy", workspace=w).json["contracts"] == first
        assert [contract["name"] for contract in first] == ["EvidenceLog", "RepaymentBook", "Collateral", "EscrowBook"]

    def test_keys_are_listed_with_their_addresses(self, w: Path) -> None:
        keys = {key["name"]: key["address"] for key in tallystick("key", "list", workspace=w).json["keys"]}
        assert set(keys) == {"creditor", "debtor", "friend", "operator"}
        assert len(set(keys.values())) == 4


class TestDoctor:
    def test_doctor_finds_nothing_wrong(self, w: Path) -> None:
        said = tallystick("doctor", workspace=w).json
        assert said["healthy"] is True
        assert {f["state"] for f in said["findings"]} <= {"ok", "note"}
