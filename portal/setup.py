"""Make a workspace: folders, keys, vault, database and configuration, whole or not at all."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from portal.config import LAYOUT, Config
from portal.database import migrate, open_engine, sqlite_url
from portal.errors import ArgumentInvalid
from portal.keys import OPERATOR, Ask, Key, KeyRing
from portal.workspace import Workspace, building, write_private

EVIDENCE_ID: Final = 31337  # embedded: in real time
PLANS_ID: Final = 31338  # embedded: its clock may be moved


@dataclass(frozen=True)
class ChainChoice:
    """A chain for a new workspace: of a node at `url`, or embedded where that is empty."""

    chain_id: int
    url: str = ""


@dataclass(frozen=True)
class Choices:
    """What a new workspace is to be.

    dev        generated passwords in the keys folder: for trying out, never for money
    evidence   chain for log heads
    plans      chain for plans and escrows
    ipfs       address of a Kubo RPC endpoint, or ""
    notify     Apprise addresses that every notice goes to
    smtp       Apprise address of the mail server, or ""
    database   postgresql://... or "" for the SQLite file
    """

    dev: bool = False
    evidence: ChainChoice = ChainChoice(EVIDENCE_ID)
    plans: ChainChoice = ChainChoice(PLANS_ID)
    ipfs: str = ""
    notify: tuple[str, ...] = ()
    smtp: str = ""
    database: str = ""


@dataclass(frozen=True)
class Made:
    """A new workspace: where, with which operator's key, under which log origin."""

    folder: Path
    operator: Key
    origin: str


def make_workspace(folder: Path, choices: Choices, ask: Ask, now: int) -> Made:
    """Make a workspace at `folder`, whole or not at all.

    now   Unix seconds, when the evidence log begins

    Raises WorkspaceExists, WorkspacePermission, ConfigInvalid, PasswordMissing, DatabaseUnreachable.
    """
    from notary.custody.vault import Vault
    from notary.log.ledger import ensure_log
    from notary.log.notekey import NoteKey

    origin = f"tallystick.local/{secrets.token_hex(4)}"
    text = configuration(choices, origin)
    Config.parse(text.encode())  # nothing is made from a configuration that could not be read again
    with building(folder) as workspace:
        write_private(workspace.config_file, text.encode())
        ring = KeyRing(workspace.keys, ask)
        if choices.dev:
            ring.make_dev()
        operator = ring.create(OPERATOR)
        Vault.create(workspace.case_keys)
        note_key = NoteKey.create(note_key_file(workspace), origin)
        if not choices.database:
            write_private(_file(workspace), b"")  # SQLite keeps the mode, for the files beside it as well
        engine = open_engine(workspace.database_url if choices.database else sqlite_url(_file(workspace)))
        try:
            migrate(engine)
            ensure_log(engine, note_key, now)
        finally:
            engine.dispose()
    return Made(folder.resolve(), operator, origin)


def note_key_file(workspace: Workspace) -> Path:
    """Where the key that signs checkpoints lies."""
    return workspace.log_key / "note.key"


def configuration(choices: Choices, origin: str) -> str:
    """The text of a new tallystick.toml."""
    if choices.database and not choices.database.startswith("postgresql://"):
        raise ArgumentInvalid("--database", choices.database, "begins with postgresql://")
    notify = ", ".join(_quoted(url) for url in choices.notify)
    database = (
        f"url = {_quoted(choices.database)}" if choices.database else '# url = "postgresql://user:${DB}@host/name"'
    )
    ipfs = f"api = {_quoted(choices.ipfs)}" if choices.ipfs else '# api = "http://127.0.0.1:5001"'
    return f"""\
# tallystick's configuration. Secrets do not belong here: write ${{NAME}} and set the environment variable NAME.

[workspace]
version = {LAYOUT}
origin = {_quoted(origin)}  # the evidence log's name; it stands in every checkpoint and does not change

[database]
# Without a url: the SQLite file of this folder.
{database}

# Where the log's heads are anchored. kind = "embedded" is a chain of this machine: for trying out, it proves nothing
# to anybody else. kind = "rpc" needs the url of a node.
[chains.evidence]
{_chain(choices.evidence)}
# Where repayment plans and escrows live.
[chains.plans]
{_chain(choices.plans)}
# Who time-stamps the heads besides the chain. Nobody is asked who is not named here; `tallystick anchor` does it.
# Public services (see their terms; a root certificate is what you trust, so fetch it by a way that you trust):
#   authorities  https://freetsa.org/tsr   http://timestamp.digicert.com   http://timestamp.sectigo.com
#   calendars    https://alice.btc.calendar.opentimestamps.org   https://bob.btc.calendar.opentimestamps.org
#                https://finney.calendar.eternitywall.com
[timestamps]
tokens = 1  # of each head, each from another authority
calendars = []
# [[timestamps.authorities]]      # asked in this order, the next one when one fails
# name = "freetsa"
# url = "https://freetsa.org/tsr"
# hash = "sha256"
# root = "freetsa-root.pem"       # in this folder; without it a token cannot be judged when it comes
# certificates = ""               # PEM file with its other certificates, where its tokens come without
# crls = ""                       # PEM file of revocation lists
# qualified = false               # true: a qualified trust service (eIDAS)

# Who signs the custody entries: every batch is signed by each of them. `tallystick doctor` tries their keys.
[custody]
# [[custody.signers]]
# kind = "ed25519"                # or "ml-dsa-65"; both: tallystick key custody new --kind ed25519 NAME
# key = "custody"                 # name of a key in this folder
# [[custody.signers]]
# kind = "eip712"                 # or "erc1271", with wallet = "0x..." and chain_id = 1
# key = "operator"                # or "${{NAME}}": an environment variable that holds the key
# [[custody.signers]]
# kind = "x509"
# file = "signer-key.pem"
# certificate = "signer-chain.pem"  # its own certificate first
# password = "${{SIGNER_PASSWORD}}"

[ipfs]
{ipfs}

# Notices: urls get a copy of every one (Apprise addresses such as "json://127.0.0.1:9000/hook"); smtp is the mail
# server for contacts that are plain mailboxes, such as "mailto://${{USER}}:${{PASSWORD}}@mail.example?from=me@example".
[notify]
urls = [{notify}]
smtp = {_quoted(choices.smtp)}

[keeper]
interval_seconds = 15
budget_per_day = 24  # transactions of the keeper for one plan in one day

[api]
host = "127.0.0.1"
port = 8765
key_hash = ""  # made by `tallystick serve --new-key`
"""


def _chain(choice: ChainChoice) -> str:
    if not choice.url:
        return f'kind = "embedded"\nchain_id = {choice.chain_id}\ngenesis = ""\nblock_seconds = 1\n'
    return f'kind = "rpc"\nurl = {_quoted(choice.url)}\nchain_id = {choice.chain_id}\ngenesis = ""\n'


def _quoted(text: str) -> str:
    import json

    return json.dumps(text, ensure_ascii=False)  # a JSON string without control characters is a TOML basic string


def _file(workspace: Workspace) -> Path:
    return workspace.root / "tallystick.sqlite"
