"""The feeds that are built in, and those of a configuration: what a delivery becomes, its signature, its answer."""

import json
import re
from typing import Any

import pytest
from feeding import NOW, SECRETS, TOKEN, own, refused, tried

from connectors.feeds.refusal import FeedRefused
from connectors.feeds.registry import FEEDS, feeds_of
from operators.config import configuration

# --- every registration


def test_every_feed_of_the_domain_is_there() -> None:
    assert set(FEEDS) == {
        "feiyu", "tencent_ads", "tencent_wav", "autohome", "tmall_auto", "pcauto", "kuaishou", "facebook", "google", "adf",
    }  # fmt: skip


@pytest.mark.parametrize("code", FEEDS)
def test_a_registration_is_whole(code: str) -> None:
    feed = FEEDS[code]
    profile = configuration.from_tables({}, environ={}).rules.channels
    assert feed.table.title and re.search("[\u4e00-\u9fff]", feed.table.name)
    assert set(feed.channels) <= set(profile)
    assert feed.table.unknown and all(re.match(r"[A-Z].*\.$", one) for one in feed.table.unknown)
    delivery = feed.try_out(feed.sample(), NOW)
    assert len(delivery.leads) == 1 and delivery.leads[0]["channel"] == feed.channel
    assert delivery.leads[0]["source_lead_id"] and delivery.leads[0]["ingest_time"] == "2026-03-02T10:53:20+08:00"
    assert [json.loads(line) for line in delivery.lines] == delivery.leads
    assert not any(b"\n" in line for line in delivery.lines)


# --- what each payload means (domain 16)


def test_feiyu() -> None:
    payload = {
        "id": "7",
        "create_time": "1772417700",
        "telphone": "13912345678",
        "location": "北京+海淀",
        "adv_id": "9",
    }
    assert tried("feiyu", payload) == [
        {
            "type": "raw_lead",
            "channel": "oceanengine",
            "source_lead_id": "7",
            "account": "9",
            "event_time": "2026-03-02T10:15:00+08:00",
            "phone": "13912345678",
            "province": "北京",
            "city": "海淀",
            "ingest_time": "2026-03-02T10:53:20+08:00",
        }
    ]
    other = {"id": "7", "telephone": "13912345678", "province_name": "上海", "location": "北京+海淀"}
    assert tried("feiyu", other)[0]["phone"] == "13912345678" and tried("feiyu", other)[0]["province"] == "上海"


@pytest.mark.parametrize(("source", "test"), [(4, True), ("4", True), (0, None), (1, None), (3, None), ("5", None)])
def test_the_preview_of_an_advertisement_is_a_test(source: Any, test: bool | None) -> None:
    assert tried("feiyu", {"id": "7", "telphone": "13912345678", "clue_source": source})[0].get("test") is test


def test_tencent_ads_times_are_those_of_submission_in_china() -> None:
    lead = tried("tencent_ads", [{"leads_id": 1, "leads_action_time": "2026-03-02 10:15:00",
                                  "leads_create_time": "2026-03-02 10:15:30"}])[0]  # fmt: skip
    assert lead["event_time"] == "2026-03-02T10:15:00+08:00" and lead["source_time"] == "2026-03-02T10:15:30+08:00"
    assert tried("tencent_ads", {"leads_id": 1, "leads_create_time": "gestern"})[0]["event_time"] == "gestern"


def test_wav_is_answered_with_zero_at_acceptance() -> None:
    feed = FEEDS["tencent_wav"]
    delivery = feed.read(feed.sample(), TOKEN, SECRETS, NOW)
    answer = json.loads(delivery.reply.body)["Response"]
    assert answer["BusinessCode"] == 0 and answer["RequestId"]
    assert delivery.reply.status == 200 and delivery.reply.content_type == "application/json"
    lead = delivery.leads[0]
    assert lead["event_time"] == "2026-03-02T10:15:00.123+08:00" and lead["gender"] == "M"
    # no 64-bit id may be rounded on its way
    assert str(lead["store"]) == "1438394065134600193" and str(lead["series"]) == "1376410380566495234"


def test_tmall_attributes_are_text() -> None:
    for attr in (
        "{store_id:'8',store_code:'HZ'}",
        '{"store_id": 8, "store_code": "HZ"}',
        {"store_id": 8, "store_code": "HZ"},
    ):
        lead = tried("tmall_auto", {"mobile": "13612345671", "line": "3系", "attr": attr})[0]
        assert lead["store"] == "HZ" and lead["series"] == "3系" and "line" not in lead
    assert tried("tmall_auto", {"mobile": "1", "attr": "{store_id:'8',store_code:''}"})[0]["store"] == "8"


def test_kuaishou_decides_nothing_by_its_own_verdicts() -> None:
    lead = tried("kuaishou", {"id": 1, "phone": "13412345673", "clue_tag": 3, "phone_stat": 206})[0]
    assert lead["phone"] == "13412345673" and lead["extra"] == {"clue_tag": 3, "phone_stat": 206} and "test" not in lead


def test_facebook_notification_gives_ids_and_says_what_lacks() -> None:
    value = {"leadgen_id": 44, "page_id": 1, "form_id": 2, "ad_id": 3, "adgroup_id": 4, "created_time": 1772417700}
    other = {"leadgen_id": 45, "created_time": 1772417701}
    body = {
        "object": "page",
        "entry": [
            {"id": 1, "time": 1, "changes": [{"field": "leadgen", "value": value}, {"field": "feed", "value": {}}]},
            {"id": 2, "time": 2, "changes": [{"field": "leadgen", "value": other}]},
        ],
    }
    delivery = FEEDS["facebook"].try_out(json.dumps(body).encode(), NOW)
    assert [lead["source_lead_id"] for lead in delivery.leads] == [44, 45]
    assert delivery.leads[0]["event_time"] == "2026-03-02T10:15:00+08:00" and delivery.leads[0]["account"] == 1
    assert delivery.notes == ["2 leads come without a number and will be refused with NO_CONTACT, the original kept."]


def test_facebook_lead_alone_and_in_a_list() -> None:
    one = json.loads(FEEDS["facebook"].sample())
    for payload in (one, {"data": [one], "paging": {}}):
        lead = tried("facebook", payload)[0]
        assert lead["phone"] == "+8613312345674" and lead["source_lead_id"] == "444444444444"
        assert lead["event_time"] == "2026-03-02T02:15:00+0000"


def test_google() -> None:
    lead = tried("google", FEEDS["google"].sample())[0]
    assert lead["test"] is True and lead["phone"] == "+8613212345675" and lead["name"] == "Jo Example"
    assert lead["campaign"] == 123456 and "google_key" not in json.dumps(lead)


def test_adf_reads_every_prospect() -> None:
    body = (
        b'<adf><prospect><id>1</id><customer><contact><name part="full">A B</name><phone>+1 212 555 0100</phone></contact>'
        b'</customer></prospect><prospect><id>2</id><customer><contact><name part="last">B</name><name part="first">A</name>'
        b'<phone type="voice">1</phone><phone type="cellphone">13112345676</phone></contact></customer></prospect></adf>'
    )
    first, second = tried("adf", body)
    assert (first["source_lead_id"], first["name"], first["phone"]) == ("1", "A B", "+1 212 555 0100")
    assert (second["source_lead_id"], second["name"], second["phone"]) == ("2", "A B", "13112345676")


def test_adf_in_another_encoding_and_with_a_namespace() -> None:
    text = '<?xml version="1.0" encoding="GB18030"?><a:adf xmlns:a="urn:x"><a:prospect><a:id>张</a:id></a:prospect></a:adf>'
    assert tried("adf", text.encode("gb18030"))[0]["source_lead_id"] == "张"


BOMB = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">' + "".join(f'<!ENTITY b{n} "{"&a;" * 10}">' for n in range(9)) + "]>"
EXTERNAL = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    "begin", [BOMB, EXTERNAL, "<!DOCTYPE adf>", '<!DOCTYPE adf SYSTEM "http://example.com/adf.dtd">']
)
def test_entities_and_bombs_are_refused(begin: str) -> None:
    for head in ("", '<?xml version="1.0" encoding="UTF-8"?>'):
        said = refused("adf", (head + begin + "<adf><prospect><id>&x;</id></prospect></adf>").encode(), TOKEN, 400)
        assert "document type or entities" in said


# --- ids that are made


def test_a_lead_without_an_id_gets_one_from_its_content() -> None:
    payload = {"phone": "13512345672", "dealerId": 1}
    first = tried("pcauto", payload)[0]["source_lead_id"]
    assert first == tried("pcauto", {"dealerId": 1, "phone": "13512345672"}, NOW + 3_600_000)[0]["source_lead_id"]
    assert first != tried("pcauto", {**payload, "dealerId": 2})[0]["source_lead_id"]
    # the same form on another day is another lead: it has no time that would tell
    assert first != tried("pcauto", payload, NOW + 86_400_000)[0]["source_lead_id"]
    assert re.fullmatch("content-[a-p]{24}", first)


def test_an_id_that_is_made_stays_where_the_lead_has_a_time() -> None:
    sample = FEEDS["tencent_wav"].sample()
    assert (
        tried("tencent_wav", sample)[0]["source_lead_id"]
        == tried("tencent_wav", sample, NOW + 10**9)[0]["source_lead_id"]
    )


def test_an_id_that_is_made_is_keyed() -> None:
    """Eleven digits would be found again from a plain digest."""
    body = b'{"phone": "13512345672"}'
    other = feeds_of(configuration.from_tables({}, environ={"LEADSTREAM_ONE_ID_SECRET": "s"}))["pcauto"]
    assert other.try_out(body, NOW).leads[0]["source_lead_id"] != tried("pcauto", body)[0]["source_lead_id"]


def test_what_has_neither_id_nor_number_stays_without() -> None:
    assert "source_lead_id" not in tried("pcauto", {"dealerId": 1})[0]


# --- a feed of a configuration


def test_an_own_feed_reads_a_list_with_its_forms_of_time() -> None:
    feed = own(
        {
            "channel": "yiche",
            "leads": "data.list",
            "fields": {"source_lead_id": "no", "phone": "user.tel", "event_time": "at", "channel": "form"},
            "values": {"channel": {"A": "yiche_a", "*": ""}},
            "time": {"zone": "Asia/Shanghai", "formats": ["%d.%m.%Y %H:%M"], "epoch": "ms"},
        }
    )
    body = {
        "data": {
            "list": [{"no": 1, "user": {"tel": "139"}, "at": "02.03.2026 10:15", "form": "A"}, {"at": 1772417700000}]
        }
    }
    first, second = feed.try_out(json.dumps(body).encode(), NOW).leads
    assert (first["channel"], first["event_time"], first["phone"]) == ("yiche_a", "2026-03-02T10:15:00+08:00", "139")
    assert (second["channel"], second["event_time"]) == ("yiche", "2026-03-02T10:15:00+08:00")
    assert feed.channels == ("yiche", "yiche_a")
    assert feed.try_out(b'{"data": {"list": null}}', NOW).leads == []
    assert "has nothing at data.list" in refused("", b'{"data": {}}', TOKEN, 400, feed)


def test_a_configuration_completes_a_feed_that_is_built_in() -> None:
    feed = own({"fields": {"phone": "tel", "name": "who"}, "secret_env": "AH"}, "autohome")
    lead = feed.try_out(b'{"key_push_id": "P", "tel": "13912345678", "who": "Z", "deal_status": 1}', NOW).leads[0]
    assert (lead["source_lead_id"], lead["phone"], lead["name"], lead["extra"]) == (
        "P",
        "13912345678",
        "Z",
        {"key_push_id": "P", "deal_status": 1},
    )
    assert feed.secret_env == "AH" and own({}, "own-site").secret_env == "LEADSTREAM_FEED_OWN_SITE"


def test_a_posted_form_is_read() -> None:
    feed = own({"fields": {"phone": "tel", "name": "name"}})
    headers = {**TOKEN, "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}
    lead = feed.read("tel=%2B8613912345678&name=张+三".encode(), headers, SECRETS, NOW).leads[0]
    assert lead["phone"] == "+8613912345678" and lead["name"] == "张 三"
    for body in (b"%ff=%ff", b"=", b"\xff\xfe=1", b"&" * 10, b"a=1&" * 20_000):
        try:
            feed.read(body, headers, SECRETS, NOW)
        except FeedRefused as why:
            assert why.status == 400
