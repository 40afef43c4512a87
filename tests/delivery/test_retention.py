"""What is deleted in time: audit rows by month, unique leads with their tombstones, and what a topic hears of it."""

from delivery import DAY_MS, Case, at, lead, memory_reader

from connectors.memory import MemorySink
from operators.wire.streams import NULL, STREAMS
from state import keys, limits
from state.database import Database

MONTH_MS = 30 * DAY_MS
PHONE = "13912345678"


def audit_months(folder):
    database = Database(folder)
    try:
        return sorted({int.from_bytes(key[:2], "big") for key, _ in database.scan(b"", b"\xff\xff\xff", audit=True)})
    finally:
        database.close()


def test_audit_rows_go_with_their_month(tmp_path):
    """The oldest month within the retention stays; a month later it is gone, and it alone."""
    case = Case(tmp_path)
    first = keys.month_of(at(1, 10))
    last = ((limits.AUDIT_MONTHS + first) * MONTH_MS - at(1, 10)) // DAY_MS + 1
    records, seen = [], []
    for day in (0, 35, last, last + 30):
        records.append(lead(f"s{day}", PHONE, at(1, 10) + day * DAY_MS))
        case.run(memory_reader(list(records)))
        seen.append(audit_months(tmp_path)[0])
    assert seen == [first, first, first, first + 1]


class Seeing(MemorySink):
    """Keeps what a topic would get: (stream, key, line)."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def deliver(self, group):
        for stream, names, lines in group.lines:
            self.seen += [(STREAMS[stream], *pair) for pair in zip(names, lines[:-1].split(b"\n"), strict=True)]
        super().deliver(group)


def test_a_deleted_unique_lead_leaves_the_compacted_topic(tmp_path):
    """Deleted after its retention, it is a key without a value; files say nothing of it."""
    case = Case(tmp_path)
    case.sink = Seeing()
    case.run(memory_reader([lead("a", PHONE, at(1, 10))]), until=at(25, 12))
    (unique,) = {record["unique_id"] for record in case.sink.records("unique_leads")}
    ours = [(key, line) for stream, key, line in case.sink.seen if stream == "unique_leads"]
    assert [key for key, line in ours if line == NULL] == [unique]
    assert ours[-1] == (unique, NULL), "nothing follows its end"
    assert all(line != NULL for stream, _, line in case.sink.seen if stream != "unique_leads")
    assert NULL not in case.sink.lines("unique_leads")
