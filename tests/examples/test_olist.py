"""`examples/olist.py`: real leads through the engine, counted per origin as the file itself counts them."""

import csv
import os
import subprocess
import sys
from collections import Counter


def example(checkout, folder, data):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LEADSTREAM")}
    return subprocess.run(
        [sys.executable, checkout / "examples" / "olist.py", folder],
        env={**kept, "PYTHONPATH": str(checkout), "LEADSTREAM_TEST_DATA": str(data)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_counts_per_origin_are_those_of_the_file(checkout, data_folder, tmp_path):
    done = example(checkout, tmp_path / "olist", data_folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "Equal."
    with (data_folder / "olist_marketing_qualified_leads.csv").open(newline="") as lines:
        origins = Counter(row["origin"] or "not_given" for row in csv.DictReader(lines))
    assert sum(origins.values()) == 8000
    for origin, count in origins.items():
        assert [origin, *[str(count)] * 3] in [text.split() for text in done.stdout.splitlines()]


def test_run_again_it_is_equal_again(checkout, tmp_path):
    """On a few leads of our own, in the file's form."""
    file = tmp_path / "olist_marketing_qualified_leads.csv"
    rows = [
        f"{number:032x},{1 + number % 12}/{number % 28 + 1}/2018,{'social' if number % 3 else ''}"
        for number in range(50)
    ]
    file.write_text("mql_id,first_contact_date,origin\n" + "\n".join(rows) + "\n")
    for _ in range(2):
        done = example(checkout, tmp_path / "olist", tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "not_given" in done.stdout


def test_what_is_not_equal_is_said(checkout, tmp_path):
    """The same lead twice is one lead: the file counts two."""
    file = tmp_path / "olist_marketing_qualified_leads.csv"
    file.write_text("mql_id,first_contact_date,origin\n" + f"{7:032x},2/1/2018,social\n" * 2)
    done = example(checkout, tmp_path / "olist", tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "NOT equal."


def test_without_the_file_it_says_what_to_do(checkout, tmp_path):
    done = example(checkout, tmp_path / "olist", tmp_path)
    assert done.returncode == 1
    assert "LEADSTREAM_TEST_DATA" in done.stderr
