"""The commands of `tallystick plan` that say who the parties are: `record`, `seal-record`."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from portal.cli.shell import Shell, command
from portal.cli.words import moment, plural

if TYPE_CHECKING:
    from notary.custody.signers import CustodySigner
    from portal.papers import Paper
    from portal.signing.record import Kind, SignedRecord
    from portal.signing.rows import Kept

ROLES: Final = ("debtor", "creditor", "guarantor")  # as portal.signing.record has them, without its import
LEVELS: Final = ("unstated", "advanced", "qualified")
_IDENTITY = click.option(
    "--identity",
    "identities",
    metavar="KIND=FILE",
    multiple=True,
    help="A document that shows who it is: id-document, company-register, power-of-attorney, video, signed-agreement "
    "or other; repeatable. Only its digest is in the record.",
)


@command("record", after="the other party's record; then `tallystick plan open NAME`.", opens_key=True)
@click.argument("name", metavar="FILE|NAME")
@click.option("--party", required=True, type=click.Choice(ROLES), help="Whose record it is.")
@click.option("--name", "who", required=True, metavar="WHO", help="The person or company, as stated.")
@click.option(
    "--language",
    "languages",
    required=True,
    multiple=True,
    metavar="TAG",
    help="In which the terms and the agreement were shown: pt-BR, zh-Hans; repeatable.",
)
@click.option("--shown-at", required=True, metavar="TIME|now", help="When they were shown to the party.")
@click.option("--signed-at", metavar="TIME|now", default="now", show_default=True, help="When the party signed them.")
@_IDENTITY
@click.option("--key", metavar="NAME", help="The party's key: its address then signs the record, too.")
@click.option("--certificate", metavar="FILE", help="The person's certificate, with its chain (PEM): an e-signature.")
@click.option("--certificate-key", metavar="FILE", help="Its private key (PEM).")
@click.option("--level", type=click.Choice(LEVELS), default="unstated", help="What the e-signature is said to be.")
@click.option("--address", metavar="KEY|0x", help="A guarantor's address; the others' stand in the terms.")
@click.option("--case", metavar="CASE", help="Seal it there, with the documents [default: write the file only].")
@click.option("--to", "target", required=True, metavar="FILE", help="Where the record is written: a new file.")
def record(
    shell: Shell,
    name: str,
    party: str,
    who: str,
    languages: tuple[str, ...],
    shown_at: str,
    signed_at: str,
    identities: tuple[str, ...],
    key: str | None,
    certificate: str | None,
    certificate_key: str | None,
    level: str,
    address: str | None,
    case: str | None,
    target: str,
) -> None:
    """Write down who a party of a plan is, and seal that before the plan opens.

    The party has signed the terms. The record ties the name to the address, by documents (--identity) or by the
    person's own e-signature (--certificate), and says in which languages they were shown what, when. Documents and
    record are sealed into the case, under its key; nothing of them goes on chain, and `case erase` erases them.

    \b
    Examples:
      tallystick plan record smith-plan --party debtor --name "Aurora Ltda." --language pt-BR --shown-at now \\
        --identity company-register=extract.pdf --key debtor --case smith-2026 --to debtor.record.json
      tallystick plan record smith-plan --party creditor --name "Li Wei" --language zh-Hans --shown-at now \\
        --certificate li.pem --certificate-key li.key --level qualified --case smith-2026 --to li.record.json
    """
    from portal import settling
    from portal.errors import ArgumentInvalid
    from portal.signing import make
    from portal.signing.record import Level, Role, SignedRecord

    if (certificate is None) != (certificate_key is None):
        raise ArgumentInvalid("--certificate", certificate or "", "and --certificate-key go together")
    documents = _documents(identities)
    with shell.world("plan record") as world:
        paper = _plan(settling.trusted_paper(world, name).paper, name)
        stated = make.Stated(
            role=Role(party),
            name=who,
            languages=languages,
            shown_at=_time("--shown-at", shown_at),
            signed_at=None if signed_at == "now" else _time("--signed-at", signed_at),
            address=None if address is None else world.keys.resolve(address),
            level=Level(level),
            documents=documents,
        )
        if case is not None:
            _case_is_open(world.notary, case)
            settling.take_in(world, paper)
        signed = SignedRecord(make.draft_record(paper, stated))
        if key is not None:
            signed = signed.signed_by(make.sign_record(world, signed.record, key))
        if certificate is not None and certificate_key is not None:
            signer = _certified(shell, Path(certificate), Path(certificate_key))
            signed = signed.signed_by(signer.sign(signed.record))
        file = Path(target)
        make.write_record(file, signed)
        kept = None if case is None else make.seal_record(world, signed, file, case, documents)
    _show(shell, file, signed, kept)


@command("seal-record", after="`tallystick plan open NAME`, once both parties' records are sealed.", opens_key=True)
@click.argument("file")
@click.option("--case", metavar="CASE", help="The case that it is sealed in.")
@_IDENTITY
@click.option("--signature", metavar="0x...", help="The address's signature of the record, made by a wallet elsewhere.")
@click.option("--typed-data", is_flag=True, help="Print what the wallet signs (EIP-712 JSON), and nothing else.")
def seal_record(
    shell: Shell, file: str, case: str | None, identities: tuple[str, ...], signature: str | None, typed_data: bool
) -> None:
    """Seal a signing record that was made elsewhere, or is not sealed yet.

    It is held against the plan of this workspace first: id, contract, address, agreement, and each signature in it.
    Documents need not come with it: the record has their digests, and they may stay with the party that they are of.

    \b
    Examples:
      tallystick plan seal-record debtor.record.json --case smith-2026
      tallystick plan seal-record debtor.record.json --typed-data
    """
    from notary.custody.signatures import MAX_WALLET_SIGNATURE
    from portal import settling
    from portal.errors import ArgumentInvalid
    from portal.reading import write_output
    from portal.signing import make

    path = Path(file)
    signed = make.read_record(path)
    if typed_data:
        click.echo(json.dumps(signed.record.typed_data(), indent=2, ensure_ascii=False))
        return
    if case is None:
        raise ArgumentInvalid("--case", "", "is needed: the case that the record is sealed in")
    documents = _documents(identities)
    with shell.world("plan seal-record") as world:
        _case_is_open(world.notary, case)
        plan_id = f"0x{signed.record.plan_id.hex()}"
        paper = _plan(settling.trusted_paper(world, plan_id).paper, plan_id)
        if signature is not None:
            if not re.fullmatch(rf"0x(?:[0-9a-fA-F]{{2}}){{1,{MAX_WALLET_SIGNATURE}}}", signature):
                raise ArgumentInvalid("--signature", signature[:20], "is not 0x and hex digits")
            made = make.signature_made_elsewhere(world, signed.record, bytes.fromhex(signature[2:]))
            signed = signed.signed_by(made)
        make.check_taken(paper, signed, path.name)
        if signature is not None:
            write_output(path, signed.to_bytes())
        kept = make.seal_record(world, signed, path, case, documents)
    _show(shell, path, signed, kept)


def _show(shell: Shell, file: Path, signed: SignedRecord, kept: Kept | None) -> None:
    import hashlib

    one, digest = signed.record, hashlib.sha256(signed.to_bytes()).hexdigest()
    plan_id = f"0x{one.plan_id.hex()}"
    where = "not sealed yet: `plan seal-record` does that" if kept is None else f"sealed in {kept.case}"
    counts = f"{plural(len(one.evidence), 'document')}, {plural(len(signed.signatures), 'signature')}"
    members: dict[str, Any] = {
        "plan_id": plan_id,
        "role": one.role.value,
        "file": str(file),
        "sha256": digest,
        "documents": len(one.evidence),
        "signatures": len(signed.signatures),
        "state": "signed" if kept is None else kept.state.value,
        "case": None if kept is None else kept.case,
    }
    shell.result(members, f"{one.role} {one.name}: {file}  {counts}; {where}")


def _documents(identities: Sequence[str]) -> dict[Path, Kind]:
    from portal.errors import ArgumentInvalid
    from portal.signing.record import Kind

    found: dict[Path, Kind] = {}
    for text in identities:
        kind, equals, file = text.partition("=")
        if not equals or not file or kind not in list(Kind):
            raise ArgumentInvalid("--identity", text, f"is not KIND=FILE with one of {', '.join(Kind)}")
        found[Path(file)] = Kind(kind)
    return found


def _plan(paper: Paper, name: str) -> Paper:
    from portal.errors import PaperInvalid

    if not paper.is_plan:
        raise PaperInvalid(name, "is an escrow; signing records are of plans")
    return paper


def _case_is_open(notary: Any, case: str) -> None:
    """Before anything is written.  Raises CaseUnknown, CaseErased."""
    from notary.sealing.cases import case_key

    case_key(notary, case)


def _time(option: str, text: str) -> int:
    from portal.clock import now

    found = now() if text == "now" else moment(option, text)
    if found is None:
        from portal.errors import ArgumentInvalid

        raise ArgumentInvalid(option, text, "is no time such as 2026-11-23T18:00:00Z, or now")
    return found


def _certified(shell: Shell, certificate: Path, key: Path) -> CustodySigner:
    from notary.custody.signers import MAX_CHAIN_FILE, X509Signer
    from portal.reading import read_bounded

    encrypted = b"ENCRYPTED" in read_bounded(key, MAX_CHAIN_FILE)
    return X509Signer.open(key, certificate, shell.password(key.name) if encrypted else None)


COMMANDS: Final = (record, seal_record)
