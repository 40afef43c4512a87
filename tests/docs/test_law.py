"""The law in `docs/rules/`: what is cited stands there, what stands there is found, and what no test cites is listed."""

import warnings
from pathlib import Path

import pytest

from scripts import law
from scripts.law import Rule


def _cited(text: str) -> list[Rule]:
    return [rule for rule, _ in law.citations(text)]


def test_every_rule_that_is_cited_stands(checkout: Path) -> None:
    faults = law.unknown_citations(checkout)
    assert not faults, "\n".join(faults)


def test_citations_are_found_at_all(checkout: Path) -> None:
    """The check above looks at something: code, tests, configuration and pages."""
    names = law.citing_files(checkout)
    assert {"operators/intention/fold.py", "tests/mutants.toml", "docs/architecture.md", "Makefile", ".ci/run"} <= set(
        names
    )
    assert not [name for name in names if name.startswith("docs/rules/")]
    assert Rule("ruling", 2) in _cited((checkout / "operators/intention/fold.py").read_text(encoding="utf-8"))


def test_a_citation_of_nothing_is_reported(checkout: Path) -> None:
    standing = law.standing(checkout)
    text = f'"""Opens (ruling 1).\n\nAnd says (rulings 2, 3,\n    {998} and {999}), as domain {18} has it."""\n'
    assert law.unknown("operators/planted.py", text, standing) == [
        f"operators/planted.py:4: ruling {998} does not stand in docs/rules",
        f"operators/planted.py:4: ruling {999} does not stand in docs/rules",
        f"operators/planted.py:4: domain {18} does not stand in docs/rules",
    ]


@pytest.mark.parametrize(
    ("text", "rulings"),
    [
        ("(ruling 4)", [4]),
        ("Ruling 12's exception", [12]),
        ("rulings 7, 12 and 53", [7, 12, 53]),
        ("rulings 7, 12, and 53;", [7, 12, 53]),
        ("# rulings 7,\n# 12", [7, 12]),
        ("rulings\n    26 and 57", [26, 57]),
        ("rulings 9-12, 32", [9, 10, 11, 12, 32]),
        ("rulings 58 to 60", [58, 59, 60]),
        ("ruling 16, 56: opening hours", [16, 56]),
        ("domain 4, ruling 39", [39]),
        ("the rulings alone, 12 of them", []),
    ],
)
def test_forms_of_a_citation(text: str, rulings: list[int]) -> None:
    assert [rule.number for rule in _cited(text) if rule.kind == "ruling"] == rulings


def test_the_index_leads_to_every_rule(checkout: Path) -> None:
    faults = law.index_faults(checkout) + law.link_faults(checkout)
    assert not faults, "\n".join(faults)
    last = {row.rule.kind: row.rule.number for row in law.index(checkout)}
    assert last["ruling"] >= 83 and last["domain"] >= 17


def test_an_index_that_leads_astray_is_reported(tmp_path: Path) -> None:
    rules = tmp_path / "docs" / "rules"
    rules.mkdir(parents=True)
    (rules / "01-a.md").write_text(
        '<a id="ruling-1"></a>**Rulings 1, 3.** One.\n\n**Domain 1.** Two.\n', encoding="utf-8"
    )
    table = "| domain | title | place |\n|---|---|---|\n| 1 | two | [a](01-a.md#domain-1) |\n\n"
    table += "| ruling | title | place |\n|---|---|---|\n| 1 | one | [a](01-a.md#ruling-1) |\n"
    table += "| 2 | none | [a](01-a.md#ruling-2), [b](02-b.md#ruling-2) |\n"
    (rules / "README.md").write_text(table, encoding="utf-8")
    assert law.index_faults(tmp_path) == [
        "docs/rules/README.md: domain 1: 01-a.md has no anchor domain-1 of it",
        "docs/rules/README.md: ruling 2: 01-a.md has no anchor ruling-2 of it",
        "docs/rules/README.md: ruling 2: 01-a.md does not mark it",
        "docs/rules/README.md: ruling 2: 02-b.md is not there",
        "docs/rules/README.md: ruling 3 is not in the index",
    ]


def test_rules_that_no_test_cites_are_listed(checkout: Path) -> None:
    """Listed, no fault: a rule may stand before it is built."""
    left = law.cited_by_no_test(checkout)
    if left:
        numbers = ", ".join(str(rule.number) for rule in left)
        warnings.warn(f"{len(left)} rulings are cited by no test: {numbers}", stacklevel=1)
