"""Tables and names as the pages of docs write them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any, Final

CHECKOUT: Final = Path(__file__).resolve().parent.parent


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(heads), *(list(row) for row in rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def code(name: str) -> str:
    return f"`{name}`" if name else ""


def listed(names: Iterable[str]) -> str:
    return ", ".join(code(name) for name in names)


def yes(value: object) -> str:
    return "yes" if value else ""


def path(module: str) -> str:
    return module.replace(".", "/") + ".py"


def where(rule: Callable[..., Any] | None) -> str:
    """The file of a rule and its name there."""
    if rule is None:
        return ""
    owner = getattr(rule, "__self__", None)
    module, name = rule.__module__, rule.__name__
    if owner is not None and not isinstance(owner, ModuleType):
        module, name = type(owner).__module__, f"{type(owner).__name__}.{name}"
    return f"`{path(module)}`" + ("" if name.startswith("_") else f" `{name}`")


def said(shape: type[Any]) -> str:
    """The first paragraph of what a type says of itself."""
    return " ".join((shape.__doc__ or "").partition("\n\n")[0].split())
