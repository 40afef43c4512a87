"""What the doors answer: the shapes of the OpenAPI document."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import BaseModel, Field

from state import limits


class FaultAnswer(BaseModel):
    """What is wrong of a lead."""

    code: str = Field(description="A reject code of the engine.")
    field: str | None = Field(None, description="The field that it is about.")
    hint: str = Field(description="What helps, as a sentence.")


class ItemAnswer(BaseModel):
    """One lead of a request."""

    index: int = Field(description="Its place in the request, from 0.")
    status: Literal["accepted", "refused"] = Field(description="accepted: it is durable. refused: it was not kept.")
    source_lead_id: str | None = None
    faults: list[FaultAnswer] = Field(
        description="Why it was refused; of an accepted one what the engine will refuse it for, with its original kept."
    )


class LeadsAnswer(BaseModel):
    """Every lead of a request, in its order."""

    accepted: int
    refused: int
    items: list[ItemAnswer]


class ReasonAnswer(BaseModel):
    """Why rows were refused."""

    code: str
    count: int
    hint: str


class RowAnswer(BaseModel):
    """What became of one row. Which keys it has depends on that; its cells are the sender's own."""

    row: int = Field(description="As a spreadsheet program numbers it, from 1.")
    fate: Literal["imported", "refused", "repeated", "blank", "heading"]
    code: str = Field("", description="Reject codes of the engine.")
    field: str = Field("", description="The fields that they are about.")
    hint: str = Field("", description="What helps, as sentences.")
    id: str = Field("", description="The lead's source_lead_id.")
    sheet: str = Field("", description="Of a workbook.")


class ImportAnswer(BaseModel):
    """What became of a sheet."""

    accepted: int = Field(description="Rows that are durable as leads.")
    refused: int = Field(description="Rows that were not kept: correct them and send them again.")
    repeated: int = Field(description="Rows that stand above too.")
    blank: int
    reasons: list[ReasonAnswer] = Field(description="The commonest first.")
    notes: list[str] = Field(description="Whole sentences about how the file was read.")
    rows: list[RowAnswer] = Field(
        description=f"In their order; of more than {limits.GATEWAY_IMPORT_ROWS} those that became no lead go first."
    )
    rows_left_off: int = Field(description="Rows that are counted above and not listed.")


class Refusal(BaseModel):
    """A request that was not taken as a whole."""

    code: str
    message: str
    action: str = Field(description="What to do, as a sentence.")


REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    400: {"model": Refusal, "description": "The body or path cannot be read."},
    401: {"model": Refusal, "description": "Not signed as agreed."},
    403: {"model": Refusal, "description": "The channel is not taken now."},
    404: {"model": Refusal, "description": "No such channel, feed or path."},
    408: {"model": Refusal, "description": "The body did not arrive in time."},
    413: {"model": Refusal, "description": "Too large."},
    429: {
        "model": Refusal,
        "description": "Too many, or disk and broker are behind: not acknowledged, send again.",
        "headers": {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 1}}},
    },
    503: {
        "model": Refusal,
        "description": "Leads cannot be made durable, or the gateway is stopping: not acknowledged, send again.",
    },
}

_LEAD: Final[dict[str, Any]] = {
    "type": "object",
    "description": "A raw lead; every field of the contract is allowed. `channel` and `type` are set by the door.",
    "properties": {
        # A door passes on what is sent: what else a value may be is the engine's to judge.
        "source_lead_id": {"description": "The channel's own id of the lead."},
        "phone": {"description": "As the customer gave it."},
        "event_time": {"description": "RFC 3339 with an offset."},
        "channel": {"enum": ["", None], "description": "Leave it out: the path says it."},
        "type": {"enum": ["raw_lead", "", None]},
    },
    "example": {
        "source_lead_id": "A-1001",
        "phone": "13912345678",
        "event_time": "2026-03-02T10:15:00+08:00",
        "store": "SH001",
    },
}
LEADS_BODY: Final[dict[str, Any]] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "oneOf": [_LEAD, {"type": "array", "items": _LEAD, "minItems": 1}],
                "description": f"A lead, or a list of at most {limits.GATEWAY_BATCH}; a longer one is answered 413.",
            }
        }
    },
}
BYTES_BODY: Final[dict[str, Any]] = {
    "required": True,
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
}
FEED_BODY: Final[dict[str, Any]] = {
    "required": True,
    "description": "The delivery as the channel sends it, signed as the channel signs.",
    "content": {"*/*": {"schema": {}}},
}
