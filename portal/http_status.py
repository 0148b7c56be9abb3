"""Which error leads to which HTTP status.

    400  what was sent cannot be used            413  too many bytes
    401  no API key, or another                  422  well-formed, but against a rule
    404  nothing under that name                 500  a mistake of ours
    405  the route does not know the method      502  something behind us is unreachable or wrong
    409  against the present state               503  locked, busy, or not set up yet
    410  erased

An error's code is looked up along its class tree, the most special first, as in `portal.exit_codes`.
"""

from __future__ import annotations

from typing import Final

BY_CODE: Final[dict[str, int]] = {
    # portal
    "portal.workspace": 503,
    "portal.config": 503,
    "portal.key": 503,
    "portal.password-missing": 503,
    "portal.database": 503,
    "portal.engine": 502,
    "portal.chain": 503,
    "portal.input": 400,
    "portal.not-found": 404,
    "portal.serve": 503,
    "portal.demo": 500,
    "portal.request": 400,
    "portal.unauthorized": 401,
    "portal.body-too-large": 413,
    "portal.route-unknown": 404,
    "portal.method-unknown": 405,
    # onchain
    "chain.node": 502,
    "chain.node-refused": 409,
    "chain.wrong-chain": 502,
    "chain.wrong-genesis": 502,
    "chain.unknown-chain": 503,
    "chain.profile-invalid": 503,
    "chain.insufficient-funds": 409,
    "chain.transaction": 409,
    "chain.reorg": 502,
    "chain.proof-unavailable": 502,
    "chain.signer": 503,
    "chain.abi": 502,
    "chain.artifact-missing": 500,
    "chain.artifact-mismatch": 502,
    "chain.no-such-contract": 502,
    "chain.deployment-invalid": 503,
    "chain.compile-failed": 500,
    "chain.dev-chain": 502,
    # notary
    "notary.format-invalid": 400,
    "notary.receipt-too-large": 413,
    "notary.tile-invalid": 404,
    "notary.proof-invalid": 422,
    "notary.standing-invalid": 422,
    "notary.consistency-invalid": 422,
    "notary.hash-tree-invalid": 422,
    "notary.evm-proof-invalid": 422,
    "notary.ots-invalid": 422,
    "notary.ots-unconfirmed": 422,
    "notary.signature-invalid": 422,
    "notary.token-invalid": 422,
    "notary.token-untrusted": 422,
    "notary.signer-unproven": 422,
    "notary.inputs-refused": 400,
    "notary.case-name-invalid": 400,
    "notary.case-exists": 409,
    "notary.case-unknown": 404,
    "notary.case-erased": 410,
    "notary.claim-unknown": 404,
    "notary.claim-not-in-case": 404,
    "notary.act-refused": 409,
    "notary.exhibit-unknown": 404,
    "notary.database-unwritable": 507,
    "notary.log-not-ours": 404,
    "notary.vault-locked": 503,
    "notary.vault-damaged": 500,
    "notary.log-unknown": 503,
    "notary.log-not-open": 503,
    "notary.log-busy": 503,
    "notary.log-damaged": 500,
    "notary.sealed-unverified": 500,
    "notary.log-behind-chain": 503,
    "notary.log-forked": 503,
    "notary.log-source": 400,
    "notary.log-source-unreachable": 502,
    "notary.recovery-refused": 503,
    "notary.succession-refused": 503,
    "notary.anchoring-unavailable": 503,
    "notary.anchor-unknown": 404,
    "notary.anchor-elsewhere": 503,
    "notary.anchor-failed": 409,
    "notary.stamp-unknown": 404,
    "notary.head-unknown": 404,
    "notary.record-unknown": 404,
    "notary.record-busy": 503,
    "notary.record-refused": 422,
    "notary.documents-missing": 409,
    "notary.source-changed": 409,
    "notary.documents-changed": 409,
    "notary.envelope-invalid": 400,
    "notary.calendar-not-configured": 503,
    "notary.calendar-unavailable": 502,
    "notary.calendar-refused": 502,
    "notary.timestamp-unavailable": 502,
    "notary.timestamp-refused": 502,
    "notary.storage-unreachable": 502,
    "notary.storage-refused": 502,
    "notary.storage-mismatch": 502,
    "notary.storage-not-configured": 503,
    "notary.document-not-stored": 404,
    "notary.custody-key-invalid": 503,
    "notary.report-unmade": 503,
    "notary.export-refused": 409,
    "notary.output-exists": 409,
    # settlement
    "settlement.document": 400,
    "settlement.document-too-large": 413,
    "settlement.field-range": 422,
    "settlement.money": 422,
    "settlement.terms": 422,
    "settlement.draft": 422,
    "settlement.plan": 409,
    "settlement.plan-amount-zero": 400,
    "settlement.plan-installment-unknown": 400,
    "settlement.auction": 409,
    "settlement.escrow": 409,
    "settlement.record-missing": 404,
    "settlement.record-conflict": 409,
    "settlement.not-signed": 400,
    "settlement.signature-foreign": 400,
    "settlement.token-invalid": 400,
    "settlement.funds-short": 409,
    "settlement.allowance-short": 409,
    "settlement.not-sender": 400,
    "settlement.contract-unknown": 503,
    "settlement.collateral-unknown": 400,
    "settlement.keeper-unready": 503,
    "settlement.contact-invalid": 400,
    "settlement.channel": 502,
}


def of_class(error: type[BaseException]) -> int | None:
    """The HTTP status that `error` leads to, None when it is in no listed tree."""
    for ancestor in error.__mro__:
        found = BY_CODE.get(ancestor.__dict__.get("code", ""))
        if found is not None:
            return found
    return None
