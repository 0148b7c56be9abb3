"""REVERIFY.md: its commands, taken from the text and run as written, on what a real workspace sealed and anchored."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from support import sealed, stamped, tsa_chain
from support.devchain import dev_chain
from support.evidencechain import anchor_to_final, give_chain, trust_in
from support.notaryworld import world
from support.tsa import handmade_tsa

from notary.context import NotaryContext
from notary.court import export, layout
from notary.court.reverify import reverify_text
from notary.evm.evm_proof import EvmAnchor
from notary.log import checkpoint
from notary.proofs.receipt import Receipt, TimestampAnchor
from notary.proofs.receipts import receipt_for
from notary.sealing.commitment import Shown
from notary.sealing.seal import seal
from notary.timestamps import stamps
from notary.timestamps.stamp_sources import Authority, TimestampSources
from notary.verdicts.trust import Trust

BLOCK = re.compile(r"```bash\n(.*?)\n```\n\n(?:It must print:\n\n```text\n(.*?)\n```|It prints nothing\.)\n", re.S)
HEADING = re.compile(r"^## (.*)$", re.M)
SECTIONS = {"0.", "1.", "2.", "3.", "4.", "5.", "6.", "The"}
MARK = "==== end of a block ===="
NAMES = (
    "o'brien $(touch pwned) `touch pwned`.txt",
    "a\u202egpj.exe",
    '"; touch pwned; "',
    "契約 书\\1.pdf",
    "| b | <i>.txt",
)
FILES = {name: f"document {place}\n".encode() for place, name in enumerate(NAMES)}
FOUNDRY = sorted((Path(__file__).parents[2] / "contracts/node_modules/@foundry-rs").glob("cast-*/bin"))
CAST = bool(FOUNDRY or shutil.which("cast"))


@dataclass(frozen=True)
class Case:
    """Receipts of sealed files, their bytes, what confirms them, a node of the chain, and the workspace."""

    receipts: tuple[Receipt, ...]
    files: tuple[bytes, ...]
    trust: Trust
    url: str = ""
    ctx: NotaryContext | None = None


@dataclass(frozen=True)
class Step:
    """A block: the heading above it, what it must print, what it printed."""

    heading: str
    must: str
    printed: str

    @property
    def agrees(self) -> bool:
        return self.must == self.printed


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    """Sealed in a workspace, anchored on anvil, stamped by an authority."""
    authority = tsa_chain.chain()
    with (
        world(tmp_path_factory.mktemp("reverify")) as w,
        dev_chain() as dev,
        handmade_tsa(authority, w.clock) as running,
    ):
        for name, data in FILES.items():
            w.put(name, data)
        seal(w.ctx, "acme", [w.files], extra_digests=("sha512", "sha3_256", "sm3"))
        give_chain(w, dev)
        asked = Authority("tsa | *one*", running.url, root=authority.root.der)
        w.with_context(timestamps=TimestampSources((asked,), tokens=1))
        anchor_to_final(w.ctx, dev)
        (row,) = stamps.request(w.ctx)
        stamps.advance(w.ctx, row.id, w.clock())
        receipts = tuple(receipt_for(w.ctx, claim) for claim in range(1, len(FILES) + 1))
        assert {type(anchor) for anchor in receipts[0].anchors} == {EvmAnchor, TimestampAnchor}
        trusted = replace(trust_in(dev), authorities=(authority.trusted(),))
        files = tuple(FILES[str(receipt.shown()["name"]).rpartition("/")[2]] for receipt in receipts)
        yield Case(receipts, files, trusted, dev.url, w.ctx)


def unpack(case: Case, folder: Path, text: str, documents: Sequence[str | None]) -> Path:
    """The bundle's files, as far as the commands need them."""
    small = {"REVERIFY.md": text.encode()}
    small |= {path: data for path, data in zip(documents, case.files, strict=True) if path is not None}
    for path, data in small.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    digests = {path: sealed.document_of(data).digests["sha256"] for path, data in small.items()}
    (folder / layout.MANIFEST).write_bytes(layout.manifest(digests))
    return folder


def blocks_of(text: str) -> list[tuple[str, str, str]]:
    """Heading, commands and what must be printed, of every block."""
    found = []
    for match in BLOCK.finditer(text):
        heading = HEADING.findall(text, 0, match.start())[-1]
        printed = f"{match[2]}\n" if match[2] else ""
        found.append((heading, match[1], printed))
    assert len(found) == text.count("\n```bash\n"), "every block says what it prints"
    return found


def run(folder: Path, text: str, url: str = "", locale: str = "C.UTF-8", skip: str = "(?!)") -> list[Step]:
    """Run the text's commands in one bash, in their order, but for blocks in which `skip` is found."""
    blocks = [block for block in blocks_of(text) if not re.search(skip, block[1])]
    if not CAST:
        blocks = [block for block in blocks if not block[1].startswith("cast ")]
    script = "".join(f"{commands}\nprintf '%s\\n' '{MARK}'\n" for _, commands, _ in blocks)
    temporary = folder.parent / f"{folder.name}-tmp"
    temporary.mkdir(exist_ok=True)
    environment = {
        "PATH": os.pathsep.join([*map(str, FOUNDRY), os.environ["PATH"]]),
        "LC_ALL": locale,
        "TMPDIR": str(temporary),
        "HOME": str(temporary),
        **({"RPC": url} if url else {}),
    }
    done = subprocess.run(
        ["bash"], input=script.encode(), cwd=folder, env=environment, capture_output=True, timeout=120, check=False
    )
    printed = done.stdout.decode().split(f"{MARK}\n")
    assert printed.pop() == "" and len(printed) == len(blocks), done.stderr.decode()[-2000:]
    assert not list(folder.rglob("pwned")) and not list(temporary.rglob("pwned"))
    return [Step(heading, must, said) for (heading, _, must), said in zip(blocks, printed, strict=True)]


def differing(steps: Sequence[Step]) -> list[str]:
    """The numbers of the sections in which something else was printed than the text says; `The` is the last one."""
    return sorted({step.heading.split()[0] for step in steps if not step.agrees})


def written(case: Case, folder: Path, chosen: int = 0) -> tuple[Path, str]:
    paths = layout.document_paths(case.receipts)
    text = reverify_text(case.receipts, paths, chosen=chosen, trust=case.trust)
    return unpack(case, folder / "bundle", text, paths), text


def instead(case: Case, receipt: Receipt) -> Case:
    """The case with its first receipt exchanged."""
    return replace(case, receipts=(receipt, *case.receipts[1:]))


class TestAsWritten:
    @pytest.mark.parametrize("chosen", range(len(NAMES)))
    def test_every_block_prints_what_the_text_says(self, case: Case, tmp_path: Path, chosen: int) -> None:
        folder, text = written(case, tmp_path, chosen)
        steps = run(folder, text, case.url)
        assert [step for step in steps if not step.agrees] == []
        assert {step.heading.split()[0] for step in steps} == SECTIONS

    def test_the_manual_of_an_exported_bundle_holds_as_it_lies_there(self, case: Case, tmp_path: Path) -> None:
        assert case.ctx is not None
        collected = export.collect(case.ctx, "acme", export.Choice())
        with (tmp_path / "case.zip").open("wb") as file:
            export.write(file, collected, export.Statement(case.ctx.clock(), case.trust))
        with zipfile.ZipFile(tmp_path / "case.zip") as archive:
            archive.extractall(tmp_path / "case")
        text = (tmp_path / "case" / layout.MANUAL).read_text()
        steps = run(tmp_path / "case", text, case.url)
        assert differing(steps) == []
        assert {step.heading.split()[0] for step in steps} == SECTIONS

    def test_the_locale_changes_nothing(self, case: Case, tmp_path: Path) -> None:
        folder, text = written(case, tmp_path)
        assert differing(run(folder, text, case.url, locale="C")) == []

    def test_the_last_digests_of_the_document_are_those_that_the_claim_names(self, case: Case, tmp_path: Path) -> None:
        folder, text = written(case, tmp_path)
        (step,) = [step for step in run(folder, text, case.url) if step.heading.startswith("1.")]
        fields = case.receipts[0].shown()
        names = ("sha256", "sha512", "sha3_256", "sm3", "size")
        assert step.printed.split() == [str(fields[name]) for name in names]

    def test_the_bundle_digest_is_the_one_that_the_report_prints(self, case: Case, tmp_path: Path) -> None:
        folder, text = written(case, tmp_path)
        digests = layout.read_manifest((folder / layout.MANIFEST).read_bytes())
        (folder / layout.MANIFEST).write_bytes(layout.manifest({**digests, layout.REPORT: bytes(32)}))
        (command,) = re.findall(r"^    (grep .*)$", text, re.M)
        done = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, check=True)
        assert done.stdout.split()[0] == layout.contents_digest(digests).hex()

    def test_withheld_fields_and_a_withheld_document_leave_the_other_steps_whole(
        self, case: Case, tmp_path: Path
    ) -> None:
        first = case.receipts[0]
        hidden = instead(case, replace(first, opening=first.opening.hide({"name", "exhibit", "sha256"})))
        paths = [None, *layout.document_paths(hidden.receipts)[1:]]
        text = reverify_text(hidden.receipts, paths, trust=case.trust)
        folder = unpack(hidden, tmp_path / "bundle", text, paths)
        assert differing(run(folder, text, case.url)) == []
        assert "The document is not in this bundle." in text
        assert not any(str(first.shown()[name]) in text for name in ("name", "sha256"))

    def test_a_claim_without_digests_says_that_no_document_can_be_compared(self, case: Case) -> None:
        first = case.receipts[0]
        digests = {name for name in first.shown() if name.startswith(("sha", "sm3"))}
        shown = replace(first, opening=first.opening.hide(digests))
        assert "no document can be compared with it" in reverify_text([shown], ["documents/1/a"])

    def test_a_receipt_with_every_kind_of_anchor_passes_but_for_a_chain_that_no_node_serves(
        self, tmp_path: Path
    ) -> None:
        full = stamped.full()
        made = Case((full.receipt,), (full.document,), full.trust)
        folder, text = written(made, tmp_path)
        steps = run(folder, text, skip=r"\brpc eth_|--rpc-url")
        assert differing(steps) == []
        assert "6a. Bitcoin (OpenTimestamps)" in [step.heading for step in steps]
        assert text.endswith("of their own.\n"), "one receipt has no others"

    def test_a_token_with_rsa_pss_is_verified_by_cms(self, tmp_path: Path) -> None:
        made, authority = pss()
        folder, text = written(made, tmp_path)
        assert "openssl cms -verify" in text and "openssl ts -verify" not in text
        assert differing(run(folder, text)) == []
        stranger = replace(authority.trusted(), root=tsa_chain.chain(title="Stranger").root.der)
        folder, text = written(replace(made, trust=stamped.trusting(stranger)), tmp_path / "second")
        assert differing(run(folder, text)) == ["6."]

    def test_what_is_missing_is_said(self) -> None:
        (receipt, *_) = sealed.seal().receipts
        text = reverify_text([replace(receipt, anchors=())], [None])
        assert "This receipt shows no finished anchor on a blockchain." in text
        assert "This receipt carries no time-stamp token (RFC 3161)." in text
        token = stamped.token_anchor(receipt.note)
        assert "The issuer names no root certificate." in reverify_text([replace(receipt, anchors=(token,))], [None])
        broken = replace(receipt, anchors=(TimestampAnchor(b"no token"),))
        assert "Token 1 cannot be read as one." in reverify_text([broken], [None])

    def test_a_token_that_openssl_cannot_verify_is_said_and_written_out(self, tmp_path: Path) -> None:
        (receipt, *_) = sealed.seal([b"one"]).receipts
        token = stamped.token_anchor(receipt.note, chain=tsa_chain.chain("ed25519"))
        made = Case((replace(receipt, anchors=(token,)),), (b"one",), Trust())
        folder, text = written(made, tmp_path)
        assert "signatures of the kind that token 1 has (`Ed25519`)" in text
        assert differing(run(folder, text)) == []
        (found,) = (tmp_path / "bundle-tmp").rglob("token-1.der")
        assert found.read_bytes() == token.token

    def test_a_header_that_cannot_be_read_gives_no_time_and_another_hash(self, case: Case, tmp_path: Path) -> None:
        first = case.receipts[0]
        anchors = [replace(one, header=b"\x80") if isinstance(one, EvmAnchor) else one for one in first.anchors]
        folder, text = written(instead(case, replace(first, anchors=tuple(anchors))), tmp_path)
        assert "its time (UTC)" not in text
        steps = run(folder, text, case.url)
        assert [step.heading[0] for step in steps if not step.agrees] == (["5"] if CAST else [])  # its first line

    def test_a_development_chain_is_called_one(self, case: Case) -> None:
        told = "This chain is a development chain."
        assert told in reverify_text(case.receipts[:1], [None], trust=case.trust)
        assert told not in reverify_text(case.receipts[:1], [None])


def pss() -> tuple[Case, tsa_chain.Chain]:
    """A receipt whose only anchor is a token that `openssl ts` does not know how to verify."""
    batch = sealed.seal([b"one"])
    authority = tsa_chain.chain("rsa-pss")
    token = stamped.token_anchor(batch.note, at=tsa_chain.AT, chain=authority)
    receipt = replace(batch.receipts[0], anchors=(token,))
    return Case((receipt,), (b"one",), stamped.trusting(authority.trusted())), authority


class TestWhatDiffers:
    def test_a_changed_byte_of_the_document_differs_in_step_one_and_in_the_lists(
        self, case: Case, tmp_path: Path
    ) -> None:
        folder, text = written(case, tmp_path)
        path = folder / layout.document_paths(case.receipts)[0]
        data = bytearray(path.read_bytes())
        data[3] ^= 1
        path.write_bytes(data)
        assert differing(run(folder, text, case.url)) == ["0.", "1.", "The"]

    def test_a_document_that_grew_differs_in_its_size_too(self, case: Case, tmp_path: Path) -> None:
        folder, text = written(case, tmp_path)
        path = folder / layout.document_paths(case.receipts)[0]
        path.write_bytes(path.read_bytes() + b"\n")
        (step,) = [step for step in run(folder, text, case.url) if step.heading.startswith("1.")]
        must, printed = step.must.split(), step.printed.split()
        assert all(one != other for one, other in zip(must, printed, strict=True))

    def test_a_changed_document_of_another_exhibit_differs_in_the_lists_only(self, case: Case, tmp_path: Path) -> None:
        folder, text = written(case, tmp_path)
        (folder / layout.document_paths(case.receipts)[1]).write_bytes(b"another one")
        assert differing(run(folder, text, case.url)) == ["0.", "The"]

    @pytest.mark.parametrize(
        ("name", "differ"), [("name", ["3."]), ("size", ["1.", "3."]), ("sha256", ["1.", "3.", "The"])]
    )
    def test_a_changed_field_leads_to_another_root(
        self, case: Case, tmp_path: Path, name: str, differ: list[str]
    ) -> None:
        first = case.receipts[0]
        value: str | int = 99 if name == "size" else "00" * 32
        entries = tuple(
            Shown(name, value, one.salt) if isinstance(one, Shown) and one.name == name else one
            for one in first.opening.entries
        )
        forged = instead(case, replace(first, opening=replace(first.opening, entries=entries)))
        folder, text = written(forged, tmp_path)
        assert differing(run(folder, text, case.url)) == differ

    def test_a_field_changed_in_the_text_leads_to_another_commitment(self, case: Case, tmp_path: Path) -> None:
        folder, text = written(case, tmp_path)
        changed = text.replace('{"name":"tool","value":"', '{"name":"tool","value":"X')
        assert changed != text
        (folder / "REVERIFY.md").write_text(changed)
        assert differing(run(folder, changed, case.url)) == ["0.", "2.", "3."]

    def test_another_place_in_the_log_leads_to_another_root(self, case: Case, tmp_path: Path) -> None:
        first = case.receipts[0]
        moved = replace(first.entry, index=first.entry.index ^ 1)
        folder, text = written(instead(case, replace(first, entry=moved)), tmp_path)
        assert differing(run(folder, text, case.url)) == ["3."]

    def test_another_root_differs_in_every_step_from_the_log_on(self, case: Case, tmp_path: Path) -> None:
        first = case.receipts[0]
        other = replace(first.note, checkpoint=replace(first.note.checkpoint, root=b"\x11" * 32))
        folder, text = written(instead(case, replace(first, note=other)), tmp_path)
        assert differing(run(folder, text, case.url)) == ["3.", "4.", "5.", "6."]

    def test_a_note_signed_by_another_key_differs_in_its_signature_and_token(self, case: Case, tmp_path: Path) -> None:
        first = case.receipts[0]
        signed = checkpoint.sign(first.note.checkpoint, first.log.key, sealed.KEY.sign)
        folder, text = written(instead(case, replace(first, note=signed)), tmp_path)
        assert differing(run(folder, text, case.url)) == ["4.", "6."]

    def test_a_note_without_the_logs_signature_is_called_invalid(self, case: Case) -> None:
        first = case.receipts[0]
        other = replace(first, log=replace(first.log, key=sealed.PUBLIC))
        assert "The receipt is not valid." in reverify_text([other], [None])

    def test_a_node_of_another_chain_differs_in_the_blocks_and_the_event(self, case: Case, tmp_path: Path) -> None:
        folder, text = written(case, tmp_path)
        with dev_chain(4242) as other:
            steps = run(folder, text, other.url)
        assert differing(steps) == ["5."]
        assert sum(not step.agrees for step in steps if step.heading.startswith("5.")) == 3

    def test_a_node_that_does_not_answer_differs(self, case: Case, tmp_path: Path) -> None:
        folder, text = written(case, tmp_path)
        assert differing(run(folder, text, "http://127.0.0.1:9")) == ["5."]

    def test_a_root_certificate_of_somebody_else_differs(self, case: Case, tmp_path: Path) -> None:
        stranger = tsa_chain.chain(title="Stranger")
        trusted = replace(case.trust, authorities=(stranger.trusted(),))
        folder, text = written(replace(case, trust=trusted), tmp_path)
        steps = run(folder, text, case.url)
        assert differing(steps) == ["6."]

    def test_a_proof_for_another_note_differs(self, tmp_path: Path) -> None:
        full = stamped.full()
        other = stamped.ots_anchor(sealed.seal([b"another"]).note)[0]
        receipt = replace(full.receipt, anchors=(other,))
        folder, text = written(Case((receipt,), (full.document,), full.trust), tmp_path)
        assert differing(run(folder, text)) == ["6a."]


def test_a_long_case_gives_every_receipt_a_row_and_one_command_for_all_documents(tmp_path: Path) -> None:
    files = tuple(b"%d" % place for place in range(120))
    batch = sealed.seal(files, each=[{"name": f"n|{place}.txt", "exhibit": f"A-{place}"} for place in range(120)])
    made = Case(tuple(replace(receipt, anchors=()) for receipt in batch.receipts), files, Trust())
    folder, text = written(made, tmp_path, 7)
    assert differing(run(folder, text)) == []
    rows = re.findall(r"^\| (\d+) \| ", text, re.M)
    assert [int(row) for row in rows] == list(range(1, 121))
    assert text.count("openssl pkeyutl") == 1
    assert len(text) < 120 * 1000


def test_reverify_text_refuses_another_number_of_documents_and_a_place_that_is_none() -> None:
    receipts = sealed.seal().receipts
    for documents, chosen in (([None] * 2, 0), ([None] * 3, 3), ([None] * 3, -1)):
        with pytest.raises(ValueError, match="3 receipts"):
            reverify_text(receipts, documents, chosen=chosen)
    with pytest.raises(ValueError, match="0 receipts"):
        reverify_text([], [])
