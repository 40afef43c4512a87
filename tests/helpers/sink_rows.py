"""Outbox rows for a sink under test, and the seal of what was sent."""

import json

from waiting import wait_until

from connectors.protocols import Group
from operators.wire.streams import DISPOSITIONS, NULL, UNIQUE_LEADS

STATE = "a0"
MODES = ["once", "transactional"]


def line(name):
    return json.dumps({"event_id": name, "mark": "MERGED"}, separators=(",", ":")).encode()


def group(sequence, *names, stream=DISPOSITIONS):
    """An outbox row of shard 0 whose records have these ids and one key."""
    return Group(0, sequence, [(stream, ["key"] * len(names), b"".join(line(name) + b"\n" for name in names))])


def lead(sequence, *versions):
    """An outbox row of a unique lead."""
    lines = [NULL if one == "deleted" else line(f"unique_leads-u1-{one}") for one in versions]
    return Group(0, sequence, [(UNIQUE_LEADS, ["u1"] * len(lines), b"".join(one + b"\n" for one in lines))])


def sealed_by(sink):
    """What the seal of the cut says, once it may be written."""
    return wait_until(sink.sealed, 10, "the seal")


def seal_of(sink):
    """Cut, and wait until the broker has everything before the cut."""
    sink.cut()
    return sealed_by(sink)
