"""Today's code opens the states of every format so far, goes on and gives the expected outputs
(docs/architecture.md, "What must hold", 5).
"""

import json
import shutil
import sys
import tarfile
from pathlib import Path

import pytest
from delivery import rows_of, stored

from state import keys, seal
from state.database import Database
from state.rows import customer_row

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "scripts"))

import golden_state  # noqa: E402

FOLDERS = sorted((CHECKOUT / "tests" / "golden").glob("state-*"))


def test_there_is_one_for_todays_format():
    """A new format needs a golden state in the same change: `scripts/golden_state.py state`."""
    kept = [json.loads((folder / "about.json").read_text()) for folder in FOLDERS]
    assert any(about["state"] == seal.STATE_FORMAT and about["rows"] == customer_row.FORMAT for about in kept)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_it_opens_goes_on_and_gives_what_is_expected(folder, tmp_path):
    """Where a rule was changed on purpose: `scripts/golden_state.py expected`, and read the difference."""
    found = golden_state.go_on(folder, tmp_path)
    expected = [json.loads(line) for line in (folder / "expected.jsonl").read_text().splitlines()]
    ids = [(record["stream"], record["event_id"]) for record in found]
    assert len(ids) == len(set(ids)), "an event was written twice"
    assert found == expected


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_it_is_the_state_of_a_killed_process(folder, tmp_path):
    """With customers, timers, a store's queue, a seal behind and an outbox ahead of it: else it would prove little."""
    with tarfile.open(folder / "state.tar.gz") as packed:
        packed.extraction_filter = getattr(tarfile, "data_filter", None)  # Python 3.11 before 3.11.4 has none
        packed.extractall(tmp_path)
    found = stored(tmp_path / "state")
    for space in (keys.CUSTOMER, keys.STORE, keys.TIMER, keys.OUTBOX, keys.FENCE, keys.COUNTS):
        assert rows_of(found, space), space
    database = Database(tmp_path / "state")
    sealed = seal.read_seal(database)
    database.close()
    ahead = [
        key for key in rows_of(found, keys.OUTBOX) if int.from_bytes(key[2:10], "big") > sealed.covered.get(key[0], 0)
    ]
    assert sealed.number > 3 and ahead
    shutil.rmtree(tmp_path / "state")
