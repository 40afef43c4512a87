"""What the pages say can be typed and followed: commands parse, links and anchors lead somewhere, make targets exist.

Nothing is run. Of the reader's pages also: every channel, key of the configuration and metric that they list is there,
and every one that is there is listed.
"""

import re
import shlex
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import typer

from leadstream.commands.main import app
from operators.config import configuration
from operators.config.tables import MODELS
from operators.registry import COUNTS

CHECKOUT = Path(__file__).resolve().parent.parent.parent
RULES = CHECKOUT / "docs" / "rules"
"""A specification of its own, with tests of its own."""
READER = [CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").glob("*.md"))]
PAGES = [CHECKOUT / "README.md", *sorted(p for p in (CHECKOUT / "docs").rglob("*.md") if RULES not in p.parents)]
NO_COMMANDS = {"text", "json", "toml", "mermaid", "python"}

COMMAND: Any = typer.main.get_command(app)
"""A group, of whichever library this version of typer brings."""


@dataclass(frozen=True)
class Code:
    """A fenced block (`language` is a text) or code within a sentence (None)."""

    line: int
    language: str | None
    text: str


def code_of(text: str) -> Iterator[Code]:
    """Every fenced block and every inline code of a page."""
    block: list[str] | None = None
    language, began = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        fence = re.match(r"```(\w*)\s*$", line)
        if fence and block is None:
            block, language, began = [], fence[1], number
        elif fence and block is not None:
            yield Code(began, language, "\n".join(block))
            block = None
        elif block is not None:
            block.append(line)
        else:
            yield from (Code(number, None, found) for found in re.findall(r"`([^`]+)`", line))
    assert block is None, f"the block of line {began} has no end"


def without_blocks(text: str) -> str:
    """A page without its code: links and headings are looked for in the rest."""
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```\s*$", "", text, flags=re.MULTILINE | re.DOTALL))


def typed(text: str) -> Iterator[list[str]]:
    """The simple commands of some shell text, as words: comments, here-documents, redirections and variables left out."""
    text = re.sub(r"<<'(\w+)'(.*?)\n.*?^\1$", r"\2", text.replace("\\\n", " "), flags=re.MULTILINE | re.DOTALL)
    for line in text.splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        command: list[str] = []
        for word in [*lexer, ";"]:
            if word and set(word) <= set("();<>|&"):
                while command and re.fullmatch(r"\w+=.*", command[0]):
                    command = command[1:]
                if command:
                    yield command
                command = []
            else:
                command.append(word)


def commands(pages: list[Path], name: str) -> list[Any]:
    """Every command `name …` in the blocks of the pages."""
    found = []
    for page in pages:
        for code in code_of(page.read_text(encoding="utf-8")):
            if code.language is None or code.language in NO_COMMANDS:
                continue
            for words in typed(code.text):
                if words[0].removeprefix(".venv/bin/") == name:
                    where = f"{page.relative_to(CHECKOUT)}:{code.line}: {' '.join(words)}"
                    found.append(pytest.param(words[1:], id=where))
    return found


def complaint(words: list[str]) -> str:
    """What the command line says of these words without running anything; "" = it takes them."""
    try:
        options = 1 if words[0].startswith("-") else 0
        context = COMMAND.make_context("leadstream", words[:options])
        if not words[options:]:  # --version
            return ""
        name, command, rest = COMMAND.resolve_command(context, words[options:])
        command.make_context(name, rest, parent=context)
    except typer.Exit:  # --help
        return ""
    except Exception as error:
        return str(getattr(error, "format_message", error.__str__)()) or type(error).__name__
    return ""


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", (CHECKOUT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def slugs(page: Path) -> set[str]:
    """The anchors of a page, as GitHub makes them."""
    text = page.read_text(encoding="utf-8")
    found: set[str] = set(re.findall(r'<a id="([^"]+)"', text))
    for heading in re.findall(
        r"^#{1,6} +(.+?) *$", re.sub(r"^```.*?^```\s*$", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE
    ):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").strip().lower()
        slug = base = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        count = 0
        while slug in found:
            count += 1
            slug = f"{base}-{count}"
        found.add(slug)
    return found


def links() -> list[Any]:
    found = []
    for page in PAGES:
        for target in re.findall(r"\]\(([^)\s]+)\)", without_blocks(page.read_text(encoding="utf-8"))):
            if not re.match(r"[a-z]+:", target):
                found.append(pytest.param(page, target, id=f"{page.relative_to(CHECKOUT)}: {target}"))
    return found


# --- commands


@pytest.mark.parametrize("words", commands(READER, "leadstream"))
def test_a_command_parses(words):
    assert complaint(words) == ""


def test_a_command_that_does_not_exist_is_noticed():
    assert complaint(["rnu", "--source", "kafka"])
    assert complaint(["run", "--sorce", "kafka"])
    assert complaint(["topics", "--apply", "extra"])
    assert complaint(["generate", "--leads", "many", "--out", "x"])
    assert complaint(["check"])
    assert not complaint(["--version"])


def test_commands_are_found():
    """The words of a line with variables, redirections, pipes and a comment."""
    line = "A=b leadstream run --source x 2>&1 | tail -n 1 && .venv/bin/leadstream check y > z  # a word\n"
    found = [words for words in typed(line) if words[0].endswith("leadstream")]
    assert [words[:3] for words in found] == [["leadstream", "run", "--source"], [".venv/bin/leadstream", "check", "y"]]
    assert len(commands(READER, "leadstream")) > 20


@pytest.mark.parametrize("page", READER, ids=lambda page: page.name)
def test_a_command_within_a_sentence_names_what_exists(page):
    """`leadstream NAME --option`: the command and its options, nothing else, since arguments may be left out there."""
    known = COMMAND.commands
    for code in code_of(page.read_text(encoding="utf-8")):
        words = code.text.split()
        if code.language is not None or words[0] != "leadstream" or len(words) < 2:
            continue
        if words[1].startswith("--"):
            assert words[1] in {one for parameter in COMMAND.params for one in parameter.opts}, f"line {code.line}"
            continue
        assert words[1] in known, f"line {code.line}: leadstream {words[1]}"
        options = {one for parameter in known[words[1]].params for one in parameter.opts}
        given = {word.partition("=")[0] for word in words[2:] if word.startswith("--")}
        assert given <= options, f"line {code.line}: {given - options}"


@pytest.mark.parametrize("page", READER, ids=lambda page: page.name)
def test_every_block_says_what_it_is(page):
    """`sh` = commands that are checked here, `text` = what a command shows."""
    for code in code_of(page.read_text(encoding="utf-8")):
        if code.language is not None:
            assert code.language in NO_COMMANDS | {"sh"}, f"line {code.line}: a block without a language"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_every_make_target_exists(page):
    named = set()
    for code in code_of(page.read_text(encoding="utf-8")):
        if code.language not in NO_COMMANDS:
            for words in re.findall(r"(?:^|[;&|]\s*)make((?: +[A-Za-z0-9_.=\"'/-]+)*)", code.text, re.MULTILINE):
                named |= {word for word in words.split() if re.fullmatch(r"[a-z][a-z-]*", word)}
    assert named <= make_targets()


# --- links


@pytest.mark.parametrize(("page", "target"), links())
def test_a_link_leads_somewhere(page, target):
    path, _, anchor = unquote(target).partition("#")
    there = (page.parent / path).resolve() if path else page
    if (there == RULES or RULES in there.parents) and not RULES.exists():
        return
    assert there.is_relative_to(CHECKOUT)
    assert there.exists(), f"{path} does not exist"
    if anchor:
        assert anchor in slugs(there), f"{there.name} has no heading for #{anchor}"


def test_anchors_are_made_as_they_are_shown(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# A deal, step by step\n## What `once` does 合并\n## A deal, step by step\n```sh\n# none\n```\n")
    assert slugs(page) == {"a-deal-step-by-step", "what-once-does-合并", "a-deal-step-by-step-1"}


# --- lists that must stay whole


def _page(name):
    return (CHECKOUT / "docs" / name).read_text(encoding="utf-8")


def test_the_guide_lists_every_channel_of_the_profile():
    profile = tomllib.loads((CHECKOUT / "operators" / "profiles" / "automotive.toml").read_text(encoding="utf-8"))
    table = _page("guide.md").partition("| group | codes |")[2].partition("\n\n")[0]
    listed = {}
    for row in table.splitlines()[2:]:
        _, group, codes, _ = row.split("|")
        for one in codes.split(" · "):
            found = re.fullmatch(r" *`(\w+)` (.*?)( ○)? *", one)
            assert found is not None, one
            code, name, open_ = found.groups()
            listed[code] = {"name": name, "group": group.strip(" `")} | ({} if open_ else {"consent": True})
    shown = ("name", "group", "consent")
    assert listed == {code: {key: one[key] for key in shown if key in one} for code, one in profile["channels"].items()}


@pytest.mark.parametrize("table", MODELS, ids=lambda table: ".".join(table) or "top")
def test_every_key_of_the_configuration_is_explained(table):
    page = _page({"kafka": "kafka.md", "feeds": "feeds.md", "pull": "feeds.md"}.get("".join(table[:1]), "guide.md"))
    shown = set(
        re.findall(r"[A-Za-z][A-Za-z_]*", " ".join(code.text for code in code_of(page) if code.language is None))
    )
    assert set(MODELS[table].model_fields) <= shown


def test_every_metric_that_is_named_exists():
    makers = ("flows/observe/metrics.py", "connectors/gateway/meters.py")
    source = "".join((CHECKOUT / maker).read_text(encoding="utf-8") for maker in makers)
    source += " ".join(f'"{kind.metric}"' for kind in COUNTS if kind.metric)
    for page in READER:
        for name in re.findall(r"`leadstream_([a-z_]+)`", page.read_text(encoding="utf-8")):
            assert re.search(rf'"(?:leadstream_)?{name.removesuffix("_total")}"', source), f"{page.name}: {name}"


def test_examples_carry_the_rule_version_of_today() -> None:
    """A reader who types them gets the default profile's: an old one says that nobody has run them since."""
    texts = [page.read_text(encoding="utf-8") for page in READER]
    shown = {version for text in texts for version in re.findall(r'"rule_version":"([0-9a-f]+)"', text)}
    assert shown == {configuration.load(None, environ={}).rules.version}
