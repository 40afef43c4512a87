"""Verdicts, behaviours and store exits by their own bytes (rulings 17, 24, 61, 66, 74, 78)."""

from __future__ import annotations

from oracle_fields import READERS, Activity, Command, Fields, Lead
from oracle_names import CONTACT, JUDGES, MAX_STRING_BYTES, TIMES, amount_of, enumerated, text_of
from oracle_times import TimeForm

AI_INVALID = ("DEAD", "SUSPENDED", "BONUS_HUNTER")  # facts of the number
AI_PASSES_ON = ("NO_INTENT", "UNREACHED", "UNSURE")
AI_DONE = ("INTENT", "STORE_CHOSEN")
OUTCOMES = {
    "AI": (*AI_INVALID, *AI_PASSES_ON, *AI_DONE),
    "MANUAL": ("HIGH", "NORMAL", "INVALID", "STORE_CHOSEN"),
    "DCC": ("HIGH", "NORMAL", "INVALID"),
    "ADVISOR": ("HIGH", "NORMAL", "INVALID"),
    "BIGDATA": ("INVALID",),
}
REASONS = ("NO_MOBILE_GIVEN", "OFFICE_PHONE", "NO_INTENT", "WRONG_PERSON", "EMPTY_NUMBER", "REFUSED", "OTHER")
VERDICT_KEYS = {"type", "task_id", "unique_id", "by", "outcome", "store", "line", "intent", "reason", "cost"}
VERDICT_KEYS |= {*TIMES, *CONTACT}
BEHAVIOUR_KEYS = {"type", "kind", "channel", "series", "count", *TIMES, *CONTACT}
BEHAVIOUR_KEYS |= {"wechat_unionid", "wechat_openid", "external_userid", "app_user_id", "email", "device_id"}


class Verdict(Fields):
    """By task_id, by unique_id, or by phone or landline with store and line (ruling 17)."""

    keys = VERDICT_KEYS

    def read(self) -> None:
        record, parsed, fields = self.record, self.parsed, self.parsed.fields
        if not self.missing("by"):
            self.enumeration("by", JUDGES)
        every = {name for names in OUTCOMES.values() for name in names}
        if not self.missing("outcome"):
            self.enumeration("outcome", OUTCOMES.get(fields.get("by", ""), every))
        fields["store"] = self.code("store") or ""
        if fields.get("outcome") == "STORE_CHOSEN" and "store" not in record:
            self.refuse("MISSING_FIELD", "store")
        self.line()
        self.strict_texts("task_id", "unique_id")
        self.contact(needed="unique_id" not in record and "task_id" not in record)
        reason = enumerated(text_of(record.get("reason")) or "", REASONS)
        if fields.get("outcome") == "INVALID":
            fields["reason"] = reason or "OTHER"
        self.intent()
        if "cost" in record:
            cost = amount_of(record["cost"])
            if cost is None:
                self.drop("cost")
            else:
                fields["cost"] = cost
        self.event_time()
        parsed.ingest_ms = self.other_time("ingest_time")
        self.unknown_keys()
        self.given()


class Behaviour(Fields):
    """By phone or landline; without them it finds nobody (ruling 74)."""

    keys = BEHAVIOUR_KEYS

    @property
    def time_form(self) -> TimeForm | None:
        channel = self.config.channel(text_of(self.record.get("channel")) or "")
        return channel.time if channel else self.config.time

    def read(self) -> None:
        record, parsed, fields = self.record, self.parsed, self.parsed.fields
        if not self.missing("kind"):
            fields["kind"] = self.code("kind")
        fields["channel"] = self.code("channel") or ""
        self.dropped_texts("series")
        self.contact(needed="phone" in record or "landline" in record)
        fields["count"] = 1
        if "count" in record:
            count = amount_of(record["count"])
            if not isinstance(count, int) or count < 1:
                self.drop("count")
            else:
                fields["count"] = count
        if not self.missing("event_time"):
            self.event_time()
        parsed.ingest_ms = self.other_time("ingest_time")
        self.unknown_keys()
        self.given()


class StoreExit(Command):
    """STORE_EXIT names a store and its successor, and no customer; other commands as before."""

    def read(self) -> None:
        if enumerated(self.record.get("kind"), ("STORE_EXIT",)) is None:
            super().read()
            return
        fields = self.parsed.fields
        if not self.missing("command_id"):
            fields["command_id"] = self.code("command_id")
        fields["kind"] = "STORE_EXIT"
        self.missing("store")
        fields["store"] = self.code("store") or ""
        fields["successor"] = self.code("successor") or ""
        self.strict_texts("unique_id", "advisor", "one_id")  # never dropped, though a store exit needs none (78)
        for name in ("phone", "landline", "line"):
            if name in self.halves or isinstance(self.record.get(name), (bool, list, dict)):
                self.refuse("BAD_FIELD", name)
            elif name != "line" and len(str(self.record.get(name, "")).encode("utf-8", "replace")) > MAX_STRING_BYTES:
                self.refuse("BAD_PHONE", name)
        if fields["store"] and fields["store"] == fields["successor"]:
            self.refuse("BAD_FIELD", "successor")
        self.dropped_texts("reason")
        self.event_time()
        self.parsed.ingest_ms = self.other_time("ingest_time")
        self.unknown_keys()
        self.given()


READERS[6] = {
    "raw_lead": Lead,
    "activity": Activity,
    "command": StoreExit,
    "verdict": Verdict,
    "behaviour": Behaviour,
}
