"""Put one fault at a time into a function and see whether the tests that should notice do.

    mutants.py [--sample N] [--seed S] [--seconds T] [--only WORD] [--list]

Reads `tests/mutants.toml`: for each entry `where` (a function by its qualified name, `Shard.is_applied`, with as much of its
module's path in front as it takes to name one alone: `merge.activity`), `old` (what occurs exactly once in that function),
`new`, `why`, `tests` (pytest nodes or folders). Functions are looked for in all packages and compared in a normal form, so
that neither a move of a file nor another format of a line needs a change of the list. Works in a copy of the checkout;
nothing here is touched. Prints which test noticed. Exit 1 when a mutant survived, 2 when the list does not fit the code or
the named tests fail on unchanged code. `--sample` takes a seeded part, `--seconds` ends the run after that time and says
what was left.
"""

import argparse
import ast
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
LIST = "tests/mutants.toml"
PACKAGES = ("flows", "operators", "state", "connectors", "leadstream")
TIMEOUT_S = 240
ONE_TEST_S = 60
"""Longer, and a test counts as one without end: a fault that makes the engine wait for ever is noticed too."""
_KEYS = {"where", "old", "new", "why", "tests"}
_SKIPPED = (".git", ".venv", "var", "__pycache__", ".*_cache", ".hypothesis", ".venv.lock", "dist", "build")


class WrongList(Exception):
    """The list does not fit the code."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the packages."""

    name: str
    """Dotted, with its module: `operators.intention.merge.may_reopen`, `state.fence.Fences.is_applied`."""
    file: str
    node: ast.FunctionDef | ast.AsyncFunctionDef

    @property
    def text(self) -> str:
        """Its normal form: one statement a line, without comments."""
        return ast.unparse(self.node)

    def replaced(self, source: str, text: str) -> str:
        """The file's `source` with `text` in place of the function."""
        lines = source.splitlines(keepends=True)
        begin = min([self.node.lineno, *(decorator.lineno for decorator in self.node.decorator_list)]) - 1
        lines[begin : self.node.end_lineno] = [textwrap.indent(text, " " * self.node.col_offset) + "\n"]
        return "".join(lines)


def functions_of(source: str, module: str, file: str) -> Iterator[Function]:
    """All functions of a module, methods and inner functions too."""

    def within(node: ast.AST, path: str) -> Iterator[Function]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                name = f"{path}.{child.name}"
                if not isinstance(child, ast.ClassDef):
                    yield Function(name, file, child)
                yield from within(child, name)
            else:
                yield from within(child, path)

    return within(ast.parse(source), module)


def functions_in(checkout: Path) -> list[Function]:
    """The functions of all packages."""
    found: list[Function] = []
    for package in PACKAGES:
        for path in sorted((checkout / package).rglob("*.py")):
            file = path.relative_to(checkout)
            module = ".".join(file.with_suffix("").parts)
            found.extend(functions_of(path.read_text(encoding="utf-8"), module, str(file)))
    return found


_FORMS = (("", ""), ("", "\n    pass"), ("{", "}"), ("_(", ")"))
"""What makes a fragment something that can be parsed: it is a statement, the head of one, an entry, an argument."""


def normal(fragment: str) -> str:
    """A fragment as it stands in the normal form of its function."""
    for before, behind in _FORMS:
        try:
            text = ast.unparse(ast.parse(f"{before}{fragment.strip()}{behind}"))
        except SyntaxError:
            continue
        return text.removeprefix(before).removesuffix(behind)
    return " ".join(fragment.split())


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: what is `old` in the function `where` becomes `new`; `tests` have to notice."""

    where: str
    old: str
    new: str
    why: str
    tests: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.where}: {self.why}"

    def function(self, functions: list[Function]) -> Function:
        """The one function that `where` names. Raises WrongList."""
        found = [function for function in functions if f".{function.name}".endswith(f".{self.where}")]
        if not found:
            raise WrongList(f"{LIST}: there is no function {self.where!r} any more, which this entry needs: {self}")
        if len(found) > 1:
            names = ", ".join(function.name for function in found)
            raise WrongList(f"{LIST}: {self.where!r} may be {names}; name one in this entry: {self}")
        return found[0]

    def applied(self, function: Function, source: str) -> str:
        """The function's file with the fault. Raises WrongList unless what is old occurs exactly once."""
        text, old = function.text, normal(self.old)
        places = [match.span() for match in re.finditer(rf"(?<!\w){re.escape(old)}(?!\w)", text)]
        if len(places) != 1:
            raise WrongList(
                f"{LIST}: {self.where!r} holds {self.old!r} {len(places)} times, not once, in entry: {self}"
            )
        begin, end = places[0]
        return function.replaced(source, text[:begin] + normal(self.new) + text[end:])


def mutants_of(checkout: Path) -> list[Mutant]:
    """The list, each entry tried on its function. Raises WrongList."""
    functions = functions_in(checkout)
    found = []
    for entry in tomllib.loads((checkout / LIST).read_text(encoding="utf-8"))["mutant"]:
        if set(entry) != _KEYS or not entry["tests"]:
            raise WrongList(f"{LIST}: an entry has the keys {sorted(entry)}, not {sorted(_KEYS)}")
        mutant = Mutant(entry["where"], entry["old"], entry["new"], entry["why"], tuple(entry["tests"]))
        function = mutant.function(functions)
        faulty = mutant.applied(function, (checkout / function.file).read_text(encoding="utf-8"))
        compile(faulty, function.file, "exec")
        for test in mutant.tests:
            if not (checkout / test.partition("::")[0]).exists():
                raise WrongList(f"{LIST}: there is no {test}, which should notice: {mutant}")
        found.append(mutant)
    return found


class Copy:
    """A copy of the checkout in which tests are run."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "checkout"
        shutil.copytree(CHECKOUT, self.root, ignore=shutil.ignore_patterns(*_SKIPPED))
        self.env = dict(os.environ, PYTHONDONTWRITEBYTECODE="1", CI="true", LEADSTREAM_KILLS="10")
        # the copy does not stand beside the data
        self.env.setdefault("LEADSTREAM_TEST_DATA", str(CHECKOUT.parent / "shared" / "data"))

    def test(self, tests: list[str]) -> tuple[int, str]:
        """pytest's exit code (124: time was up) and its output."""
        command = [sys.executable, "-m", "pytest", "-q", "--no-header", "--tb=no", "-rfE", "-p", "no:cacheprovider"]
        command += ["-x", f"--timeout={ONE_TEST_S}", "-m", "not kafka"]  # a fault is noticed without a broker
        with subprocess.Popen(
            [*command, *tests],
            cwd=self.root,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                output, _ = process.communicate(timeout=TIMEOUT_S)
                return process.returncode, output
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)  # with the processes that tests started
                return 124, "no end within the time limit"

    def noticed_by(self, mutant: Mutant) -> str:
        """The test that noticed, or "". Raises WrongList when the tests could not be run at all."""
        function = mutant.function(functions_in(self.root))
        target = self.root / function.file
        original = target.read_text(encoding="utf-8")
        target.write_text(mutant.applied(function, original), encoding="utf-8")
        try:
            code, output = self.test(list(mutant.tests))
        finally:
            target.write_text(original, encoding="utf-8")
        if code == 0:
            return ""
        if code == 124:
            return output
        found = re.search(r"^(?:FAILED|ERROR) (\S+)", output, re.MULTILINE)
        if code == 1 and found:
            return found[1]
        if code == 1 and "Timeout" in output:
            return f"no end within {ONE_TEST_S} s"
        raise WrongList(f"pytest ended with {code} for {mutant}:\n{output[-1500:]}")


def chosen_from(mutants: list[Mutant], sample: int, seed: int, only: str) -> list[Mutant]:
    """Those that `only` names, at most `sample` of them, in an order drawn from the seed when they are not all."""
    found = [mutant for mutant in mutants if only in str(mutant)]
    return found if sample >= len(found) else random.Random(seed).sample(found, sample)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=10_000, help="how many (default all)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (default 1)")
    parser.add_argument("--seconds", type=float, default=3600, help="begin no more after this time (default 3600)")
    parser.add_argument("--only", default="", help="those whose function or reason holds this text")
    parser.add_argument("--list", action="store_true", help="list them and do nothing")
    chosen = parser.parse_args()
    began = time.monotonic()
    try:
        mutants = chosen_from(mutants_of(CHECKOUT), chosen.sample, chosen.seed, chosen.only)
        if chosen.list:
            print(*mutants, sep="\n")
            return 0
        with tempfile.TemporaryDirectory(prefix="leadstream-mutants-") as folder:
            return tried(Copy(Path(folder)), mutants, began + chosen.seconds)
    except WrongList as error:
        print(f"mutants: {error}", file=sys.stderr)
        return 2


def tried(copy: Copy, mutants: list[Mutant], end: float) -> int:
    """Run them all, or until the time is over."""
    survivors: list[Mutant] = []
    done = 0
    passing: set[str] = set()
    for mutant in mutants:
        if time.monotonic() > end:
            break
        # A test that fails on unchanged code would notice everything: each is run once without a fault.
        new = [test for test in mutant.tests if test not in passing]
        code, output = copy.test(new) if new else (0, "")
        if code:
            print(f"mutants: {new} fail on unchanged code (pytest's code {code}):\n{output[-1500:]}", file=sys.stderr)
            return 2
        passing.update(new)
        started = time.monotonic()
        by = copy.noticed_by(mutant)
        done += 1
        if not by:
            survivors.append(mutant)
        took = time.monotonic() - started
        print(f"mutants: {done:3d} {'noticed ' if by else 'SURVIVED'} {mutant} [{by or '-'}, {took:.0f} s]", flush=True)
    print(f"mutants: {done - len(survivors)} of {done} noticed, {len(mutants) - done} left for lack of time")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
