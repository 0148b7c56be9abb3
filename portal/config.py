"""tallystick.toml: what a workspace is configured to, read once into frozen values.

    [workspace]        version, origin (the evidence log's name in checkpoints)
    [database]         url; absent: the SQLite file of the workspace
    [chains.evidence]  where log heads are anchored      kind = "embedded" | "rpc"
    [chains.plans]     where plans and escrows live      kind = "embedded" | "rpc"
    [timestamps]       who time-stamps the heads besides the chain: RFC 3161 authorities, OpenTimestamps calendars
    [custody]          who signs the custody entries of cases: Ethereum keys, wallets, certificates, plain keys
    [ipfs]             api; absent: no sharing
    [notify]           where notices go: Apprise URLs, webhooks
    [keeper]           interval and budget of `tallystick keeper`
    [api]              host, port and the hash of the API key of `tallystick serve`

Unknown members are refused.  Secrets are never written here: ${NAME} stands for an environment variable and is
replaced only when the value is used (`reveal`).
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator, model_validator

from portal.errors import ConfigInvalid, FileMissing, FileTooLarge, SecretMissing, WorkspaceVersionUnknown
from portal.logs import conceal

FILE: Final = "tallystick.toml"
LAYOUT: Final = 2  # version of the workspace's layout that this release makes and reads
MAX_BYTES: Final = 256 * 1024  # an honest configuration is a few kilobytes
MAX_SIGNERS: Final = 8  # of custody entries; a receipt has room for as many signatures of a batch
MAX_SOURCES: Final = 16  # of time: authorities, calendars; a receipt carries an anchor of each

_REFERENCE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})

Origin = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.\-]{0,62}(/[a-z0-9][a-z0-9.\-]{0,62}){0,3}$")]
Genesis = Annotated[str, StringConstraints(pattern=r"^(0x[0-9a-f]{64})?$")]  # "" until it is pinned
Url = Annotated[str, StringConstraints(min_length=1, max_length=2048)]
HttpUrl = Annotated[str, StringConstraints(pattern=r"^https?://[^/\s?#]+[^\s#]*$", max_length=2048)]
AuthorityName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._\-]{0,62}$")]
Policy = Annotated[  # an object identifier: after 0 and 1 the second number is at most 39
    str,
    StringConstraints(pattern=r"^(([01]\.([0-9]|[1-3][0-9])|2\.(0|[1-9][0-9]{0,18}))(\.(0|[1-9][0-9]{0,18})){0,30})?$"),
]
FileName = Annotated[str, StringConstraints(max_length=4096)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class WorkspacePart(_Part):
    """[workspace]"""

    version: int
    origin: Origin


class DatabasePart(_Part):
    """[database]; an empty url stands for the SQLite file of the workspace."""

    url: str = ""

    @field_validator("url")
    @classmethod
    def _known_kind(cls, url: str) -> str:
        if url and not url.startswith(("sqlite:///", "postgresql://")):
            raise ValueError("begins with neither sqlite:/// nor postgresql://")
        return _no_password(url)


class ChainPart(_Part):
    """[chains.evidence] or [chains.plans].

    kind           "embedded": an anvil of this workspace; "rpc": a node that you name
    url            of the node; only for "rpc"
    chain_id       EIP-155; must be what the node says
    genesis        hash of block 0; pinned by `tallystick deploy`; another one is an error from then on
    block_seconds  embedded only: seconds between blocks
    """

    kind: Literal["embedded", "rpc"]
    chain_id: Annotated[int, Field(ge=1, lt=2**53)]
    url: str = ""
    genesis: Genesis = ""
    block_seconds: Annotated[int, Field(ge=1, le=3600)] = 1
    timeout_seconds: Annotated[int, Field(ge=1, le=600)] = 30

    @field_validator("url")
    @classmethod
    def _no_secret(cls, url: str) -> str:
        return _no_password(url)

    @model_validator(mode="after")
    def _url_where_needed(self) -> ChainPart:
        if self.kind == "rpc" and not self.url:
            raise ValueError('kind "rpc" needs a url')
        if self.kind == "embedded" and self.url:
            raise ValueError('kind "embedded" has no url')
        return self


class ChainsPart(_Part):
    """[chains]"""

    evidence: ChainPart
    plans: ChainPart


class AuthorityPart(_Part):
    """One [[timestamps.authorities]]: an RFC 3161 time-stamp authority.

    name          yours; stands in tables
    url           http or https
    hash          of the imprint
    policy        object identifier to ask for; "": the authority's own
    root          PEM file of the root certificate that its tokens must lead to; relative to the workspace
    certificates  PEM file of its other certificates, for tokens that come without
    crls          PEM file of revocation lists that its certificates are held against
    qualified     whether it is a qualified trust service (eIDAS)
    """

    name: AuthorityName
    url: HttpUrl
    hash: Literal["sha256", "sha384", "sha512", "sha3-256", "sha3-384", "sha3-512"] = "sha256"
    policy: Policy = ""
    root: FileName = ""
    certificates: FileName = ""
    crls: FileName = ""
    qualified: bool = False

    @field_validator("url")
    @classmethod
    def _no_secret(cls, url: str) -> str:
        return _no_password(url)


class TimestampsPart(_Part):
    """[timestamps]; nobody is asked who is not named here.

    tokens             of each head, each from another authority
    authorities        in the order in which they are asked; the next one when one fails
    calendars          OpenTimestamps calendars that each head is submitted to
    calendars_needed   calendars that must have taken a head before no further one is asked; 0 stands for all of them,
                       and for one of them where `tallystick stamp` asks once and for all
    calendars_allowed  further calendars that may be asked for the rest of a proof, beside `calendars`: some give their
                       promises under another name
    """

    tokens: Annotated[int, Field(ge=1, le=MAX_SOURCES)] = 1
    calendars: Annotated[tuple[HttpUrl, ...], Field(max_length=MAX_SOURCES)] = ()
    calendars_needed: Annotated[int, Field(ge=0, le=MAX_SOURCES)] = 0
    calendars_allowed: Annotated[tuple[HttpUrl, ...], Field(max_length=MAX_SOURCES)] = ()
    authorities: Annotated[tuple[AuthorityPart, ...], Field(max_length=MAX_SOURCES)] = ()

    @field_validator("calendars", "calendars_allowed", "authorities", mode="before")
    @classmethod
    def _from_list(cls, values: object) -> object:
        return tuple(values) if isinstance(values, list) else values

    @field_validator("calendars", "calendars_allowed")
    @classmethod
    def _plain_addresses(cls, urls: tuple[str, ...]) -> tuple[str, ...]:
        for url in urls:
            if urlsplit(url).username is not None:
                raise ValueError("carries a user name; calendars know none, and their names stand in proofs")
        return tuple(url.rstrip("/") for url in urls)

    @model_validator(mode="after")
    def _fits(self) -> TimestampsPart:
        names = [authority.name for authority in self.authorities]
        if len(set(names)) != len(names):
            raise ValueError("two authorities have one name")
        if len({authority.url for authority in self.authorities}) != len(names):
            raise ValueError("two authorities have one address; tokens of one are one witness")
        if len(set(self.calendars)) != len(self.calendars):
            raise ValueError("a calendar is named twice")
        if self.authorities and self.tokens > len(names):
            raise ValueError(f"{self.tokens} tokens need as many authorities, there are {len(names)}")
        if self.calendars and self.calendars_needed > len(self.calendars):
            raise ValueError(f"{self.calendars_needed} calendars are needed, {len(self.calendars)} are named")
        return self


class SignerPart(_Part):
    """One of [custody] signers.

    kind         what it signs as; see notary/custody/signatures.py
    key          name of a key in the workspace, or ${NAME} for an Ethereum key in an environment variable
    wallet       "erc1271": the wallet's address, 0x and 40 hex digits
    chain_id     "erc1271": EIP-155 id of the chain that the wallet is on
    file         "x509": PEM file of the key, in the workspace's folder unless the path is whole
    certificate  "x509": PEM file of its certificates, its own first, then each issuer's
    password     ${NAME}, where the PEM key is encrypted
    """

    kind: Literal["eip712", "erc1271", "ed25519", "ml-dsa-65", "x509"]
    key: Annotated[str, StringConstraints(pattern=r"^([a-z][a-z0-9-]{0,39}|\$\{[A-Za-z_][A-Za-z0-9_]*\})?$")] = ""
    wallet: Annotated[str, StringConstraints(pattern=r"^(0x[0-9a-fA-F]{40})?$")] = ""
    chain_id: Annotated[int, Field(ge=0, lt=2**53)] = 0
    file: FileName = ""
    certificate: FileName = ""
    password: Annotated[str, StringConstraints(pattern=r"^(\$\{[A-Za-z_][A-Za-z0-9_]*\})?$")] = ""

    @model_validator(mode="after")
    def _what_its_kind_needs(self) -> SignerPart:
        needed = {"erc1271": {"key", "wallet", "chain_id"}, "x509": {"file", "certificate"}}.get(self.kind, {"key"})
        allowed = {"eip712": needed, "erc1271": needed}.get(self.kind, needed | {"password"})
        given = {name for name in type(self).model_fields if name != "kind" and getattr(self, name)}
        if needed - given:
            raise ValueError(f'kind "{self.kind}" needs {" and ".join(sorted(needed - given))}')
        if given - allowed:
            raise ValueError(f'kind "{self.kind}" has no {" and ".join(sorted(given - allowed))}')
        if self.key.startswith("$") and self.kind not in ("eip712", "erc1271"):
            raise ValueError(f'kind "{self.kind}" has its key in a file, not in an environment variable')
        return self


class CustodyPart(_Part):
    """[custody]; each batch of custody entries is signed by all of `signers`, by nobody when there is none."""

    signers: Annotated[tuple[SignerPart, ...], Field(max_length=MAX_SIGNERS)] = ()

    @field_validator("signers", mode="before")
    @classmethod
    def _from_list(cls, values: object) -> object:
        return tuple(values) if isinstance(values, list) else values


class IpfsPart(_Part):
    """[ipfs]; an empty api stands for: no sharing."""

    api: str = ""
    timeout_seconds: Annotated[int, Field(ge=1, le=3600)] = 60


class NotifyPart(_Part):
    """[notify]

    urls    Apprise addresses that every notice goes to as the operator's copy: mailto://..., json://host/path
    smtp    Apprise address of the mail server for contacts written mailto:somebody@example.org; "": there is none
    locale  language of the operator's copies
    """

    urls: tuple[Url, ...] = ()
    smtp: str = ""
    locale: Literal["en", "zh-Hans"] = "en"

    @field_validator("smtp")
    @classmethod
    def _no_secret(cls, url: str) -> str:
        return _no_password(url)

    @field_validator("urls", mode="before")
    @classmethod
    def _from_list(cls, urls: object) -> object:
        return tuple(urls) if isinstance(urls, list) else urls

    @field_validator("urls")
    @classmethod
    def _no_secrets(cls, urls: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_no_password(url) for url in urls)


class KeeperPart(_Part):
    """[keeper]

    interval_seconds  pause between two rounds of `keeper run`
    budget_per_day    transactions that the keeper may send per plan and day
    """

    interval_seconds: Annotated[int, Field(ge=1, le=86_400)] = 15
    budget_per_day: Annotated[int, Field(ge=1, le=10_000)] = 24


class ApiPart(_Part):
    """[api]; key_hash is the SHA-256 of the API key, empty while there is none."""

    host: Annotated[str, StringConstraints(min_length=1, max_length=253)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8765
    key_hash: Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{64})?$")] = ""


class Config(_Part):
    """A whole tallystick.toml."""

    workspace: WorkspacePart
    database: DatabasePart = DatabasePart()
    chains: ChainsPart
    timestamps: TimestampsPart = TimestampsPart()
    custody: CustodyPart = CustodyPart()
    ipfs: IpfsPart = IpfsPart()
    notify: NotifyPart = NotifyPart()
    keeper: KeeperPart = KeeperPart()
    api: ApiPart = ApiPart()

    @classmethod
    def load(cls, path: Path) -> Config:
        """Read and check the file at `path`.

        Raises FileMissing, FileTooLarge, ConfigInvalid, WorkspaceVersionUnknown.
        """
        try:
            size = path.stat().st_size
            if size > MAX_BYTES:
                raise FileTooLarge(str(path), size, MAX_BYTES)
            text = path.read_bytes()
        except OSError as exc:
            raise FileMissing(str(path), exc.strerror or str(exc)) from exc
        return cls.parse(text, str(path))

    @classmethod
    def parse(cls, text: bytes, name: str = FILE) -> Config:
        """Check the bytes of a configuration; `name` stands in messages.

        Raises ConfigInvalid, WorkspaceVersionUnknown.
        """
        try:
            data = tomllib.loads(text.decode("utf-8"))
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
            raise ConfigInvalid(name, (str(exc),)) from exc
        part = data.get("workspace")
        version = part.get("version") if isinstance(part, dict) else None
        if isinstance(version, int) and not isinstance(version, bool) and version != LAYOUT:
            raise WorkspaceVersionUnknown(version, LAYOUT)
        try:
            return cls.model_validate(data)
        except ValidationError as exc:
            problems = tuple(f"{'.'.join(map(str, e['loc'])) or 'file'}: {_plain(e['msg'])}" for e in exc.errors())
            raise ConfigInvalid(name, problems) from exc


def reveal(text: str, environment: Mapping[str, str] | None = None) -> str:
    """`text` with every ${NAME} replaced by the environment variable NAME, which no log shows from then on.

    Raises SecretMissing.
    """
    variables = os.environ if environment is None else environment

    def value(match: re.Match[str]) -> str:
        found = variables.get(match[1])
        if not found:
            raise SecretMissing(match[1])
        return conceal(found)

    return _REFERENCE.sub(value, text)


def references(text: str) -> tuple[str, ...]:
    """Names of the environment variables that `text` refers to."""
    return tuple(_REFERENCE.findall(text))


def is_loopback(host: str) -> bool:
    """Whether a server on `host` is reachable from this machine only."""
    return host in _LOOPBACK


def pin(text: str, section: str, name: str, value: str) -> str:
    """`text` (TOML) with `name = "value"` in `[section]`; everything else, comments included, stays as it is.

    Raises ConfigInvalid when there is no such section.
    """
    lines = text.splitlines()
    try:
        at = lines.index(f"[{section}]")
    except ValueError:
        raise ConfigInvalid(FILE, (f"there is no [{section}]",)) from None
    end = next((i for i in range(at + 1, len(lines)) if lines[i].startswith("[")), len(lines))
    line = f'{name} = "{value}"'
    for i in range(at + 1, end):
        if re.match(rf"{re.escape(name)}\s*=", lines[i]):
            lines[i] = line
            break
    else:
        lines.insert(at + 1, line)
    return "\n".join(lines) + "\n"


def _no_password(url: str) -> str:
    password = urlsplit(url).password
    if password and not _REFERENCE.search(password):
        raise ValueError("carries a password; write ${NAME} instead and set the environment variable NAME")
    return url


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ")
