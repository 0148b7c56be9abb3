"""What weakens next: for each case, what its evidence records and its receipts rest on, and when that ends.

Of a record only the last time-stamp must be watched: it holds all before it (RFC 4998, section 5). Receipts rest on
SHA-256 and on the signature of the log's checkpoint; what dates them besides ends with its own authorities, and an
evidence record over the case carries all of it further.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from notary.records.algorithms import Ending, Facts, Policy, Use
from notary.records.evidence_tokens import Tokens
from notary.records.record_rows import kept, records_of
from notary.records.renewals import TREE_HASHES, uncovered
from notary.sealing import cases
from notary.timestamps import tsp
from notary.timestamps.stamp_sources import TimestampSources

if TYPE_CHECKING:
    from notary.context import NotaryContext
    from notary.records.record_rows import Record

RECEIPT_FACTS = Facts((Use("hash", "sha256"), Use("signature", "ed25519")))


@dataclass(frozen=True, slots=True)
class Due:
    """One thing that weakens.

    record     number of the evidence record; None: the case's receipts
    ending     what ends first and when; None: no end is known of anything
    uncovered  current claims of the case with a document or a receipt that no record carries on; 0 beside a record
    action     the command that helps, for people
    """

    case_id: str
    record: int | None
    ending: Ending | None
    uncovered: int
    action: str

    @property
    def until(self) -> int | None:
        return None if self.ending is None else self.ending.until


def due(ctx: NotaryContext, policy: Policy) -> list[Due]:
    """What weakens next in each case that is not erased, the first to end first.

    Of an authority that is configured all certificates up to its root count, of another one only what its tokens bring.

    Raises VaultLocked, VaultDamaged.
    """
    found: list[Due] = []
    sources = ctx.timestamps or TimestampSources()
    tokens = Tokens(sources.trusted(), [der for one in sources.authorities for der in one.certificates])
    for case in cases.list_cases(ctx):
        if case.title is None or not case.count:
            continue
        left = uncovered(ctx, case.id)
        if left:
            ending = policy.weakest(RECEIPT_FACTS)
            found.append(Due(case.id, None, ending, left, f"tallystick renew {case.id}"))
        for record in records_of(ctx, case.id):
            if kept(record.chains.chains[-1].leaves):
                ending = policy.weakest(_facts(record, tokens, ctx.clock()))
                found.append(
                    Due(case.id, record.number, ending, 0, _action(case.id, record, ending, policy, ctx.clock()))
                )
    return sorted(found, key=lambda one: (one.until is None, one.until or 0, one.case_id, one.record or 0))


def _facts(record: Record, tokens: Tokens, now: int) -> Facts:
    """What the last time-stamp of a record rests on."""
    facts = tokens.facts(record.last_token, now)
    if facts is None:  # its signer's certificate is not at hand: the hashes are known all the same
        facts = Facts((Use("hash", tsp.read_token(record.last_token).signer.digest),))
    tree = Use("hash", record.hash_name)
    return facts if tree in facts.uses else Facts((tree, *facts.uses), facts.certificates)


def _action(case_id: str, record: Record, ending: Ending | None, policy: Policy, now: int) -> str:
    """A hash that ends needs a new tree; all else a new time-stamp."""
    if ending is None or ending.row is None or ending.row.kind != "hash" or ending.row.algorithm != record.hash_name:
        return f"tallystick renew {case_id}"
    good = [name for name in TREE_HASHES if name != record.hash_name]
    good.sort(key=lambda name: policy.ending(Use("hash", name)).ended(now))
    return f"tallystick renew {case_id} --tree {good[0]} --documents FOLDER"
