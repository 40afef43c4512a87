"""Recommended stores (ruling 60): own city first, then the province, spread evenly, the same in a replay."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from cleaning_case import Cleaned, lead
from hypothesis import given
from hypothesis import strategies as st
from one_key import RULES

from operators.base.rules import Rules, Store
from operators.cleaning import recommend

STORES = {
    **{f"SZ{n}": Store(f"SZ{n}", city="苏州市") for n in range(5)},
    "NJ1": Store("NJ1", city="南京"),
    "NJ2": Store("NJ2", city="南京市", lines=frozenset({"used"})),
    "SH1": Store("SH1", city="上海"),
    "NN1": Store("NN1", city="南宁市"),
    "YJ1": Store("YJ1", city="延边"),
    "BARE": Store("BARE"),
}
KNOWN: Rules = replace(RULES, stores=STORES)


def named(one_id: str, province: str, city: str, line: str = "main", rules: Rules = KNOWN) -> list[str]:
    return [store.code for store in recommend.stores(one_id, province, city, line, rules)]


@pytest.mark.parametrize(
    ("province", "city", "line", "expected"),
    [
        ("", "上海", "main", ["SH1"]),
        ("上海市", "上海市", "main", ["SH1"]),
        ("", "南京", "used", ["NJ2", "NJ1"]),  # both sell it; which of them first is the customer's
        ("广西壮族自治区", "柳州", "main", ["NN1"]),  # none in the city: the province
        ("广西", "柳州市", "main", ["NN1"]),
        ("", "柳州", "main", ["NN1"]),  # where the city lies is known
        ("", "延边朝鲜族自治州", "main", ["YJ1"]),
        ("西藏", "拉萨", "main", []),
        ("", "", "main", []),
        ("", "不知道", "main", []),
    ],
)
def test_candidates(province: str, city: str, line: str, expected: list[str]) -> None:
    found = named("c", province, city, line)
    others = [code for code in found if not code.startswith("SZ")]
    assert sorted(others) == sorted(expected)


def test_own_city_first_then_the_province() -> None:
    """Two of 南京 and one of the province's others."""
    found = named("c", "", "南京", "used")
    assert set(found[:2]) == {"NJ1", "NJ2"} and len(found) == 3 and found[2].startswith("SZ")
    assert named("c", "", "南京")[0] == "NJ1", "the other one does not sell the line"


def test_without_a_registry_nothing_is_recommended() -> None:
    assert named("c", "", "上海", rules=RULES) == []


def test_customers_spread_evenly() -> None:
    """Of five stores each is the first of about a fifth of the customers."""
    first = Counter(named(f"{n:024x}", "", "苏州")[0] for n in range(1000))
    assert set(first) == {f"SZ{n}" for n in range(5)} and all(150 < count < 250 for count in first.values())


@given(st.text(alphabet="0123456789abcdef", min_size=24, max_size=24))
def test_another_store_changes_nothing_but_its_own_place(one_id: str) -> None:
    """Rendezvous: without the store the others keep their order; asked again it is the same."""
    before = named(one_id, "", "苏州")
    less = replace(KNOWN, stores={code: store for code, store in STORES.items() if code != before[0]})
    assert named(one_id, "", "苏州", rules=less)[:2] == before[1:]
    assert named(one_id, "", "苏州") == before


@pytest.mark.parametrize(
    ("fields", "city", "city_from", "stores"),
    [
        ({"city": "上海市", "province": "上海"}, "上海市", "form", {"SH1"}),
        ({}, "连云港市", "home_location", {"SZ1", "DAY"}),  # 13812345678 is of 江苏
        ({"phone": "10012345678"}, None, None, set()),
    ],
)
def test_what_the_task_says(fields: dict[str, str], city: str | None, city_from: str | None, stores: set[str]) -> None:
    engine = Cleaned()
    engine.feed(lead("01-02T10:00", name="王", **fields))
    task = engine.task()
    assert (task["city"], task["city_from"]) == (city, city_from)
    assert {store["store"] for store in task["stores"]} == stores
    assert task["contact"] == {"name": "王", "phone": fields.get("phone", "13812345678")}


def test_the_city_is_that_of_the_latest_raw_lead_that_gives_one() -> None:
    engine = Cleaned()
    engine.feed(
        lead("01-02T10:00", store="SH1", city="上海"),
        lead("01-03T10:00", store="SH1", city="苏州"),
        lead("01-01T10:00", store="SH1", city="北京"),
        lead("01-04T10:00"),
    )
    assert (engine.task()["city"], engine.task()["city_from"]) == ("苏州", "form")


def test_an_enrichment_may_correct_the_city() -> None:
    engine = Cleaned()
    record = lead("01-02T10:00", store="SH1", city="上海")
    engine.feed(record, {**record, "city": "苏州"}, lead("01-02T11:00"))
    assert engine.task()["city"] == "苏州"


def test_where_a_store_is_known_none_is_recommended() -> None:
    engine = Cleaned()
    engine.feed(lead("01-02T10:00", store="NOBODY", city="上海"))
    assert engine.task()["stores"] == []
