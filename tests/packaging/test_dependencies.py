"""What the packages import is what the distribution declares: else it is there in .venv and not at a user's."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from operators.identity import home

NAMED_OTHERWISE = {"chinesecalendar": "chinese_calendar", "scikit_learn": "sklearn"}
"""Distribution → the package that it brings, where they differ."""
PACKAGES = ("flows", "operators", "state", "connectors", "leadstream")


def _imported(file: Path) -> Iterator[str]:
    """The top-level names that a file imports anywhere, in functions too."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.partition(".")[0]


def _names(requirements: list[str]) -> set[str]:
    return {re.split(r"[^A-Za-z0-9._-]", item)[0].lower().replace("-", "_") for item in requirements}


def test_every_import_is_declared(checkout: Path) -> None:
    project = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = {name: extra for name, extra in project["optional-dependencies"].items() if name != "dev"}
    declared = _names(project["dependencies"]).union(*map(_names, extras.values()))
    declared |= {module for name, module in NAMED_OTHERWISE.items() if name in declared}
    known = declared | set(PACKAGES) | sys.stdlib_module_names
    strangers = {
        f"{file.relative_to(checkout)} imports {name}"
        for package in PACKAGES
        for file in (checkout / package).rglob("*.py")
        for name in _imported(file)
        if name not in known
    }
    assert not strangers


def test_everything_declared_is_locked_with_a_hash(checkout: Path) -> None:
    project = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = _names([*project["dependencies"], *(r for e in project["optional-dependencies"].values() for r in e)])
    lock = (checkout / "requirements.lock").read_text(encoding="utf-8")
    locked = {name.lower().replace("-", "_") for name in re.findall(r"^([A-Za-z0-9._-]+)==", lock, re.MULTILINE)}
    assert declared - {"leadstream"} <= locked
    entries = re.split(r"^(?=[A-Za-z0-9._-]+==)", lock, flags=re.MULTILINE)[1:]
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_lock_names_no_place(checkout: Path) -> None:
    """Where packages come from is the installing machine's to say."""
    lock = (checkout / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in lock and "--index" not in lock and "--find-links" not in lock


def test_the_day_of_the_home_locations_is_that_of_the_locked_data(checkout: Path) -> None:
    """A new version of the library has data of another day: `DATED` says both."""
    lock = (checkout / "requirements.lock").read_text(encoding="utf-8")
    found = re.search(r"^phonenumbers==(\S+)", lock, re.MULTILINE)
    assert found is not None and found[1] == home.DATED[0]
    assert date.fromisoformat(home.DATED[1])
