"""What a workspace has and what it lacks: configured, reachable, funded, and what to do.

Each finding is `ok`, `missing` (a command makes it), `wrong` (something must be corrected), or `note`.  Looking changes
nothing, except that an embedded chain is started for the look; `repair` does what needs no decision.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit

from portal.chains import ROLES, Role
from portal.clock import now
from portal.config import SignerPart, is_loopback, references
from portal.custody import open_signer
from portal.database import migrate, open_engine, require_current, shown
from portal.deployments import CONTRACTS, DEV_COINS_WEI, fund_keys, placed_on
from portal.errors import DatabaseMissing, DatabaseOutdated, DeploymentMissing, PasswordMissing
from portal.exit_codes import of_class
from portal.keys import OPERATOR

if TYPE_CHECKING:
    from notary.timestamps.stamp_sources import Authority
    from onchain.connect import Chain
    from portal.world import World

State = Literal["ok", "missing", "wrong", "note"]
LITTLE_WEI: Final = 10**16  # less than this does not pay for many transactions anywhere
LOW_DISK_BYTES: Final = 1024**3
LOG_TODO: Final = {  # by the log's state; docs/guides/drills.md has the whole drill
    "behind": "tallystick log recover --from EXPORT|COPY",
    "recovered": "tallystick log close ORIGIN --successor new",
    "forked": "tallystick log close ORIGIN --successor new",
    "closed": "tallystick log close ORIGIN, as it was begun; without an heir, begin a new workspace",
}
SKEW_SECONDS: Final = 60  # an authority promises a second; more than a minute says that some clock is wrong


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    todo   what to do, empty when nothing
    """

    what: str
    state: State
    says: str
    todo: str = ""


def examine(world: World) -> Iterator[Finding]:
    """Look at everything, one finding after the other.  Raises only what reading the configuration raises."""
    config = world.workspace.config
    yield Finding("workspace", "ok", str(world.workspace.root.resolve()))
    yield from _database(world)
    yield from _guarded("keys", lambda: _keys(world))
    yield from _signers(world)
    yield from _guarded("evidence log", lambda: _log(world))
    yield from _guarded("erasures", lambda: _erasures(world))
    for role in ROLES:
        yield from _guarded(f"{role} chain", lambda role=role: _chain(world, role))  # type: ignore[misc]  # a default
    yield from _guarded("time stamps", lambda: _timestamps(world))
    yield from _guarded("ipfs", lambda: _ipfs(world))
    yield from _notify(world)
    if not is_loopback(config.api.host) and not config.api.key_hash:
        yield Finding("api", "wrong", f"would listen on {config.api.host} without a key", "tallystick serve --new-key")
    else:
        yield Finding(
            "api", "ok", f"{config.api.host}:{config.api.port}, {'with' if config.api.key_hash else 'without'} a key"
        )
    yield _disk(world.workspace.root)


def repair(world: World) -> list[str]:
    """Bring the database up to date and fund keys on embedded chains; returns what was done.

    Raises DatabaseNewer, DatabaseUnreachable, DevChainError, WrongGenesis.
    """
    done = []
    engine = open_engine(world.workspace.database_url)
    try:
        try:
            require_current(engine)
        except (DatabaseMissing, DatabaseOutdated):
            migrate(engine)
            done.append("the database is up to date")
    finally:
        engine.dispose()
    for role in ROLES:
        funded = fund_keys(world, role)
        if funded:
            done.append(f"coins on the {role} chain for {', '.join(funded)}")
    return done


def _guarded(what: str, look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """The findings of `look`; an error that we know becomes one."""
    try:
        yield from look()
    except Exception as exc:
        if of_class(type(exc)) is None:
            raise
        yield Finding(what, "wrong", str(exc), str(getattr(exc, "hint", "")))


def _database(world: World) -> Iterator[Finding]:
    where = shown(world.workspace.database_url)
    try:
        engine = open_engine(world.workspace.database_url)
        try:
            require_current(engine)
        finally:
            engine.dispose()
    except (DatabaseMissing, DatabaseOutdated) as exc:
        yield Finding("database", "missing", str(exc), "tallystick doctor --fix")
    except Exception as exc:
        if of_class(type(exc)) is None:
            raise
        yield Finding("database", "wrong", str(exc), str(getattr(exc, "hint", "")))
    else:
        yield Finding("database", "ok", where)


def _keys(world: World) -> Iterator[Finding]:
    keys = world.keys.all()
    for key in keys:
        yield Finding(f"key {key.name}", "ok", key.address)
    if not any(key.name == OPERATOR for key in keys):
        yield Finding(f"key {OPERATOR}", "missing", "there is none", f"tallystick key new {OPERATOR}")
    if world.keys.dev:
        yield Finding("passwords", "note", "generated, beside the keys: for trying out only")


def _signers(world: World) -> Iterator[Finding]:
    """Who signs custody entries; every key is opened."""
    parts = world.workspace.config.custody.signers
    if not parts:
        yield Finding("custody", "note", "nobody signs custody entries", "name a key under [custody]")
    for number, part in enumerate(parts, 1):
        what = f"custody signer {number}"

        def opened(part: SignerPart = part, what: str = what) -> Iterator[Finding]:
            try:
                signer = open_signer(part, world.keys, world.workspace.root)
            except PasswordMissing as exc:  # nobody to ask is no fault of the key
                yield Finding(what, "note", f"{part.kind}: {exc}", exc.hint)
            else:
                yield Finding(what, "ok", f"{signer.kind}, {signer.identity}")

        yield from _guarded(what, opened)


def _erasures(world: World) -> Iterator[Finding]:
    from notary.custody.erasure import unfinished

    for case_id in unfinished(world.notary):
        told = "was cut off: a key or ciphertext of what was erased is left"
        yield Finding(f"erasure in {case_id}", "wrong", told, f"tallystick case erase {case_id} --finish")


def _log(world: World) -> Iterator[Finding]:
    from notary.evm import anchors
    from notary.log import ledger

    with world.engine.connect() as connection:
        log = ledger.log_of(connection, world.notary.note_key)
    told = f"{log.origin}, {log.size} entries, {log.state}"
    if log.state != "open":
        yield Finding("evidence log", "wrong", told, LOG_TODO.get(log.state, "docs/guides/drills.md"))
        return
    rows = anchors.list_anchors(world.notary)
    final = max((row.size for row in rows if row.status == "final"), default=0)
    if log.size > final:
        yield Finding("evidence log", "note", f"{told}; {log.size - final} not anchored", "tallystick anchor --wait")
    else:
        yield Finding("evidence log", "ok", told)


def _chain(world: World, role: Role) -> Iterator[Finding]:
    use = world.use(role)
    chain = use.connect()
    kind = "embedded" if use.embedded else chain.url
    yield Finding(
        f"{role} chain", "ok", f"{chain.profile.name} ({chain.chain_id}), {kind}, block {chain.head().number}"
    )
    if use.genesis is None:
        yield Finding(f"{role} genesis", "missing", "not pinned", "tallystick deploy")
    for name in CONTRACTS[role]:
        yield _contract(world, chain, name)
    operator = world.keys.address(OPERATOR)
    has = chain.balance(operator)
    enough = DEV_COINS_WEI // 2 if use.embedded else LITTLE_WEI
    coins = f"operator has {has / 10**18:.4f} coins"
    if has >= enough:
        yield Finding(f"{role} funds", "ok", coins)
    else:
        fix = "tallystick doctor --fix" if use.embedded else f"send some coins to {operator}"
        yield Finding(f"{role} funds", "missing", coins, fix)


def _contract(world: World, chain: Chain, name: str) -> Finding:
    try:
        placed = placed_on(world.workspace, chain, name)
    except DeploymentMissing:
        return Finding(name, "missing", "not deployed", "tallystick deploy")
    if not chain.code(placed.address):
        return Finding(name, "wrong", f"no code at {placed.address}", "tallystick deploy")
    return Finding(name, "ok", placed.address)


def _timestamps(world: World) -> Iterator[Finding]:
    """Each authority gives a token over random bytes, each calendar takes random bytes; nothing of it is kept."""
    from notary.timestamps import stamps

    sources = world.notary.timestamps
    if sources is None:
        yield Finding("time stamps", "note", "nobody is configured: heads are anchored on the chain alone")
        return
    for reason in sources.unusable:
        yield Finding("time stamps", "wrong", reason, "mend [timestamps] in tallystick.toml")
    for authority in sources.authorities:
        yield from _guarded(f"authority {authority.name}", partial(_authority, authority))
    for url in sources.calendars:
        yield from _guarded(f"calendar {urlsplit(url).netloc}", partial(_calendar, url, sources.allowed))
    rows = stamps.list_stamps(world.notary)
    left = {status: sum(row.status == status for row in rows) for status in ("wanted", "pending")}
    if any(left.values()):
        told = ", ".join(f"{count} {status}" for status, count in left.items() if count)
        yield Finding("time stamps", "note", told, "tallystick anchor --upgrade")


def _authority(authority: Authority) -> Iterator[Finding]:
    from notary.timestamps import tsp, tsp_client

    asked = now()
    token = tsp.read_token(tsp_client.stamp(authority, secrets.token_bytes(32), asked))
    what, skew = f"authority {authority.name}", token.gen_time - now()
    if skew > SKEW_SECONDS or asked - token.gen_time > SKEW_SECONDS:
        fix = "set this machine's clock; if that is right, ask another authority"
        yield Finding(what, "wrong", f"its clock and this machine's are {abs(skew)} s apart", fix)
    elif authority.root is None:
        yield Finding(what, "note", "gives tokens, nothing here vouches for it", "name its root certificate (root)")
    else:
        kind = "qualified, " if authority.qualified else ""
        yield Finding(what, "ok", f"{kind}policy {token.policy}, {authority.hash}")


def _calendar(url: str, allowed: tuple[str, ...]) -> Iterator[Finding]:
    from notary.timestamps import calendars

    (answer,) = calendars.submit(secrets.token_bytes(32), [url]).answers
    what, elsewhere = f"calendar {urlsplit(url).netloc}", [uri for uri in answer.promises if uri not in allowed]
    if elsewhere:
        fix = "name it in calendars_allowed, else its proofs stay pending"
        yield Finding(what, "wrong", f"promises under {', '.join(elsewhere)}", fix)
    else:
        yield Finding(what, "ok", "takes digests")


def _ipfs(world: World) -> Iterator[Finding]:
    if world.ipfs is None:
        yield Finding("ipfs", "note", "not configured: `seal --store ipfs` and `fetch` are off")
        return
    node = world.ipfs.info()
    yield Finding("ipfs", "ok", f"{node.address}, version {node.version}")


def _notify(world: World) -> Iterator[Finding]:
    part = world.workspace.config.notify
    named = {name for url in (*part.urls, part.smtp) for name in references(url)}
    missing = sorted(name for name in named if not os.environ.get(name))
    if missing:
        yield Finding("notices", "wrong", f"not set: {', '.join(missing)}", "set these environment variables")
    elif part.urls or part.smtp:
        ways = [f"{len(part.urls)} operator's copies"] if part.urls else []
        yield Finding("notices", "ok", ", ".join([*ways, "a mail server"] if part.smtp else ways))
    else:
        yield Finding("notices", "note", "no operator's copy; parties are reached as `plan contact` says")


def _disk(root: Path) -> Finding:
    free = shutil.disk_usage(root).free
    if free < LOW_DISK_BYTES:
        return Finding("disk", "wrong", f"{free / 1024**2:.0f} MiB free", "make room: a full disk stops sealing")
    return Finding("disk", "ok", f"{free / 1024**3:.0f} GiB free")
