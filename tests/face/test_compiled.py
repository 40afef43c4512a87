"""Which variant of the rules runs: what is compiled, only while it was made from exactly these sources."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from hatch_build import COMPILED, FOLDER, STAMP, compiled_files, pitfalls

PACKAGES = ("flows", "operators", "state", "connectors", "leadstream")
MODULE = "operators.dispatch.hours"
SOURCES = ("operators/dispatch/hours.py", "state/limits.py")
SAY = "import leadstream.compiled as c; print(c.variant(), c.is_refused(), sep='|')"


@pytest.fixture
def site(checkout: Path, tmp_path: Path) -> Path:
    """A copy of the packages, with something in place of the compiled modules."""
    for package in PACKAGES:
        shutil.copytree(checkout / package, tmp_path / package, ignore=shutil.ignore_patterns("_compiled*", "__py*"))
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    module = tmp_path / FOLDER / (MODULE.replace(".", "/") + suffix)
    module.parent.mkdir(parents=True)
    module.write_bytes(b"no library")
    sources = {path: hashlib.sha256((tmp_path / path).read_bytes()).hexdigest() for path in SOURCES}
    _stamp(tmp_path, suffix=suffix, modules=[MODULE], sources=sources)
    return tmp_path


def _stamp(site: Path, **stamp: Any) -> None:
    file = site / FOLDER / STAMP
    held = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    file.write_text(json.dumps(held | stamp), encoding="utf-8")


def _said(site: Path, program: str = SAY, *, pure: str = "") -> str:
    environment = dict(os.environ, PYTHONPATH=str(site), LEADSTREAM_PURE=pure)
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=site, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_what_fits_its_sources_runs(site: Path) -> None:
    assert _said(site) == "compiled|False"
    found = f"import leadstream, importlib.util as u; print(u.find_spec('{MODULE}').origin)"
    assert FOLDER in _said(site, found)
    assert FOLDER not in _said(site, found, pure="1")


def test_the_variable_has_the_sources_run(site: Path) -> None:
    assert _said(site, pure="1") == "pure (LEADSTREAM_PURE is set)|False"
    assert _said(site, pure="0") == "compiled|False"


def test_nothing_compiled_is_nothing_to_speak_of(site: Path) -> None:
    shutil.rmtree(site / FOLDER)
    assert _said(site) == "pure|False"


@pytest.mark.parametrize("path", SOURCES)
def test_a_changed_source_runs_itself(site: Path, path: str) -> None:
    """Also one that is not compiled: mypyc writes the constants of others into what it makes."""
    with (site / path).open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert _said(site) == f"pure (compiled before {path} was changed: install it again)|True"
    (site / "hatch_build.py").write_text("", encoding="utf-8")
    assert _said(site) == f"pure (compiled before {path} was changed: make compile)|True"


def test_a_source_that_is_gone(site: Path) -> None:
    (site / SOURCES[1]).unlink()
    assert "compiled before" in _said(site)


def test_another_python(site: Path) -> None:
    _stamp(site, suffix=".cpython-39-x86_64-linux-gnu.so")
    assert _said(site).startswith("pure (compiled for another Python: ")


@pytest.mark.parametrize("stamp", [None, "", "[]", "{}", '{"suffix": 1, "modules": 2, "sources": 3}'])
def test_a_damaged_folder(site: Path, stamp: str | None) -> None:
    file = site / FOLDER / STAMP
    file.unlink()
    if stamp is not None:
        file.write_text(stamp, encoding="utf-8")
    said = _said(site)
    assert said.startswith("pure (") and said.endswith("|True")


def test_a_module_that_is_missing(site: Path) -> None:
    _stamp(site, modules=[MODULE, "operators.dispatch.holds"])
    assert _said(site).startswith("pure (what was compiled is damaged: ")


@pytest.mark.parametrize("first", ["operators", "state", "flows", "connectors"])
def test_it_is_chosen_before_the_first_module(site: Path, first: str) -> None:
    program = f"import sys, {first}; print([m for m in sys.modules if m.startswith({first!r} + '.')], end=' '); {SAY}"
    assert _said(site, program) == "[] compiled|False"


def test_what_is_compiled_follows_from_the_rule(checkout: Path) -> None:
    taken, left = compiled_files(checkout)
    assert all((checkout / entry).exists() for entry in COMPILED)
    assert {"operators/intention/merge.py", "operators/intention/fold.py"} <= set(taken)
    assert "msgspec Structs" in left["operators/wire/streams.py"]
    assert "no function" in left["operators/intention/__init__.py"]
    assert not [path for path in taken if path.startswith("operators/config/")]


def test_nothing_is_compiled_into_something_else(checkout: Path, tmp_path: Path) -> None:
    assert pitfalls(checkout) == []
    for entry in COMPILED:
        place = tmp_path / entry
        if place.suffix:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text("", encoding="utf-8")
        else:
            place.mkdir(parents=True)
    name = "operators/one"
    (tmp_path / f"{name}.py").write_text(
        "def one():\n    try:\n        two()\n    except KeyError as error:\n        raise\n"
        "    except Exception as error:\n        raise ValueError from error\n",
        encoding="utf-8",
    )
    assert pitfalls(tmp_path) == [f"{name}.py, line 6: `error` names another exception above"]
