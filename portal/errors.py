"""Everything that `portal` raises on purpose.

    PortalError
    ├── WorkspaceError        WorkspaceMissing · WorkspaceExists · WorkspaceVersionUnknown · WorkspaceLocked ·
    │                         WorkspacePermission
    ├── ConfigInvalid         a tallystick.toml that is not one
    │   └── SecretMissing     a ${NAME} whose environment variable is not set
    ├── KeyFileError          KeyMissing · KeyExists · KeyNameInvalid
    ├── PasswordMissing       no password given and nobody to ask
    ├── DatabaseError         DatabaseMissing · DatabaseOutdated · DatabaseNewer · DatabaseUnreachable
    ├── EngineError           EngineSilent · WorkflowFailed · WorkflowCancelled
    ├── ChainNotReady         ChainNotConfigured · DeploymentMissing · LogMissing
    ├── InputInvalid          FileMissing · FileTooLarge · OutputRefused · AddressInvalid · ArgumentInvalid ·
    │                         PaperInvalid · DossierInvalid · PlanNotCompleted · AgreementInvalid · NotAParty
    ├── NothingFound          CaseUnknown · LogNotFound · PlanUnknown · EscrowUnknown · ReceiptUnknown
    ├── ServeRefused          ApiKeyRequired
    └── RequestRefused        Unauthorized · BodyTooLarge · RouteUnknown · MethodUnknown · BodyInvalid

Each class has a stable `code` and a `hint` that says what the reader can do next.  Exit codes and HTTP statuses are
not here: they are the tables in `portal.exit_codes` and `portal.http_status`.
"""

from __future__ import annotations

from typing import ClassVar


class PortalError(Exception):
    """Root of everything this package raises on purpose."""

    code: ClassVar[str] = "portal.error"
    hint: str = ""


# --- workspace -------------------------------------------------------------------------------------------------------


class WorkspaceError(PortalError):
    """The workspace folder cannot be used as it is."""

    code = "portal.workspace"


class WorkspaceMissing(WorkspaceError):
    """There is no workspace where one is expected."""

    code = "portal.workspace-missing"
    hint = "Make one with `tallystick init`, or name the folder with --workspace or TALLYSTICK_WORKSPACE."

    def __init__(self, folder: str) -> None:
        super().__init__(f"no workspace at {folder}")
        self.folder = folder


class WorkspaceExists(WorkspaceError):
    """A workspace is to be made in a folder that holds something else."""

    code = "portal.workspace-exists"
    hint = "Choose an empty or new folder with --workspace."

    def __init__(self, folder: str) -> None:
        super().__init__(f"{folder} is not empty and is no workspace")
        self.folder = folder


class WorkspaceVersionUnknown(WorkspaceError):
    """A workspace was made by a release with another layout."""

    code = "portal.workspace-version"
    hint = "Use the release that made the workspace, or a newer one that can read it."

    def __init__(self, got: int, known: int) -> None:
        super().__init__(f"the workspace's layout is version {got}, this release knows version {known}")
        self.got, self.known = got, known


class WorkspaceLocked(WorkspaceError):
    """Another process holds a lock that this command needs for itself."""

    code = "portal.workspace-locked"
    hint = "Wait until the other command has ended, or stop it; the lock goes with its process."

    def __init__(self, what: str, holder: str) -> None:
        super().__init__(f"{what} is locked by {holder}")
        self.what, self.holder = what, holder


class WorkspacePermission(WorkspaceError):
    """The operating system refuses to read or write a part of the workspace."""

    code = "portal.workspace-permission"
    hint = "Run the command as the owner of the workspace folder, or correct the folder's permissions."

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path


# --- configuration ---------------------------------------------------------------------------------------------------


class ConfigInvalid(PortalError):
    """tallystick.toml has a mistake."""

    code = "portal.config"
    hint = "Correct the line named; `tallystick doctor` shows how the configuration is read."

    def __init__(self, path: str, problems: tuple[str, ...]) -> None:
        super().__init__(f"{path}: " + "; ".join(problems))
        self.path, self.problems = path, problems


class SecretMissing(ConfigInvalid):
    """The configuration refers to an environment variable that is not set."""

    code = "portal.config-secret"
    hint = "Set the environment variable before the command; secrets are never written into tallystick.toml."

    def __init__(self, name: str) -> None:
        super().__init__("tallystick.toml", (f"the environment variable {name} is not set",))
        self.name = name


# --- keys ------------------------------------------------------------------------------------------------------------


class KeyFileError(PortalError):
    """A key of the workspace cannot be used."""

    code = "portal.key"


class KeyMissing(KeyFileError):
    """No key of that name in the workspace."""

    code = "portal.key-missing"
    hint = "`tallystick key list` shows the keys; `tallystick key new NAME` makes one."

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no key named {name!r} in the workspace")
        self.name = name


class KeyExists(KeyFileError):
    """A key of that name is there already; it is never overwritten."""

    code = "portal.key-exists"
    hint = "Choose another name; keys are never overwritten."

    def __init__(self, name: str) -> None:
        super().__init__(f"a key named {name!r} exists")
        self.name = name


class KeyNameInvalid(KeyFileError):
    """A key's name cannot be a file name."""

    code = "portal.key-name"
    hint = "Use 1 to 40 letters a-z, digits and hyphens, beginning with a letter."

    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} cannot be the name of a key")
        self.name = name


class PasswordMissing(PortalError):
    """A key's password is needed and nobody can be asked."""

    code = "portal.password-missing"
    hint = "Set TALLYSTICK_PASSWORD, give --password-file FILE, or run the command in a terminal."

    def __init__(self, name: str) -> None:
        super().__init__(f"the key {name!r} needs its password")
        self.name = name


# --- database --------------------------------------------------------------------------------------------------------


class DatabaseError(PortalError):
    """The database cannot be used as it is."""

    code = "portal.database"


class DatabaseMissing(DatabaseError):
    """The workspace has no database yet, or its tables were never made."""

    code = "portal.database-missing"
    hint = "`tallystick init` makes it; if it was there before, restore it from a backup first."

    def __init__(self, where: str) -> None:
        super().__init__(f"no tables at {where}")


class DatabaseOutdated(DatabaseError):
    """The database was made by an older release."""

    code = "portal.database-outdated"
    hint = "Make a copy of the workspace, then bring the database up to date with `tallystick doctor --fix`."

    def __init__(self, got: str, head: str) -> None:
        super().__init__(f"the database is at revision {got}, this release needs {head}")


class DatabaseNewer(DatabaseError):
    """The database was changed by a newer release."""

    code = "portal.database-newer"
    hint = "Use the newer release; this one would not understand all rows."

    def __init__(self, got: str, head: str) -> None:
        super().__init__(f"the database is at revision {got}, which this release (at {head}) does not know")


class DatabaseUnreachable(DatabaseError):
    """The database does not answer, or is not a database."""

    code = "portal.database-unreachable"
    hint = "Check database.url in tallystick.toml and that the server runs; nothing was changed."

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")


# --- engine ----------------------------------------------------------------------------------------------------------


class EngineError(PortalError):
    """The engine that runs durable work did not do what was asked."""

    code = "portal.engine"


class EngineSilent(EngineError):
    """The process that holds the engine did not take up or finish the work in time."""

    code = "portal.engine-silent"
    hint = "The work is recorded and goes on when that process does; repeat the command to go on waiting."

    def __init__(self, holder: str, seconds: int) -> None:
        super().__init__(f"the engine ({holder}) gave no result for {seconds} s")


class WorkflowFailed(EngineError):
    """A durable workflow ended with an error of another program or of ours."""

    code = "portal.workflow-failed"
    hint = "Repeat the command; finished steps are not done twice. The details are in the workspace's logs."

    def __init__(self, workflow: str, reason: str) -> None:
        super().__init__(f"{workflow}: {reason}")


class WorkflowCancelled(EngineError):
    """A durable workflow was cancelled or given up after too many recoveries."""

    code = "portal.workflow-cancelled"
    hint = "Look into the workspace's logs for the reason before you repeat the command."

    def __init__(self, workflow: str, status: str) -> None:
        super().__init__(f"{workflow} ended as {status}")


# --- chains ----------------------------------------------------------------------------------------------------------


class ChainNotReady(PortalError):
    """The command needs a chain or a contract that the workspace does not have yet."""

    code = "portal.chain"


class ChainNotConfigured(ChainNotReady):
    """tallystick.toml has no chain of that role."""

    code = "portal.chain-missing"
    hint = "Add [chains.evidence] or [chains.plans] to tallystick.toml; `tallystick init --help` shows both kinds."

    def __init__(self, role: str) -> None:
        super().__init__(f"no chain is configured for {role}")
        self.role = role


class DeploymentMissing(ChainNotReady):
    """A contract is not deployed on the configured chain."""

    code = "portal.deployment-missing"
    hint = "Run `tallystick deploy` first."

    def __init__(self, contract: str, chain_id: int) -> None:
        super().__init__(f"{contract} is not deployed on chain {chain_id}")
        self.contract, self.chain_id = contract, chain_id


class LogMissing(ChainNotReady):
    """The workspace's evidence log has no place on chain yet."""

    code = "portal.log-missing"
    hint = "Run `tallystick deploy` first: it creates the log on the evidence chain."

    def __init__(self) -> None:
        super().__init__("the evidence log was not created on chain yet")


# --- what the reader gave --------------------------------------------------------------------------------------------


class InputInvalid(PortalError):
    """Something that was given to a command cannot be used."""

    code = "portal.input"


class FileMissing(InputInvalid):
    """A file that was named cannot be read."""

    code = "portal.file-missing"
    hint = "Check the path and that you may read it."

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path


class FileTooLarge(InputInvalid):
    """A file that was named is larger than any of its kind."""

    code = "portal.file-too-large"
    hint = "This is not a file of the kind that the command reads."

    def __init__(self, path: str, size: int, allowed: int) -> None:
        super().__init__(f"{path} has {size} bytes, at most {allowed} are read")
        self.path, self.size, self.allowed = path, size, allowed


class OutputRefused(InputInvalid):
    """A file that was named for output cannot be written, or is there already."""

    code = "portal.output"
    hint = "Name another file, or remove the one that is there."

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path


class PaperInvalid(InputInvalid):
    """A file of a plan or an escrow that is not one."""

    code = "portal.paper"
    hint = "Ask whoever drafted it for the file again; it is the one that `plan draft` or `escrow draft` wrote."

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")


class DossierInvalid(InputInvalid):
    """A dossier of a plan that is not one."""

    code = "portal.dossier"
    hint = "`plan export` writes it again; keep this file as it is if somebody gave it to you as evidence."

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")


class PlanNotCompleted(InputInvalid):
    """A completion paper is asked for of a plan that is not paid entirely.

    owed   smallest units; None: no opening is proven
    block  number of the final block up to which it was looked
    """

    code = "portal.plan-not-completed"
    hint = "There is one once everything is paid and final; the dossier can be had at any time, without --completion."

    def __init__(self, plan: str, owed: int | None, block: int | None) -> None:
        left = "it was not opened" if owed is None else f"{owed} units are owed as of the final block {block}"
        super().__init__(f"plan {plan} is not completed: {left}")
        self.plan, self.owed, self.block = plan, owed, block


class AgreementInvalid(InputInvalid):
    """An agreement of a plan that is not one, or that cannot be made."""

    code = "portal.agreement"
    hint = "Ask for the agreement again as a file: printing it to a new PDF removes the terms that it carries."

    def __init__(self, reason: str) -> None:
        super().__init__(f"the agreement: {reason}")


class SigningRecordInvalid(InputInvalid):
    """A signing record that is not one, or says what none may say."""

    code = "portal.signing-record"
    hint = "`plan record` makes it again; keep this file as it is if somebody gave it to you as evidence."

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.reason = reason


class RecordNotSealed(InputInvalid):
    """A plan is to be opened, and nothing sealed says who a party is."""

    code = "portal.record-not-sealed"

    def __init__(self, plan: str, role: str, address: str, reason: str, command: str) -> None:
        super().__init__(f"{plan}: the signing record of the {role}, {address}, is not sealed: {reason}")
        self.hint = f"Seal it: `{command}`. Where a party gives none, --without-record REASON says so for ever."
        self.role, self.address = role, address


class NotAParty(InputInvalid):
    """A key that is to sign belongs to neither party."""

    code = "portal.not-a-party"
    hint = "Sign with the key of one of the parties; `tallystick key list` shows the keys."

    def __init__(self, key: str, address: str, parties: str) -> None:
        super().__init__(f"the key {key!r} ({address}) is none of the parties: {parties}")


class AddressInvalid(InputInvalid):
    """Neither a key's name nor an address."""

    code = "portal.address"
    hint = "Give the name of a key of this workspace (`tallystick key list`), or an address: 0x and 40 hex digits."

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(f"{text!r}: {reason}")
        self.text = text


class ArgumentInvalid(InputInvalid):
    """An argument of a command is not of its form."""

    code = "portal.argument"
    hint = "`--help` after the command shows the forms with an example."

    def __init__(self, name: str, text: str, reason: str) -> None:
        super().__init__(f"{name} {text!r}: {reason}")
        self.name, self.text = name, text


class NothingFound(PortalError):
    """The workspace has nothing under that name."""

    code = "portal.not-found"
    kind: ClassVar[str] = "thing"

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no {self.kind} {name!r} in this workspace")
        self.name = name


class CaseUnknown(NothingFound):
    """No case of that name."""

    code = "portal.case-unknown"
    hint = "`tallystick case list` shows the cases; `tallystick case new NAME` opens one."
    kind = "case"


class LogNotFound(NothingFound):
    """No log of that id."""

    code = "portal.log-unknown"
    hint = "`tallystick log audit` names this workspace's logs."
    kind = "log"


class PlanUnknown(NothingFound):
    """No plan of that id."""

    code = "portal.plan-unknown"
    hint = "`tallystick plan list` shows the plans; the first characters of an id are enough."
    kind = "plan"


class EscrowUnknown(NothingFound):
    """No escrow of that id."""

    code = "portal.escrow-unknown"
    hint = "`tallystick escrow show` without an id shows the escrows; the first characters of an id are enough."
    kind = "escrow"


class ReceiptUnknown(NothingFound):
    """No receipt of that id."""

    code = "portal.receipt-unknown"
    hint = "A receipt's id is its claim's id, as `tallystick case show CASE` lists them."
    kind = "receipt"


# --- HTTP ------------------------------------------------------------------------------------------------------------


class ServeRefused(PortalError):
    """The server does not start with these settings."""

    code = "portal.serve"


class ApiKeyRequired(ServeRefused):
    """The API would listen beyond this machine without a key."""

    code = "portal.serve-key"
    hint = "Make a key with `tallystick serve --new-key`, or listen on 127.0.0.1."

    def __init__(self, host: str) -> None:
        super().__init__(f"listening on {host} needs an API key, and none is set")


class RequestRefused(PortalError):
    """A request that the API does not answer with a result."""

    code = "portal.request"


class Unauthorized(RequestRefused):
    """The request carries no API key, or another one."""

    code = "portal.unauthorized"
    hint = "Send the key in the header `Authorization: Bearer KEY`."

    def __init__(self) -> None:
        super().__init__("the API key is missing or wrong")


class BodyTooLarge(RequestRefused):
    """A request carries more bytes than the route reads."""

    code = "portal.body-too-large"
    hint = "Verify large files on your own machine: `tallystick verify FILE`, no upload needed."

    def __init__(self, allowed: int) -> None:
        super().__init__(f"the request has more than {allowed} bytes")
        self.allowed = allowed


class BodyInvalid(RequestRefused):
    """A request's body or parameters do not have the documented form."""

    code = "portal.body-invalid"
    hint = "/openapi.json describes each route."

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class RouteUnknown(RequestRefused):
    """No route of that path."""

    code = "portal.route-unknown"
    hint = "/openapi.json lists the routes."

    def __init__(self, path: str) -> None:
        super().__init__(f"there is nothing at {path}")


class MethodUnknown(RequestRefused):
    """A route does not know the method."""

    code = "portal.method-unknown"
    hint = "/openapi.json lists the routes with their methods."

    def __init__(self, method: str, path: str) -> None:
        super().__init__(f"{path} does not answer {method}")
