"""What is due: from plans and the chain's time to a set of actions.  Pure: the same input gives the same set, always.

Every action has a key that names it for ever, so that deriving it twice does it once:

    plan:<plan id>:v0:k<installment>:<stage>:<channel>:<audience>     a dated notice
    plan:<plan id>:v0:d<first second of default>:<stage>:...          a notice about default
    plan:<plan id>:v0:p<collected>:<stage>:...                        a notice about a payment; collected only grows
    plan:<plan id>:v0:a<auction>:<stage>:...                          a notice about the collateral's auction
    plan:<plan id>:v0:k<late>:poke, :d<default>:poke, :a<auction>:auction    transactions

v0 is the version of the terms; a restructured plan counts on.  `now` is the time of the final block.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from settlement.keeper.ladder import AFTER_GRACE, AUDIENCES, DEFAULT_WARNING_SECONDS, FIRST_MISS, Role, Stage, rungs
from settlement.plan import NEVER, Account, PlanView, State, Status, default_moment, sync, view_at
from settlement.schedule import due_at
from settlement.terms import Terms

NEWEST_MISSED = 3
"""Of many missed installments the oldest and so many of the newest are written about; each notice tells the sum."""

MAX_AUCTIONS = 3
"""How often the keeper starts an auction of one plan by itself; anybody may go on by hand."""

_ESCALATION = frozenset(stage for stage, _ in AFTER_GRACE if stage is not FIRST_MISS)


class Kind(StrEnum):
    """What an action does."""

    NOTICE = "notice"
    POKE = "poke"
    AUCTION = "auction"


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody who is written to about a plan, without the address: that stays in its table until the sending.

    channel  a word that is unique among the role's contacts of the plan, such as "mail"
    locale   "en" or "zh-Hans"
    """

    role: Role
    channel: str
    locale: str


@dataclass(frozen=True, slots=True)
class Happening:
    """A final event that people are told about.

    mark  names it within its plan, for ever; see the module's keys
    at    time of its block
    """

    stage: Stage
    mark: str
    at: int


@dataclass(frozen=True, slots=True)
class Security:
    """A plan's collateral as the last final block has it.

    auctions    auctions started so far
    started_at  of the last auction; 0 = there was none
    ends_at     first second after its window; a cure ends it earlier
    lot         collateral that an auction would sell now
    """

    auctions: int
    started_at: int
    ends_at: int
    lot: int


@dataclass(frozen=True, slots=True)
class PlanSnapshot:
    """All that decides what is due for one plan.

    plan_id   0x and 64 hex digits
    account   as of the last final block
    happened  final events that were not yet turned into actions
    security  None: the plan names no collateral
    """

    plan_id: str
    terms: Terms
    account: Account
    contacts: tuple[Contact, ...] = ()
    happened: tuple[Happening, ...] = ()
    security: Security | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do, once.

    mark      what of the plan it is about: k3, d1767225600, p150000, a1
    due_at    first second at which it was due
    stage     of a notice; None for transactions
    """

    kind: Kind
    plan_id: str
    mark: str
    due_at: int
    stage: Stage | None = None
    contact: Contact | None = None

    @property
    def key(self) -> str:
        """The name by which the action is done once."""
        head = f"plan:{self.plan_id}:v0:{self.mark}"
        if self.stage is None or self.contact is None:
            return f"{head}:{self.kind}"
        return f"{head}:{self.stage}:{self.contact.channel}:{self.contact.role}"

    @property
    def installment(self) -> int:
        """The installment that a dated notice is about; 0 for everything else."""
        return int(self.mark[1:]) if self.mark[0] == "k" else 0


def due_actions(plans: Iterable[PlanSnapshot], now: int) -> frozenset[Action]:
    """Return what is due at `now`, whether or not it was done before.

    now  time of the final block
    """
    return frozenset(action for plan in plans for action in _of_plan(plan, now))


def still_due(action: Action, plan: PlanSnapshot, now: int) -> bool:
    """Tell whether an action's reason still holds; what has happened stays a reason for ever."""
    if action.kind is Kind.NOTICE and action.mark[0] in "pa":
        return True
    return action.key in {due.key for due in _of_plan(plan, now)}


def wake_at(plan: PlanSnapshot, now: int) -> int | None:
    """Return the first second after `now` at which time alone may make something due, or None.

    Until then (and as long as no event comes) `due_actions` gives nothing that it does not give now.
    """
    terms, account = plan.terms, plan.account
    view = view_at(terms, account, now)
    if view.state in (State.NONE, State.COMPLETED):
        return None
    moments = [rung.at for k in _watched(terms, view) for rung in rungs(terms, k)]
    if view.late < terms.installments:
        moments.append(due_at(terms, view.late + 1) + terms.grace_seconds + 1)
    if account.status is not Status.DEFAULTED and (moment := default_moment(terms, account)) != NEVER:
        moments += [moment - DEFAULT_WARNING_SECONDS, moment + 1]
    if plan.security is not None:
        moments.append(plan.security.ends_at)
    return min((moment for moment in moments if moment > now), default=None)


def _of_plan(plan: PlanSnapshot, now: int) -> Iterator[Action]:
    view = view_at(plan.terms, plan.account, now)
    if view.state is State.NONE:
        return
    for happening in plan.happened:
        yield from _notices(plan, happening.mark, happening.stage, happening.at)
    if view.state is State.COMPLETED:
        return
    if view.state is State.DEFAULTED:
        mark = f"d{view.defaulted_at}"
        yield from _notices(plan, mark, Stage.DEFAULT, view.defaulted_at)
        yield from _auction(plan, view, now)
    else:
        yield from _dated(plan, view, now)
        moment = default_moment(plan.terms, plan.account)
        if view.state is not State.CURRENT and moment - DEFAULT_WARNING_SECONDS <= now <= moment != NEVER:
            since = max(moment - DEFAULT_WARNING_SECONDS, due_at(plan.terms, view.cleared + 1) + 1)
            yield from _notices(plan, f"d{moment + 1}", Stage.DEFAULT_WARNING, since)
    yield from _poke(plan, view, now)


def _watched(terms: Terms, view: PlanView) -> list[int]:
    """Return the installments that are written about: the oldest missed, the newest missed, and the next."""
    missed = range(max(view.cleared + 1, view.overdue + 1 - NEWEST_MISSED), view.overdue + 1)
    watched = {*missed, max(view.cleared, view.overdue) + 1}
    if view.overdue > view.cleared:
        watched.add(view.cleared + 1)
    return sorted(k for k in watched if k <= terms.installments)


def _dated(plan: PlanSnapshot, view: PlanView, now: int) -> Iterator[Action]:
    for k in _watched(plan.terms, view):
        reached = None
        for rung in rungs(plan.terms, k):
            if rung.at <= now and (k == view.cleared + 1 or rung.stage not in _ESCALATION):
                reached = rung
        if reached is not None:
            yield from _notices(plan, f"k{k}", reached.stage, reached.at)


def _notices(plan: PlanSnapshot, mark: str, stage: Stage, at: int) -> Iterator[Action]:
    for contact in plan.contacts:
        if contact.role in AUDIENCES[stage]:
            yield Action(Kind.NOTICE, plan.plan_id, mark, at, stage, contact)


def _poke(plan: PlanSnapshot, view: PlanView, now: int) -> Iterator[Action]:
    poked, _ = sync(plan.terms, plan.account, now)
    if poked.status is not plan.account.status:
        yield Action(Kind.POKE, plan.plan_id, f"d{poked.defaulted_at}", poked.defaulted_at)
    elif poked != plan.account:
        at = due_at(plan.terms, view.late) + plan.terms.grace_seconds + 1
        yield Action(Kind.POKE, plan.plan_id, f"k{view.late}", at)


def _auction(plan: PlanSnapshot, view: PlanView, now: int) -> Iterator[Action]:
    security = plan.security
    if security is None or security.lot == 0 or security.auctions >= MAX_AUCTIONS:
        return
    at = view.defaulted_at
    if security.started_at >= at:  # an auction of this default, not of one that was cured
        at = max(at, security.ends_at)
    if now >= at:
        yield Action(Kind.AUCTION, plan.plan_id, f"a{security.auctions + 1}", at)
