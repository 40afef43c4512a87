"""`leadstream explain`: the whole story of a lead or customer, from what the state has kept.

It answers "the customer left his number on 汽车之家; why is it not in our app?". Reads beside a running engine. Phones
are masked and names absent without `--reveal` (ruling 37).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import typer

from leadstream.explain.story import Customers, customer_of, refusal_of
from leadstream.explain.text import text_of_document
from leadstream.explain.told import Told
from operators.config import configuration
from operators.identity import phones
from operators.identity.one_id import OneIds, fingerprint, of_id
from state import errors
from state.inspect import Inspection, Outcome


@dataclass(frozen=True)
class Question:
    """What was asked for: exactly one of these is given."""

    raw_id: str | None = None
    unique_id: str | None = None
    one_id: str | None = None
    phone: str | None = None
    source: str | None = None

    def given(self) -> list[str]:
        """Names of the options that were given."""
        return [f"--{name.replace('_', '-')}" for name, value in self.__dict__.items() if value is not None]


def explain(state: Path, question: Question, *, config: Path | None, as_json: bool, reveal: bool) -> None:
    """Print the story. Raises WrongUsage for a question that is none, Refused (exit 1) where nothing is known."""
    if len(question.given()) != 1:
        raise errors.WrongUsage(
            "explain needs one thing to look for.",
            "Give one of --raw-id, --unique-id, --one-id, --phone NUMBER or --source CHANNEL[/ACCOUNT]/ID.",
        )
    loaded = configuration.load(config)
    with Inspection(state) as inspection:
        told = Told(inspection, loaded.rules, reveal=reveal)
        document = _answer(inspection, question, told, loaded)
    if as_json:
        typer.echo(json.dumps(document, ensure_ascii=False))
    elif document["customers"] or document["refused"]:
        typer.echo(text_of_document(document))
    if not document["customers"] and not document["refused"]:
        raise errors.Refused(
            f"The state in {state} knows nothing of {_named(question, reveal, loaded.rules.codes)}.",
            "Check the input, then the output `rejects`: a refused record keeps its original there. "
            "A refused lead can be found here by --source CHANNEL/ID.",
        )


def _named(question: Question, reveal: bool, codes: frozenset[str]) -> str:
    option = question.given()[0]
    value = next(value for value in question.__dict__.values() if value is not None)
    if option == "--phone" and not reveal:
        value = phones.masked(phones.normalise(value, codes)[1])
    return f"{option} {value}"


def _answer(
    inspection: Inspection, question: Question, told: Told, loaded: configuration.Configuration
) -> dict[str, object]:
    if question.source is not None:
        return _by_source(inspection, question.source, told)
    if question.phone is not None:
        digest = _digest_of_phone(inspection, question.phone, loaded)
        return told.document(_both_realms(told, digest), [])
    if question.one_id is not None:
        found = of_id(question.one_id.strip())
        if found is None or "." in question.one_id:
            raise errors.WrongUsage(
                f"{question.one_id} is not a one_id.", "Give the 24 hexadecimal digits of `one_id`."
            )
        return told.document(_both_realms(told, found[0]), [])
    asked = (question.raw_id or question.unique_id or "").strip()
    found = of_id(asked)
    wanted = "r" if question.raw_id is not None else "u"
    if found is None or asked.count(".") != 2 or not asked.rpartition(".")[2].startswith(wanted):
        option = question.given()[0]
        raise errors.WrongUsage(f"{asked} is not an id for {option}.", "Give the id as it stands in the output.")
    customer = customer_of(told, found[0], shadow=found[1], asked={asked})
    known = customer is not None and asked in customer["ids"]
    return told.document([customer] if customer is not None and known else [], [])


def _both_realms(told: Told, digest: bytes) -> list[Customers]:
    found = [customer_of(told, digest, shadow=shadow, asked=set()) for shadow in (False, True)]
    return [one for one in found if one is not None]


def _digest_of_phone(inspection: Inspection, number: str, loaded: configuration.Configuration) -> bytes:
    try:
        kind, normalised = phones.normalise(number, loaded.rules.codes)
    except phones.BadPhone as bad:
        raise errors.Refused(
            f"This number is none that a lead can have: validation refuses it with {bad.args[0]}.",
            "Look for the lead by --source CHANNEL/ID, or in the output `rejects`.",
        ) from None
    if fingerprint(loaded.secret) != inspection.identity.fingerprint:
        raise errors.StateRefused(
            "A phone cannot be looked up: the OneID secret is not the one that this state was made with.",
            "Set LEADSTREAM_ONE_ID_SECRET (or the variable that one_id_secret_env of --config names) to the secret that the "
            "state began with, or ask by --source.",
        )
    return OneIds(loaded.secret, inspection.identity.shards, inspection.identity.ids).of(kind, normalised)


def _by_source(inspection: Inspection, source: str, told: Told) -> dict[str, object]:
    channel, slash, rest = source.partition("/")
    if not slash or not rest or not channel:
        raise errors.WrongUsage(
            f"{source} names no lead of a channel.", "Give --source CHANNEL/ID or CHANNEL/ACCOUNT/ID."
        )
    channel = told.channel_code(channel.strip())
    outcomes = _looked_up(inspection, channel, rest.strip())
    refused = [refusal_of(told, outcome) for outcome in outcomes if outcome.result.split(" ")[0] in ("reject", "late")]
    asked: dict[tuple[bytes, bool], set[str]] = {}
    for outcome in outcomes:
        if outcome.result.split(" ")[0] not in ("reject", "late"):
            head = of_id(outcome.subject)
            if head is not None:
                asked.setdefault(head, set()).add(outcome.subject)
    customers = [customer_of(told, digest, shadow=shadow, asked=ids) for (digest, shadow), ids in asked.items()]
    return told.document([one for one in customers if one is not None], refused)


def _looked_up(inspection: Inspection, channel: str, rest: str) -> list[Outcome]:
    """An id may hold a slash, and the account may be left out."""
    pairs = [("", rest)]
    place = rest.find("/")
    while place >= 0:
        pairs.append((rest[:place], rest[place + 1 :]))
        place = rest.find("/", place + 1)
    found = [outcome for account, source_id in pairs for outcome in inspection.outcomes(channel, account, source_id)]
    if not found:
        found = [
            outcome
            for account in inspection.accounts(channel)
            if account
            for outcome in inspection.outcomes(channel, account, rest)
        ]
    return found
