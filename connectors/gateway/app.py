"""The ASGI application: doors for channels, feeds and sheets, health, metrics, and the OpenAPI document.

A 2xx is only ever sent after the leads of the request are durable. Bodies, names and phones are in no log.
"""

from __future__ import annotations

import asyncio
import logging
import re
from typing import Annotated, Any

import orjson
from fastapi import FastAPI, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connectors.durable.places import Line, key_of
from connectors.gateway.answers import (
    BYTES_BODY,
    FEED_BODY,
    LEADS_BODY,
    REFUSALS,
    ImportAnswer,
    LeadsAnswer,
)
from connectors.gateway.bodies import Body, FileBody
from connectors.gateway.check import Item
from connectors.gateway.gateway import Gateway
from connectors.gateway.meters import CONTENT_TYPE
from connectors.gateway.refusal import DoorRefused
from connectors.gateway.sheets import Question
from state import limits

log = logging.getLogger("leadstream")

_JSON = "application/json"
_ENDING = re.compile(r"\.[A-Za-z]{1,6}\Z")
_UNKNOWN = "unknown"
_LEADS = "/v1/channels/{code}/leads"
_LEADS_PATH = re.compile(r"/v1/channels/([^/]+)/leads")
_NO_TELEMETRY: Any = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
"""The framework would send paths and queries to a collector that the environment names: a verify token stands in one."""


def application(gateway: Gateway) -> ASGIApp:
    """The doors of this gateway."""
    return _Doors(gateway, _documented(gateway))


class _Doors:
    """In front of the framework: counts what is answered, and takes leads itself, since its layers cost as much as a lead."""

    def __init__(self, gateway: Gateway, others: ASGIApp) -> None:
        self._gateway = gateway
        self._others = others
        self._meters = gateway.meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._others(scope, receive, send)
            return
        found = _LEADS_PATH.fullmatch(scope["path"]) if scope["method"] == "POST" else None
        if found is not None:
            response = await self._leads(Request(scope, receive), found[1])
            self._meters.answered(_LEADS, response.status_code)
            await response(scope, receive, send)
            return

        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                door = getattr(scope.get("route"), "path", _UNKNOWN)  # never the path itself: it is what somebody typed
                self._meters.answered(door, message["status"])
            await send(message)

        await self._others(scope, receive, counting)

    async def _leads(self, request: Request, code: str) -> Response:
        try:
            return await _take_leads(self._gateway, request, code)
        except DoorRefused as refused:
            return _refusal(refused)
        except Exception as error:
            return _unforeseen(error)


async def _take_leads(gateway: Gateway, request: Request, code: str) -> Response:
    """One lead or a list: judged, made durable, answered one by one. Raises DoorRefused where none is taken."""
    meters = gateway.meters
    gateway.check.channel(code)
    async with Body(gateway.bodies, request, gateway.most_bytes(code)) as body:
        gateway.allow(code, request.headers, _target(request), body)
        items = gateway.check.leads(code, body)
        lines = [item.line for item in items if item.line is not None]
        meters.leads(code, "refused", len(items) - len(lines))
        if lines:
            await _kept(gateway, code, lines, len(lines))
    for item in items:
        for fault in item.faults if item.line is not None else ():
            meters.later(code, fault.code)
    status = 202 if len(lines) == len(items) else 207 if lines else 422
    return _json(_answer(items, len(lines)), status)


def _documented(gateway: Gateway) -> FastAPI:
    app = FastAPI(
        title="leadstream gateway",
        version=gateway.version or "0",
        description="Leads in. A 2xx says that they are durable; 429 and 503 that the sender still has them.",
        docs_url=None,  # its page would fetch scripts from elsewhere
        redoc_url=None,
        telemetry=_NO_TELEMETRY,
    )
    meters = gateway.meters

    @app.exception_handler(DoorRefused)
    async def refused(_: Request, error: Exception) -> Response:
        assert isinstance(error, DoorRefused)
        return _refusal(error)

    @app.exception_handler(RequestValidationError)
    async def misplaced(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        # Names of parameters are the document's own; what was sent for them is not shown.
        named = ", ".join(sorted({str(one["loc"][-1]) for one in error.errors()}))
        message = f"The address lacks what this door needs, or holds it in another form: {named}."
        return _refusal(DoorRefused(400, "BAD_QUERY", message, "See /openapi.json for this door's parameters."))

    @app.exception_handler(HTTPException)
    async def not_found(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        action = "See /openapi.json for the doors that there are."
        if error.status_code != 405:
            return _refusal(DoorRefused(error.status_code, "NO_DOOR", "There is no such door.", action))
        # The router names the methods of the first door with this path; there may be several.
        doors = [one for one in app.routes if isinstance(one, Route) and one.path_regex.match(request.url.path)]
        allowed = ", ".join(sorted({method for door in doors for method in door.methods or ()}))
        said = DoorRefused(405, "NO_DOOR", f"This door takes {allowed}.", action)
        return _refusal(said, {"Allow": allowed})

    @app.exception_handler(Exception)
    async def unforeseen(_: Request, error: Exception) -> Response:
        return _unforeseen(error)

    @app.post(
        _LEADS,
        status_code=202,
        response_model=LeadsAnswer,
        responses={
            **REFUSALS,
            207: {"model": LeadsAnswer, "description": "Some were refused at the door; the others are durable."},
            422: {"model": LeadsAnswer, "description": "Every one was refused at the door."},
        },
        openapi_extra={"requestBody": LEADS_BODY},
        summary="One lead, or a list of them",
    )
    async def leads(request: Request, code: Annotated[str, Path()]) -> Response:
        return await _take_leads(gateway, request, code)

    @app.post(
        "/v1/feeds/{code}",
        responses={
            **REFUSALS,
            200: {"description": "What the channel expects to be answered.", "content": {"*/*": {}}},
        },
        response_class=Response,
        openapi_extra={"requestBody": FEED_BODY},
        summary="A channel's own webhook",
    )
    async def feed(request: Request, code: Annotated[str, Path()]) -> Response:
        _known_feed(gateway, code)
        async with Body(gateway.bodies, request, gateway.most_bytes(code)) as body:
            delivery = gateway.read_feed(code, request.headers, body)
            values = delivery.lines
            keys = [key_of(lead.get("channel"), lead.get("source_lead_id")) for lead in delivery.leads]
            if values:
                lines = [Line(value, key) for value, key in zip(values, keys, strict=True)]
                await _kept(gateway, code, lines, len(lines))
        for note in delivery.notes:
            log.warning("Feed %s: %s", code, note)
        reply = delivery.reply
        return Response(reply.body, reply.status, media_type=reply.content_type)

    @app.get(
        "/v1/feeds/{code}",
        responses={**REFUSALS, 200: {"description": "The challenge.", "content": {"text/plain": {}}}},
        response_class=Response,
        summary="The question by which a channel makes sure of the address",
    )
    async def challenge(
        code: Annotated[str, Path()],
        token: Annotated[str, Query(alias="hub.verify_token")] = "",
        text: Annotated[str, Query(alias="hub.challenge")] = "",
    ) -> Response:
        _known_feed(gateway, code)
        gateway.verify(code, token)
        return Response(text, media_type="text/plain")

    @app.post(
        "/v1/imports",
        status_code=202,
        response_model=ImportAnswer,
        responses={
            **REFUSALS,
            207: {"model": ImportAnswer, "description": "Some rows were refused; the others are durable as leads."},
            422: {"model": ImportAnswer, "description": "No row is a lead."},
        },
        openapi_extra={"requestBody": BYTES_BODY},
        summary="A sheet: xlsx, xls, csv or JSON lines",
    )
    async def imports(
        request: Request,
        channel: Annotated[str, Query(description="Its leads' channel, whose secret signs the request.")],
        name: Annotated[str, Query(description="The file's name.")] = "sheet",
        account: Annotated[str, Query(description="Account at the channel, of rows that name none.")] = "",
        mapping: Annotated[str, Query(description="Code of a feed whose fields name the columns.")] = "",
        sheet: Annotated[str, Query(description="The one sheet of a workbook to read.")] = "",
    ) -> Response:
        gateway.check.channel(channel)
        target = _target(request)
        async with FileBody(gateway.files, request, limits.GATEWAY_IMPORT_BYTES, _ending(name)) as path:
            await asyncio.to_thread(gateway.allow_file, channel, request.headers, target, path)
            read = await gateway.read_sheet(path, name, Question(channel, account, mapping, sheet))
            refused_rows = read.counts.fates["refused"]
            meters.leads(channel, "refused", refused_rows)
            if read.lines:
                await _kept(gateway, channel, read.lines, 0)
        answer = await asyncio.to_thread(read.answer)
        return _json(answer, 422 if not read.lines else 207 if refused_rows else 202)

    @app.get("/healthz", response_class=Response, responses=_TEXT, summary="Alive")
    async def healthz() -> Response:
        return Response("alive\n", media_type="text/plain")

    @app.get("/ready", response_class=Response, responses={**_TEXT, 503: _TEXT[200]}, summary="Takes leads")
    async def ready() -> Response:
        reason = _not_ready(gateway)
        return Response(f"{reason or 'ready'}\n", 503 if reason else 200, media_type="text/plain")

    @app.get("/metrics", response_class=Response, responses=_TEXT, summary="For Prometheus")
    async def metrics() -> Response:
        return Response(meters.page(), headers={"Content-Type": CONTENT_TYPE})

    return app


_TEXT: dict[int | str, dict[str, Any]] = {200: {"description": "Plain text.", "content": {"text/plain": {}}}}


def _known_feed(gateway: Gateway, code: str) -> None:
    if code not in gateway.feeds:
        raise DoorRefused(
            404, "UNKNOWN_FEED", "There is no such feed.", "`leadstream feeds list` shows those that there are."
        )


def _not_ready(gateway: Gateway) -> str:
    if gateway.durable.fault() is not None:
        return "Leads cannot be made durable."
    return "The gateway is stopping." if gateway.stopping else ""


async def _kept(gateway: Gateway, channel: str, lines: list[Line], cost: int) -> None:
    """Count them against the rate (`cost` leads), make them durable, count what became of them."""
    try:
        if cost:
            gateway.rates.take(channel, cost)
        await gateway.keep(lines)
    except DoorRefused:
        gateway.meters.leads(channel, "not_kept", len(lines))
        raise
    gateway.meters.leads(channel, "acknowledged", len(lines))


def _target(request: Request) -> str:
    """Path and query as they were sent: what is signed."""
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    query: bytes = request.scope.get("query_string", b"")
    return (raw.split(b"?")[0] + (b"?" + query if query else b"")).decode("latin-1")


def _ending(name: str) -> str:
    """Of a file's name: by it a file of JSON lines is known whose first line is broken."""
    found = _ENDING.search(name)
    return found[0] if found else ""


def _answer(items: list[Item], accepted: int) -> dict[str, Any]:
    return {
        "accepted": accepted,
        "refused": len(items) - accepted,
        "items": [
            {
                "index": index,
                "status": "refused" if item.line is None else "accepted",
                "source_lead_id": item.source_lead_id,
                "faults": [fault._asdict() for fault in item.faults],
            }
            for index, item in enumerate(items)
        ],
    }


def _json(value: object, status: int) -> Response:
    return Response(orjson.dumps(value), status, media_type=_JSON)


def _unforeseen(error: Exception) -> Response:
    log.error("A door met an error that no rule foresees (%s).", type(error).__name__)
    return _refusal(
        DoorRefused(500, "INTERNAL", "An error that no rule foresees; nothing was acknowledged.", "Send it again.")
    )


def _refusal(error: DoorRefused, headers: dict[str, str] | None = None) -> Response:
    more = dict(headers or {})
    if error.retry_after_s is not None:
        more["Retry-After"] = str(error.retry_after_s)
    body = orjson.dumps({"code": error.code, "message": error.message, "action": error.action})
    return Response(body, error.status, headers=more, media_type=_JSON)
