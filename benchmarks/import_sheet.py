"""`import`: a workbook of 100 000 rows through `leadstream import`, wall time from the command to the durable result.

The floor beside it, of the same minute: the library alone, reading the same workbook to its last cell.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.console import Console

_CHECKOUT: Final = Path(__file__).resolve().parent.parent
ROWS: Final = 100_000
MUST_S: Final = 30.0
_HEADINGS: Final = ("手机号", "姓名", "提交时间", "门店", "车系", "城市", "备注")
_SERIAL: Final = 46083.0
"""2026-03-02."""
_FLOOR: Final = """
import sys
from python_calamine import CalamineWorkbook
print(sum(1 for row in CalamineWorkbook.from_path(sys.argv[1]).get_sheet_by_index(0).iter_rows() for cell in row))
"""


@dataclass
class Result:
    """One import."""

    rows: int
    seconds: float
    cpu_s: float
    """Processor time of the import and of the process that unfolds: what a busy machine does not lengthen much."""
    floor_s: float

    def as_json(self) -> dict[str, Any]:
        """For `--json`; units in the names."""
        return {
            "scenario": "import",
            "rows": self.rows,
            "wall_s": round(self.seconds, 2),
            "cpu_s": round(self.cpu_s, 2),
            "rows_per_s": round(self.rows / self.seconds),
            "floor_s": round(self.floor_s, 2),
            "ratio_to_floor": round(self.seconds / self.floor_s, 2),
            "must": {"wall_s": MUST_S * self.rows / ROWS},
        }

    def show(self, console: Console) -> None:
        """For a person."""
        console.print(
            f"import: {self.rows:,} rows in {self.seconds:.1f} s, {self.rows / self.seconds:,.0f} rows/s (must "
            f"{MUST_S * self.rows / ROWS:.0f} s), {self.cpu_s:.1f} s of processor time; the library alone {self.floor_s:.1f} s"
        )


def measure(root: Path, rows: int, said: Any) -> Result:
    """Write the workbook, read it by the library alone, import it."""
    home = root / "import"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    path = home / "leads.xlsx"
    said(f"writing a workbook of {rows:,} rows")
    _write(path, rows)
    floor_s = _timed([sys.executable, "-c", _FLOOR, str(path)])
    said("importing it")
    command = [sys.executable, "-m", "leadstream", "import", str(path), "--channel", "excel_import"]
    before = _cpu_s()
    seconds = _timed([*command, "--to", str(home / "inbox")])
    used = _cpu_s() - before
    written = sum(one.read_bytes().count(b"\n") for one in (home / "inbox").iterdir())
    assert written == rows, f"{written} of {rows} rows were imported"
    return Result(rows, seconds, used, floor_s)


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _timed(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, cwd=_CHECKOUT, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def _write(path: Path, rows: int) -> None:
    sys.path.insert(0, str(_CHECKOUT / "tests" / "helpers"))
    from sheets import Serial, Sheet, xlsx

    xlsx(
        path,
        Sheet(
            "线索",
            [
                _HEADINGS,
                *(
                    (
                        13900000000 + number,
                        f"客户{number}",
                        Serial(_SERIAL + number % 86_400 / 86_400),
                        f"SH{number % 60:03d}",
                        "A6L",
                        "上海",
                        "周末到店，问置换补贴" if number % 3 else None,
                    )
                    for number in range(rows)
                ),
            ],
        ),
    )
