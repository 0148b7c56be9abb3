# names say what is the case: STYLE section 3
"""Everything that `settlement` raises on purpose.

    SettlementError
    ├── DocumentInvalid            a JSON document that is not what it says
    │   ├── DocumentTooLarge · DocumentMalformed · DocumentKindUnknown · DocumentVersionUnknown
    │   └── MemberMissing · MemberUnknown · MemberInvalid
    ├── FieldOutOfRange            a value that its Solidity type cannot hold
    ├── MoneyInvalid               AmountMalformed · AmountTooPrecise · AmountTooLarge · DecimalsOutOfRange
    ├── TermsInvalid               one class per rule: `settlement.terms_errors`
    ├── DraftInvalid               DateInvalid · UtcOffsetInvalid · LateCapMissing
    ├── PlanRefused                PlanUnknown · NothingOwed · AmountZero · NotCreditor · NothingToWithdraw ·
    │                              WithdrawTooLarge · InstallmentUnknown · HistoryInconsistent
    ├── AuctionRefused             AuctionNotRunning
    └── EscrowRefused              EscrowUnknown · EscrowStateWrong · EscrowFundingClosed · EscrowNotParty ·
                                   EscrowReleaseClosed · EscrowReclaimEarly · EscrowAlreadyWithdrawn

Each class has a stable `code`, a `hint` that says what the reader can do next, and a `template` whose numbers are kept
in `values`, so that faces can show them without parsing a sentence.
"""

from __future__ import annotations

from typing import ClassVar


class SettlementError(Exception):
    """Root of everything this package raises on purpose."""

    code: ClassVar[str] = "settlement.error"
    hint: ClassVar[str] = ""
    template: ClassVar[str] = "{reason}"

    def __init__(self, **values: int | str) -> None:
        super().__init__(self.template.format(**values))
        self.values: dict[str, int | str] = values


# --- documents -------------------------------------------------------------------------------------------------------


class DocumentInvalid(SettlementError):
    """A JSON document from outside that is not a document of this package."""

    code = "settlement.document"
    hint = "Ask whoever sent the file to export it again."


class DocumentTooLarge(DocumentInvalid):
    """A document has more bytes than any honest one."""

    code = "settlement.document-too-large"
    hint = "A document of this kind is a few kilobytes; this is another file."
    template = "the document has {size} bytes, at most {allowed} are read"


class DocumentMalformed(DocumentInvalid):
    """A document is not a JSON object in UTF-8."""

    code = "settlement.document-malformed"
    hint = "The file is damaged or not JSON; fetch it again."
    template = "not a JSON object: {reason}"


class DocumentKindUnknown(DocumentInvalid):
    """A document is of another kind than the one asked for."""

    code = "settlement.document-kind"
    hint = "Look at the member 'kind' of the file: it names what the file is."
    template = "the document's kind is {got!r}, expected {expected!r}"


class DocumentVersionUnknown(DocumentInvalid):
    """A document is of a version that this release does not know."""

    code = "settlement.document-version"
    hint = "The document was made by another release; update this program, or export it in the version named."
    template = "{kind} version {got!r} is not known, this release reads version {expected}"


class MemberMissing(DocumentInvalid):
    """A member that the format requires is not there."""

    code = "settlement.member-missing"
    hint = "Every member is required; none has a default, because all are signed."
    template = "{kind} lacks the member {member!r}"


class MemberUnknown(DocumentInvalid):
    """A member that the format does not have, or one that stands there twice."""

    code = "settlement.member-unknown"
    hint = "Remove the member; nothing that is not signed may stand beside what is."
    template = "{kind} has a member {member!r} that its format does not know, or has it twice"


class MemberInvalid(DocumentInvalid):
    """A member's value has the wrong shape."""

    code = "settlement.member-invalid"
    hint = "Amounts are decimal strings in smallest units, times are Unix seconds, digests 0x and 64 hex digits."
    template = "{kind}, member {member!r}: {reason}"


class FieldOutOfRange(SettlementError):
    """A value does not fit the Solidity type of its field."""

    code = "settlement.field-range"
    hint = "Correct the value; the signed format cannot hold it."
    template = "{field} ({abi}): {reason}"


# --- money -----------------------------------------------------------------------------------------------------------


class MoneyInvalid(SettlementError):
    """An amount of money that cannot be taken as written."""

    code = "settlement.money"


class AmountMalformed(MoneyInvalid):
    """An amount is not a plain decimal number."""

    code = "settlement.money-malformed"
    hint = "Write digits and at most one point, as in 1200.50; no sign, no separators, no exponent."
    template = "{text!r} is not an amount"


class AmountTooPrecise(MoneyInvalid):
    """An amount has more digits after the point than the token."""

    code = "settlement.money-too-precise"
    hint = "Round the amount to the token's decimals yourself; this program never rounds an amount that you wrote."
    template = "{text!r} has {got} digits after the point, the token has {decimals}"


class AmountTooLarge(MoneyInvalid):
    """An amount is larger than the contracts can hold."""

    code = "settlement.money-too-large"
    hint = "Check the token's decimals and the amount."
    template = "{units} units is more than the largest amount, {allowed}"


class DecimalsOutOfRange(MoneyInvalid):
    """A token's decimals are not a number that an honest token has."""

    code = "settlement.money-decimals"
    hint = "Read the token's decimals() and pass that."
    template = "{decimals} decimals; 0 to {allowed} are accepted"


class TermsInvalid(SettlementError):
    """Terms that the contracts would refuse; one class per rule in `settlement.terms_errors`."""

    code = "settlement.terms"


# --- drafting --------------------------------------------------------------------------------------------------------


class DraftInvalid(SettlementError):
    """A draft's arguments that cannot become terms."""

    code = "settlement.draft"


class DateInvalid(DraftInvalid):
    """A date is not a calendar date."""

    code = "settlement.draft-date"
    hint = "Write the date as YYYY-MM-DD."
    template = "{text!r} is not a date: {reason}"


class UtcOffsetInvalid(DraftInvalid):
    """A text that is no offset from UTC."""

    code = "settlement.draft-utc-offset"
    hint = "Write the offset as +08:00 or -03:30."
    template = "{text!r} is not an offset from UTC"


class LateCapMissing(DraftInvalid):
    """A daily late charge without a cap."""

    code = "settlement.draft-late-cap"
    hint = "Say the most that one installment's late charge may become."
    template = "a daily late charge of {late_daily} units needs a cap"


# --- plans -----------------------------------------------------------------------------------------------------------


class PlanRefused(SettlementError):
    """Something that the book refuses to do with a plan."""

    code = "settlement.plan"


class PlanUnknown(PlanRefused):
    """The plan was never opened."""

    code = "settlement.plan-unknown"
    hint = "Open the plan first, or check that terms, chain and book are the ones that were signed."
    template = "there is no open plan under these terms"


class NothingOwed(PlanRefused):
    """A payment to a plan on which nothing is owed."""

    code = "settlement.plan-nothing-owed"
    hint = "The plan is paid in full; no money was taken."
    template = "nothing is owed: {principal_paid} of {total} principal and all late charges are paid"


class AmountZero(PlanRefused):
    """A payment or withdrawal of nothing."""

    code = "settlement.plan-amount-zero"
    hint = "Give an amount of at least one unit."
    template = "the amount is zero"


class NotCreditor(PlanRefused):
    """Somebody else than the creditor asks for the creditor's money."""

    code = "settlement.plan-not-creditor"
    hint = "Sign the withdrawal with the creditor's key; it may name any other address to receive the money."
    template = "{caller} is not the creditor, {creditor}"


class NothingToWithdraw(PlanRefused):
    """A withdrawal while nothing is there for the creditor."""

    code = "settlement.plan-nothing-to-withdraw"
    hint = "Wait for the next payment."
    template = "all of {collected} collected units are withdrawn"


class WithdrawTooLarge(PlanRefused):
    """A withdrawal of more than what is there for the creditor."""

    code = "settlement.plan-withdraw-too-large"
    hint = "Withdraw at most what is there, or name no amount to take all."
    template = "{amount} asked, {withdrawable} can be withdrawn"


class InstallmentUnknown(PlanRefused):
    """An installment number outside the schedule."""

    code = "settlement.plan-installment-unknown"
    hint = "Installments are counted from 1."
    template = "installment {k} of {installments}"


class HistoryInconsistent(PlanRefused):
    """Events that cannot have come from the book under these terms."""

    code = "settlement.plan-history"
    hint = "The events are incomplete, out of order or of another plan: follow the chain again from the opening block."
    template = "event {index} ({event}) does not follow: {reason}"


# --- auctions --------------------------------------------------------------------------------------------------------


class AuctionRefused(SettlementError):
    """Something that the collateral module refuses to do with an auction."""

    code = "settlement.auction"


class AuctionNotRunning(AuctionRefused):
    """A price is asked for outside the auction's window."""

    code = "settlement.auction-not-running"
    hint = "Anybody may start the auction again while the plan is in default and the lot unsold."
    template = "the auction runs from {started_at} until before {ends_at}, now is {now}"


# --- escrows ---------------------------------------------------------------------------------------------------------


class EscrowRefused(SettlementError):
    """Something that the escrow book refuses to do with an escrow."""

    code = "settlement.escrow"


class EscrowUnknown(EscrowRefused):
    """The escrow was never opened."""

    code = "settlement.escrow-unknown"
    hint = "Open the escrow first, or check that terms, chain and book are the ones that were signed."
    template = "there is no escrow under these terms"


class EscrowStateWrong(EscrowRefused):
    """The escrow is in another state than the step needs."""

    code = "settlement.escrow-state"
    hint = "Look at the escrow's state: the step was done before, or an earlier one is missing."
    template = "the escrow is {got}, this step needs {expected}"


class EscrowFundingClosed(EscrowRefused):
    """The escrow can no longer be opened or funded."""

    code = "settlement.escrow-funding-closed"
    hint = "Sign new terms with a later date."
    template = "opening and funding end at {fund_by}, now is {now}"


class EscrowNotParty(EscrowRefused):
    """The step belongs to another party."""

    code = "settlement.escrow-not-party"
    hint = "Use the key of the party named."
    template = "{caller} may not do this, only {party}"


class EscrowReleaseClosed(EscrowRefused):
    """The payer's release comes at or after expiry."""

    code = "settlement.escrow-release-closed"
    hint = "After expiry the money can only be reclaimed for the payer; pay the payee directly."
    template = "release ends before {expires_at}, now is {now}"


class EscrowReclaimEarly(EscrowRefused):
    """A reclaim before expiry."""

    code = "settlement.escrow-reclaim-early"
    hint = "Wait for the expiry; until then the payer releases or the payee refunds."
    template = "reclaim begins at {expires_at}, now is {now}"


class EscrowAlreadyWithdrawn(EscrowRefused):
    """The escrow's money was withdrawn before."""

    code = "settlement.escrow-withdrawn"
    hint = "The money left once; look for the withdrawal's transaction."
    template = "{amount} were withdrawn before"
