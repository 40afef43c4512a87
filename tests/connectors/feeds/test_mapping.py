"""Our field ← path: what a mapping reads, and what is said of one that is wrong."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.feeds.mapping import FieldMapping, mapped, mapping_of, missing, of_columns
from state.errors import ConfigurationRefused


def lead(payload: dict[str, Any], **table: Any) -> dict[str, Any]:
    return mapped(payload, mapping_of(table))


def test_a_path_leads_through_objects_and_lists() -> None:
    payload = {"customer": {"mobile": "139"}, "phones": [{"n": "1"}, {"n": "2"}], "answers": [{"id": 7, "v": "x"}]}
    fields = {"phone": "customer.mobile", "landline": "phones[1].n", "name": "answers[id=7].v", "store": "phones.n"}
    assert lead(payload, fields=fields) == {"phone": "139", "landline": "2", "name": "x", "store": "1"}


def test_the_first_path_with_a_value_counts() -> None:
    fields = {"phone": ["a", "b[3]", "c.d", "e"]}
    assert lead({"a": "  ", "b": [1], "c": 5, "e": 13912345678}, fields=fields) == {"phone": 13912345678}
    assert lead({"a": None}, fields=fields) == {}


def test_values_pass_as_they_were_sent() -> None:
    """What they mean is validation's (rulings 77 to 80)."""
    payload = {"phone": " 1.39E+10", "time": "2026-03-02 10:15:00", "n": 0, "f": False}
    fields = {"phone": "phone", "event_time": "time", "source_lead_id": "n", "consent": "f"}
    assert lead(payload, fields=fields) == {
        "phone": " 1.39E+10",
        "event_time": "2026-03-02 10:15:00",
        "source_lead_id": 0,
        "consent": False,
    }


def test_a_value_table_names_what_a_code_means() -> None:
    values = {"test": {"4": True, "*": ""}, "gender": {"1": "M", "true": "F"}}
    fields = {"test": "source", "gender": "sex"}
    assert lead({"source": 4, "sex": 1}, fields=fields, values=values) == {"test": True, "gender": "M"}
    assert lead({"source": "1", "sex": 9}, fields=fields, values=values) == {"gender": 9}
    assert lead({"sex": True}, fields=fields, values=values) == {"gender": "F"}


def test_a_constant_wins_and_a_default_gives_way() -> None:
    table = {"fields": {"channel": "c", "store": "s"}, "constants": {"channel": "own"}, "defaults": {"store": "S1"}}
    assert lead({"c": "theirs"}, **table) == {"channel": "own", "store": "S1"}
    assert lead({"s": "S2"}, **table) == {"channel": "own", "store": "S2"}


def test_intent_and_extra_are_filled_inside() -> None:
    fields = {"intent.level": "lv", "extra.click": "ids.click", "extra.all": "ids"}
    assert lead({"lv": "HIGH", "ids": {"click": 1}}, fields=fields) == {
        "intent": {"level": "HIGH"},
        "extra": {"click": 1, "all": {"click": 1}},
    }


def test_a_header_with_dots_and_brackets_is_a_column() -> None:
    assert lead({"Tel. No": "139"}, fields={"phone": "Tel. No"}) == {"phone": "139"}
    columns = of_columns({"phone": ["Tel.[1]", "手机号"], "name": "姓名"})
    assert mapped({"Tel.[1]": "139", "姓名": "张三"}, columns) == {"phone": "139", "name": "张三"}
    assert mapped({"手机号": "138"}, columns) == {"phone": "138"}


def test_a_name_in_quotes_may_hold_a_dot() -> None:
    assert lead({"a.b": {"c": 1}}, fields={"phone": '"a.b".c'}) == {"phone": 1}


def test_what_is_missing() -> None:
    assert missing({}) == ["channel", "source_lead_id", "phone or landline", "event_time", "name", "store"]
    whole = {"channel": "c", "source_lead_id": 0, "landline": "021", "event_time": "t", "name": "n", "stores": ["S"]}
    assert missing(whole) == []


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ({"fields": {"phon": "x"}}, '"phon" is no field of a raw lead, did you mean phone?'),
        ({"fields": {"extra.": "x"}}, '"extra." is no field of a raw lead'),
        ({"fields": {"phone": "a..b"}}, '"a..b" is no path into a payload'),
        ({"fields": {"phone": "a."}}, '"a." is no path into a payload'),
        ({"fields": {"phone": "a[b]"}}, '"a[b]" is no path into a payload'),
        ({"fields": {"phone": ""}}, '"" is no path into a payload'),
        ({"fields": {"phone": []}}, "This list has 0 paths; allowed are 1 to 16."),
        ({"fields": {"phone": 3}}, "3 is a number; allowed is a text."),
        ({"fields": {"phone": "a." * 40 + "a"}}, "is too deep; allowed are 32 steps."),
        ({"constants": {"store": ["S"]}}, "This is a list; allowed is a text, a finite number, true or false."),
        ({"defaults": {"store": float("nan")}}, "nan is a number; allowed is a text, a finite number, true or false."),
        ({"values": {"gender": "M"}}, '"M" is text; allowed here is a table.'),
        ({"field": {}}, 'The table "field" is not known here, did you mean fields?'),
        ({"signature": {"kind": "md5"}}, '"md5" is not known; allowed is one of hmac-sha256, token, body.'),
        ({"time": {"zone": "Asia/Shangai"}}, "did you mean Asia/Shanghai?"),
        ({"signature": {"windw_s": 3}}, 'The key "windw_s" is not known here, did you mean window_s?'),
    ],
)
def test_a_wrong_mapping_is_refused_with_a_sentence(table: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigurationRefused) as refused:
        mapping_of(table, "own.toml")
    assert sentence in str(refused.value) and "own.toml" in str(refused.value)


PLAIN: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["a", "b", "id", "x.y"]), inner, max_size=4)
    ),
    max_leaves=20,
)
WHOLE = mapping_of(
    {
        "fields": {
            "phone": ["a.b", "b[0].a", "a[id=1].b"],
            "stores": "x.y",
            "intent.level": "id",
            "extra.a": "a",
            "name": "b[1][0]",
        },
        "values": {"name": {"1": "one", "*": "other"}},
        "defaults": {"extra.d": 1, "intent.budget": 2},
    }
)


@given(payload=st.dictionaries(st.sampled_from(["a", "b", "id", "x.y"]), PLAIN, max_size=4))
def test_any_payload_is_mapped(payload: dict[str, Any]) -> None:
    before = repr(payload)
    result = mapped(payload, WHOLE)
    assert set(result) <= {"phone", "stores", "intent", "extra", "name"}
    assert result["extra"]["d"] == 1 and result["intent"]["budget"] == 2
    assert repr(payload) == before


def test_an_empty_mapping_gives_an_empty_lead() -> None:
    assert mapped({"a": 1}, FieldMapping()) == {}
