"""Activities, commands and what is not applied yet, as dirty as `dirty` writes raw leads: fields of every type in any of them."""

from __future__ import annotations

import random
from collections.abc import Callable

from dirty import WRONG, Dirty, quoted

KINDS = {
    "activity": ["CALL", "VISIT", "INVALID", "LOST", "PAID", "OPT_OUT", "sms"],
    "command": ["ASSIGN", "TRANSFER", "RECYCLE", "STORE_EXIT", "FORGET", "nope"],
}
USUAL = {
    "activity": ["activity_id", "kind", "event_time", "phone"],
    "command": ["command_id", "kind", "event_time", "phone", "advisor"],
}
IDS = ['"v1"', "7", "7.0", "1E2", '" v\\u200b2 "', '"x\\ud83d"', "null", '" "']
VALUES: dict[str, list[str]] = {
    **dict.fromkeys(("activity_id", "command_id", "successor", "one_id", "source_lead_id", "account"), IDS),
    "unique_id": ['"zzz"', "null", '""', "7"],
    "store": ['"S1"', "7.0", "[]", '"x\\ud83d"'],
    "line": ['"main"', '"boats"', '" used "', "7", "null", "{}", '""'],
    "advisor": ['"Wang"', "7", "[]", "null", '" "', '"x\\ud83d"'],
    "by": ['"ai"', '"DCC"', '"boss"', "7", "[]", "null"],
    "duration_s": ["4", '"4"', "-1", '"x"', "1e1", "null", "4.5"],
    "outcome": ['"x"', "[]", "7", '"o\\ud83d"'],
    "satisfaction": ["5", '"5"', '"good"', "[]", "4.5"],
    "origin": ['"advisor"', '"Market"', '"x"'],
    "channel": ['"a"', '"b"', '"t"', '"nobody"', "7", "[]", "null", '"a\\ud83d"'],
    "Phone": ['"1"'],
    "utm": ["null", '"x"'],
}


class Others:
    """Draws from one seed."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.dirty = Dirty(self.rng)

    def record(self) -> bytes:
        rng = self.rng
        kind = rng.choice(["activity", "activity", "command", "raw_lead", "verdict", "behaviour"])
        fields = {"type": quoted(rng.choice([kind, kind, kind.upper(), f" {kind}", kind.title()]))}
        for name in USUAL.get(kind, ["channel", "source_lead_id", "event_time", "phone"]):
            if rng.random() < 0.9:
                fields[name] = self.value(name, kind)
        others = sorted(
            {*VALUES, "landline", "ingest_time", "source_time", "connected", "test", "reason", "note", "series"}
        )
        for name in rng.sample(others, rng.randrange(5)):
            fields[name] = self.value(name, kind)
        return ("{" + ", ".join(f"{quoted(name)}: {value}" for name, value in fields.items()) + "}").encode()

    def value(self, name: str, kind: str) -> str:
        rng, dirty = self.rng, self.dirty
        if rng.random() < 0.1:
            return rng.choice(WRONG)
        if name in VALUES:
            return rng.choice(VALUES[name])
        drawn: dict[str, Callable[[], str]] = {
            "kind": lambda: quoted(rng.choice([str.upper, str.lower, str.title])(rng.choice(KINDS.get(kind, ["x"])))),
            "phone": lambda: dirty.number().json,
            "landline": lambda: dirty.number().json,
            "connected": dirty.bool,
            "test": dirty.bool,
            "reason": lambda: dirty.word("remark"),
            "note": lambda: dirty.word("remark"),
            "series": lambda: dirty.word("series"),
        }
        if name in drawn:
            return drawn[name]()
        return dirty.bad_time() if rng.random() < 0.15 else dirty.time(dirty.instant())
