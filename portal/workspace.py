"""The workspace folder: where everything of one organisation lies, and who may use it at once.

tallystick.toml        configuration (`portal.config`)
tallystick.sqlite      our tables and the engine's records
keys/NAME.json         keystores, mode 0600
case-keys/             the vault; keep it out of backups that outlive an erasure
log-key/               key that signs checkpoints, mode 0600
blobs/                 ciphertext
chains/ROLE/           embedded dev chains: state, log, pid
deployments/           contract addresses by chain
receipts/ plans/       what commands write
logs/                  program logs, JSON lines
engine.lock            held by the one process that runs the engine
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from portal.errors import WorkspaceExists, WorkspaceMissing, WorkspacePermission

if TYPE_CHECKING:
    from portal.config import Config

DEFAULT: Final = "tallystick"
CONFIG_FILE: Final = "tallystick.toml"
FOLDERS: Final = (
    "keys",
    "case-keys",
    "log-key",
    "blobs",
    "chains",
    "chains/evidence",
    "chains/plans",
    "deployments",
    "receipts",
    "plans",
    "logs",
)


@dataclass(frozen=True)
class Workspace:
    """A folder that holds a workspace; paths only, the files' contents belong to the modules that know them."""

    root: Path

    @classmethod
    def open(cls, folder: Path) -> Workspace:
        """The workspace at `folder`.  Raises WorkspaceMissing, WorkspacePermission."""
        workspace = cls(folder)
        try:
            found = workspace.config_file.is_file()
            readable = os.access(workspace.config_file, os.R_OK) and os.access(folder, os.R_OK | os.W_OK | os.X_OK)
        except OSError as exc:
            raise WorkspacePermission(str(folder), exc.strerror or str(exc)) from exc
        if not found:
            raise WorkspaceMissing(str(folder))
        if not readable:
            raise WorkspacePermission(str(folder), "not readable and writable by you")
        return workspace

    @property
    def config_file(self) -> Path:
        """tallystick.toml"""
        return self.root / CONFIG_FILE

    @cached_property
    def config(self) -> Config:
        """The configuration, read once.  Raises what `Config.load` raises."""
        from portal.config import Config

        return Config.load(self.config_file)

    @property
    def database_url(self) -> str:
        """The database's URL, with its secrets."""
        from portal.config import reveal

        url = self.config.database.url
        return reveal(url) if url else f"sqlite:///{(self.root / 'tallystick.sqlite').resolve()}"

    @property
    def keys(self) -> Path:
        """Folder of the keystores."""
        return self.root / "keys"

    @property
    def case_keys(self) -> Path:
        """Folder of the vault."""
        return self.root / "case-keys"

    @property
    def log_key(self) -> Path:
        """Folder of the checkpoints' signing key."""
        return self.root / "log-key"

    @property
    def blobs(self) -> Path:
        """Folder of ciphertexts."""
        return self.root / "blobs"

    @property
    def deployments(self) -> Path:
        """Folder of contract addresses."""
        return self.root / "deployments"

    @property
    def receipts(self) -> Path:
        """Folder that receipts are written to unless another is named."""
        return self.root / "receipts"

    @property
    def plans(self) -> Path:
        """Folder of drafted and signed plans and escrows."""
        return self.root / "plans"

    @property
    def logs(self) -> Path:
        """Folder of program logs."""
        return self.root / "logs"

    @property
    def engine_lock(self) -> Path:
        """File that the process running the engine holds locked."""
        return self.root / "engine.lock"

    def chain_folder(self, role: str) -> Path:
        """Folder of an embedded chain's state; role is "evidence" or "plans"."""
        return self.root / "chains" / role


def locate(option: str | None) -> Path:
    """The folder meant by --workspace, else TALLYSTICK_WORKSPACE, else this folder if it is one, else ./tallystick."""
    chosen = option or os.environ.get("TALLYSTICK_WORKSPACE")
    if chosen:
        return Path(chosen)
    here = Path()
    return here if (here / CONFIG_FILE).is_file() else here / DEFAULT


@contextmanager
def building(folder: Path) -> Iterator[Workspace]:
    """A new workspace that appears at `folder` whole, or not at all.

    It is built in a hidden folder beside, and renamed when the block ends without an error.
    Raises WorkspaceExists (also for a folder that holds anything), WorkspacePermission.
    """
    folder = folder.resolve()
    if (folder / CONFIG_FILE).exists():
        raise _already(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise WorkspaceExists(str(folder))
    building_at = folder.with_name(f".{folder.name}.new-{os.getpid()}")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        building_at.mkdir(mode=0o700)
        for name in FOLDERS:
            (building_at / name).mkdir(mode=0o700, parents=True)
    except OSError as exc:
        shutil.rmtree(building_at, ignore_errors=True)
        raise WorkspacePermission(str(folder), exc.strerror or str(exc)) from exc
    try:
        yield Workspace(building_at)
        building_at.rename(folder)
    except OSError as exc:
        raise WorkspacePermission(str(folder), exc.strerror or str(exc)) from exc
    finally:
        shutil.rmtree(building_at, ignore_errors=True)


def write_private(path: Path, data: bytes) -> None:
    """Write a new file of mode 0600, durable when this returns.  Raises FileExistsError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def replace_file(path: Path, data: bytes) -> None:
    """Write `path` whole or not at all, durable when this returns, with the mode that it had (0600 if new)."""
    beside = path.with_name(f".{path.name}.new-{os.getpid()}")
    beside.unlink(missing_ok=True)
    write_private(beside, data)
    if path.exists():
        beside.chmod(path.stat().st_mode & 0o777)
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def safe_name(text: str) -> bool:
    """Whether `text` can name a key: a letter, then up to 39 letters, digits, hyphens; lower case."""
    return re.fullmatch(r"[a-z][a-z0-9-]{0,39}", text) is not None


def _already(folder: Path) -> WorkspaceExists:
    error = WorkspaceExists(str(folder))
    error.args = (f"{folder} is a workspace already; nothing was changed",)
    error.hint = "Use it as it is (`tallystick doctor` shows its state), or name another folder with --workspace."
    return error
