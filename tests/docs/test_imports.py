"""Imports go one way: the rooms of docs/architecture.md, "Rooms", and those of the rules among themselves."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent.parent
ORDER = ("state", "operators", "connectors", "flows", "leadstream")
RULES = (
    "wire", "identity", "base", "intake", "intention", "dispatch", "cleaning", "lead", "follow_up", "customer", "pools",
    "registry", "config",
)  # fmt: skip
BELOW_ALL = {"leadstream", "leadstream.compiled"}
"""The guard: it imports none of the others."""


def imported(text: str) -> Iterator[str]:
    """Every module that the text imports, wherever."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{name.name}" for name in node.names)


def against(name: str, text: str) -> list[str]:
    """The imports of a file (`operators/lead/life.py`) that go against the order."""
    parts = name.removesuffix(".py").split("/")
    found = []
    for module in imported(text):
        other = module.split(".")
        if other[0] not in ORDER or module in BELOW_ALL or module.rpartition(".")[0] == "leadstream.compiled":
            continue
        if ORDER.index(other[0]) > ORDER.index(parts[0]):
            found.append(f"{name}: {module}")
        elif parts[0] == other[0] == "operators" and len(parts) > 1 and parts[1] in RULES:
            where = other[1] if len(other) > 1 else ""
            if where in RULES and RULES.index(where) > RULES.index(parts[1]):
                found.append(f"{name}: {module}")
    return found


@pytest.mark.parametrize("room", ORDER)
def test_imports_go_one_way(room: str) -> None:
    found = []
    for path in sorted((CHECKOUT / room).rglob("*.py")):
        found += against(path.relative_to(CHECKOUT).as_posix(), path.read_text(encoding="utf-8"))
    assert not found, "\n".join(found)


def test_every_room_of_the_rules_has_a_place() -> None:
    there = {path.parent.name for path in (CHECKOUT / "operators").glob("*/__init__.py")}
    assert there | {"registry"} == set(RULES)


def test_an_import_against_the_order_is_reported() -> None:
    assert against("state/seal.py", "from operators.base import rules\n")
    assert against("operators/lead/life.py", "def f():\n    from operators import registry\n")
    assert against("operators/lead/life.py", "import operators.pools.room\n")
    assert not against("operators/pools/room.py", "import leadstream\nfrom operators.lead import life\n")
