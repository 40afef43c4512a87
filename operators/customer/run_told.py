"""Who is told that he is in a number run: a member that came before the raw lead that showed it (ruling 62)."""

from __future__ import annotations

from operators.base.desk import Desk
from operators.customer import store_naming
from operators.lead import number_run
from operators.lead.case import Case
from operators.wire.streams import Why
from state.rows.messages import InRun


def told(desk: Desk, message: InRun, now: int) -> None:
    """Each open lead that holds one of these raw leads by now is in the run, told once."""
    done = set()
    for n in message.raws:
        found = store_naming.locate(desk, n)
        if found is None:
            continue
        section, unique, lead, _ = found
        if lead.n in done:
            continue
        done.add(lead.n)
        number_run.told(Case(desk, section, unique, lead, now, Why("number_run")))
