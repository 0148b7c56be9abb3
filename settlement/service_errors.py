"""Everything that settlement's services raise on purpose, beside what the pure core raises.

SettlementError
├── RecordMissing              PlanNotFound · EscrowNotFound · ActionNotFound
├── RecordConflict             a row of that name says something else
├── NotSigned                  a party's signature is not there
├── SignatureForeign           a signature that was not made with the party's key
├── TokenInvalid               an address that is no token
├── FundsShort                 a payer who holds less than the payment
├── AllowanceShort             somebody who has not let the contract take what it needs
├── NotSender                  the step needs another key
├── ContractUnknown            the workspace has no deployment of that contract
├── CollateralUnknown          the plan's collateral terms are not here, or there is no collateral
├── KeeperUnready              the keeper's world was not configured
├── ContactInvalid             ContactSecret · ContactVariableMissing
└── ChannelFailed
    ├── ChannelUnreachable     try again later
    └── ChannelRefused         the answer was no
"""

from __future__ import annotations

from settlement.errors import SettlementError


class RecordMissing(SettlementError):
    """Something that was asked for is not in this workspace."""

    code = "settlement.record-missing"


class PlanNotFound(RecordMissing):
    """No plan of that name or id is in this workspace."""

    code = "settlement.plan-not-found"
    hint = "List the plans, or draft or import this one first."
    template = "no plan {name!r} in this workspace"


class EscrowNotFound(RecordMissing):
    """No escrow of that name or id is in this workspace."""

    code = "settlement.escrow-not-found"
    hint = "List the escrows, or draft or import this one first."
    template = "no escrow {name!r} in this workspace"


class ActionNotFound(RecordMissing):
    """No action of that key was ever due."""

    code = "settlement.action-not-found"
    hint = "List the keeper's actions to see their keys."
    template = "no action {key!r}"


class RecordConflict(SettlementError):
    """A record of that name exists and says something else."""

    code = "settlement.record-conflict"
    hint = "Choose another name, or look at the existing record first."
    template = "{name!r} is already there with another {field}"


class NotSigned(SettlementError):
    """A party's signature is missing."""

    code = "settlement.not-signed"
    hint = "Both parties sign the same terms before anything is opened on chain."
    template = "the {role}, {address}, has not signed"


class SignatureForeign(SettlementError):
    """A signature was not made by the party over these terms."""

    code = "settlement.signature-foreign"
    hint = "Sign again with the party's own key; any change of a term makes older signatures void."
    template = "the {role}'s signature does not belong to {address} and these terms"


class TokenInvalid(SettlementError):
    """An address does not behave like an ERC-20 token."""

    code = "settlement.token-invalid"
    hint = "Check the token's address on this chain; a plain ERC-20 with decimals() is needed."
    template = "{token} is no token: {reason}"


class FundsShort(SettlementError):
    """An account holds less of a token than the step needs."""

    code = "settlement.funds-short"
    hint = (
        "Send the missing amount to the address, or use another payer. On a chain of your own machine"
        " `tallystick deploy --test-token` fills every key with test tokens."
    )
    template = "{address} holds {held} units of {token}, {needed} are needed"


class AllowanceShort(SettlementError):
    """Somebody has not yet let a contract take what a step needs."""

    code = "settlement.allowance-short"
    hint = "The owner allows it first, with the owner's own key: for collateral, by the debtor's step before opening."
    template = "{owner} allows {allowed} units of {token} to be taken, {needed} are needed"


class NotSender(SettlementError):
    """A step was asked for with the key of somebody who may not do it."""

    code = "settlement.not-sender"
    hint = "Use the key of the party named."
    template = "this step is the {role}'s: {needed} has to send it, not {address}"


class ContractUnknown(SettlementError):
    """The workspace does not know where a contract is deployed."""

    code = "settlement.contract-unknown"
    hint = "Deploy the contracts first, or record their addresses."
    template = "no deployment of {name} on chain {chain_id}"


class CollateralUnknown(SettlementError):
    """A step about collateral, where there is none or its terms are not known."""

    code = "settlement.collateral-unknown"
    hint = "Import the plan together with its collateral terms."
    template = "plan {plan_id}: {reason}"


class KeeperUnready(SettlementError):
    """A keeper workflow ran before its world was configured."""

    code = "settlement.keeper-unready"
    hint = "Open the engine through the workspace; it configures the keeper before it launches."
    template = "the keeper has no context"


class ContactInvalid(SettlementError):
    """A contact whose address cannot be used."""

    code = "settlement.contact-invalid"
    hint = "Use mailto:somebody@example.org, json://host/path for a web hook, or another Apprise address."
    template = "{role} by {channel}: {reason}"


class ContactSecret(ContactInvalid):
    """A contact's address carries a password in plain sight."""

    code = "settlement.contact-secret"
    hint = "Put the password into an environment variable and write ${NAME} in its place."
    template = "{role} by {channel}: the address holds a password"


class ContactVariableMissing(ContactInvalid):
    """A contact's address refers to an environment variable that is not set."""

    code = "settlement.contact-variable"
    hint = "Set the variable in the environment of the keeper."
    template = "the variable {variable} of a contact's address is not set"


class ChannelFailed(SettlementError):
    """A notice could not be handed over."""

    code = "settlement.channel"


class ChannelUnreachable(ChannelFailed):
    """A mail server or web hook did not answer, or asked to come back later."""

    code = "settlement.channel-unreachable"
    hint = "Nothing is lost: the keeper tries again until the notice is accepted or its reason is gone."
    template = "{channel} did not take the notice: {reason}"


class ChannelRefused(ChannelFailed):
    """A mail server or web hook refused the notice."""

    code = "settlement.channel-refused"
    hint = "Correct the contact's address or the server's rules, then let the keeper retry."
    template = "{channel} refused the notice: {reason}"
