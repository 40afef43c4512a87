"""What pages and comments name of the repository is there: paths, files, modules and what is in them, headings that are cited."""

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

from scripts import law

CHECKOUT = Path(__file__).resolve().parent.parent.parent
LISTED = law.citing_files(CHECKOUT)
NAMES = {name.rpartition("/")[2] for name in LISTED}
ROOMS = ("state", "operators", "connectors", "flows", "leadstream", "benchmarks", "scripts")
FILES = [name for name in LISTED if not name.startswith("tests/docs/")]
PAGES = [name for name in FILES if name.endswith(".md")]
RULES = [path.relative_to(CHECKOUT).as_posix() for path in sorted((CHECKOUT / law.RULES).glob("*.md"))]
ARCHITECTURE = "docs/architecture.md"

_CODE = re.compile(r"`([^`\n]+)`")
_PATH = re.compile(rf"(?:{'|'.join(sorted({name.partition('/')[0] for name in LISTED if '/' in name}))})/[\w.*/-]*")
_MODULE = re.compile(rf"(?:{'|'.join(ROOMS)})(?:\.\w+)+")
_NO_MODULE = (".gz", ".json", ".toml")
_FILE = re.compile(r"[\w*-]+\.py")
_BESIDE = re.compile(rf"(?<![\w/.`-])(?:{'|'.join(ROOMS)})(?:/\w+)+\.py\b")
_NUMBERED = re.compile(r"\barchitecture[\s#]+\d", re.IGNORECASE)
_CITED = re.compile(rf'{re.escape(ARCHITECTURE)}, "([^"]+)"')


def is_path(path: str) -> bool:
    """Whether a file or folder is there; with a star, whether one fits."""
    if path.startswith("leadstream/_compiled"):
        return True  # there after `make compile` alone
    return bool(list(CHECKOUT.glob(path))) if "*" in path else (CHECKOUT / path).exists()


def is_module(name: str) -> bool:
    """Whether a dotted name leads to a module, and what stands behind it in the name occurs there."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        base = CHECKOUT.joinpath(*parts[:end])
        for file in (base.with_suffix(".py"), base / "__init__.py"):
            if file.is_file():
                text = file.read_text(encoding="utf-8")
                return all(re.search(rf"\b{part}\b", text) for part in parts[end:])
        if base.is_dir() and end == len(parts):
            return True
    return False


def is_there(code: str) -> bool:
    """Whether code within a sentence names what is there, or looks like no name of the repository."""
    bare, _, test = code.partition("::")
    if _PATH.fullmatch(bare):
        named = f"def {test}(" if test else ""
        return is_path(bare) and (not named or named in (CHECKOUT / bare).read_text(encoding="utf-8"))
    if _FILE.fullmatch(bare):
        return any(fnmatch(name, bare) for name in NAMES)
    return not _MODULE.fullmatch(code) or code.endswith(_NO_MODULE) or is_module(code)


def missing(text: str) -> list[str]:
    """What the text names in backticks and the repository does not hold."""
    return [code for code in _CODE.findall(text) if not is_there(code)]


@pytest.mark.parametrize("page", PAGES + RULES)
def test_what_a_page_names_is_there(page: str) -> None:
    text = re.sub(r"^```.*?^```\s*$", "", (CHECKOUT / page).read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    assert not missing(text)


def test_what_code_names_is_there() -> None:
    found = []
    for name in FILES:
        if name not in PAGES:
            text = (CHECKOUT / name).read_text(encoding="utf-8")
            found += [f"{name}: {code}" for code in missing(text)]
            found += [f"{name}: {path}" for path in _BESIDE.findall(text) if not (CHECKOUT / path).is_file()]
    assert not found, "\n".join(found)


def test_what_is_not_there_is_reported() -> None:
    here = "`flows/batch.py` `batch.py` `state/` `tests/golden/state-*` `flows.batch.Batch` `var/state` `flows`"
    assert not missing(here + " `tests/docs/test_law.py::test_forms_of_a_citation`")
    gone = (
        "`flows/no.py` `no.py` `tests/no/` `tests/golden/no-*` `flows.batch.No` `flows.no` `tests/docs/test_law.py::no`"
    )
    assert len(missing(gone)) == 7


def test_architecture_is_cited_by_its_headings() -> None:
    """Not by numbers, which it does not have."""
    headings = set(re.findall(r"^#+ (.+)$", (CHECKOUT / ARCHITECTURE).read_text(encoding="utf-8"), re.MULTILINE))
    cited = 0
    for name in FILES:
        text = (CHECKOUT / name).read_text(encoding="utf-8")
        assert not _NUMBERED.search(text), f"{name} cites architecture by a number"
        for heading in _CITED.findall(text):
            assert heading in headings, f"{name} cites {heading!r}, which is no heading of {ARCHITECTURE}"
            cited += 1
    assert cited > 5


def test_every_decision_is_in_the_list() -> None:
    folder = CHECKOUT / "docs" / "decisions"
    listed = re.findall(
        r"^\| \[(\d{4})\]\((.+?)\) \| (.+) \|$", (folder / "README.md").read_text("utf-8"), re.MULTILINE
    )
    there = [path.name for path in sorted(folder.glob("0*.md"))]
    assert [file for _, file, _ in listed] == there
    for number, file, title in listed:
        text = (folder / file).read_text("utf-8")
        assert text.startswith(f"# {number} {title}\n"), f"{file} has another number or title than the list"
        assert "**Context.**" in text
