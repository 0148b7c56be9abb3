"""`tallystick renew`: evidence records (RFC 4998), which outlive the algorithms that sealed what they are about."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from notary.verdicts.reasons import LOCALES
from portal.cli.shell import Shell, command
from portal.cli.words import at, plural
from portal.exit_codes import Exit

if TYPE_CHECKING:
    from notary.context import NotaryContext
    from notary.records.algorithms import Policy
    from notary.records.evidence_verdict import RecordVerdict
    from notary.verdicts.trust import TrustedAuthority

WAYS = ("--due", "--export", "--validate", "--tree")
COLOURS = {"PASSED": "green", "FAILED": "red", "INDETERMINATE": "yellow"}


@command("renew", after="`tallystick renew --export FOLDER CASE` writes the records out; keep them with the documents.")
@click.argument("names", nargs=-1, metavar="[CASE | PATH...]")
@click.option("--due", is_flag=True, help="List what weakens next in each case, when, by whose word, and what helps.")
@click.option("--tree", metavar="HASH", help="Hash every document anew with HASH: sha512, sha3_256, sha3_512.")
@click.option(
    "--documents", metavar="PATH", multiple=True, help="With --tree: a file or folder of documents; repeatable."
)
@click.option("--leave-out", is_flag=True, help="With --tree: go on without documents that are not found.")
@click.option("--export", "folder", metavar="FOLDER", help="Write the records of CASE below FOLDER.")
@click.option("--per-document", is_flag=True, help="With --export: a record for each document, too.")
@click.option("--validate", "record", metavar="FILE", help="Check an evidence record of any maker, offline.")
@click.option("--trust", metavar="FILE", help="With --validate: authorities that you trust (a trusted-blocks file).")
@click.option("--tsa-root", "roots", metavar="FILE", multiple=True, help="With --validate: an authority's root.")
@click.option("--locale", type=click.Choice(LOCALES), default="en", help="With --validate: language of the verdict.")
@click.option(
    "--policy", metavar="FILE", help="Lifetimes of algorithms by your own file, not by those that came along."
)
def renew(
    shell: Shell,
    names: tuple[str, ...],
    due: bool,
    tree: str | None,
    documents: tuple[str, ...],
    leave_out: bool,
    folder: str | None,
    per_document: bool,
    record: str | None,
    trust: str | None,
    roots: tuple[str, ...],
    locale: str,
    policy: str | None,
) -> Exit | None:
    """Prove what was sealed beyond the life of its algorithms, by evidence records (RFC 4998).

    For a CASE: time-stamp its records anew, and make one over what no record is about yet. A record is over the
    case's documents and its receipts; each document's own is written out with --export --per-document and proves it
    without the others. Who stamps is configured under [[timestamps.authorities]].

    \b
    Examples:
      tallystick renew smith-2026
      tallystick renew --due
      tallystick renew smith-2026 --tree sha3_512 --documents papers/
      tallystick renew --export for-the-court/ --per-document smith-2026
      tallystick renew --validate contract.pdf.er contract.pdf --tsa-root authority.pem
    """
    chosen = [way for way, given in zip(WAYS, (due, folder, record, tree), strict=True) if given]
    if len(chosen) > 1:
        raise click.UsageError(f"{' and '.join(chosen)} are different things: ask for one of them")
    for option, given, way in (
        ("--documents", documents, "--tree"),
        ("--leave-out", leave_out, "--tree"),
        ("--per-document", per_document, "--export"),
        ("--trust", trust, "--validate"),
        ("--tsa-root", roots, "--validate"),
    ):
        if given and way not in chosen:
            raise click.UsageError(f"{option} belongs to {way}")
    if policy is not None and folder is not None:
        raise click.UsageError("--policy has no meaning with --export: what is written out is not judged")
    lifetimes = _policy(policy)
    if record is not None:
        return _validate(shell, Path(record), names, _authorities(trust, roots), lifetimes, locale)
    if due:
        if names:
            raise click.UsageError("--due is about all cases: name none")
        _due(shell, lifetimes)
        return None
    if len(names) != 1:
        raise click.UsageError("name one case")
    if folder is not None:
        _export(shell, names[0], Path(folder), per_document)
        return None
    return _renew(shell, names[0], tree, documents, leave_out, lifetimes)


def _policy(path: str | None) -> Policy:
    from notary.records.algorithms import MAX_BYTES, Policy, default_policy
    from portal.reading import read_bounded

    return default_policy() if path is None else Policy.from_bytes(read_bounded(Path(path), MAX_BYTES))


def _renew(
    shell: Shell, case: str, tree: str | None, documents: Sequence[str], leave_out: bool, policy: Policy
) -> Exit | None:
    from notary.records import record_rows, renewals

    done: list[tuple[str, renewals.Renewed]] = []
    with shell.world("renew") as world, shell.progress() as progress:
        ctx = world.notary
        stamp = renewals.configured(ctx)
        if tree is not None:
            renewed = renewals.renew_trees(
                ctx, case, tree, documents, stamp, policy, leave_out=leave_out, progress=progress
            )
            done += (("hashed anew", one) for one in renewed)
        else:
            left = renewals.uncovered(ctx, case)
            if record_rows.records_of(ctx, case):
                done += (("renewed", one) for one in renewals.renew_stamps(ctx, case, stamp))
            if left or not done:
                done.append(("made", renewals.create(ctx, case, stamp, progress=progress)))
        counts = _verified(ctx, case, policy)
    for what, one in done:
        objects = plural(one.objects, "object")
        shell.say(f"record {one.number}: {what}, {objects} by {one.hash_name}, stamped at {at(one.at)}")
        for name in one.left_out:
            shell.note(f"left out: {name}; its record ends with what it has")
    shell.say(f"Verified: {', '.join(f'{count} {word}' for word, count in counts.items() if count)}.")
    shell.result(
        {
            "case": case,
            "records": [
                {
                    "number": one.number,
                    "done": what,
                    "hash": one.hash_name,
                    "time": one.at,
                    "objects": one.objects,
                    "left_out": list(one.left_out),
                }
                for what, one in done
            ],
            "verified": counts,
        }
    )
    return Exit.FAILED if counts["FAILED"] else None


def _verified(ctx: NotaryContext, case: str, policy: Policy) -> dict[str, int]:
    """What was made is looked at at once, as a stranger would who trusts the configured authorities' roots."""
    from notary.records.record_export import validate_case

    authorities = () if ctx.timestamps is None else ctx.timestamps.trusted()
    statuses = [found.verdict.status.value for found in validate_case(ctx, case, authorities, policy)]
    return {word: statuses.count(word) for word in COLOURS}


def _due(shell: Shell, policy: Policy) -> None:
    from notary.records.renewal_due import due

    with shell.world("renew --due") as world:
        ctx = world.notary
        found = due(ctx, policy)
        now = ctx.clock()
    if not found:
        shell.result({"due": []}, "Nothing is sealed that could weaken.")
        return
    rows = []
    for one in found:
        what = "receipts" if one.record is None else f"record {one.record}"
        row = None if one.ending is None else one.ending.row
        ends = "no end is known" if one.until is None else f"{'ENDED ' if one.until < now else ''}{at(one.until)}"
        source = "" if row is None else row.source
        rows.append((one.case_id, what, "" if one.ending is None else one.ending.what, ends, source, one.action))
    shell.table(("case", "what", "weakens next", "ends", "by whose word", "what helps"), rows)
    shell.result(
        {
            "due": [
                {
                    "case": one.case_id,
                    "record": one.record,
                    "what": None if one.ending is None else one.ending.what,
                    "until": one.until,
                    "ended": one.until is not None and one.until < now,
                    "source": None if one.ending is None or one.ending.row is None else one.ending.row.source,
                    "statement": None if one.ending is None or one.ending.row is None else one.ending.row.statement,
                    "uncovered": one.uncovered,
                    "action": one.action,
                }
                for one in found
            ]
        }
    )


def _export(shell: Shell, case: str, folder: Path, per_document: bool) -> None:
    from notary.records.record_export import export

    with shell.world("renew --export") as world, shell.progress() as progress:
        written = export(world.notary, case, folder, per_document=per_document, progress=progress)
    shell.result(
        {"folder": str(folder), "files": [str(path) for path in written]}, f"{plural(len(written), 'file')} in {folder}"
    )


def _validate(
    shell: Shell,
    record: Path,
    paths: Sequence[str],
    authorities: Sequence[TrustedAuthority],
    policy: Policy,
    locale: str,
) -> Exit:
    from notary.records.evidence_check import validate_bytes
    from notary.records.evidence_record import MAX_BYTES
    from portal.clock import now
    from portal.reading import read_bounded

    data = read_bounded(record, MAX_BYTES)
    documents = [_document(path, data).get for path in paths]
    verdict = validate_bytes(data, documents, authorities, policy, now())
    _show(shell, record, verdict, locale)
    return {"PASSED": Exit.OK, "FAILED": Exit.FAILED}.get(verdict.status.value, Exit.INDETERMINATE)


def _authorities(path: str | None, roots: Sequence[str]) -> tuple[TrustedAuthority, ...]:
    from notary.verdicts.trust import MAX_BYTES, Trust
    from portal.reading import read_bounded
    from portal.trust_files import trust_authorities

    trust = Trust() if path is None else Trust.from_bytes(read_bounded(Path(path), MAX_BYTES))
    return tuple(trust_authorities(trust, roots, ()).authorities)


def _document(path: str, record: bytes) -> dict[str, bytes]:
    """The digests of a document that a record could ask for.  Raises InputsRefused."""
    import hashlib

    from notary.errors import EvidenceRecordInvalid
    from notary.records.evidence_record import EvidenceRecord
    from notary.sealing.hashing import EXTRA_DIGESTS, Unhashable, hash_file
    from notary.service_errors import InputsRefused, Refusal

    try:
        named = {name for name in EvidenceRecord.from_bytes(record).hash_names() if name is not None}
    except EvidenceRecordInvalid:  # the verdict says so
        named = set()
    outcome = hash_file(path, [name for name in EXTRA_DIGESTS if name in named])
    if isinstance(outcome, Unhashable):
        raise InputsRefused([Refusal(path, outcome.code, outcome.reason)])
    found = {"sha256": outcome.sha256, **dict(outcome.extra)}
    for name in named - found.keys():  # hashes of other makers' records
        with Path(path).open("rb") as file:
            found[name] = hashlib.file_digest(file, name).digest()
    return found


def _show(shell: Shell, record: Path, verdict: RecordVerdict, locale: str) -> None:
    if not shell.as_json:
        first, *lines = verdict.explain(locale)
        click.secho(first, fg=COLOURS[verdict.status.value], bold=True, nl=False)
        click.echo(f"  {record}")
        for line in lines:
            click.echo(line)
    shell.result({"record": str(record), **verdict.to_json()})
