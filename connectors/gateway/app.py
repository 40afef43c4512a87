"""The ASGI application: doors for channels, feeds and sheets, health, metrics, and the OpenAPI document.

A 2xx is only ever sent after the leads of the request are durable. Bodies, names and phones are in no log.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Annotated, Any

import orjson
from fastapi import FastAPI, Path, Query, Request, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connectors.gateway.answers import (
    BYTES_BODY,
    FEED_BODY,
    LEADS_BODY,
    REFUSALS,
    ImportAnswer,
    LeadsAnswer,
    Refusal,
)
from connectors.gateway.check import Item
from connectors.gateway.durable import Line
from connectors.gateway.gateway import Gateway
from connectors.gateway.meters import CONTENT_TYPE, Meters
from connectors.gateway.refusal import DoorRefused, behind
from state import errors, limits

log = logging.getLogger("leadstream")

_JSON = "application/json"
_UNKNOWN = "unknown"
_NO_TELEMETRY: Any = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
"""The framework would send paths and queries to a collector that the environment names: a verify token stands in one."""


def application(gateway: Gateway) -> FastAPI:
    """The doors of this gateway."""
    app = FastAPI(
        title="leadstream gateway",
        version=gateway.version or "0",
        description="Leads in. A 2xx says that they are durable; 429 and 503 that the sender still has them.",
        docs_url=None,  # its page would fetch scripts from elsewhere
        redoc_url=None,
        telemetry=_NO_TELEMETRY,
    )
    meters = gateway.meters

    app.add_middleware(_Counted, meters=meters)

    @app.exception_handler(DoorRefused)
    async def refused(_: Request, error: Exception) -> Response:
        assert isinstance(error, DoorRefused)
        return _refusal(error)

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
        log.error("A door met an error that no rule foresees (%s).", type(error).__name__)
        return _refusal(
            DoorRefused(500, "INTERNAL", "An error that no rule foresees; nothing was acknowledged.", "Send it again.")
        )

    @app.post(
        "/v1/channels/{code}/leads",
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
        gateway.check.channel(code)
        async with _Body(gateway, request, gateway.most_bytes(code)) as body:
            gateway.allow(code, request.headers, _target(request), body)
            items = gateway.check.leads(code, body)
            lines = [item.line for item in items if item.line is not None]
            meters.leads.labels(code, "refused").inc(len(items) - len(lines))
            if lines:
                await _kept(gateway, code, lines, len(lines))
        for item in items:
            for fault in item.faults if item.line is not None else ():
                meters.later.labels(code, fault.code).inc()
        status = 202 if len(lines) == len(items) else 207 if lines else 422
        return _json(_answer(items, len(lines)), status)

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
        async with _Body(gateway, request, gateway.most_bytes(code)) as body:
            delivery = gateway.read_feed(code, request.headers, body)
            values = delivery.lines
            keys = [
                f"{lead.get('channel')}/{lead.get('source_lead_id')}".encode("utf-8", "replace")
                for lead in delivery.leads
            ]
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
        responses={**REFUSALS, 501: {"model": Refusal, "description": "Sheets are not taken here."}},
        openapi_extra={"requestBody": BYTES_BODY},
        summary="A sheet: xlsx, xls, csv or JSON lines",
    )
    async def imports(
        request: Request,
        channel: Annotated[str, Query(description="Its leads' channel, whose secret signs the request.")],
        name: Annotated[str, Query(description="The file's name: its ending says what it is.")] = "sheet.csv",
    ) -> Response:
        gateway.check.channel(channel)
        async with _Body(gateway, request, limits.GATEWAY_IMPORT_BYTES) as body:
            gateway.allow(channel, request.headers, _target(request), body)
            if gateway.sheets is None:
                raise DoorRefused(501, "NOT_SUPPORTED", "Sheets are not taken here.", "Use `leadstream import`.")
            try:
                sheet = await asyncio.to_thread(gateway.sheets, name, body, channel)
            except errors.Refused as error:
                raise DoorRefused(400, "SHEET_REFUSED", error.message, error.action) from None
            key = channel.encode()
            await _kept(gateway, channel, [Line(value, key) for value in sheet.lines], 0)
        return _json({"accepted": len(sheet.lines), "answer": sheet.answer}, 202)

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
        gateway.meters.leads.labels(channel, "not_kept").inc(len(lines))
        raise
    gateway.meters.leads.labels(channel, "acknowledged").inc(len(lines))


def _target(request: Request) -> str:
    """Path and query as they were sent: what is signed."""
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    query: bytes = request.scope.get("query_string", b"")
    return (raw.split(b"?")[0] + (b"?" + query if query else b"")).decode("latin-1")


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


def _refusal(error: DoorRefused, headers: dict[str, str] | None = None) -> Response:
    more = dict(headers or {})
    if error.retry_after_s is not None:
        more["Retry-After"] = str(error.retry_after_s)
    body = orjson.dumps({"code": error.code, "message": error.message, "action": error.action})
    return Response(body, error.status, headers=more, media_type=_JSON)


class _Counted:
    """Counts what is answered, by door and status."""

    def __init__(self, app: ASGIApp, meters: Meters) -> None:
        self._app = app
        self._meters = meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The request, passed through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                door = getattr(scope.get("route"), "path", _UNKNOWN)  # never the path itself: it is what somebody typed
                self._meters.requests.labels(door, str(message["status"])).inc()
            await send(message)

        await self._app(scope, receive, counting)


class _Body:
    """A request's body, within the limits of size, time and memory; its bytes are given back at the end."""

    def __init__(self, gateway: Gateway, request: Request, most: int) -> None:
        self._gateway = gateway
        self._request = request
        self._most = most
        self._held = 0

    async def __aenter__(self) -> bytes:
        said = self._request.headers.get("content-length", "")
        if said.isascii() and said.isdigit() and int(said) > self._most:
            raise self._too_large()
        try:
            return await self._read()
        except BaseException:
            self._give_back()
            raise

    async def _read(self) -> bytes:
        chunks: list[bytes] = []
        try:
            async with asyncio.timeout(limits.GATEWAY_BODY_S):
                async for chunk in self._request.stream():
                    if self._held + len(chunk) > self._most:
                        raise self._too_large()
                    if self._gateway.held + len(chunk) > limits.GATEWAY_HELD_BYTES:
                        raise behind()
                    self._held += len(chunk)
                    self._gateway.held += len(chunk)
                    chunks.append(chunk)
        except TimeoutError:
            raise DoorRefused(
                408, "TOO_SLOW", f"The body did not arrive within {limits.GATEWAY_BODY_S} s.", "Send it again."
            ) from None
        except ClientDisconnect:
            raise DoorRefused(400, "BROKEN_OFF", "The sender went away.", "Send it again.") from None
        return b"".join(chunks)

    def _too_large(self) -> DoorRefused:
        return DoorRefused(
            413,
            "TOO_LARGE",
            f"The body is longer than the {self._most} bytes that are taken here.",
            "Send fewer at a time; none of them was taken.",
        )

    async def __aexit__(self, *_: object) -> None:
        self._give_back()

    def _give_back(self) -> None:
        self._gateway.held -= self._held
        self._held = 0
