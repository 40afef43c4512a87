"""What topics and fields are, in words, for `schemas.py`; names and meaning are the contract's."""

from __future__ import annotations

from typing import Final

OF_INPUTS: Final = {
    "raw": "A raw lead (原始线索) as a channel gives it. At most 1 MiB. A phone or a landline is needed. Other record types "
    "may stand in the same topic, named by `type`.",
    "activity": "Something that happened with a customer after the lead: a call, a visit, an order. It finds its lead by "
    "unique_id, or by phone, store and line.",
    "verdicts": "An answer of robot or agent to a cleaning task (清洗). Known, and rejected NOT_SUPPORTED by this version.",
    "behaviour": "What a customer did online. Known, and rejected NOT_SUPPORTED by this version.",
    "commands": "An order of a store's people: ASSIGN, TRANSFER, RECYCLE. Others are known, and rejected NOT_SUPPORTED.",
}

OF_OUTPUTS: Final = {
    "dispositions": "The mark of one accepted raw lead, or a correction of it. The last record of a raw_id is in force and "
    "repeats all fields.",
    "rejects": "A raw lead or record that was refused, with every reason and its original.",
    "replays": "A transport replay of a known raw lead, or an enrichment of it when `changed` names fields.",
    "late": "A raw lead beyond the lateness of its channel, in clear, so that it can be sent again with a new event time.",
    "dispatches": "A unique lead (唯一线索) sent to its store.",
    "holds": "A unique lead that waits, and what for.",
    "unique_leads": "The new state of a unique lead. Compacted; a record without a value says that it was deleted.",
    "notifications": "Something for another system to send.",
    "closings": "A unique lead's move into a closed status.",
    "fraud_alerts": "Something that looks like fraud or a shared contact.",
}

UNTYPED: Final[dict[str, tuple[tuple[str, ...], dict[str, str]]]] = {
    "verdicts": (
        ("by", "outcome"),
        {
            "task_id": "text",
            "unique_id": "text",
            "phone": "id",
            "line": "id",
            "by": "text",
            "outcome": "text",
            "event_time": "text",
            "store": "id",
            "intent": "text",
            "reason": "text",
            "cost": "number",
        },
    ),
    "behaviour": (
        ("kind", "event_time"),
        {
            "kind": "text",
            "event_time": "text",
            "channel": "text",
            "series": "text",
            "count": "count",
            "phone": "id",
            "landline": "id",
            "wechat_unionid": "text",
            "wechat_openid": "text",
            "external_userid": "text",
            "app_user_id": "id",
            "email": "text",
            "device_id": "id",
        },
    ),
    "commands": (
        ("command_id", "kind"),
        {
            "command_id": "id",
            "kind": "text",
            "event_time": "text",
            "unique_id": "text",
            "store": "id",
            "successor": "id",
            "advisor": "id",
            "phone": "id",
            "one_id": "text",
        },
    ),
}
"""Topic → what is required of a record, and its fields: `id` text or integer, `text`, `number`, `count`."""

TIMES: Final = frozenset(
    {
        "at",
        "due",
        "event_time",
        "expires_at",
        "ingest_time",
        "last_touch_at",
        "opened_at",
        "source_time",
        "time",
        "until",
        "window_end",
        "window_start",
    }
)
"""Fields that hold an RFC 3339 time with an offset."""

PERSONAL: Final = frozenset(
    {
        "rejects.original",
        "late.original",
        "Contact.name",
        "Contact.phone",
    }
)

FIELDS: Final = {
    # of every output
    "event_id": "Stable: the same after any crash or replay. A record seen twice has the same one.",
    "at": "Logical time of the decision, in the business time zone.",
    "rule_version": "Digest of the rule tables in force.",
    "why": "The rule that decided and what it looked at.",
    "one_id": "The customer across all channels.",
    "unique_id": "The unique lead. Opaque, but begins with the one_id.",
    "raw_id": "The raw lead, or its part for one store. Opaque, but begins with the one_id.",
    "shadow": "Of a test record or a channel in test: counted and marked apart, dispatched nowhere.",
    "flags": "Codes of what is unusual about it.",
    # of a lead
    "type": "The record's type; absent = the topic's.",
    "channel": "Code of the channel (渠道).",
    "account": "The channel's account.",
    "source_lead_id": "The channel's own id of the lead; with channel and account it makes replays known.",
    "event_time": "When it happened. RFC 3339 with an offset.",
    "source_time": "When the channel has noted it.",
    "ingest_time": "When it was received.",
    "phone": "As submitted: a mobile or a landline.",
    "landline": "A landline with area code, and extension where it has one.",
    "wechat_unionid": "WeChat union id.",
    "wechat_openid": 'WeChat open id, "app:id".',
    "external_userid": 'WeCom external user id, "corp:id".',
    "app_user_id": "User of the maker's app.",
    "email": "E-mail address.",
    "device_id": "Device.",
    "name": "Name of the customer.",
    "gender": "Gender as submitted.",
    "province": "Province.",
    "city": "City.",
    "line": "Code of the business line; absent = main.",
    "series": "Series of the car.",
    "model": "Model of the car.",
    "store": "Code of the store.",
    "stores": "Codes of several stores: the lead is split, a part for each.",
    "campaign": "Campaign.",
    "intent": "What the customer says about buying.",
    "consent": "Consent to be called; absent = the channel's default.",
    "test": "A test record.",
    "origin": "market (absent = market), or advisor.",
    "advisor": "Advisor of the store.",
    "additional_purchase": "A further car beside one that was bought.",
    "remark": "Free text.",
    "extra": "Any object; kept.",
    "level": "HIGH, NORMAL or LOW.",
    "days_to_buy": "Days until the customer wants to buy.",
    "budget": "Budget as given.",
    "trade_in": "Whether a car is given in exchange.",
    "finance": "Whether it is to be financed.",
    # of an activity, verdict, behaviour, command
    "activity_id": "The sender's id of the activity; a second one is a replay.",
    "activity.kind": "What happened.",
    "activity.unique_id": "The unique lead that it happened with.",
    "by": "Who says so.",
    "duration_s": "Seconds of a call.",
    "connected": "Whether the call was answered.",
    "outcome": "What came of it.",
    "reason": "Why.",
    "satisfaction": "What the customer says of it.",
    "note": "Free text.",
    "task_id": "The task that is answered.",
    "cost": "What the answer cost.",
    "kind": "What it is.",
    "count": "How often.",
    "command_id": "The sender's id of the command.",
    "successor": "Who takes over.",
    # of a decision
    "split": "Number of the part where the raw lead was split.",
    "mark": "FIRST_TOUCH first of its unique lead; DEDUPED (去重) repeat of the day; MERGED (合并) into an open lead; "
    "DEAL_MERGED (成交合并) after a deal.",
    "corrects": "event_id of the record in force until this one.",
    "reasons": "Codes, all that apply.",
    "dispatches.reasons": "What the score is made of, the largest first.",
    "source": "Name of the file or input partition, as in event ids.",
    "position": "Line or offset.",
    "original": "The record as it came in: text, or base64 where `encoding` says so.",
    "encoding": "base64 where the original is not UTF-8.",
    "cut": "Bytes of the whole original where it was cut.",
    "topic": "Topic that the original lies in.",
    "partition": "Its partition.",
    "offset": "Its offset.",
    "changed": "Names of the fields that the enrichment changed.",
    "score": "0 to 100.",
    "grade": "H, A, B or C.",
    "priority": "1 first to 4 last.",
    "intents": "What the customer said about buying, in order.",
    "behaviours": "Kind of activity → how often.",
    "contact": "Who is to be called.",
    "sequence": "Number of this dispatch of the unique lead.",
    "first_touch_raw_id": "The raw lead that opened it.",
    "conditions": "Codes of what it waits for.",
    "until": "When it is looked at again, where that is known.",
    "status": "Where it stands.",
    "stage": "UQL, MQL, SQL or WON.",
    "owner": "Advisor that it belongs to.",
    "raw_count": "Raw leads that belong to it.",
    "opened_at": "Event time of its first touch.",
    "last_touch_at": "Latest event time of a FIRST_TOUCH or MERGED raw lead.",
    "expires_at": "When it closes unless it is touched again.",
    "closed_reason": "Why it is closed; null while it is not.",
    "folded_into": "unique_id of the lead that it was folded into.",
    "to": "Whom it is for.",
    "due": "When it is to be sent.",
    "closings.reason": "Why it was closed.",
    # parts
    "Why.rule": "Name of the rule.",
    "Why.window_start": "Beginning of the time that the rule looked at.",
    "Why.window_end": "End of the time that the rule looked at.",
    "Why.against": "raw_id of the competing raw lead.",
    "Why.note": "What else there is to say.",
    "Why.answered": "The answer that the decision waited for.",
    "Reason.factor": "Name of the factor.",
    "Reason.points": "Its points.",
    "Contact.phone": "Mobile, else landline with extension.",
    "IntentOut.time": "When it was said.",
    "To.role": "Role of the receiver.",
    "To.id": "Code of the receiver.",
}
"""Field, or `topic.field`, or `Part.field` → a sentence."""
