# names say what is the case: STYLE section 3
"""One error per rule of the terms: what the contracts refuse at opening, with the numbers that make it true.

The contracts have a custom error for each; `settlement.rules` raises these before a signature is asked for.
"""

from __future__ import annotations

from settlement.errors import TermsInvalid


class PartyMissing(TermsInvalid):
    """A party or the token is the zero address."""

    code = "settlement.terms-party-missing"
    hint = "Name an address; the zero address can neither sign nor be paid."
    template = "{role} is the zero address"


class PartiesSame(TermsInvalid):
    """One party stands on both sides."""

    code = "settlement.terms-parties-same"
    hint = "Debtor and creditor (payer and payee) must be different addresses."
    template = "{address} stands on both sides"


class PartyReserved(TermsInvalid):
    """A party is the contract or the token itself, or the token is the contract."""

    code = "settlement.terms-party-reserved"
    hint = "Name the party's own address, not a contract's."
    template = "{role} is {address}, which is the {what} itself"


class TotalOutOfRange(TermsInvalid):
    """The total is zero, or less than one unit per installment, or too large."""

    code = "settlement.terms-total"
    hint = "Each installment must be at least one unit of the token; check amount and decimals."
    template = "a total of {total} units; allowed are {least} to {most}"


class InstallmentsOutOfRange(TermsInvalid):
    """Zero or too many installments."""

    code = "settlement.terms-installments"
    hint = "Choose a number of installments in the range."
    template = "{installments} installments; allowed are 1 to {most}"


class IntervalOutOfRange(TermsInvalid):
    """The interval between due dates is too short or too long."""

    code = "settlement.terms-interval"
    hint = "The interval counts months in a calendar of months, seconds in one of seconds."
    template = "an interval of {interval} {unit}; allowed are {least} to {most}"


class AnchorDayOutOfRange(TermsInvalid):
    """The wanted day of the month is not one, or stands where there are no months."""

    code = "settlement.terms-anchor-day"
    hint = "Give 1 to 31 for a calendar of months and 0 for one of seconds."
    template = "anchor day {anchor_day} in a calendar of {calendar}"


class UtcOffsetOutOfRange(TermsInvalid):
    """The offset from UTC is no zone's, or stands where no calendar is read."""

    code = "settlement.terms-utc-offset"
    hint = "Give -50400 to 50400 seconds for a calendar of months and 0 for one of seconds."
    template = "an offset of {utc_offset} s in a calendar of {calendar}"


class FirstDueOffCalendar(TermsInvalid):
    """The first due date does not fall on the anchor day."""

    code = "settlement.terms-first-due-off-calendar"
    hint = "The first due date must fall on the anchor day, or on its month's last day if the month is shorter."
    template = "the first due date {first_due_at} falls on local day {day}, the anchor day asks for day {expected}"


class FirstDuePast(TermsInvalid):
    """The first due date lies in the past."""

    code = "settlement.terms-first-due-past"
    hint = "Choose a first due date in the future."
    template = "the first due date {first_due_at} lies {late} s before now, {now}"


class LastDueTooLate(TermsInvalid):
    """The last due date is beyond what the contract can store."""

    code = "settlement.terms-last-due"
    hint = "Choose fewer installments, a shorter interval or an earlier first date."
    template = "the last due date {last_due_at} is not before {limit}"


class GraceTooLong(TermsInvalid):
    """The grace period is longer than a year."""

    code = "settlement.terms-grace"
    hint = "Choose a grace period of at most 366 days."
    template = "a grace period of {grace_seconds} s; at most {most} s are allowed"


class LateFlatAboveCap(TermsInvalid):
    """The flat late charge alone is above the cap."""

    code = "settlement.terms-late-flat"
    hint = "Raise the cap or lower the flat charge."
    template = "the flat late charge {late_flat} is above the cap {late_cap}"


class LateCapUnreachable(TermsInvalid):
    """The late charge does not reach its cap within twelve periods."""

    code = "settlement.terms-late-cap"
    hint = "Lower the cap to what twelve periods of lateness cost, or raise the daily charge."
    template = "the late charge reaches {reached} within twelve periods ({days} days), the cap is {late_cap}"


class ChargesTooLarge(TermsInvalid):
    """Total and all late charges together are beyond what the contract can store."""

    code = "settlement.terms-charges"
    hint = "Lower the cap of the late charge."
    template = "total and {installments} caps are {sum} units; at most {most} are allowed"


class DefaultMissedOutOfRange(TermsInvalid):
    """Default would need more missed installments than there are."""

    code = "settlement.terms-default-missed"
    hint = "Choose at most the number of installments, or 0 to switch the rule off."
    template = "default after {default_missed} missed of {installments} installments"


class DefaultBeforeGrace(TermsInvalid):
    """Default would begin before the grace period ends."""

    code = "settlement.terms-default-seconds"
    hint = "Choose a time to default at least as long as the grace period, or 0 to switch the rule off."
    template = "default {default_seconds} s after a due date, before the grace period of {grace_seconds} s ends"


class CollateralWithoutDefaultSeconds(TermsInvalid):
    """Collateral is pledged but default by time is off: the last installments could stay unpaid without default."""

    code = "settlement.terms-collateral-without-default-seconds"
    hint = "Give a time to default, or take the collateral out: it could stay stuck over the last installments."
    template = "collateral {collateral} is named and default by time is off"


class CollateralMismatch(TermsInvalid):
    """A collateral module without terms for it, terms without a module, or other terms than the signed ones."""

    code = "settlement.terms-collateral"
    hint = "Name both the collateral module and the hash of its terms, or neither."
    template = "{reason}"


class CollateralTermsInvalid(TermsInvalid):
    """A rule of the collateral terms is broken."""

    code = "settlement.terms-collateral-rule"
    hint = "Correct the collateral terms."
    template = "{field} is {got}; allowed is {allowed}"


class SignByPassed(TermsInvalid):
    """The terms can no longer be opened."""

    code = "settlement.terms-sign-by"
    hint = "Draft the terms again with a later date and have both parties sign again."
    template = "the terms could be opened until {sign_by}, now is {now}"


class EscrowTermsInvalid(TermsInvalid):
    """A rule of the escrow's terms is broken."""

    code = "settlement.terms-escrow"
    hint = "Correct the escrow's terms."
    template = "{reason}"
