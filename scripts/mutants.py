"""Change the code in one place at a time and see whether a test notices.

    mutants.py [--sample N] [--seed S] [--seconds T] [--only PATH] [--list]

Works in a copy of the checkout. The places are a seeded sample of all; the run ends after T seconds even when some are
left (said at the end). The tests that name the changed module run first, all others when those stay green. Exit 1 when
fewer than `noticed_at_least` (pyproject.toml, [tool.leadstream.mutants]) were noticed, 2 when the tests fail unchanged.

A change that cannot make a difference is excused by a comment on its line: `# mutant: <why it is the same>`.
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
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
# fewer than this many tried say nothing about a share
ENOUGH_FOR_A_SHARE = 10

COMPARISONS: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Lt: (r"<", "<="),
    ast.LtE: (r"<=", "<"),
    ast.Gt: (r">", ">="),
    ast.GtE: (r">=", ">"),
    ast.Eq: (r"==", "!="),
    ast.NotEq: (r"!=", "=="),
    ast.In: (r"\bin\b", "not in"),
    ast.NotIn: (r"\bnot\s+in\b", "in"),
    ast.Is: (r"\bis\b", "is not"),
    ast.IsNot: (r"\bis\s+not\b", "is"),
}
SUMS: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: (r"\+", "-"),
    ast.Sub: (r"-", "+"),
    ast.Mult: (r"\*", "//"),
    ast.FloorDiv: (r"//", "*"),
    ast.Mod: (r"%", "//"),
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """`old` at byte `start` of `path` becomes `new`."""

    path: str
    line: int
    start: int
    old: str
    new: str

    def __str__(self) -> str:
        def short(text: str) -> str:
            return re.sub(r"\s+", " ", text)[:60]

        return f"{self.path}:{self.line}: {short(self.old)!r} -> {short(self.new)!r}"

    def applied(self, source: bytes) -> bytes:
        """The source with the change."""
        old = self.old.encode()
        assert source[self.start : self.start + len(old)] == old, self
        return source[: self.start] + self.new.encode() + source[self.start + len(old) :]


class Places(ast.NodeVisitor):
    """Collects the mutants of one file; offsets are bytes, as `ast` counts columns."""

    def __init__(self, path: str, source: bytes) -> None:
        self.path = path
        self.source = source
        self.lines = source.splitlines(keepends=True)
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line))
        self.found: list[Mutant] = []
        self.visit(ast.parse(source))

    def _span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        assert node.end_lineno is not None and node.end_col_offset is not None
        return self.starts[node.lineno - 1] + node.col_offset, self.starts[node.end_lineno - 1] + node.end_col_offset

    def _add(self, start: int, end: int, new: str) -> None:
        line = self.source.count(b"\n", 0, start) + 1
        if b"# mutant:" not in self.lines[line - 1]:
            self.found.append(Mutant(self.path, line, start, self.source[start:end].decode(), new))

    def _between(self, left: ast.expr, right: ast.expr, pattern: str, new: str) -> None:
        """Replace the operator between two operands."""
        start, end = self._span(left)[1], self._span(right)[0]
        match = re.search(pattern.encode(), self.source[start:end])
        if match:
            self._add(start + match.start(), start + match.end(), new)

    def visit_Compare(self, node: ast.Compare) -> None:
        left = node.left
        for operator, right in zip(node.ops, node.comparators, strict=True):
            self._between(left, right, *COMPARISONS[type(operator)])
            left = right
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        old, new = (r"\band\b", "or") if isinstance(node.op, ast.And) else (r"\bor\b", "and")
        if len(node.values) == 2:  # of three or more, one changed operator binds otherwise than it reads
            self._between(node.values[0], node.values[1], old, new)
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        texts = (ast.JoinedStr, ast.List, ast.Tuple)
        joined = any(isinstance(side, texts) or _is_text(side) for side in (node.left, node.right))
        if type(node.op) in SUMS and not joined:
            self._between(node.left, node.right, *SUMS[type(node.op)])
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not):
            self._add(self._span(node)[0], self._span(node.operand)[0], "")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, bool):
            self._add(*self._span(node), str(not node.value))
        elif isinstance(node.value, int):
            self._add(*self._span(node), str(node.value + 1))

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._add(*self._span(node), "pass")
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        if all(isinstance(target, ast.Attribute | ast.Subscript) for target in node.targets):
            self._add(*self._span(node), "pass")
        self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Constant):  # a docstring
            return
        if isinstance(node.value, ast.Call):
            text = ast.unparse(node.value.func)
            if text.startswith(("log.", "logger.", "_log.")):
                return
            self._add(*self._span(node), "pass")
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for statement in node.body:  # neither annotations nor defaults nor decorators
            self.visit(statement)

    def visit_If(self, node: ast.If) -> None:
        if ast.unparse(node.test).endswith("TYPE_CHECKING"):
            return
        self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> None:
        """Messages are not tested word by word."""

    def visit_Assert(self, node: ast.Assert) -> None:
        """What must never be cannot be tested by making it so."""

    def visit_Import(self, node: ast.Import) -> None:
        """Nothing to change."""

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Text for people."""


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)


def mutants_of(sources: list[str]) -> list[Mutant]:
    """All mutants of the Python files in these folders or files, in file order."""

    def files() -> Iterator[Path]:
        for name in sources:
            place = CHECKOUT / name
            yield from sorted(place.rglob("*.py")) if place.is_dir() else [place]

    return [
        mutant
        for file in files()
        if file.name != "__init__.py"
        for mutant in Places(str(file.relative_to(CHECKOUT)), file.read_bytes()).found
    ]


class Tests:
    """Runs the tests of a copy of the checkout."""

    def __init__(self, copy: Path, markers: str, timeout_s: float) -> None:
        self.copy = copy
        self.command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "--tb=no", "-p", "no:cacheprovider"]
        self.command += ["-m", markers]
        self.timeout_s = timeout_s
        self.env = dict(os.environ, PYTHONDONTWRITEBYTECODE="1")
        # the copy does not stand beside the data
        self.env.setdefault("LEADSTREAM_TEST_DATA", str(CHECKOUT.parent / "shared" / "data"))

    def code(self, files: list[str]) -> int:
        """pytest's exit code; 124 when its time was up."""
        with subprocess.Popen(
            [*self.command, *files],
            cwd=self.copy,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as process:
            try:
                return process.wait(self.timeout_s)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)  # with the processes that tests started
                return 124

    def naming(self, path: str) -> list[str]:
        """The test files that name the module at `path`."""
        package, stem = Path(path).parts[0], Path(path).stem
        pattern = re.compile(
            rf"\b{package}(\.\w+)*\.{stem}\b|\bfrom {package}(\.\w+)* import (\([^)]*|[^\n]*)\b{stem}\b"
        )
        return [
            str(file.relative_to(self.copy))
            for file in sorted((self.copy / "tests").rglob("test_*.py"))
            if pattern.search(file.read_text(encoding="utf-8"))
        ]

    def notice(self, mutant: Mutant) -> bool:
        """Whether a test fails, or hangs, with the change."""
        target = self.copy / mutant.path
        original = target.read_bytes()
        target.write_bytes(mutant.applied(original))
        try:
            near = self.naming(mutant.path)
            return (bool(near) and self.code(near) not in (0, 5)) or self.code([]) not in (0, 5)
        finally:
            target.write_bytes(original)


def main() -> int:
    settings = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["leadstream"]["mutants"]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=30, help="how many places (default 30)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (default 1)")
    parser.add_argument("--seconds", type=float, default=3600, help="stop after this time (default 3600)")
    parser.add_argument("--only", action="append", help="a file or folder instead of all sources; may be repeated")
    parser.add_argument("--list", action="store_true", help="list the places and do nothing")
    chosen = parser.parse_args()

    began = time.monotonic()
    places = mutants_of(chosen.only or settings["sources"])
    sample = random.Random(chosen.seed).sample(places, min(chosen.sample, len(places)))
    if chosen.list:
        print(*places, sep="\n")
        return 0
    if not sample:
        print("mutants: WARNING, there is no code to change yet")
        return 0

    with tempfile.TemporaryDirectory(prefix="leadstream-mutants-") as folder:
        copy = Path(folder) / "checkout"
        skipped = shutil.ignore_patterns(".git", ".venv", "var", "__pycache__", ".*_cache", ".hypothesis", ".venv.lock")
        shutil.copytree(CHECKOUT, copy, ignore=skipped)
        tests = Tests(copy, settings["markers"], settings["timeout_s"])
        print(
            f"mutants: {len(sample)} of {len(places)} places, seed {chosen.seed}; the tests unchanged first", flush=True
        )
        code = tests.code([])
        if code == 5:
            print("mutants: WARNING, there are no tests yet")
            return 0
        if code:
            print(f"mutants: the tests fail on unchanged code (pytest's code {code}): mend them first", file=sys.stderr)
            return 2
        unchanged_s = time.monotonic() - began
        tests.timeout_s = min(tests.timeout_s, 10 + 3 * unchanged_s)

        survivors: list[Mutant] = []
        tried = 0
        for mutant in sample:
            # one more may take as long as the tests do twice: the time limit is kept, not passed
            if time.monotonic() - began + 2 * unchanged_s > chosen.seconds:
                break
            noticed = tests.notice(mutant)
            tried += 1
            if not noticed:
                survivors.append(mutant)
            print(f"mutants: {tried:3d} {'noticed ' if noticed else 'SURVIVED'} {mutant}", flush=True)

    noticed_share = 1 - len(survivors) / tried if tried else 0.0
    print(f"mutants: {tried - len(survivors)} of {tried} noticed, {len(sample) - tried} not tried for lack of time")
    if not tried:
        print(f"mutants: WARNING, the tests alone take {unchanged_s:.0f} s: no change fits into {chosen.seconds:.0f} s")
    if tried >= ENOUGH_FOR_A_SHARE and noticed_share < settings["noticed_at_least"]:
        print(f"mutants: FAILED, fewer than {settings['noticed_at_least']:.0%} noticed", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
