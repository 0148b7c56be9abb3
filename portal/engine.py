"""The engine for durable work: DBOS, launched by exactly one process per workspace.

    free      nobody holds WORKSPACE/engine.lock
    inline    this process holds it, has launched DBOS and does the work itself
    client    another process (a keeper, a server, a command) holds it; work is enqueued for it and waited for

    free -> inline     whoever needs the engine first
    client -> inline   the holder has ended before it did our work: we take the lock and go on with the same workflow id
    inline -> free     orderly (`Runner.close` lets running workflows end), or with the process, however it ends

The lock belongs to the process (flock).  Who holds it is written into the file, for messages only.  Workflows are
known by name; their arguments and results are row ids and keys, and asking again with the same workflow id is
harmless: DBOS keeps the first.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Literal, Self

from portal.database import records_engine, shown
from portal.errors import DatabaseUnreachable, EngineSilent, WorkflowCancelled, WorkflowFailed, WorkspaceLocked

if TYPE_CHECKING:
    from dbos import DBOSConfig, EnqueueOptions, WorkflowHandle
    from sqlalchemy.engine import Engine

APPLICATION: Final = "tallystick"
VERSION: Final = "tallystick-1"  # fixed: work that is pending when the code changes is still picked up
EXECUTOR: Final = "local"
COMMANDS: Final = "commands"  # the queue that commands enqueue on
POLL_SECONDS: Final = 0.1
DRAIN_SECONDS: Final = 20  # how long a stopping engine lets running workflows come to their end
RUNNING: Final = frozenset({"ENQUEUED", "PENDING", "DELAYED"})

Tick = Callable[[], None]
Prepare = Callable[[], None]


class Lock:
    """An exclusive lock on a file that ends with the process that holds it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def acquire(self, purpose: str) -> bool:
        """Take the lock if it is free, and write down for what; True when this process holds it."""
        if self._descriptor is not None:
            return True
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{purpose} (process {os.getpid()})\n".encode(), 0)
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Give the lock back; nothing happens when it is not held."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None

    def holder(self) -> str:
        """Who holds the lock, in words; "nobody" when it is free or its holder is about to end."""
        try:
            return self.path.read_text(errors="replace")[:200].strip() or "nobody"
        except FileNotFoundError:
            return "nobody"


class Runner:
    """Does durable work in this process or in the one that holds the engine; see the module's states.

    lock      WORKSPACE/engine.lock
    url       of the database that keeps the engine's records
    purpose   what this process is, for messages: "keeper run", "anchor"
    prepare   imports the workflows and gives them their world; once, in the process that launches the engine
    """

    def __init__(self, lock: Path, url: str, purpose: str, prepare: Prepare) -> None:
        self._lock = Lock(lock)
        self._url = url
        self._purpose = purpose
        self._prepare = prepare
        self._records: Engine | None = None
        self._launched = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def mode(self) -> Literal["inline", "client"]:
        """Where work is done now."""
        return "inline" if self._launched else "client"

    def launch(self) -> None:
        """Become the process that runs the engine.  Raises WorkspaceLocked and whatever `prepare` raises."""
        if not self.try_launch():
            raise WorkspaceLocked("the engine", self._lock.holder())

    def try_launch(self) -> bool:
        """Become the process that runs the engine unless another is; True when this one does."""
        if self._launched:
            return True
        if not self._lock.acquire(self._purpose):
            return False
        try:
            self._prepare()
            self._launch()
        except BaseException:
            self._lock.release()
            raise
        return True

    def run(
        self, workflow: str, workflow_id: str, *args: str | int, tick: Tick | None = None, timeout_seconds: int = 3600
    ) -> object:
        """Run `workflow` under `workflow_id` to its end and return its result; an id that has run is not run again.

        tick   called about ten times a second while waiting
        Raises WorkflowFailed, WorkflowCancelled, EngineSilent, and the errors of our packages that the workflow ended
        with.
        """
        deadline = time.monotonic() + timeout_seconds
        while True:
            inline = self.try_launch()
            handle, close = self._enqueue(inline, workflow, workflow_id, args)
            try:
                while True:
                    status = handle.get_status()
                    if status.status == "SUCCESS":
                        return handle.get_result()
                    if status.status == "ERROR":
                        raise _error(workflow, status.error)
                    if status.status not in RUNNING:
                        raise WorkflowCancelled(workflow, status.status)
                    if time.monotonic() > deadline:
                        raise EngineSilent(self._lock.holder(), timeout_seconds)
                    if not inline and self._is_free():
                        break  # the holder has ended: take over
                    if tick is not None:
                        tick()
                    time.sleep(POLL_SECONDS)
            finally:
                close()

    def begin(self, workflow: str, workflow_id: str, *args: str | int) -> None:
        """Have `workflow` run under `workflow_id`, here or in the process that holds the engine, without waiting.

        `run` with the same id waits for it.
        """
        _, close = self._enqueue(self.try_launch(), workflow, workflow_id, args)
        close()

    def start(self, workflow: str, workflow_id: str, *args: str | int) -> None:
        """Have `workflow` run under `workflow_id` without waiting; only in the process that runs the engine."""
        self.launch()
        self._enqueue(True, workflow, workflow_id, args)

    def has_ended(self, workflow_id: str) -> bool:
        """Whether a workflow that was started here runs no longer."""
        from dbos import DBOS

        status = DBOS.get_workflow_status(workflow_id)
        return status is None or status.status not in RUNNING

    def holder(self) -> str:
        """Who runs the engine, in words."""
        return self._lock.holder()

    def close(self) -> None:
        """Let running workflows end (at most 20 s), stop the engine if this process runs it, give the lock back."""
        if self._launched:
            from dbos import DBOS

            running = DBOS.list_workflows(status="PENDING", executor_id=EXECUTOR, load_input=False, load_output=False)
            DBOS.destroy(workflow_completion_timeout_sec=DRAIN_SECONDS if running else 0)
            self._launched = False
        if self._records is not None:
            self._records.dispose()
            self._records = None
        self._lock.release()

    def _launch(self) -> None:
        from dbos import DBOS

        from portal.engine_records import JsonRecords

        config: DBOSConfig = {
            "name": APPLICATION,
            "system_database_engine": self._records_engine(),
            "application_version": VERSION,
            "executor_id": EXECUTOR,
            "log_level": "WARNING",
            "serializer": JsonRecords(),
            "use_listen_notify": False,
            "notification_listener_polling_interval_sec": POLL_SECONDS,
        }
        DBOS(config=config)
        try:
            DBOS.launch()
            DBOS.register_queue(COMMANDS, polling_interval_sec=POLL_SECONDS, on_conflict="always_update")
        except Exception as exc:
            DBOS.destroy()
            raise DatabaseUnreachable(shown(self._url), str(exc)) from exc
        self._launched = True

    def _records_engine(self) -> Engine:
        if self._records is None:
            self._records = records_engine(self._url)
        return self._records

    def _enqueue(
        self, inline: bool, workflow: str, workflow_id: str, args: tuple[str | int, ...]
    ) -> tuple[WorkflowHandle[object], Callable[[], None]]:
        options: EnqueueOptions = {
            "workflow_name": workflow,
            "queue_name": COMMANDS,
            "workflow_id": workflow_id,
            "app_version": VERSION,
        }
        if inline:
            from dbos import DBOS

            return DBOS.enqueue_workflow_with_options(options, *args), _nothing
        from dbos import DBOSClient

        from portal.engine_records import JsonRecords

        client = DBOSClient(
            system_database_engine=self._records_engine(), application_name=APPLICATION, serializer=JsonRecords()
        )
        handle: WorkflowHandle[object] = client.enqueue(options, *args)
        return handle, client.destroy

    def _is_free(self) -> bool:
        """Whether nobody holds the lock; the lock is taken and given back to find out."""
        if not self._lock.acquire(self._purpose):
            return False
        self._lock.release()
        return True


def _nothing() -> None:
    """Nothing to close: the engine is closed by its runner."""


def _error(workflow: str, found: object) -> Exception:
    """The error that a workflow ended with, if it is one of ours; else WorkflowFailed with what it says."""
    if isinstance(found, Exception) and isinstance(getattr(found, "code", None), str):
        return found
    return WorkflowFailed(workflow, f"{type(found).__name__}: {found}" if isinstance(found, Exception) else str(found))
