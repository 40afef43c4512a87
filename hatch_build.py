"""Compile the rules with mypyc (docs/decisions/0022-compiled-rules.md): into the checkout, or into a wheel.

    python hatch_build.py            make compile: into leadstream/_compiled of this checkout
    python hatch_build.py --list     what would be compiled, and why the rest is left out

Hatchling calls the class at the end when it builds a wheel: compiled where a C compiler is there, pure otherwise or with
`LEADSTREAM_PURE=1`. An editable install is always pure. What is compiled is found by a rule, not kept by hand: every module
of `COMPILED` that holds a function and defines nothing that mypyc cannot hold.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT: Final = Path(__file__).resolve().parent
FOLDER: Final = "leadstream/_compiled"
STAMP: Final = "stamp.json"
GROUP: Final = "leadstream"
TOOLS: Final = ("mypy>=2.4,<3", "setuptools>=80,<83")

COMPILED: Final = (
    "operators",
    "state/counts.py",
    "state/fence.py",
    "state/keys.py",
    "state/members.py",
    "state/outbox.py",
    "state/rows",
    "state/shard.py",
    "flows/batch.py",
    "flows/messages.py",
)
"""Folders and modules that are compiled, but for what the rule leaves out: what runs for each record."""
LEFT_OUT: Final = {
    "operators/config": "read once at start, and made of pydantic models",
}
"""Folders and modules inside these that stay interpreted for another reason than the rule's."""
_REFUSED: Final = {"Struct": "msgspec Structs", "BaseModel": "pydantic models"}
"""Base class → what it makes of a class: fields found in annotations at run time, which a compiled class has not."""


def compiled_files(root: Path) -> tuple[list[str], dict[str, str]]:
    """(paths of the modules to compile, path → why it is left out), both sorted."""
    taken: list[str] = []
    left: dict[str, str] = {}
    for entry in COMPILED:
        for file in sorted((root / entry).rglob("*.py")) if (root / entry).is_dir() else [root / entry]:
            path = file.relative_to(root).as_posix()
            why = next((why for place, why in LEFT_OUT.items() if path == place or path.startswith(f"{place}/")), None)
            why = why or _refusal(ast.parse(file.read_bytes()))
            if why is None:
                taken.append(path)
            else:
                left[path] = why
    return taken, left


def _refusal(module: ast.Module) -> str | None:
    """Why a module cannot be compiled, or need not be."""
    functions = False
    for node in ast.walk(module):
        functions = functions or isinstance(node, ast.FunctionDef)
        if isinstance(node, ast.ClassDef):
            for base in node.bases:
                name = base.attr if isinstance(base, ast.Attribute) else base.id if isinstance(base, ast.Name) else ""
                if name in _REFUSED:
                    return f"defines {_REFUSED[name]} ({node.name})"
    return None if functions else "no function: nothing to gain"


def pitfalls(root: Path) -> list[str]:
    """Places that mypyc compiles into something else than Python does, without a word: two `except … as error` of one
    function. It takes the first one's type for both, and the second raises TypeError in place of what it handles."""
    found: list[str] = []
    for path in compiled_files(root)[0]:
        for function in ast.walk(ast.parse((root / path).read_bytes())):
            if isinstance(function, ast.FunctionDef):
                caught: dict[str, str] = {}
                for node in ast.walk(function):
                    if isinstance(node, ast.ExceptHandler) and node.name is not None and node.type is not None:
                        kind = ast.unparse(node.type)
                        if caught.setdefault(node.name, kind) != kind:
                            found.append(f"{path}, line {node.lineno}: `{node.name}` names another exception above")
    return found


def _sources(root: Path, compiled: list[str]) -> list[str]:
    """Every module of ours whose text the compiled ones may hold some of, constants for instance: what they import,
    directly or not, with the `__init__` of each one's package."""
    found: set[str] = set()
    wanted = list(compiled)
    while wanted:
        path = wanted.pop()
        if path in found:
            continue
        found.add(path)
        found.update(f"{folder.as_posix()}/__init__.py" for folder in list(Path(path).parents)[:-1])
        for name in _imports(ast.parse((root / path).read_bytes())):
            place = name.replace(".", "/")
            if (root / f"{place}.py").is_file():
                wanted.append(f"{place}.py")
    return sorted(found)


def _imports(module: ast.Module) -> Iterator[str]:
    """Names that may be modules. Ours are imported by their full names."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{one.name}" for one in node.names)


def why_no_compiler() -> str | None:
    """What is missing for compiling, None when nothing is."""
    command = os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc"
    compiler = command.split()[0]
    if shutil.which(compiler) is None:
        return f"there is no C compiler ({compiler})"
    header = Path(sysconfig.get_path("include")) / "Python.h"
    if not header.exists():
        return f"there is no {header} (the package python3-dev has it)"
    return None


def build(root: Path, target: Path) -> list[str]:
    """Compile into the new folder `target`; returns the compiled modules' paths. Raises RuntimeError with what to do."""
    files, _ = compiled_files(root)
    if places := pitfalls(root):
        raise RuntimeError("Give these a name of their own, mypyc needs it: " + "; ".join(places) + ".")
    digests = {path: hashlib.sha256((root / path).read_bytes()).hexdigest() for path in _sources(root, files)}
    with tempfile.TemporaryDirectory() as scratch:
        # A process of its own: setuptools changes the one it is imported into.
        done = subprocess.run([sys.executable, __file__, "--work", scratch, str(target), *files], cwd=root, check=False)
    if done.returncode:
        raise RuntimeError(
            "The rules could not be compiled (above is why). LEADSTREAM_PURE=1 builds without compiling them."
        )
    stamp = {
        "suffix": sysconfig.get_config_var("EXT_SUFFIX"),
        "modules": [path.removesuffix(".py").replace("/", ".") for path in files] + [f"{GROUP}__mypyc"],
        "sources": digests,
        "maker": _maker(),
    }
    (target / STAMP).write_text(json.dumps(stamp, indent=1) + "\n", encoding="utf-8")
    environment = dict(os.environ, LEADSTREAM_PURE="1")  # not what was compiled before
    done = subprocess.run([sys.executable, __file__, "--try", str(target)], cwd=root, env=environment, check=False)
    if done.returncode:
        raise RuntimeError("The compiled modules cannot be imported (above is why).")
    return files


def _try(target: str) -> None:
    """Import every compiled module: some of what mypyc gets wrong shows only here."""
    sys.path.insert(0, str(ROOT))
    from leadstream import compiled

    del os.environ["LEADSTREAM_PURE"]
    compiled.choose(target)
    if compiled.is_refused():
        raise SystemExit(compiled.variant())
    for name in json.loads((Path(target) / STAMP).read_bytes())["modules"]:
        importlib.import_module(name)


def _work(scratch: str, target: str, files: list[str]) -> None:
    """From here on setuptools and mypyc have the process. The working directory is the root: names hang on it."""
    from mypyc.build import mypycify
    from setuptools import Distribution

    os.environ.setdefault("CFLAGS", "")
    options = [f"--cache-dir={scratch}/cache", "--no-incremental"]
    extensions = mypycify(
        [*options, *files], opt_level="2", debug_level="0", target_dir=f"{scratch}/c", group_name=GROUP
    )
    command: Any = Distribution({"name": GROUP, "ext_modules": extensions}).get_command_obj("build_ext")
    command.build_lib, command.build_temp = target, f"{scratch}/o"
    command.ensure_finalized()
    command.run()


def _maker() -> str:
    """Digest of what decides how is compiled: this file."""
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()


def _is_ready(root: Path) -> bool:
    """Whether the checkout runs compiled already, by this very file."""
    try:
        if json.loads((root / FOLDER / STAMP).read_bytes())["maker"] != _maker():
            return False
    except (OSError, ValueError, LookupError):
        return False
    program = "import sys\nfrom leadstream.compiled import variant\nsys.exit(variant() != 'compiled')"
    environment = {name: value for name, value in os.environ.items() if name != "LEADSTREAM_PURE"}
    return subprocess.run([sys.executable, "-c", program], cwd=root, env=environment, check=False).returncode == 0


def build_in_checkout(root: Path) -> None:
    """Replace what is compiled in this checkout. A running engine keeps what it has loaded."""
    target = root / FOLDER
    if _is_ready(root):
        print("compile: nothing to do")
        return
    new, old = (target.with_name(f"{target.name}.{which}") for which in ("new", "old"))
    for stale in (new, old):
        shutil.rmtree(stale, ignore_errors=True)
    files = build(root, new)
    if target.exists():
        target.rename(old)
    new.rename(target)
    shutil.rmtree(old, ignore_errors=True)
    print(f"compile: {len(files)} modules in {FOLDER}; make uncompile removes them")


class CustomBuildHook(BuildHookInterface[Any]):
    """The rules in a wheel."""

    def _pure(self) -> str | None:
        """Why the wheel is to be pure, None when it is not."""
        if os.environ.get("LEADSTREAM_PURE", "0") not in ("", "0"):
            return "LEADSTREAM_PURE is set"
        return why_no_compiler()

    def dependencies(self) -> list[str]:
        """What compiling needs beside hatchling: mypy reads the types of what the engine imports."""
        if self.target_name != "wheel" or self._pure():
            return []
        return [*TOOLS, *self.metadata.core.dependencies]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Before a wheel is packed. An editable install is pure: `make compile` is for checkouts."""
        if self.target_name != "wheel" or version == "editable":
            return
        why = self._pure()
        if why is not None:
            self.app.display_warning(f"leadstream: a pure wheel, since {why}")
            return
        self._scratch = tempfile.mkdtemp()
        target = Path(self._scratch) / "compiled"
        build(Path(self.root), target)
        build_data["force_include"][str(target)] = FOLDER
        build_data["pure_python"] = False
        build_data["infer_tag"] = True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """After it is packed."""
        shutil.rmtree(getattr(self, "_scratch", ""), ignore_errors=True)


def main(given: list[str]) -> int:
    """See above."""
    if given[:1] == ["--work"]:
        _work(given[1], given[2], given[3:])
    elif given[:1] == ["--try"]:
        _try(given[1])
    elif given == ["--list"]:
        taken, left = compiled_files(ROOT)
        print("compiled:", *(f"  {path}" for path in taken), "left out:", sep="\n")
        print(*(f"  {path}: {why}" for path, why in left.items()), sep="\n")
    elif not given:
        if (why := why_no_compiler()) is not None:
            print(f"compile: {why}; without it the rules run as they are, slower.", file=sys.stderr)
            return 1
        try:
            build_in_checkout(ROOT)
        except RuntimeError as error:
            print(f"compile: {error}", file=sys.stderr)
            return 1
    else:
        print(__doc__, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
