"""Outputs are encoded many at a time; a record whose output cannot be encoded is still the only one refused."""

import json

import msgspec
import pytest
from delivery import Case, at, lead, memory_reader

from operators.wire import streams

pytestmark = pytest.mark.usefixtures("fabric")


def test_one_record_whose_output_cannot_be_encoded_is_refused_with_internal(tmp_path, monkeypatch):
    """The others of its batch are decided as if it had not been there (ruling 49)."""
    records = [lead(f"s{i}", f"13912{i % 9:06d}", at(1, 10, i, i % 7)) for i in range(30)]
    expected = Case(tmp_path / "without")
    expected.run(memory_reader([*records[:11], "\n", *records[12:]]))
    real = streams.encode_lines

    def encode_lines(given):
        for record in given:
            if getattr(record, "source_lead_id", "") == "s11":
                raise msgspec.ValidationError("cannot be encoded")
        return real(given)

    monkeypatch.setattr(streams, "encode_lines", encode_lines)
    case = Case(tmp_path / "with")
    case.run(memory_reader(records))
    (reject,) = case.sink.records("rejects")
    assert reject["reasons"] == ["INTERNAL"] and json.loads(reject["original"]) == records[11]
    for stream in ("dispositions", "unique_leads", "dispatches", "notifications", "holds"):
        assert sorted(case.sink.lines(stream)) == sorted(expected.sink.lines(stream))
