"""What the command line's exit codes mean, and which error leads to which.

    0   done; for verify: PASSED, also where a newer version of the document was sealed (superseded)
    1   verify: at least one check FAILED
    2   the command line is wrong (unknown option, missing argument)
    3   verify: nothing FAILED, but not everything could be checked, or it was revoked or erased (INDETERMINATE)
    4   something that was given cannot be used: a file, an amount, a date, a receipt, a configuration
    5   something outside is unreachable or not what is configured: a node, another chain, IPFS, mail, a database server
    6   locked, not permitted, or a wrong or missing password
    7   the chain refused: reverted, no funds, or a rule of the contract
    70  a mistake in this program
    130 interrupted

An error's code is looked up along its class tree, the most special first, so a package may add a class below a listed
one without touching this table.  The roots themselves are not listed: a test walks all classes and fails on one that
leads nowhere.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class Exit(IntEnum):
    """Exit codes; their meanings stand in the module's docstring."""

    OK = 0
    FAILED = 1
    USAGE = 2
    INDETERMINATE = 3
    INPUT = 4
    OUTSIDE = 5
    LOCKED = 6
    REFUSED = 7
    BUG = 70
    INTERRUPTED = 130


BY_CODE: Final[dict[str, Exit]] = {
    # portal
    "portal.workspace": Exit.INPUT,
    "portal.workspace-locked": Exit.LOCKED,
    "portal.workspace-permission": Exit.LOCKED,
    "portal.config": Exit.INPUT,
    "portal.key": Exit.INPUT,
    "portal.password-missing": Exit.LOCKED,
    "portal.database": Exit.INPUT,
    "portal.database-unreachable": Exit.OUTSIDE,
    "portal.engine": Exit.OUTSIDE,
    "portal.chain": Exit.INPUT,
    "portal.input": Exit.INPUT,
    "portal.not-found": Exit.INPUT,
    "portal.serve": Exit.INPUT,
    "portal.demo": Exit.BUG,
    "portal.request": Exit.INPUT,
    # onchain
    "chain.node": Exit.OUTSIDE,
    "chain.node-refused": Exit.REFUSED,
    "chain.wrong-chain": Exit.OUTSIDE,
    "chain.wrong-genesis": Exit.OUTSIDE,
    "chain.unknown-chain": Exit.INPUT,
    "chain.profile-invalid": Exit.INPUT,
    "chain.insufficient-funds": Exit.REFUSED,
    "chain.transaction": Exit.REFUSED,
    "chain.reorg": Exit.OUTSIDE,
    "chain.proof-unavailable": Exit.OUTSIDE,
    "chain.signer": Exit.LOCKED,
    "chain.abi": Exit.OUTSIDE,
    "chain.artifact-missing": Exit.INPUT,
    "chain.artifact-mismatch": Exit.OUTSIDE,
    "chain.no-such-contract": Exit.OUTSIDE,
    "chain.deployment-invalid": Exit.INPUT,
    "chain.compile-failed": Exit.INPUT,
    "chain.dev-chain": Exit.OUTSIDE,
    # notary
    "notary.format-invalid": Exit.INPUT,
    "notary.proof-invalid": Exit.FAILED,
    "notary.standing-invalid": Exit.FAILED,
    "notary.consistency-invalid": Exit.FAILED,
    "notary.hash-tree-invalid": Exit.FAILED,
    "notary.evm-proof-invalid": Exit.FAILED,
    "notary.ots-invalid": Exit.FAILED,
    "notary.ots-unconfirmed": Exit.INPUT,
    "notary.signature-invalid": Exit.FAILED,
    "notary.token-invalid": Exit.FAILED,
    "notary.token-untrusted": Exit.OUTSIDE,
    "notary.signer-unproven": Exit.INPUT,
    "notary.inputs-refused": Exit.INPUT,
    "notary.case-name-invalid": Exit.INPUT,
    "notary.case-exists": Exit.INPUT,
    "notary.case-unknown": Exit.INPUT,
    "notary.case-erased": Exit.INPUT,
    "notary.claim-unknown": Exit.INPUT,
    "notary.claim-not-in-case": Exit.INPUT,
    "notary.act-refused": Exit.INPUT,
    "notary.exhibit-unknown": Exit.INPUT,
    "notary.database-unwritable": Exit.OUTSIDE,
    "notary.log-not-ours": Exit.INPUT,
    "notary.vault-locked": Exit.LOCKED,
    "notary.vault-damaged": Exit.INPUT,
    "notary.log-unknown": Exit.INPUT,
    "notary.log-not-open": Exit.LOCKED,
    "notary.log-busy": Exit.LOCKED,
    "notary.log-damaged": Exit.INPUT,
    "notary.sealed-unverified": Exit.FAILED,
    "notary.log-behind-chain": Exit.LOCKED,
    "notary.log-forked": Exit.LOCKED,
    "notary.log-source": Exit.INPUT,
    "notary.log-source-unreachable": Exit.OUTSIDE,
    "notary.recovery-refused": Exit.LOCKED,
    "notary.succession-refused": Exit.LOCKED,
    "notary.anchoring-unavailable": Exit.INPUT,
    "notary.anchor-unknown": Exit.INPUT,
    "notary.anchor-elsewhere": Exit.INPUT,
    "notary.anchor-failed": Exit.REFUSED,
    "notary.stamp-unknown": Exit.INPUT,
    "notary.head-unknown": Exit.INPUT,
    "notary.record-unknown": Exit.INPUT,
    "notary.record-busy": Exit.LOCKED,
    "notary.record-refused": Exit.INPUT,
    "notary.documents-missing": Exit.INPUT,
    "notary.source-changed": Exit.INPUT,
    "notary.documents-changed": Exit.INPUT,
    "notary.envelope-invalid": Exit.INPUT,
    "notary.calendar-not-configured": Exit.INPUT,
    "notary.calendar-unavailable": Exit.OUTSIDE,
    "notary.calendar-refused": Exit.OUTSIDE,
    "notary.timestamp-unavailable": Exit.OUTSIDE,
    "notary.timestamp-refused": Exit.OUTSIDE,
    "notary.storage-unreachable": Exit.OUTSIDE,
    "notary.storage-refused": Exit.OUTSIDE,
    "notary.storage-mismatch": Exit.OUTSIDE,
    "notary.storage-not-configured": Exit.INPUT,
    "notary.document-not-stored": Exit.INPUT,
    "notary.custody-key-invalid": Exit.INPUT,
    "notary.report-unmade": Exit.INPUT,
    "notary.export-refused": Exit.INPUT,
    "notary.output-exists": Exit.INPUT,
    # settlement
    "settlement.document": Exit.INPUT,
    "settlement.field-range": Exit.INPUT,
    "settlement.money": Exit.INPUT,
    "settlement.terms": Exit.INPUT,
    "settlement.draft": Exit.INPUT,
    "settlement.plan": Exit.REFUSED,
    "settlement.plan-amount-zero": Exit.INPUT,
    "settlement.plan-installment-unknown": Exit.INPUT,
    "settlement.auction": Exit.REFUSED,
    "settlement.escrow": Exit.REFUSED,
    "settlement.record-missing": Exit.INPUT,
    "settlement.record-conflict": Exit.INPUT,
    "settlement.not-signed": Exit.INPUT,
    "settlement.signature-foreign": Exit.INPUT,
    "settlement.token-invalid": Exit.INPUT,
    "settlement.funds-short": Exit.REFUSED,
    "settlement.allowance-short": Exit.REFUSED,
    "settlement.not-sender": Exit.INPUT,
    "settlement.contract-unknown": Exit.INPUT,
    "settlement.collateral-unknown": Exit.INPUT,
    "settlement.keeper-unready": Exit.INPUT,
    "settlement.contact-invalid": Exit.INPUT,
    "settlement.channel": Exit.OUTSIDE,
}


def of_class(error: type[BaseException]) -> Exit | None:
    """The exit code that `error` leads to, None when it is in no listed tree."""
    for ancestor in error.__mro__:
        found = BY_CODE.get(ancestor.__dict__.get("code", ""))
        if found is not None:
            return found
    return None
