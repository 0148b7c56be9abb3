"""The HTTP API over one workspace.

    POST /v1/verify              check a receipt, with or without its document; nothing is kept
    GET  /v1/receipts/{id}       a claim's receipt
    GET  /v1/log/checkpoint      the log's newest signed checkpoint            (C2SP tlog-tiles)
    GET  /v1/log/tile/...        its tiles and entry bundles                   (C2SP tlog-tiles)
    GET  /v1/log/case-heads/...  what a heads leaf changed                     (notary/log/case_changes.py)
    GET  /v1/cases, /{id}        cases and what is sealed in them
    GET  /v1/plans, /{id}        repayment plans, as of their last final event
    GET  /healthz, /readyz       the process runs; it can answer

Each route parses, calls one service function, and shows.  Errors are problem+json (`portal.api.problems`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from fastapi import FastAPI, Path, Query, Request
from fastapi.responses import PlainTextResponse, Response

from notary.custody.acts import revoked
from notary.log import ledger, log_export
from notary.log.tiles import TileId
from notary.proofs import receipts
from notary.sealing import cases
from notary.verdicts.reasons import words
from notary.verdicts.trust import Trust, trust_blocks
from notary.verdicts.verify import DocumentDigests, verify_bytes
from portal.api import problems
from portal.api.guard import Guard
from portal.api.models import (
    CaseDetail,
    CaseModel,
    ClaimModel,
    Health,
    PlanDetail,
    PlanModel,
    Ready,
    VerdictModel,
)
from portal.api.upload import read_upload
from portal.clock import now
from portal.database import require_current
from portal.errors import RouteUnknown
from portal.plan_views import plan_detail, plan_summary
from settlement.records import find_plan, list_plans

if TYPE_CHECKING:
    from notary.sealing.cases import Case, SealedClaim
    from portal.world import World

MAX_PAGE = 500
IMMUTABLE = "public, max-age=31536000, immutable"  # a full tile never changes

Locale: TypeAlias = Literal["en", "zh-Hans", "zh-Hant"]  # notary.verdicts.reasons.LOCALES

_UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["receipt"],
                    "properties": {
                        "receipt": {"type": "string", "format": "binary", "description": "at most 1 MiB"},
                        "document": {"type": "string", "format": "binary", "description": "hashed as it streams in"},
                        "trust": {"type": "string", "format": "binary", "description": "a trusted-blocks file"},
                        "block": {"type": "array", "items": {"type": "string"}, "description": "CHAIN:NUMBER:0xHASH"},
                    },
                }
            }
        },
    }
}


def create_app(world: World, *, key_hash: str, version: str) -> FastAPI:
    """The API over `world`, which the caller closes.

    key_hash   SHA-256 in hex of the key that requests must carry; "" only on loopback
    """
    app = FastAPI(
        title="tallystick",
        version=version,
        description="Evidence that anybody can check, settlements that carry themselves out.",
        docs_url=None,  # the usual pages load scripts from elsewhere
        redoc_url=None,
        responses={"default": {"model": problems.Problem, "description": "A problem (RFC 9457)."}},
    )
    problems.install(app)
    app.add_middleware(Guard, key_hash=key_hash)
    _add_health(app, world, version)
    _add_verify(app)
    _add_log(app, world)
    _add_cases(app, world)
    _add_plans(app, world)
    return app


def _add_health(app: FastAPI, world: World, version: str) -> None:
    @app.get("/healthz", tags=["service"])
    def health() -> Health:
        """The process runs."""
        return Health(status="ok", version=version)

    @app.get("/readyz", tags=["service"])
    def ready() -> Ready:
        """The database is there and up to date."""
        require_current(world.engine)
        with world.engine.connect() as connection:
            log = ledger.log_of(connection, world.notary.note_key)
        return Ready(status="ok", log=log.state, log_size=log.size)


def _add_verify(app: FastAPI) -> None:
    @app.post("/v1/verify", tags=["evidence"], openapi_extra=_UPLOAD)
    async def verify(request: Request, locale: Annotated[Locale, Query()] = "en") -> VerdictModel:
        """Check a receipt, and its document if one is sent.

        What you trust comes from you: the parts `trust` and `block`. Without them no block hash is known, and the
        verdict is INDETERMINATE at best. `locale` is the language of the sentences; codes are the same in all.
        """
        upload = await read_upload(request.headers.get("content-type", ""), request.stream())
        document = None if upload.size is None else DocumentDigests(upload.size, upload.digests)
        trust = Trust() if upload.trust is None else Trust.from_bytes(upload.trust)
        verdict = verify_bytes(upload.receipt, document, trust_blocks(upload.blocks, trust))
        return VerdictModel.model_validate({**verdict.to_json(locale), "not_proven": words(locale).not_proven})


def _add_log(app: FastAPI, world: World) -> None:
    @app.get("/v1/receipts/{claim_id}", tags=["evidence"])
    def receipt(claim_id: Annotated[int, Path(ge=1, lt=2**63)]) -> Response:
        """A claim's receipt, with the newest anchor that covers it."""
        data = receipts.receipt_for(world.notary, claim_id).to_bytes()
        return Response(data, media_type="application/json")

    @app.get("/v1/log/checkpoint", tags=["log"], response_class=PlainTextResponse)
    def checkpoint() -> PlainTextResponse:
        """The log's newest checkpoint, a signed note."""
        with world.engine.connect() as connection:
            log = ledger.log_of(connection, world.notary.note_key)
            head = ledger.head(connection, log.id)
        if head is None:
            raise RouteUnknown("/v1/log/checkpoint: the log is empty")
        return PlainTextResponse(head.note, headers={"Cache-Control": "no-cache"})

    @app.get("/v1/log/tile/{path:path}", tags=["log"])
    def tile(path: str) -> Response:
        """A tile or an entry bundle of the log."""
        wanted = TileId.from_path(f"tile/{path}")
        with world.engine.connect() as connection:
            log = ledger.log_of(connection, world.notary.note_key)
            data = ledger.tile_bytes(connection, log.id, log.size, wanted)
        if data is None:
            raise RouteUnknown(f"/v1/log/{wanted.path()}")
        return Response(data, media_type="application/octet-stream", headers={"Cache-Control": IMMUTABLE})

    @app.get("/v1/log/case-heads/{index}.json", tags=["log"])
    def case_heads(index: Annotated[int, Path(ge=0, lt=2**53)]) -> Response:
        """What the heads leaf at this place of the log changed in the map of cases."""
        with world.engine.connect() as connection:
            log = ledger.log_of(connection, world.notary.note_key)
            change = log_export.case_change(connection, log.id, index)
        if change is None:
            raise RouteUnknown(f"/v1/log/{log_export.case_heads_path(index)}")
        return Response(change.to_bytes(), media_type="application/json", headers={"Cache-Control": IMMUTABLE})


def _add_cases(app: FastAPI, world: World) -> None:
    @app.get("/v1/cases", tags=["evidence"])
    def list_cases() -> list[CaseModel]:
        """All cases."""
        return [_case(found) for found in cases.list_cases(world.notary)]

    @app.get("/v1/cases/{case_id}", tags=["evidence"])
    def show_case(
        case_id: Annotated[str, Path(max_length=64)],
        start: Annotated[int, Query(ge=0, description="skip so many claims")] = 0,
        limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
    ) -> CaseDetail:
        """A case and a page of what is sealed in it, in the order it was sealed."""
        found = cases.show_case(world.notary, case_id)
        gone = revoked(world.notary, case_id)
        with world.engine.connect() as connection:
            origins = {log.id: log.origin for log in ledger.all_logs(connection)}
        page: list[ClaimModel] = []
        more = False
        for position, claim in enumerate(cases.claims_of(world.notary, case_id)):
            if position >= start + limit:
                more = True
                break
            if position >= start:
                page.append(_claim(claim, origins[claim.log_id], claim.commitment in gone))
        return CaseDetail(**_case(found).model_dump(), page=tuple(page), next=start + limit if more else None)


def _add_plans(app: FastAPI, world: World) -> None:
    @app.get("/v1/plans", tags=["settlement"])
    def plans() -> list[PlanModel]:
        """All plans of this workspace."""
        with world.engine.connect() as connection:
            return [PlanModel.model_validate(plan_summary(plan)) for plan in list_plans(connection)]

    @app.get("/v1/plans/{name}", tags=["settlement"])
    def plan(
        name: Annotated[str, Path(max_length=80)],
        at: Annotated[int | None, Query(ge=0, lt=2**40, description="Unix seconds [now]")] = None,
    ) -> PlanDetail:
        """A plan by name or id: its terms, what it is at a moment, and its final events."""
        with world.engine.connect() as connection:
            found = find_plan(connection, name)
            return PlanDetail.model_validate(plan_detail(connection, found, now() if at is None else at))


def _case(found: Case) -> CaseModel:
    return CaseModel(
        case=found.id,
        title=found.title,
        parties=found.parties,
        created_at=found.created_at,
        exhibits=found.current,
        claims=found.count,
    )


def _claim(found: SealedClaim, origin: str, gone: bool) -> ClaimModel:
    def text(name: str) -> str | None:
        value = found.claim.get(name)
        return None if value is None else str(value)

    size = found.claim.get("size")
    return ClaimModel(
        id=found.id,
        exhibit=text("exhibit"),
        name=text("name"),
        size=size if isinstance(size, int) else None,
        sha256=text("sha256"),
        log=origin,
        leaf_index=found.leaf_index,
        superseded_by=found.superseded_by,
        revoked=gone,
        cid=found.cid,
        sealed_at=found.created_at,
    )
