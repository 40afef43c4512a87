"""A risk that is found later, as a number run (ruling 62), stays with the lead whatever is folded again."""

from __future__ import annotations

from one_key import DAY_MS, RULES, at, key, raw

from operators.intention import fold
from operators.intention.attributes import RISK
from operators.intention.risks import speaks_against

NOON = at(6, 12)
RUN = RISK["number_run"]


def test_it_is_said_once_and_survives_a_fold_out_of_order() -> None:
    section, row = key()
    unique = fold.add_raw(section, raw(1, NOON), row, RULES).decision[1]  # type: ignore[index]
    assert speaks_against(section, unique, "number_run") and not speaks_against(section, unique, "number_run")
    fold.add_raw(section, raw(2, NOON - DAY_MS), row, RULES)
    (found,) = section.head.uniques
    assert (found.n, found.first, found.facts & RUN) == (unique.n, 2, RUN), "an earlier raw lead opens it now"


def test_it_survives_when_what_it_was_found_by_is_no_longer_kept() -> None:
    section, row = key()
    unique = fold.add_raw(section, raw(1, NOON), row, RULES).decision[1]  # type: ignore[index]
    fold.add_raw(section, raw(2, NOON + 2 * DAY_MS), row, RULES)
    fold.collapse(section, 1, RULES)
    speaks_against(section, unique, "number_run")
    fold.add_raw(section, raw(3, NOON + DAY_MS), row, RULES)
    assert [one.facts & RUN for one in (*section.head.uniques, *section.base.uniques)] == [RUN, RUN]


def test_it_says_nothing_of_the_keys_other_leads() -> None:
    section, row = key()
    first = fold.add_raw(section, raw(1, NOON), row, RULES).decision[1]  # type: ignore[index]
    second = fold.add_raw(section, raw(2, NOON + 90 * DAY_MS), row, RULES).decision[1]  # type: ignore[index]
    assert first.n != second.n
    speaks_against(section, first, "number_run")
    fold.refold(section, row, RULES)
    assert [one.facts & RUN for one in section.head.uniques] == [RUN, 0]
