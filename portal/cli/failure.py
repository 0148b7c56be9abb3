"""How an error reaches the reader: what happened, what to do, the stable code; and the exit code of the process.

As text on standard error, or with --json as {"error": {"code", "message", "hint", "exit"}} on standard output.
"""

from __future__ import annotations

import sys

import click

from portal.exit_codes import Exit, of_class

_MISTAKE = "This is a mistake in tallystick, not in what you did."
LOGGED = f"{_MISTAKE} The workspace's logs/ folder has the details."
UNLOGGED = f"{_MISTAKE} The lines above say where it happened."


def show(error: BaseException, *, as_json: bool) -> int:
    """Show `error` and return the exit code; what is no error of a command (SystemExit) is raised again."""
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        notes = getattr(error.__cause__ or error, "__notes__", ())  # Click turns the one into the other
        hint = " ".join(notes) or "Repeat the command; finished steps are not done twice."
        return _write("cli.interrupted", "interrupted", hint, Exit.INTERRUPTED, as_json)
    if isinstance(error, click.ClickException):
        return _usage(error, as_json)
    if isinstance(error, BrokenPipeError):
        sys.stderr.close()  # nobody reads; leave without a second error
        return Exit.OK
    if not isinstance(error, Exception):
        raise error
    known = of_class(type(error))
    if known is not None:
        _log_known(error)
        return _write(str(getattr(error, "code", "")), str(error), str(getattr(error, "hint", "")), known, as_json)
    if isinstance(error, PermissionError):
        hint = "Run the command as the owner of the file, or correct the permissions."
        return _write("cli.permission", _os_text(error), hint, Exit.LOCKED, as_json)
    if isinstance(error, OSError):
        hint = "Check the path, the free space of the disk, and that nothing else removes the file."
        return _write("cli.os", _os_text(error), hint, Exit.OUTSIDE, as_json)
    if "database is locked" in str(error):
        hint = "Another command writes to the workspace for more than 30 s; wait for it, then repeat this one."
        return _write("cli.database-locked", "the workspace's database is locked", hint, Exit.LOCKED, as_json)
    return _bug(error, as_json)


def _usage(error: click.ClickException, as_json: bool) -> int:
    hint = ""
    if isinstance(error, click.UsageError) and error.ctx is not None:
        if not as_json:
            click.echo(error.ctx.get_usage(), err=True)
        hint = f"`{error.ctx.command_path} --help` explains it with an example."
    return _write("cli.usage", error.format_message(), hint, Exit.USAGE, as_json)


def _bug(error: Exception, as_json: bool) -> int:
    import logging
    import traceback

    from portal.logs import cleaned, started

    hint = LOGGED
    if started():
        logging.getLogger("portal").error("a command ended with an error nobody expected", exc_info=error)
    else:  # no workspace to write it down in
        hint = UNLOGGED
        click.echo(cleaned("".join(traceback.format_exception(error))), err=True)
    return _write("cli.bug", cleaned(f"{type(error).__name__}: {error}"), hint, Exit.BUG, as_json)


def _log_known(error: Exception) -> None:
    """Only the code of what names files or cases: a log file must not remember what is erased later."""
    logs = sys.modules.get("portal.logs")
    if logs is not None and logs.started():
        import logging

        code = str(getattr(error, "code", ""))
        private = code.startswith(("notary.", "portal.")) or isinstance(error, OSError)
        text = code or type(error).__name__
        logging.getLogger("portal").warning("%s", text if private else f"{text}: {error}")


def _os_text(error: OSError) -> str:
    return f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror or error)


def _write(code: str, message: str, hint: str, exit_code: Exit, as_json: bool) -> int:
    if as_json:
        import json

        members = {"code": code, "message": message, "hint": hint, "exit": int(exit_code)}
        click.echo(json.dumps({"error": members}, ensure_ascii=False, indent=2))
        return exit_code
    click.secho("error: ", fg="red", bold=True, nl=False, err=True)
    click.echo(message, err=True)
    if hint:
        click.secho(" hint: ", fg="cyan", nl=False, err=True)
        click.echo(hint, err=True)
    click.secho(f" code: {code}", dim=True, err=True)
    return exit_code
