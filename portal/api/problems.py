"""Errors as problem+json (RFC 9457): type, title, status, detail, and our members code and hint."""

from __future__ import annotations

import logging
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from portal.errors import BodyInvalid, MethodUnknown, PortalError, RouteUnknown
from portal.http_status import of_class
from portal.logs import cleaned

MEDIA_TYPE: Final = "application/problem+json"
_TYPE: Final = "about:blank"  # the meaning is in `code`, which is stable


class Problem(BaseModel):
    """The body of an error."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    hint: str


def answer(error: Exception, status: int) -> JSONResponse:
    """The response that tells of `error`."""
    name = (type(error).__doc__ or type(error).__name__).strip().splitlines()[0]
    problem = Problem(
        type=_TYPE,
        title=name,
        status=status,
        detail=cleaned(str(error)),
        code=str(getattr(error, "code", "")),
        hint=str(getattr(error, "hint", "")),
    )
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return JSONResponse(problem.model_dump(), status, media_type=MEDIA_TYPE, headers=headers)


def install(app: FastAPI) -> None:
    """Have every error of `app` leave as a problem."""

    async def known(_request: Request, error: Exception) -> JSONResponse:
        status = of_class(type(error))
        if status is None:
            return await unknown(_request, error)
        return answer(error, status)

    async def unknown(_request: Request, error: Exception) -> JSONResponse:
        logging.getLogger("portal.api").error("a request ended with an error nobody expected", exc_info=error)
        problem = Problem(
            type=_TYPE,
            title="A mistake in tallystick",
            status=500,
            detail="The request could not be answered; the workspace's logs have the details.",
            code="api.bug",
            hint="Repeat the request; if it fails again, report it.",
        )
        return JSONResponse(problem.model_dump(), 500, media_type=MEDIA_TYPE)

    async def malformed(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        problems = tuple(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        return answer(BodyInvalid(problems), 400)

    async def http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        if error.status_code == 404:
            return answer(RouteUnknown(request.url.path), 404)
        if error.status_code == 405:
            return answer(MethodUnknown(request.method, request.url.path), 405)
        return answer(BodyInvalid((str(error.detail),)), error.status_code)

    for root in roots():
        app.add_exception_handler(root, known)
    app.add_exception_handler(RequestValidationError, malformed)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, unknown)


def roots() -> tuple[type[Exception], ...]:
    """The root error of each package."""
    from notary.errors import NotaryError
    from onchain.errors import ChainError
    from settlement.errors import SettlementError

    return (PortalError, NotaryError, SettlementError, ChainError)
