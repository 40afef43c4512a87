"""Which variant of the rules runs: the sources as they are, or what mypyc made of them (decision 0022).

What is compiled lies in one folder of this package, where Python itself does not look for modules: only the finder here
takes it from there, and only when it was made for this Python and from exactly these sources. Otherwise all of the sources
run, none of what is compiled, and `variant()` says why. So a rule that was changed is never run in its old form.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Sequence
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, ModuleSpec
from importlib.util import spec_from_file_location
from types import ModuleType
from typing import Any, Final

_HERE: Final = os.path.dirname(os.path.abspath(__file__))
_HOME: Final = os.path.dirname(_HERE)
_FOLDER: Final = os.path.join(_HERE, "_compiled")

_chosen = "pure"
_refused = False


class _Finder:
    """Finds the compiled modules, and nothing else."""

    def __init__(self, files: dict[str, str]) -> None:
        self._files = files

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """What `sys.meta_path` is asked for each import."""
        file = self._files.get(name)
        return None if file is None else spec_from_file_location(name, file, loader=ExtensionFileLoader(name, file))


def variant() -> str:
    """For people: "compiled", or "pure" and where there is something to know about it, why."""
    return _chosen


def is_refused() -> bool:
    """Whether something compiled is there that must not run: somebody has to do something about it."""
    return _refused


def choose(folder: str = _FOLDER) -> None:
    """Decide, before the first of our other packages is imported; later there is nothing to choose any more."""
    global _chosen, _refused
    if not os.path.isdir(folder):
        _chosen = "pure"
        return
    if os.environ.get("LEADSTREAM_PURE", "0") not in ("", "0"):
        _chosen = "pure (LEADSTREAM_PURE is set)"
        return
    try:
        with open(os.path.join(folder, "stamp.json"), "rb") as file:
            stamp: Any = json.load(file)
        why = _why_not(folder, stamp)
    except (OSError, ValueError, LookupError, TypeError):
        why = "what was compiled is damaged"
    if why is not None:
        again = "make compile" if os.path.exists(os.path.join(_HOME, "hatch_build.py")) else "install it again"
        _chosen, _refused = f"pure ({why}: {again})", True
        return
    names: list[str] = stamp["modules"]
    sys.meta_path.insert(0, _Finder({name: _file_of(folder, name, stamp["suffix"]) for name in names}))
    _chosen = "compiled"


def _file_of(folder: str, name: str, suffix: str) -> str:
    return os.path.join(folder, *name.split(".")) + suffix


def _why_not(folder: str, stamp: Any) -> str | None:
    """Why what is compiled must not run, None when it may."""
    if stamp["suffix"] not in EXTENSION_SUFFIXES:
        return "compiled for another Python"
    for path, digest in stamp["sources"].items():
        try:
            with open(os.path.join(_HOME, path), "rb") as source:
                same = hashlib.sha256(source.read()).hexdigest() == digest
        except FileNotFoundError:
            same = False
        if not same:
            return f"compiled before {path} was changed"
    for name in stamp["modules"]:
        if not os.path.exists(_file_of(folder, name, stamp["suffix"])):
            return "what was compiled is damaged"
        if name in sys.modules:
            return f"{name} was imported before leadstream"
    return None
