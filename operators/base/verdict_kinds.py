"""Verdicts (清洗结果) as one table (rulings 24, 40, 61): who may say what of a lead, and what follows. Docs print it, tests run it."""

from __future__ import annotations

from typing import Final, NamedTuple

ENDS: Final = "ends"
"""The task is done, and with it the cleaning, unless the store is still missing."""
TO_PEOPLE: Final = "to people"
"""The task is done, and people get one."""
INVALID: Final = "invalid"
"""The lead is INVALID, and an open task done."""
SAYS: Final = "says"
"""It says what the customer wants; no task ends by it."""
SUSPECT: Final = "suspect"
"""The lead is SUSPECT for 72 hours."""


class VerdictKind(NamedTuple):
    """One outcome of one source."""

    by: str
    outcome: str
    effect: str
    consents: bool = False
    """Whether it counts as the customer's consent (rulings 38 and 61)."""
    level: int = 0
    """Level of the wish that it sets where it gives none itself (`operators.intention.attributes.LEVELS`); 0 = none."""
    needs_task: bool = True
    """Whether it is taken only for an open task."""


VERDICTS: Final = (
    VerdictKind("AI", "DEAD", INVALID),
    VerdictKind("AI", "SUSPENDED", INVALID),
    VerdictKind("AI", "BONUS_HUNTER", INVALID),
    VerdictKind("AI", "NO_INTENT", TO_PEOPLE),
    VerdictKind("AI", "UNREACHED", TO_PEOPLE),
    VerdictKind("AI", "UNSURE", TO_PEOPLE),
    VerdictKind("AI", "INTENT", ENDS, consents=True),
    VerdictKind("AI", "STORE_CHOSEN", ENDS, consents=True),
    VerdictKind("MANUAL", "HIGH", ENDS, consents=True, level=3),
    VerdictKind("MANUAL", "NORMAL", ENDS, consents=True, level=2),
    VerdictKind("MANUAL", "STORE_CHOSEN", ENDS, consents=True, level=2),
    VerdictKind("MANUAL", "INVALID", INVALID, needs_task=False),
    VerdictKind("DCC", "HIGH", SAYS, level=3, needs_task=False),
    VerdictKind("DCC", "NORMAL", SAYS, level=2, needs_task=False),
    VerdictKind("DCC", "INVALID", INVALID, needs_task=False),
    VerdictKind("ADVISOR", "HIGH", SAYS, level=3, needs_task=False),
    VerdictKind("ADVISOR", "NORMAL", SAYS, level=2, needs_task=False),
    VerdictKind("ADVISOR", "INVALID", INVALID, needs_task=False),
    VerdictKind("BIGDATA", "INVALID", SUSPECT, needs_task=False),
)
KIND_OF: Final = {(kind.by, kind.outcome): kind for kind in VERDICTS}
OUTCOMES: Final = frozenset(kind.outcome for kind in VERDICTS)
SOURCES: Final = frozenset(kind.by for kind in VERDICTS)
REASONS: Final = ("NO_MOBILE_GIVEN", "OFFICE_PHONE", "NO_INTENT", "WRONG_PERSON", "EMPTY_NUMBER", "REFUSED", "OTHER")
"""Of an INVALID; any other, or none, is OTHER (ruling 61)."""


def reason_of(given: str | None) -> str:
    """The reason of an INVALID."""
    said = (given or "").upper()
    return said if said in REASONS else "OTHER"


def wrong_fields(by: str | None, outcome: str | None) -> list[str]:
    """Which of the two holds a word that is none, of those that are given: an outcome counts for who says it, and where nobody
    known says it for anybody."""
    wrong = ["by"] if by and by not in SOURCES else []
    if outcome and (outcome not in OUTCOMES or (by and not wrong and (by, outcome) not in KIND_OF)):
        wrong.append("outcome")
    return wrong
