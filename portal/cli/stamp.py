"""`tallystick stamp`: OpenTimestamps proofs of any file or digest, outside of every case."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from portal.cli.shell import Shell, command
from portal.errors import ArgumentInvalid
from portal.exit_codes import Exit
from portal.reading import write_output

if TYPE_CHECKING:
    from notary.timestamps.calendars import Outcome
    from notary.timestamps.ots import OtsProof

EXITS = {"PASSED": Exit.OK, "FAILED": Exit.FAILED, "INDETERMINATE": Exit.INDETERMINATE}


@command("stamp", after="a day later, `tallystick stamp --upgrade FILE.ots` makes the proof complete.")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--sha256", "digests", metavar="HEX", multiple=True, help="A SHA-256 instead of a file; repeatable.")
@click.option("--out", metavar="FILE.ots", help="Where the proof of one file or digest goes [default: FILE.ots].")
@click.option(
    "--calendar",
    "calendars",
    metavar="URL",
    multiple=True,
    help="Ask this calendar; repeatable [default: those of [timestamps] in tallystick.toml].",
)
@click.option("--upgrade", is_flag=True, help="FILE is a proof: fetch what its calendars know by now.")
@click.option("--verify", "proof", metavar="FILE.ots", help="Check this proof against FILE or --sha256, offline.")
@click.option("--bitcoin-header", "headers", metavar="H:HEX", multiple=True, help="A Bitcoin header: height, 80 bytes.")
@click.option(
    "--bitcoin-headers",
    "header_files",
    metavar="FILE[@H]",
    multiple=True,
    help="A file of Bitcoin headers, from block 0 or from height H on.",
)
def stamp(
    shell: Shell,
    files: tuple[str, ...],
    digests: tuple[str, ...],
    out: str | None,
    calendars: tuple[str, ...],
    upgrade: bool,
    proof: str | None,
    headers: tuple[str, ...],
    header_files: tuple[str, ...],
) -> Exit:
    """Time-stamp any file or digest by OpenTimestamps; complete and check such proofs.

    Only a salted digest leaves this machine, one for all files named. The proof FILE.ots is pending at first: calendars
    promise to write it into Bitcoin, which proves nothing until --upgrade has fetched the path to a block. Checking
    needs that block's header from a side that you trust: --bitcoin-header, or a file of all headers, whose work is
    checked. What belongs to a case is better sealed: `tallystick anchor` stamps the whole log.

    \b
    Examples:
      tallystick stamp contract.pdf
      tallystick stamp --sha256 9f86d081884c7d65... --out notes.ots
      tallystick stamp --upgrade contract.pdf.ots
      tallystick stamp --verify contract.pdf.ots contract.pdf --bitcoin-headers headers.bin
    """
    if upgrade and (proof or digests or out):
        raise click.UsageError("--upgrade takes proofs alone, and writes each where it was.")
    if (headers or header_files) and not proof:
        raise click.UsageError("Headers are for --verify.")
    if proof:
        return _verify(shell, Path(proof), files, digests, headers, header_files)
    if not files and not digests:
        raise click.UsageError("Name a file, or a digest with --sha256.")
    if upgrade:
        return _upgrade(shell, [Path(name) for name in files], _allowed(shell, calendars))
    if out and len(files) + len(digests) != 1:
        raise click.UsageError("--out is for one file or digest.")
    return _make(shell, files, digests, out, calendars)


def _make(
    shell: Shell, files: tuple[str, ...], digests: tuple[str, ...], out: str | None, named: tuple[str, ...]
) -> Exit:
    from portal import proofs

    places = [Path(f"{name}{proofs.SUFFIX}") for name in files]
    places += [Path(f"{text.lower()}{proofs.SUFFIX}") for text in digests]
    places = [Path(out)] if out else places
    if len(set(places)) != len(places):
        raise ArgumentInvalid("FILE", str(next(p for p in places if places.count(p) > 1)), "it was named twice")
    if len(places) > proofs.MAX_AT_ONCE:
        raise ArgumentInvalid("FILE", f"{len(places)} files", f"at most {proofs.MAX_AT_ONCE} are stamped at once")
    taken = next((place for place in places if place.exists()), None)
    if taken is not None:
        raise ArgumentInvalid("--out", str(taken), "it exists; a proof is never replaced")
    found = [proofs.digest_of_file(Path(name)) for name in files] + [proofs.digest_of_text(text) for text in digests]
    calendars, needed = _calendars(shell, named)
    with shell.progress() as progress:
        progress("stamp", 0, 0, "asking the calendars")
        made = proofs.stamp(found, calendars, needed)
    for place, data in zip(places, made.proofs, strict=True):
        write_output(place, data, replace=False)
        shell.say(f"{place}: pending, promised by {', '.join(made.promised)}; proves nothing so far")
    for reason in made.failed:
        shell.note(f"{reason}")
    shell.result(
        {
            "proofs": [
                {"file": str(place), "sha256": digest.hex(), "status": "pending"}
                for place, digest in zip(places, found, strict=True)
            ],
            "calendars": list(made.promised),
            "failed": list(made.failed),
        }
    )
    return Exit.OK


def _upgrade(shell: Shell, places: list[Path], allowed: tuple[str, ...]) -> Exit:
    from portal import proofs

    results = []
    for place in places:
        before = proofs.read(place)
        after, outcomes = proofs.upgrade(before, allowed)
        if after is not before:
            write_output(place, after.to_bytes())
        results.append(_result(place, after, outcomes))
        shell.say(f"{place}: {_words(after)}")
        for outcome in outcomes:
            if outcome.state != "upgraded":
                shell.say(f"  {outcome.calendar}: {outcome.reason or outcome.state}")
    shell.result({"proofs": results})
    return Exit.OK if all(result["status"] == "complete" for result in results) else Exit.INDETERMINATE


def _verify(
    shell: Shell,
    place: Path,
    files: tuple[str, ...],
    digests: tuple[str, ...],
    headers: tuple[str, ...],
    header_files: tuple[str, ...],
) -> Exit:
    from notary.times import utc
    from notary.timestamps.bitcoin import UNCERTAINTY_SECONDS
    from portal import proofs

    if len(files) + len(digests) > 1:
        raise click.UsageError("--verify checks one file or digest.")
    if not files and not digests and place.suffix != proofs.SUFFIX:
        raise click.UsageError("Name the file that the proof is of.")
    digest = (
        proofs.digest_of_text(digests[0])
        if digests
        else proofs.digest_of_file(Path(files[0]) if files else place.with_suffix(""))
    )
    known = proofs.headers_from(headers, header_files)
    judged = proofs.judge(proofs.read(place), digest, known)
    shell.say(f"{judged.status}: {judged.says}")
    if judged.time is not None:
        hours = UNCERTAINTY_SECONDS // 3600
        shell.say(f"  The document existed by {utc(judged.time)}, give or take {hours} hours.")
        shell.say("  Not shown: who wrote it, and whether what it says is true.")
    shell.result(
        {
            "status": judged.status,
            "reason": judged.reason,
            "says": judged.says,
            "sha256": digest.hex(),
            "bitcoin_block": judged.height,
            "time": judged.time,
        }
    )
    return EXITS[judged.status]


def _result(place: Path, proof: OtsProof, outcomes: tuple[Outcome, ...]) -> dict[str, object]:
    return {
        "file": str(place),
        "status": "complete" if proof.is_complete() else "pending",
        "bitcoin_blocks": _blocks(proof),
        "calendars": [{"calendar": o.calendar, "state": str(o.state), "reason": o.reason} for o in outcomes],
    }


def _words(proof: OtsProof) -> str:
    if not proof.is_complete():
        return "pending: no calendar has it in Bitcoin yet; proves nothing so far"
    return f"complete: it names Bitcoin block {', '.join(map(str, _blocks(proof)))}, whose header proves it"


def _blocks(proof: OtsProof) -> list[int]:
    return sorted({a.height for a in proof.attestations() if a.kind == "bitcoin" and a.height is not None})


def _calendars(shell: Shell, named: tuple[str, ...]) -> tuple[tuple[str, ...], int]:
    """Calendars to ask, and how many must have taken it: one will do where the configuration says nothing, since a
    calendar that is down is not asked again here."""
    if named:
        return named, 1
    part = shell.workspace().config.timestamps
    if not part.calendars:
        raise ArgumentInvalid("--calendar", "none", "no calendar is named here or in [timestamps] of tallystick.toml")
    return part.calendars, part.calendars_needed or 1


def _allowed(shell: Shell, named: tuple[str, ...]) -> tuple[str, ...]:
    """Calendars that may be asked for the rest of a proof."""
    if named:
        return named
    part = shell.workspace().config.timestamps
    return (*part.calendars, *part.calendars_allowed)
