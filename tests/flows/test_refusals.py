"""What a run refuses is said once, in words, and without a value (ruling 81)."""

import logging

import pytest

from flows.refusals import Refusals
from state import limits


@pytest.fixture
def heard(caplog: pytest.LogCaptureFixture):
    logger = logging.getLogger("leadstream")
    before, logger.propagate = logger.propagate, True
    with caplog.at_level(logging.INFO, logger="leadstream"):
        yield lambda: [record.getMessage() for record in caplog.records]
    logger.propagate = before


def wrote(refusals: Refusals, records: int, *faults: tuple[str, str, str], kind: str = "raw_lead") -> None:
    counts: dict[tuple[str, str, str], int] = {}
    for fault in faults:
        counts[fault] = counts.get(fault, 0) + 1
    refusals.wrote(records, {kind: len(faults)} if faults else {}, counts)


BAD = ("raw_lead", "phone", "BAD_PHONE")


@pytest.mark.parametrize(("refused", "loud"), [(500, False), (501, True), (1000, True), (0, False)])
def test_more_than_half_of_the_first_thousand(heard, refused: int, loud: bool) -> None:
    refusals = Refusals()
    wrote(refusals, 999, *[BAD] * min(refused, 999))
    assert heard() == [], "a thousand is waited for"
    wrote(refusals, 1, *[BAD] * (refused - min(refused, 999)))
    if loud:
        (said,) = heard()
        assert said.startswith(
            f"Refused: {refused} of the first 1000 records, most of them with BAD_PHONE (phone). No single number"
        )
    else:
        assert heard() == []
    wrote(refusals, 5000, *[BAD] * 5000)
    refusals.ended()
    assert len(heard()) == loud, "of the first ones, and said once"


def test_a_short_input_is_judged_at_its_end(heard) -> None:
    refusals = Refusals()
    wrote(refusals, 3, BAD, BAD)
    assert heard() == []
    refusals.ended()
    assert heard()[0].startswith("Refused: 2 of the first 3 records")
    refusals.ended()
    assert len(heard()) == 1


def test_nothing_read_nothing_said(heard) -> None:
    Refusals().ended()
    assert heard() == []


def test_the_reasons_with_their_counts_the_commonest_first() -> None:
    refusals = Refusals()
    wrote(refusals, 9, BAD, BAD, BAD, ("raw_lead", "", "INTERNAL"))
    wrote(refusals, 9, ("activity", "unique_id", "NO_LEAD"), ("activity", "unique_id", "NO_LEAD"), kind="activity")
    assert refusals.reasons() == "BAD_PHONE (phone) 3, NO_LEAD (unique_id) of activities 2, INTERNAL 1"
    assert refusals.refused == {"raw_lead": 4, "activity": 2}
    for n in range(9):
        wrote(refusals, 1, ("raw_lead", f"f{n}", "BAD_FIELD"))
    assert refusals.reasons().count(",") == 5 and refusals.reasons().endswith(", others 7")


def test_how_the_input_looks_is_read_from_the_first_partition_alone() -> None:
    refusals = Refusals()
    refusals.path = lambda name: f"in put/{name}"
    refusals.read("a.csv", ("BAD_PHONE",), b"13912345678")  # it was JSON
    refusals.read("a.csv", ("NOT_JSON",), b"phone,channel")
    refusals.read("b.jsonl", ("NOT_JSON",), b"{")
    refusals.read("a.csv", ("NOT_JSON",), b"13912345678,web")
    wrote(refusals, 2, *[("raw_lead", "", "NOT_JSON")] * 2)
    said = refusals.loud()
    assert said.endswith(
        "in put/a.csv looks like CSV: `leadstream import 'in put/a.csv' --channel CODE --to DIR` reads it."
    )
    assert "13912345678" not in said


def test_what_a_topic_brings_is_named_without_a_command_for_files() -> None:
    refusals = Refusals()
    for line in (b"phone,channel", b"13912345678,web"):
        refusals.read("leads.raw-0-abc", ("NOT_JSON",), line)
    wrote(refusals, 2, *[("raw_lead", "", "NOT_JSON")] * 2)
    assert refusals.loud().endswith("What comes from leads.raw-0-abc looks like CSV.")


def test_what_is_kept_to_look_at_is_bounded() -> None:
    refusals = Refusals()
    for _ in range(1000):
        refusals.read("a", ("TOO_LARGE",), bytes(2 << 20))
    kept = refusals._begin
    assert len(kept) == limits.LOOKED_AT_LINES and max(map(len, kept)) == limits.LOOKED_AT_BYTES
