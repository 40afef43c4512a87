"""A trained scorecard at work: points per field, one number per raw lead, the score of its sum; worked out by hand."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from plain_engine import PlainEngine
from short_story import BASE, instant, lead

from operators.base.scorecard import LARGEST, Field, Scorecard, is_field, number_in, scorecard
from operators.config import configuration, model_file
from operators.wire.records import IntentGiven, RawLeadRecord
from state import errors

FIELDS = (
    Field("channel", 5, values={"a": 0, "b": 20}, other=7),
    Field("intent.days_to_buy", 1, (8.0, 31.0), (30, 10, 0)),
    Field("given.city", 99, values={"yes": 4, "no": 0}),
    Field("extra.visits", 2, (3.0,), (0, 6)),
    Field("extra.loyal", 0, values={"yes": 9, "2": 3}),
)
CARD = scorecard("0000ff123456", FIELDS, (10, 40), (5, 50, 95))


def points(card: Scorecard = CARD, **fields: Any) -> int:
    intent = fields.pop("intent", None)
    record = RawLeadRecord(**fields, intent=None if intent is None else IntentGiven(**intent))
    return card.judge(record) & 0xFFFF


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, 5 + 1 + 0 + 2 + 0),
        ({"channel": "a"}, 0 + 1 + 0 + 2),
        ({"channel": "b"}, 20 + 1 + 2),
        ({"channel": "z"}, 7 + 1 + 2),
        ({"channel": ""}, 5 + 1 + 2),
        ({"channel": "a", "intent": {}}, 1 + 2),
        ({"channel": "a", "intent": {"days_to_buy": 0}}, 30 + 2),
        ({"channel": "a", "intent": {"days_to_buy": 7.9}}, 30 + 2),
        ({"channel": "a", "intent": {"days_to_buy": 8}}, 10 + 2),  # an edge belongs to the bin that it begins
        ({"channel": "a", "intent": {"days_to_buy": 31}}, 0 + 2),
        ({"channel": "a", "city": "上海"}, 1 + 4 + 2),
        ({"channel": "a", "extra": {}}, 1 + 2),
        ({"channel": "a", "extra": {"visits": 2}}, 1 + 0),
        ({"channel": "a", "extra": {"visits": "3"}}, 1 + 6),
        ({"channel": "a", "extra": {"visits": "many"}}, 1 + 2),  # no number: as if it were missing
        ({"channel": "a", "extra": {"visits": True}}, 1 + 2),
        ({"channel": "a", "extra": {"visits": [3]}}, 1 + 2),
        ({"channel": "a", "extra": {"visits": 1e400}}, 1 + 2),
        ({"channel": "a", "extra": {"loyal": True}}, 1 + 2 + 9),
        ({"channel": "a", "extra": {"loyal": 2.0}}, 1 + 2 + 3),
        ({"channel": "a", "extra": {"loyal": {}}}, 1 + 2),
    ],
)
def test_a_value_has_the_points_of_its_bin(fields: dict[str, Any], expected: int) -> None:
    assert points(**fields) == expected


@pytest.mark.parametrize(("total", "score"), [(0, 5), (9, 5), (10, 50), (39, 50), (40, 95), (LARGEST, 95)])
def test_a_sum_has_the_score_of_its_step(total: int, score: int) -> None:
    assert CARD.score(CARD.number << 16 | total) == score


def test_a_sum_of_another_scorecard_is_no_score() -> None:
    other = scorecard("0000fe123456", FIELDS, (10, 40), (5, 50, 95))
    judged = CARD.judge(RawLeadRecord(channel="b"))
    assert CARD.score(judged) == 50 and other.score(judged) == -1 and CARD.score(0) == -1
    assert (number_in(judged), number_in(0)) == ("0000ff", "")


def test_a_number_of_a_scorecard_is_never_none() -> None:
    """A row writes 0 for: no scorecard has judged."""
    card = scorecard("000000abcdef", FIELDS, (), (50,))
    assert card.number == 1 and card.score(card.judge(RawLeadRecord())) == 50


def test_a_sum_beyond_the_largest_counts_as_the_largest() -> None:
    card = scorecard("abcdef123456", (Field("channel", LARGEST), Field("city", LARGEST)), (), (50,))
    assert points(card) == LARGEST and card.score(card.judge(RawLeadRecord())) == 50


def test_it_travels_to_another_process() -> None:
    assert pickle.loads(pickle.dumps(CARD)) == CARD


@pytest.mark.parametrize(
    ("name", "known"),
    [("channel", True), ("city", True), ("intent.level", True), ("given.email", True), ("extra.Lead Source", True),
     ("phone", False), ("remark", False), ("intent.mood", False), ("given.phone", False), ("extra.", False), ("", False)],
)  # fmt: skip
def test_which_names_are_fields(name: str, known: bool) -> None:
    """What says who somebody is, and free text, is no field."""
    assert is_field(name) is known


# --- its file


def plain(**more: Any) -> dict[str, Any]:
    fields: list[dict[str, Any]] = [
        {"name": "channel", "missing": 5, "values": {"a": 0, "b": 60}, "other": 7},
        {"name": "intent.days_to_buy", "missing": 1, "edges": [8.0, 31.0], "points": [30, 10, 0]},
    ]
    return {"fields": fields, "calibration": {"sums": [10, 40], "scores": [5, 50, 95]}, **more}


def written(folder: Path, name: str = "card.json", **more: Any) -> Path:
    one = plain(**more)
    path = folder / name
    path.write_bytes(model_file.document(one["fields"], one["calibration"], {"won": 40}))
    return path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    found = model_file.read(written(tmp_path))
    assert [one.name for one in found.fields] == ["channel", "intent.days_to_buy"]
    assert (found.sums, found.scores) == ((10, 40), (5, 50, 95))
    assert found.judge(RawLeadRecord(channel="b", intent=IntentGiven(days_to_buy=8))) & 0xFFFF == 70


def test_the_same_training_gives_the_same_bytes_and_digest(tmp_path: Path) -> None:
    """Nothing of a date or a place is in it."""
    one, other = written(tmp_path, "a.json"), written(tmp_path, "b.json")
    assert one.read_bytes() == other.read_bytes()
    changed = plain()
    changed["fields"][0]["missing"] = 6
    assert model_file.read(written(tmp_path, "c.json", **changed)).digest != model_file.read(one).digest


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"format": 2}, "has format 2; this version reads format 1"),
        ({"digest": "0" * 12}, "was changed after it was written"),
        ({"fields": [{"name": "channel"}]}, "is no scorecard"),
        ({"fields": "many"}, "is no scorecard"),
    ],
)
def test_a_file_that_is_none_says_what_to_do(tmp_path: Path, change: dict[str, Any], part: str) -> None:
    path = written(tmp_path)
    path.write_text(json.dumps({**json.loads(path.read_bytes()), **change}))
    with pytest.raises(ValueError, match=part) as raised:
        model_file.read(path)
    assert "leadstream train SOURCE --out FILE" in str(raised.value)


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"calibration": {"sums": [40, 10], "scores": [5, 50, 95]}}, "no ascending list of steps"),
        ({"calibration": {"sums": [10], "scores": [5, 50, 95]}}, "no ascending list of steps"),
        ({"calibration": {"sums": [], "scores": [101]}}, "outside 0 to 100"),
        ({"fields": [{"name": "phone", "missing": 0, "values": {}}]}, "no raw lead has a field 'phone'"),
        ({"fields": [{"name": "city", "missing": 0, "edges": [1.0], "points": [1]}]}, "bins of city"),
        ({"fields": [{"name": "city", "missing": -1, "values": {}}]}, "points of city"),
    ],
)
def test_a_scorecard_that_cannot_be_used_is_refused(tmp_path: Path, change: dict[str, Any], part: str) -> None:
    with pytest.raises(ValueError, match=part):
        model_file.read(written(tmp_path, **change))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"x" * (1 << 21)])
def test_other_bytes_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="leadstream train"):
        model_file.read(path)


# --- in force


def loaded(folder: Path, card: str = "card.json", **tables: Any) -> configuration.Configuration:
    path = folder / "leads.toml"
    path.write_text(f'[score]\nmodel = "{card}"\n' + "".join(tables.values()))
    return configuration.load(path, environ={})


def test_it_is_found_beside_the_configuration_and_part_of_the_rule_version(tmp_path: Path) -> None:
    written(tmp_path)
    found = loaded(tmp_path)
    assert found.rules.score.model is not None
    (tmp_path / "moved").mkdir()
    written(tmp_path / "moved", "other name.json")
    assert loaded(tmp_path, "moved/other name.json").rules.version == found.rules.version, "the file's place is no rule"
    written(tmp_path, "third.json", calibration={"sums": [], "scores": [1]})
    assert loaded(tmp_path, "third.json").rules.version != found.rules.version
    assert configuration.from_tables({}, environ={}).rules.version != found.rules.version


def test_one_that_is_not_there_refuses_the_configuration(tmp_path: Path) -> None:
    with pytest.raises(errors.ConfigurationRefused, match=r"card\.json cannot be read"):
        loaded(tmp_path)


def scores(folder: Path, *records: dict[str, Any]) -> list[int]:
    path = str(written(folder))
    engine = PlainEngine({**BASE, "score": {"model": path}})
    lines = [(number, json.dumps(record).encode()) for number, record in enumerate(records, 1)]
    engine.run({"raw_leads.jsonl": ("raw_lead", lines)})
    assert not engine.outputs["rejects"]
    return [record["score"] for record in engine.outputs["unique_leads"]]


def test_it_takes_the_place_of_the_weights(tmp_path: Path) -> None:
    """Sum 0 + 1; then 60 + 30; a repeat of that day changes nothing; the next touch is the one that counts."""
    assert scores(
        tmp_path,
        lead("1", "1 10:00"),
        lead("2", "2 10:00", channel="b", intent={"days_to_buy": 3}),
        lead("3", "2 11:00", name="王"),
        lead("4", "3 10:00", intent={"days_to_buy": 10}),
    ) == [5, 95, 95, 50]


def test_an_enrichment_is_judged_with_what_it_brings(tmp_path: Path) -> None:
    again = lead("1", "1 10:00", intent={"days_to_buy": 10})
    assert scores(tmp_path, lead("1", "1 10:00"), again) == [5, 50]


def test_an_enrichment_of_an_older_raw_lead_changes_no_newer_ones_score(tmp_path: Path) -> None:
    again = lead("1", "1 10:00", intent={"days_to_buy": 10})
    assert scores(tmp_path, lead("1", "1 10:00"), lead("2", "2 10:00", channel="b"), again) == [5, 95, 95]


def test_a_late_raw_lead_leaves_the_latest_touch_in_force(tmp_path: Path) -> None:
    late = lead("2", "1 10:00", channel="b")
    assert scores(tmp_path, lead("1", "3 10:00"), late)[-1] == 5


def test_leads_of_another_scorecard_have_the_weights_until_their_next_touch(tmp_path: Path) -> None:
    engine = PlainEngine({**BASE})
    one = json.dumps(lead("1", "1 10:00")).encode()
    engine.run({"raw_leads.jsonl": ("raw_lead", [(1, one)])})
    other = PlainEngine({**BASE, "score": {"model": str(written(tmp_path))}})
    other.database, other.clock = engine.database, engine.clock
    visit = {"type": "activity", "activity_id": "v", "kind": "VISIT", "phone": "13812345678", "store": "S"}
    more = [{**visit, "event_time": instant("1 11:00")}, lead("2", "2 10:00")]
    other.run({"more.jsonl": ("raw_lead", [(n, json.dumps(record).encode()) for n, record in enumerate(more, 11)])})
    assert [record["score"] for record in other.outputs["unique_leads"]] == [21, 5]  # 12 + 9.98, then by the scorecard
