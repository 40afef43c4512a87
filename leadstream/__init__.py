"""Leadstream: sales-lead intake as one keyed dataflow. This package is the public face and the commands, nothing else.

The code stands in four packages beside it with plain names: `flows`, `operators`, `state`, `connectors`. Names as
plain as these can be hidden by a folder of the working directory or overwritten by another distribution. Importing
`leadstream` therefore looks at where Python finds each of the four, without importing it, and raises `ImportError`
with the file's name when it is not the one that belongs here.

The public names load when they are first asked for, so that this module imports none of the four and no import circle
can arise:

>>> import leadstream
>>> "__version__" in leadstream.__all__
True
"""

import importlib
import importlib.util
import os
import re
import sys
from typing import TYPE_CHECKING

__part_of__ = "leadstream"
__version__ = "0.1.0"

# A public name stands in three places: here for the reader and the star import, under TYPE_CHECKING for type checkers,
# and in `_PUBLIC` for the running program. tests/packaging/test_public_names.py compares them.
__all__ = ["__version__"]

if TYPE_CHECKING:
    pass

# name -> (module, attribute)
_PUBLIC: dict[str, tuple[str, str]] = {}

_PARTS = ("flows", "operators", "state", "connectors")
_MARK = re.compile(r"""^__part_of__\s*=\s*["']leadstream["']""", re.MULTILINE)


def _found(part: str) -> str | None:
    """The file that `import part` takes, or the folder when that has no `__init__.py`; None when there is neither."""
    try:
        spec = importlib.util.find_spec(part)  # of a top-level name: looks, imports nothing
    except ValueError:  # already imported by other means, without a spec
        return getattr(sys.modules[part], "__file__", None)
    if spec is None:
        return None
    if spec.origin is not None:
        return spec.origin
    return next(iter(spec.submodule_search_locations or ()), None)


def _is_ours(file: str, home: str) -> bool:
    """Whether `file` is the `__init__` of a package beside this one that carries the mark."""
    if os.path.realpath(os.path.dirname(os.path.dirname(file))) != home or not os.path.isfile(file):
        return False
    if not file.endswith(".py"):  # compiled: the place has to do
        return True
    with open(file, encoding="utf-8") as source:
        return _MARK.search(source.read()) is not None


def _distributions_with(part: str) -> str:
    """The other installed distributions that ship a top-level `part`, for the message."""
    from importlib.metadata import packages_distributions  # slow, and needed only here

    others = sorted(set(packages_distributions().get(part, ())) - {"leadstream"})
    return f" (from the distribution {', '.join(others)})" if others else ""


def _refuse_strangers() -> None:
    """Raise `ImportError` when one of the four packages is not the one beside this file."""
    home = os.path.realpath(os.path.dirname(os.path.dirname(__file__)))
    for part in _PARTS:
        file = _found(part)
        if file is None:
            raise ImportError(
                f"leadstream is incomplete: its package '{part}' is not found in {home}. Install leadstream again.",
                name=part,
            )
        if not _is_ours(file, home):
            raise ImportError(
                f"leadstream does not start: '{part}' is taken from {file}{_distributions_with(part)}, "
                f"and that is not leadstream's own package in {home}. Rename or remove that one, start from another "
                "folder, or give leadstream a virtual environment of its own.",
                name=part,
                path=file,
            )


_refuse_strangers()

from leadstream import compiled as _compiled  # noqa: E402  (nothing of ours before the guard has looked)

_compiled.choose()

if not TYPE_CHECKING:  # a type checker must keep refusing names that do not exist

    def __getattr__(name: str) -> object:
        """A public name, imported from its module on first use."""
        try:
            module, attribute = _PUBLIC[name]
        except KeyError:
            raise AttributeError(f"module 'leadstream' has no attribute {name!r}") from None
        value = getattr(importlib.import_module(module), attribute)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_PUBLIC})
