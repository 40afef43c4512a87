"""The metrics page parses and adds up, `/healthz` and `/ready` say what they must, and its threads end with it."""

import re
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from face_shell import PLACES, Shell, lead, write_inputs
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample
from waiting import wait_until

import flows.run
from connectors.files.reader import FileReader
from connectors.files.sink import FileSink
from flows.engine import Options
from flows.observe.metrics import FURTHER_PORTS, MetricsServer, parse_address
from flows.observe.observation import Observation, ObservedEngine
from operators.base import count_kinds
from operators.config import configuration
from state.errors import Fault, WrongUsage

PHONE = "13812345678"


def fetch(address: str, path: str) -> tuple[int, str]:
    """(status, body)."""
    try:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def samples(page: str) -> dict[str, list[Sample]]:
    """Name of a sample → its samples; the page must parse."""
    found: dict[str, list[Sample]] = {}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            found.setdefault(sample.name, []).append(sample)
    return found


def value(page: dict[str, list[Sample]], name: str, **labels: str) -> float:
    """The sum of the samples with these labels."""
    return sum(one.value for one in page[name] if labels.items() <= one.labels.items())


@dataclass
class Served:
    engine: ObservedEngine
    seen: Observation
    server: MetricsServer

    def page(self) -> dict[str, list[Sample]]:
        status, text = fetch(self.server.address, "/metrics")
        assert status == 200
        return samples(text)


Serve = Callable[..., Served]


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """An opened engine over the inputs, and its page on any free port."""
    monkeypatch.delenv("LEADSTREAM_ONE_ID_SECRET", raising=False)
    engines: list[ObservedEngine] = []

    def start(source: Path | None = None, *, event: bool = True) -> Served:
        write_inputs(tmp_path / "in")
        config = configuration.load(tmp_path / "in" / "config.toml")
        engine = ObservedEngine(
            config,
            FileReader(source or tmp_path / "in"),
            FileSink(tmp_path / "out"),
            Options(tmp_path / "state", event_clock=event),
        )
        engines.append(engine)
        seen = Observation(engine)
        server = MetricsServer(seen, ("127.0.0.1", 0), "1.2.3", development_secret=True)
        engine.before_close(server.close)
        engine.before_close(seen.end)
        return Served(engine, seen, server)

    yield start
    for engine in engines:
        engine.close()


def test_before_anything_is_read(serve: Serve) -> None:
    served = serve()
    page = served.page()
    assert value(page, "leadstream_conservation_difference") == 0
    assert value(page, "leadstream_up") == 1
    assert page["leadstream_build_info"][0].labels == {
        "version": "1.2.3",
        "rule_version": served.engine.rules.version,
    }
    assert value(page, "leadstream_development_secret") == 1
    assert "leadstream_clock_seconds" not in page  # there is no clock yet
    assert fetch(served.server.address, "/healthz") == (200, "alive\n")
    assert fetch(served.server.address, "/ready") == (503, "The state is being opened.\n")
    assert fetch(served.server.address, "/else")[0] == 404


def test_after_a_run_every_lead_is_counted_once(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page of the moment before the engine closes."""
    served = serve()
    pages: list[dict[str, list[Sample]]] = []
    served.engine.before_close(lambda: pages.append(served.page()))
    flows.run.run(served.engine)
    page = pages[0]
    live = {"realm": "live"}
    assert value(page, "leadstream_received_total", **live) == 7
    assert value(page, "leadstream_accepted_total", **live) == 4
    assert value(page, "leadstream_rejected_leads_total", **live) == 1
    assert value(page, "leadstream_late_total", channel="autohome") == 1
    assert value(page, "leadstream_replays_total", channel="autohome") == 1
    assert value(page, "leadstream_marks", mark="FIRST_TOUCH") == 3
    assert value(page, "leadstream_marks", mark="DEDUPED", channel="autohome") == 1
    assert value(page, "leadstream_rejects_total", channel="autohome", reason="BAD_PHONE") == 1
    assert value(page, "leadstream_dispatched_total") == 1
    assert value(page, "leadstream_held_total") == 2
    assert {one.value for one in page["leadstream_conservation_difference"]} == {0}
    assert value(page, "leadstream_records_total") == 8
    assert value(page, "leadstream_seals_total") >= 1
    assert value(page, "leadstream_unsynced_bytes") == 0
    assert value(page, "leadstream_timers_due") == 0
    assert value(page, "leadstream_clock_seconds") == 1772456400
    assert value(page, "leadstream_latency_seconds_count") == value(
        page, "leadstream_latency_seconds_bucket", le="+Inf"
    )
    assert value(page, "leadstream_latency_seconds_count") == 8


def test_the_page_holds_no_personal_data_and_few_labels(serve: Serve, tmp_path: Path) -> None:
    served = serve()
    texts: list[str] = []
    served.engine.before_close(lambda: texts.append(fetch(served.server.address, "/metrics")[1]))
    flows.run.run(served.engine)
    assert PHONE not in texts[0] and "萧飞" not in texts[0] and "A1" not in texts[0]
    labels = {name for family in samples(texts[0]).values() for one in family for name in one.labels}
    assert labels == {"cause", "realm", "channel", "mark", "type", "reason", "sum", "le", "version", "rule_version"}


def test_channels_that_nobody_knows_share_one_label(serve: Serve, tmp_path: Path) -> None:
    file = tmp_path / "raw_leads_strange.jsonl"
    at = "2026-03-02T10:00:00+08:00"
    file.write_text("".join(lead(n, PHONE, at, channel=f"strange{n}") for n in range(50)), encoding="utf-8")
    served = serve(file)
    pages: list[dict[str, list[Sample]]] = []
    served.engine.before_close(lambda: pages.append(served.page()))
    flows.run.run(served.engine)
    assert {one.labels["channel"] for one in pages[0]["leadstream_received_total"]} == {"unknown"}
    assert value(pages[0], "leadstream_rejects_total", channel="unknown", reason="UNKNOWN_CHANNEL") == 50
    assert {one.value for one in pages[0]["leadstream_conservation_difference"]} == {0}


def test_a_difference_shows_and_a_batch_being_counted_does_not(serve: Serve) -> None:
    served = serve()
    counts = served.engine.meters.channels[("autohome", False)] = [0] * len(count_kinds.COUNTS)
    counts[count_kinds.ACCEPTED] = counts[count_kinds.RECEIVED] = 1
    assert value(served.page(), "leadstream_conservation_difference", realm="live", sum="marks") == 1

    def a_moment_later(_: float) -> None:
        counts[0] = 1

    assert set(served.seen.conservation(wait=a_moment_later).values()) == {0}


def test_timers_that_are_due_are_counted(serve: Serve, tmp_path: Path) -> None:
    served = serve()
    seen = served.seen
    depths = []
    served.engine.before_close(lambda: None)
    flows_done = served.engine.before_close

    def look() -> None:
        clock = seen.engine.arrivals.clock
        assert clock is not None
        depths.append(seen.depths())
        seen.engine.arrivals.clock = clock + 86_400_000  # as if the engine did not keep up
        depths.append(seen.depths())

    flows_done(look)
    flows.run.run(served.engine)
    on_time, behind = depths
    assert (on_time.timers_due, on_time.timers_lag_ms) == (0, 0)
    # The opening at 09:00, the end of the hour in which a lead was late, and that of the task for the lead without store.
    assert behind.timers_due == 3
    assert behind.timers_lag_ms == 24 * 3_600_000  # 21:00, a day ago


def test_ready_wants_a_young_seal_and_no_fault(serve: Serve) -> None:
    engine = serve().engine
    at = [engine.meters.sealed_at]
    seen = Observation(engine, monotonic=lambda: at[0])
    engine.progress.open = [True] * engine.progress.shards
    assert seen.not_ready() == ""
    at[0] += 31
    assert seen.not_ready() == "The last seal is 31 s old."
    at[0] -= 31
    silent = [0.0]
    engine.sink.silent_s = lambda: silent[0]  # as the topics' sink has it
    assert seen.not_ready() == ""
    silent[0] = 16.0
    assert seen.not_ready() == "The broker has not answered for 16 s."
    silent[0] = 0.0
    engine.core.fault = Fault("13812345678", "x")
    assert seen.not_ready() == "The engine was stopped by a fault."
    engine.core.fault = None
    engine.stop()
    assert seen.not_ready() == "The engine is stopping."


def test_closing_leaves_no_thread_and_no_look_into_the_database(serve: Serve) -> None:
    served = serve()
    address = served.server.address
    # A client that says nothing holds its thread for some seconds at most; one that spoke holds none.
    fetch(address, "/metrics")
    served.engine.close()
    assert not [
        thread
        for thread in threading.enumerate()
        if thread.name.startswith("metrics") or "process_request" in thread.name
    ]
    assert served.seen.depths().outbox_rows == 0  # not asked: the database is closed
    host, port = parse_address(address)
    with pytest.raises(OSError), socket.create_connection((host, port), timeout=1):
        pass


def test_a_taken_port_is_refused_and_the_default_takes_the_next(serve: Serve) -> None:
    served = serve()
    taken = parse_address(served.server.address)
    with pytest.raises(Fault, match=f"cannot listen on {served.server.address}"):
        MetricsServer(served.seen, taken, "1", development_secret=False)
    first = MetricsServer(served.seen, None, "1", development_secret=False)
    second = MetricsServer(served.seen, None, "1", development_secret=False)
    try:
        ports = [parse_address(one.address)[1] for one in (first, second)]
        assert 9464 <= ports[0] < ports[1] < 9464 + FURTHER_PORTS
    finally:
        first.close()
        second.close()


@pytest.mark.parametrize("text", ["", "9464", ":9464", "host:", "host:x", "host:-1", "host:65536", "host:٣"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(WrongUsage):
        parse_address(text)


def test_addresses() -> None:
    assert parse_address("127.0.0.1:0") == ("127.0.0.1", 0)
    assert parse_address("[::1]:9464") == ("::1", 9464)


def test_of_a_running_demo(shell: Shell) -> None:
    demo = shell.start("leadstream", "run", *PLACES, "--demo-speed", "5")
    said = shell.folder / "said"
    found = wait_until(lambda: re.search(r"http://(\S+)/metrics", said.read_text(encoding="utf-8")), 60, "the address")
    address = found.group(1)
    wait_until(lambda: fetch(address, "/ready")[0] == 200, 60, "ready")
    shell.wait_for_output(demo, "out/dispatches.jsonl", 10)
    page = wait_until(
        lambda: next(
            iter(
                [
                    page
                    for page in [samples(fetch(address, "/metrics")[1])]
                    if value(page, "leadstream_dispatched_total") >= 10
                ]
            ),
            None,
        ),
        60,
        "ten dispatches on the page",
    )
    assert {one.value for one in page["leadstream_conservation_difference"]} == {0}
    assert value(page, "leadstream_clock_lag_seconds") < 3600
    assert value(page, "process_resident_memory_bytes") > 0
    assert shell.end(demo) == 0


# --- alerts


def test_every_metric_of_the_alerts_is_on_the_page(serve: Serve, checkout: Path) -> None:
    rules = (checkout / "deploy" / "prometheus-rules.yml").read_text(encoding="utf-8")
    wanted = set(re.findall(r"\bleadstream_[a-z_]+", rules))
    served = serve()
    served.engine.arrivals.clock = 1
    served.engine.meters.reasons["x", "raw_lead", "BAD_PHONE"] = 1
    served.engine.meters.channels[("x", False)] = [0] * len(count_kinds.COUNTS)
    served.engine.sink.silent_s = lambda: 0.0  # as the topics' sink has it
    there = set(served.page()) | {"leadstream_clock_lag_seconds"}
    assert wanted - there == set()
    assert {
        "leadstream_conservation_difference",
        "leadstream_seal_age_seconds",
        "leadstream_timers_lag_seconds",
    } <= wanted


def test_every_alert_says_what_it_means(checkout: Path) -> None:
    rules = (checkout / "deploy" / "prometheus-rules.yml").read_text(encoding="utf-8")
    alerts = rules.split("- alert: ")[1:]
    assert len({alert.splitlines()[0] for alert in alerts}) == len(alerts) >= 10
    for alert in alerts:
        assert all(f"{key}:" in alert for key in ("expr", "severity", "summary", "description")), alert
