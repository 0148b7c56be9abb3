"""The demo's one error."""

from __future__ import annotations

from portal.errors import PortalError


class DemoStopped(PortalError):
    """A step of the demo did not come out as told."""

    code = "portal.demo"
    hint = "The demo's folder holds the logs; `tallystick doctor` says what is missing."

    def __init__(self, command: str, exit_code: int, message: str, hint: str) -> None:
        super().__init__(f"`tallystick {command}` ended with {exit_code}: {message} {hint}".strip())
        self.exit_code = exit_code
