"""A raw lead whose number is in a number run (后3位连号): known before its parts are judged, and told to the others of the
run behind it (rulings 28 and 62)."""

from __future__ import annotations

from operators.base.desk import Desk
from operators.base.rules import DAY_MS
from operators.customer.split import Submission
from operators.fraud import number_runs
from operators.identity.phones import masked
from operators.wire import streams
from operators.wire.streams import Why
from state import keys
from state.rows.messages import InRun
from state.rows.story import RunAlerted


def look(submission: Submission, t: int) -> None:
    """Whether a raw lead with event time `t` is in a run, before its parts are judged. One older than the clock − 24 h neither
    counts nor is routed."""
    arrival = submission.arrival
    if t >= arrival.now - DAY_MS:
        row, least = arrival.witness_row, submission.desk.rules.cleaning.number_run
        submission.run = number_runs.look(row, arrival.phone, arrival.now, least)


def tell(submission: Submission, t: int, leads: dict[int, int]) -> None:
    """Count it, with the unique leads that it came to (number → raw lead). Those of the run who do not know of it yet are told
    behind this record, and at most once in 24 h one alert goes out (ruling 28).

    By the wall's clock an event time may lie up to five minutes ahead of it: it counts as now.
    """
    run = submission.run
    if run is None:
        return
    arrival = submission.arrival
    row, now = arrival.witness_row, arrival.now
    number_runs.keep(row, arrival.phone, arrival.digest, t if t < now else now, leads, told=bool(run))
    if not run:
        return
    out = submission.desk.out
    for digest, raws in number_runs.untold(row, run):
        out.tell_near(keys.customer_entity(digest, False), InRun(raws))
    if number_runs.alerts(row, now):
        _alert(submission.desk, arrival.channel, min(leads.values()), number_runs.numbers(arrival.phone, run), now)


def _alert(desk: Desk, channel: str, n: int, members: list[str], now: int) -> None:
    raw_id = desk.raw_id(n)
    shown = [masked(number) for number in members]
    desk.story.append(RunAlerted(now, n, channel, shown))
    desk.out.events.append(
        (
            streams.FRAUD_ALERTS,
            desk.one_id,
            streams.FraudAlert(
                f"fraud_alerts-{raw_id}",
                desk.text(now),
                desk.version,
                Why("number_run"),
                desk.one_id,
                "NUMBER_RUN",
                channel,
                raw_id,
                shown,
            ),
        )
    )
