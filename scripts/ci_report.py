"""What `.ci/run` cannot say in bash: a step's budget, and the sum of the test reports.

    ci_report.py budget STEP|total              the seconds in .ci/budget.toml
    ci_report.py totals FOLDER [FAILED_STEP…]   "N passed, N failed, N skipped" over FOLDER/*.xml (JUnit)

Runs before `.venv` is there: standard library only.
"""

import sys
import tomllib
import xml.etree.ElementTree as ElementTree
from pathlib import Path

BUDGET = Path(__file__).resolve().parent.parent / ".ci" / "budget.toml"


def budget_s(step: str) -> int:
    """The budget of a step in seconds; `KeyError` when the file does not name it."""
    table = tomllib.loads(BUDGET.read_text(encoding="utf-8"))
    return int(table["total"] if step == "total" else table["steps"][step])


def totals(folder: Path, failed_steps: list[str]) -> tuple[int, int, int]:
    """(passed, failed, skipped) over the reports; a failed step whose report shows no failure counts as one failed."""
    passed = failed = skipped = 0
    red: set[str] = set()
    for report in sorted(folder.glob("*.xml")):
        for suite in ElementTree.parse(report).getroot().iter("testsuite"):
            tests, bad, left_out = (
                int(suite.get("tests", 0)),
                int(suite.get("failures", 0)) + int(suite.get("errors", 0)),
                int(suite.get("skipped", 0)),
            )
            passed += max(0, tests - bad - left_out)
            failed += bad
            skipped += left_out
            if bad:
                red.add(report.stem)
    return passed, failed + len(set(failed_steps) - red), skipped


def main(arguments: list[str]) -> int:
    match arguments:
        case ["budget", step]:
            print(budget_s(step))
        case ["totals", folder, *failed_steps]:
            print("{} passed, {} failed, {} skipped".format(*totals(Path(folder), failed_steps)))
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
