"""The API's answers, as OpenAPI shows them.  Amounts are decimal strings in the token's smallest unit."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Health(_Model):
    """The server runs."""

    status: str
    version: str


class Ready(_Model):
    """The server can answer: its database is there and up to date, and the log's state is as stated."""

    status: str
    log: str
    log_size: int


class CheckModel(_Model):
    """One numbered check."""

    number: int
    title: str
    status: str
    reason: str | None
    detail: str


class SourceModel(_Model):
    """A confirmed anchor, and how well it bounds the time."""

    type: str
    name: str
    not_after: int
    uncertainty_seconds: int
    qualified: bool


class IntervalModel(_Model):
    """When the claim came to be: Unix seconds; null is unbounded. The first source is the one that bounds it best."""

    not_before: int | None
    not_after: int | None
    uncertainty_seconds: int
    not_before_uncertainty_seconds: int
    sources: tuple[SourceModel, ...]


class _AnchorModel(_Model):
    timestamp: int | None
    proof: CheckModel
    trust: CheckModel
    pinned: bool
    qualified: bool
    uncertainty_seconds: int


class EvmAnchorModel(_AnchorModel):
    """What was found about an anchor on an EVM chain."""

    type: Literal["evm"]
    chain_id: int
    genesis: str
    block_number: int
    block_hash: str
    contract: str


class TimestampAnchorModel(_AnchorModel):
    """What was found about an RFC 3161 time-stamp token; `authority` is null unless one that you trust stamped it."""

    type: Literal["rfc3161"]
    authority: str | None
    policy: str | None
    serial: str | None
    hash: str | None


class OtsAnchorModel(_AnchorModel):
    """What was found about an OpenTimestamps proof; `calendars` are named while it is only promised."""

    type: Literal["ots"]
    height: int | None
    block_hash: str | None
    calendars: tuple[str, ...]


AnchorModel: TypeAlias = Annotated[EvmAnchorModel | TimestampAnchorModel | OtsAnchorModel, Field(discriminator="type")]


class StandingModel(_Model):
    """Whether the claim is current, superseded, revoked or erased, as of a head of the log; null: not shown."""

    state: str | None
    log_size: int
    head_not_after: int | None
    custody_entry: int | None


class SignerModel(_Model):
    """Who signed the custody entry, and whether that holds."""

    type: str
    identity: str
    fingerprint: str | None
    status: str
    reason: str | None
    detail: str


class NoteModel(_Model):
    """Something to know that decides nothing."""

    reason: str | None
    text: str


class VerdictModel(_Model):
    """The result of a verification: PASSED, FAILED or INDETERMINATE, by twelve numbered checks."""

    status: str
    reason: str | None
    checks: tuple[CheckModel, ...]
    interval: IntervalModel
    fields: dict[str, str | int]
    anchors: tuple[AnchorModel, ...]
    later_anchors: tuple[AnchorModel, ...]
    standing: StandingModel | None
    signers: tuple[SignerModel, ...]
    notes: tuple[NoteModel, ...]
    not_proven: str


class CaseModel(_Model):
    """A case."""

    case: str
    title: str | None
    parties: tuple[str, ...]
    created_at: int
    exhibits: int
    claims: int


class ClaimModel(_Model):
    """A sealed claim of a case; `id` is what its receipt is asked for by, `leaf_index` its place in the log of that
    origin: the present one, or one that gave way to it.
    """

    id: int
    exhibit: str | None
    name: str | None
    size: int | None
    sha256: str | None
    log: str
    leaf_index: int
    superseded_by: int | None
    revoked: bool
    cid: str | None
    sealed_at: int


class CaseDetail(CaseModel):
    """A case with a page of its claims; `next` is where the next page begins, null on the last."""

    page: tuple[ClaimModel, ...]
    next: int | None


class PlanModel(_Model):
    """A repayment plan as of its last final event; amounts in the token's smallest unit."""

    plan_id: str
    name: str
    chain_id: int
    book: str
    status: str
    symbol: str
    decimals: int
    total: str
    installments: int
    principal_paid: str | None
    charges_paid: str | None
    withdrawn: str | None
    applied_block: int | None


class PlanDetail(PlanModel):
    """A plan with its signed terms, what it is at a moment, and its history."""

    terms: dict[str, str | int]
    collateral_terms: dict[str, str | int] | None
    at: int
    state: str | None
    owed_now: str | None
    owed_total: str | None
    withdrawable: str | None
    next_due_at: int | None
    events: tuple[dict[str, object], ...]
