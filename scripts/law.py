"""The law in `docs/rules/`: where each ruling and each section of the domain stands, and who cites it.

    python scripts/law.py      faults, one a line (then exit 1), and the rulings that no test cites

A rule is marked where it stands, `**Ruling 4.**` or `**Domain 7, rulings 1 and 3.**`, and can be linked to there:
`<a id="ruling-4"></a>`. The tables of `docs/rules/README.md` lead to all places. Everything else in the project cites:
"ruling 4", "rulings 7, 12 and 53", "rulings 58 to 74", "domain 7". Standard library only.
"""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
RULES = "docs/rules"
"""The law itself; what cites is elsewhere."""
SUFFIXES = (".py", ".md", ".toml", ".sh", ".yaml", ".yml")
NAMES = ("Makefile", "Dockerfile", "run")
"""Files that cite and have no suffix."""

_GAP = r"[\s#]"  # a list may go on in the next line, of a comment too
_BETWEEN = rf"(?:{_GAP}*,{_GAP}*(?:and{_GAP}+)?|{_GAP}+(?:and|to){_GAP}+|[-–])"
_CITED = re.compile(rf"\b(ruling|domain)s?{_GAP}+(\d+(?:{_BETWEEN}\d+)*)\b", re.IGNORECASE)
_RANGE = re.compile(rf"(?:{_GAP}+to{_GAP}+|[-–])")
_MARK = re.compile(r"\*\*((?:Ruling|Domain)s?\b[^*\n]*)\*\*")
_ANCHOR = re.compile(r'<a id="(ruling|domain)-(\d+)"></a>')
_LINK = re.compile(r"\]\(([^)\s#]*)(?:#([^)\s]*))?\)")
_HEAD = re.compile(r"^\| (ruling|domain) \|")
_ROW = re.compile(r"^\| (\d+) \| ([^|]*) \| (.*) \|$")


class Rule(NamedTuple):
    """What can be cited: `Rule("ruling", 4)`."""

    kind: str
    number: int

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


class Row(NamedTuple):
    """A line of the index: the rule, its title, and (file, anchor) of each place."""

    rule: Rule
    title: str
    places: list[tuple[str, str]]


def citations(text: str) -> Iterator[tuple[Rule, int]]:
    """Each rule that the text cites, with the offset of its number; of a range all between, at its end."""
    for found in _CITED.finditer(text):
        kind, start, first = found[1].lower(), found.start(2), 0
        end_before = 0
        for number in re.finditer(r"\d+", found[2]):
            value = int(number[0])
            joined = found[2][end_before : number.start()]
            if first and _RANGE.fullmatch(joined) and first < value <= first + 1000:
                for between in range(first + 1, value):
                    yield Rule(kind, between), start + number.start()
            yield Rule(kind, value), start + number.start()
            first, end_before = value, number.end()


def unknown(name: str, text: str, standing: set[Rule]) -> list[str]:
    """What the text cites and the law does not hold: `file:line: …`."""
    return [
        f"{name}:{text.count(chr(10), 0, offset) + 1}: {rule} does not stand in {RULES}"
        for rule, offset in citations(text)
        if rule not in standing
    ]


def citing_files(root: Path = ROOT) -> list[str]:
    """The project's files that may cite, tracked or about to be; without git, what lies in the checkout."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, capture_output=True, check=True).stdout.decode().split("\0")
    except (OSError, subprocess.CalledProcessError):
        skipped = {".git", ".venv", "var", "build", "dist"}
        paths = (path.relative_to(root) for path in root.rglob("*"))
        listed = [path.as_posix() for path in paths if not skipped & set(path.parts)]
    return sorted(
        name
        for name in set(listed)
        if (name.endswith(SUFFIXES) or name.rpartition("/")[2] in NAMES)
        and not name.startswith(RULES + "/")
        and (root / name).is_file()
    )


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def marks(text: str) -> set[Rule]:
    """The rules that a page of the law marks as standing there."""
    return {rule for found in _MARK.finditer(text) for rule, _ in citations(found[1])}


def pages(root: Path = ROOT) -> dict[str, str]:
    """The pages of the law by file name, without the index."""
    return {path.name: _read(path) for path in sorted((root / RULES).glob("*.md")) if path.name != "README.md"}


def standing(root: Path = ROOT) -> set[Rule]:
    """Every rule that is marked on some page."""
    return {rule for text in pages(root).values() for rule in marks(text)}


def index(root: Path = ROOT) -> list[Row]:
    """The rows of the index, both tables."""
    rows, kind = [], ""
    for line in _read(root / RULES / "README.md").splitlines():
        if head := _HEAD.match(line):
            kind = head[1]
        elif kind and (row := _ROW.match(line)):
            rows.append(Row(Rule(kind, int(row[1])), row[2].strip(), _LINK.findall(row[3])))
        elif not line.startswith("|"):
            kind = ""
    return rows


def unknown_citations(root: Path = ROOT) -> list[str]:
    """Faults of those who cite."""
    rules = standing(root)
    return [fault for name in citing_files(root) for fault in unknown(name, _read(root / name), rules)]


def index_faults(root: Path = ROOT) -> list[str]:
    """Where index and pages do not fit: a place that is not there, a place that is not named, a number left out."""
    texts, rows, faults = pages(root), index(root), []
    places = {rule: {name for name, text in texts.items() if rule in marks(text)} for rule in standing(root)}
    for rule, title, links in rows:
        where = f"{RULES}/README.md: {rule}"
        if not title or not links:
            faults.append(f"{where}: no title or no place")
        for name, anchor in links:
            if name not in texts:
                faults.append(f"{where}: {name} is not there")
                continue
            if anchor != f"{rule.kind}-{rule.number}" or f'<a id="{anchor}"></a>' not in texts[name]:
                faults.append(f"{where}: {name} has no anchor {anchor} of it")
            if name not in places.get(rule, ()):
                faults.append(f"{where}: {name} does not mark it")
        named = {name for name, _ in links}
        faults.extend(f"{where}: stands in {name} too" for name in sorted(places.get(rule, set()) - named))
    for kind in ("domain", "ruling"):
        numbers = [row.rule.number for row in rows if row.rule.kind == kind]
        if not numbers or numbers != list(range(1, len(numbers) + 1)):
            faults.append(f"{RULES}/README.md: the numbers of {kind} are not 1, 2, 3 …: {numbers}")
    indexed = {row.rule for row in rows}
    faults.extend(f"{RULES}/README.md: {rule} is not in the index" for rule in sorted(set(places) - indexed))
    return faults


def link_faults(root: Path = ROOT) -> list[str]:
    """Links between the pages of the law that lead nowhere, and anchors that stand twice."""
    texts = pages(root) | {"README.md": _read(root / RULES / "README.md")}
    faults = []
    for page, text in texts.items():
        for name, anchor in _LINK.findall(text):
            if ":" in name:
                continue
            target = (root / RULES / (name or page)).resolve()
            if not target.exists():
                faults.append(f"{RULES}/{page}: {name} is not there")
            elif anchor and target.name in texts and f'<a id="{anchor}"></a>' not in texts[target.name]:
                faults.append(f"{RULES}/{page}: {name} has no anchor {anchor}")
        anchors = Counter(_ANCHOR.findall(text))
        faults.extend(
            f"{RULES}/{page}: anchor {kind}-{n} {count} times" for (kind, n), count in anchors.items() if count > 1
        )
    return faults


def cited_by_no_test(root: Path = ROOT) -> list[Rule]:
    """The rulings that stand and that nothing under `tests/` cites (the test of this script apart)."""
    names = [name for name in citing_files(root) if name.startswith("tests/") and not name.startswith("tests/docs/")]
    cited = {rule for name in names for rule, _ in citations(_read(root / name))}
    return sorted(rule for rule in standing(root) - cited if rule.kind == "ruling")


def main() -> int:
    faults = unknown_citations() + index_faults() + link_faults()
    for fault in faults:
        print(fault)
    titles = {row.rule: row.title for row in index()}
    left = cited_by_no_test()
    print(f"{len(left)} of {len([rule for rule in standing() if rule.kind == 'ruling'])} rulings are cited by no test:")
    for rule in left:
        print(f"  {rule}: {titles.get(rule, '')}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
