"""The table of domain 7, row by row, and what an activity does to an intention."""

from __future__ import annotations

from dataclasses import replace

import pytest
from one_key import DAY_MS, DEAL_MS, LIFE_MS, MERGE_MS, RULES, act, at, empty, mark, raw

from operators.intention import merge
from state.rows.codes import ACT_INVALID, ACT_LOST, ACT_PAID, ACT_REFUND, EFFECTIVE, LOST, OPEN, WON
from state.rows.intention import Fold

FIRST = at(1, 10)
EXPIRY = FIRST + MERGE_MS


def opened() -> Fold:
    """A key with one lead, opened by raw lead 1 on day 1 at 10:00."""
    fold = empty()
    assert mark(merge.raw_lead(fold, raw(1, FIRST), RULES)) == "FIRST_TOUCH"
    return fold


def test_row_1_nobody_here_is_a_first_touch_that_stands_against_nobody() -> None:
    fold = empty()
    decision = merge.raw_lead(fold, raw(1, FIRST), RULES)
    assert (mark(decision), decision[2]) == ("FIRST_TOUCH", 0)
    assert [(u.opened, u.first, u.expires) for u in fold.uniques] == [(FIRST, 1, EXPIRY)]


def test_row_2_another_day_up_to_the_expiry_merges_and_moves_it() -> None:
    """Ruling 5: bounds are inclusive. Ruling 6: the expiry is the latest touch + 60 days."""
    fold = opened()
    decision = merge.raw_lead(fold, raw(2, EXPIRY), RULES)
    assert (mark(decision), decision[2]) == ("MERGED", 1)
    (unique,) = fold.uniques
    assert (unique.expires, unique.touched, unique.count) == (EXPIRY + MERGE_MS, EXPIRY, 2)
    assert [entry.t for entry in unique.intents] == [FIRST, EXPIRY]


def test_row_3_beyond_the_expiry_is_a_new_intention() -> None:
    """Ruling 1: by the times, whether a timer has closed the lead by then or not."""
    fold = opened()
    decision = merge.raw_lead(fold, raw(2, EXPIRY + 1), RULES)
    assert mark(decision) == "FIRST_TOUCH"
    assert [u.first for u in fold.uniques] == [1, 2]


def test_the_longest_life_binds_before_the_merge_period() -> None:
    """Ruling 6: expires_at = min(anchor + merge period, opened_at + max life)."""
    fold = opened()
    touched = FIRST
    for n in range(2, 9):  # every 50 days: day 350 is the last touch
        touched += 50 * DAY_MS
        assert mark(merge.raw_lead(fold, raw(n, touched), RULES)) == "MERGED"
    assert fold.uniques[0].expires == FIRST + LIFE_MS < touched + MERGE_MS
    assert mark(merge.raw_lead(fold, raw(9, FIRST + LIFE_MS + 1), RULES)) == "FIRST_TOUCH"


def test_counted_from_the_first_touch_nothing_moves_the_expiry() -> None:
    """Ruling 6, option from_first: the anchor is opened_at."""
    rules = replace(RULES, from_first=True)
    fold = empty()
    merge.raw_lead(fold, raw(1, FIRST), rules)
    assert mark(merge.raw_lead(fold, raw(2, FIRST + 30 * DAY_MS), rules)) == "MERGED"
    merge.activity(fold, act(EFFECTIVE, FIRST + 40 * DAY_MS), rules)
    assert fold.uniques[0].expires == EXPIRY


def test_the_periods_are_those_of_the_raw_lead_that_touched_it() -> None:
    """Ruling 33."""
    fold = opened()
    merge.raw_lead(fold, raw(2, at(3), merge=5 * DAY_MS, deal=7 * DAY_MS), RULES)
    (unique,) = fold.uniques
    assert (unique.expires, unique.merge, unique.deal) == (at(8), 5 * DAY_MS, 7 * DAY_MS)


@pytest.mark.parametrize("kind", [ACT_LOST, ACT_INVALID])
def test_row_4_within_the_merge_period_of_a_closing_it_reopens(kind: int) -> None:
    """Ruling 27: it keeps its place and its opening."""
    closed = at(11, 15)
    fold = opened()
    merge.activity(fold, act(kind, closed), RULES)
    decision = merge.raw_lead(fold, raw(2, closed + MERGE_MS), RULES)
    assert (mark(decision), decision[2]) == ("MERGED", 1)
    (unique,) = fold.uniques
    assert (unique.status, unique.opened, unique.reopened) == (OPEN, FIRST, 1)
    assert unique.expires == closed + 2 * MERGE_MS


@pytest.mark.parametrize("kind", [ACT_LOST, ACT_INVALID])
def test_row_5_beyond_it_is_a_new_intention(kind: int) -> None:
    closed = at(11, 15)
    fold = opened()
    merge.activity(fold, act(kind, closed), RULES)
    assert mark(merge.raw_lead(fold, raw(2, closed + MERGE_MS + 1), RULES)) == "FIRST_TOUCH"
    assert [u.status for u in fold.uniques] == [LOST if kind == ACT_LOST else 3, OPEN]


def test_no_reopening_beyond_the_longest_life() -> None:
    """Ruling 27: row 4 also needs t ≤ opened_at + max life."""
    fold = opened()
    last = FIRST + 300 * DAY_MS
    fold.uniques[0].expires = last  # as if touched until then
    merge.activity(fold, act(ACT_LOST, last), RULES)
    assert merge.may_reopen(fold.uniques[0], last + MERGE_MS, MERGE_MS, LIFE_MS, RULES)
    assert not merge.may_reopen(fold.uniques[0], FIRST + LIFE_MS + 1, MERGE_MS * 2, LIFE_MS, RULES)


def test_row_6_within_the_deal_merge_period_it_is_attached_to_the_deal() -> None:
    """Ruling 6: DEAL_MERGED moves no expiry; it reopens nothing."""
    deal = at(21, 11)
    fold = opened()
    merge.activity(fold, act(ACT_PAID, deal), RULES)
    expires = fold.uniques[0].expires
    decision = merge.raw_lead(fold, raw(2, deal + DEAL_MS), RULES)
    assert (mark(decision), decision[2]) == ("DEAL_MERGED", 1)
    (unique,) = fold.uniques
    assert (unique.status, unique.at, unique.expires, unique.touched) == (WON, deal, expires, FIRST)
    assert len(unique.intents) == 1


def test_row_7_beyond_it_is_a_new_intention() -> None:
    deal = at(21, 11)
    fold = opened()
    merge.activity(fold, act(ACT_PAID, deal), RULES)
    assert mark(merge.raw_lead(fold, raw(2, deal + DEAL_MS + 1), RULES)) == "FIRST_TOUCH"


# --- the same day


def test_the_second_of_a_day_repeats_the_first_and_moves_no_clock() -> None:
    """Rulings 5, 6 and 12: until the last millisecond of the local day; it may raise the level of its day's entry."""
    fold = opened()
    decision = merge.raw_lead(fold, raw(2, at(2) - 1, level=3), RULES)
    assert (mark(decision), decision[2]) == ("DEDUPED", 1)
    (unique,) = fold.uniques
    assert (unique.expires, unique.touched, unique.count) == (EXPIRY, FIRST, 2)
    assert [(entry.t, entry.level) for entry in unique.intents] == [(FIRST, 3)]
    merge.raw_lead(fold, raw(3, at(2) - 1, level=1), RULES)
    assert unique.intents[0].level == 3, "a repeat may raise the level, never lower it"
    assert mark(merge.raw_lead(fold, raw(4, at(2)), RULES)) == "MERGED"


@pytest.mark.parametrize("kind", [ACT_LOST, ACT_INVALID])
def test_after_a_closing_the_next_of_that_day_reopens_and_later_ones_repeat_it(kind: int) -> None:
    """Ruling 12, the exception: a request after a wrong INVALID must not vanish."""
    fold = opened()
    merge.activity(fold, act(kind, at(1, 12)), RULES)
    assert mark(merge.raw_lead(fold, raw(2, at(1, 13)), RULES)) == "MERGED"
    decision = merge.raw_lead(fold, raw(3, at(1, 14)), RULES)
    assert (mark(decision), decision[2]) == ("DEDUPED", 2)
    assert fold.uniques[0].reopened == 1


def test_after_a_deal_of_that_day_it_is_a_repeat_all_the_same() -> None:
    """Ruling 12: DEDUPED wins whatever the state; the exception is for LOST and INVALID."""
    fold = opened()
    merge.activity(fold, act(ACT_PAID, at(1, 12)), RULES)
    assert mark(merge.raw_lead(fold, raw(2, at(1, 13)), RULES)) == "DEDUPED"


# --- activities


def test_an_effective_follow_up_puts_off_the_expiry() -> None:
    """Ruling 6: the anchor is the latest touch or effective follow-up; one exactly at the expiry is in time (5)."""
    fold = opened()
    merge.activity(fold, act(EFFECTIVE, EXPIRY), RULES)
    (unique,) = fold.uniques
    assert (unique.expires, unique.effective, unique.touched) == (EXPIRY + MERGE_MS, True, FIRST)


def test_a_follow_up_of_a_lead_that_has_expired_moves_nothing() -> None:
    """Ruling 26: activities on a closed lead change no status and reopen nothing."""
    fold = opened()
    merge.activity(fold, act(EFFECTIVE, EXPIRY + 1), RULES)
    assert fold.uniques[0].expires == EXPIRY
    merge.activity(fold, act(ACT_LOST, EXPIRY + 1), RULES)
    assert fold.uniques[0].status == OPEN, "an expiry is judged by times, a LOST after it comes too late"


@pytest.mark.parametrize(("late_ms", "status"), [(0, WON), (1, OPEN)])
def test_a_payment_wins_an_expired_lead_up_to_its_closing_and_the_deal_merge_period(late_ms: int, status: int) -> None:
    """Ruling 19."""
    fold = opened()
    merge.activity(fold, act(ACT_PAID, EXPIRY + DEAL_MS + late_ms), RULES)
    assert fold.uniques[0].status == status


def test_a_payment_wins_a_lost_lead_and_a_second_one_changes_nothing() -> None:
    """Ruling 19: WON = the first PAID, at its event time."""
    fold = opened()
    merge.activity(fold, act(ACT_LOST, at(5)), RULES)
    merge.activity(fold, act(ACT_PAID, at(20)), RULES)
    merge.activity(fold, act(ACT_PAID, at(30)), RULES)
    assert (fold.uniques[0].status, fold.uniques[0].at) == (WON, at(20))


def test_a_refund_ends_the_deal_at_its_time() -> None:
    """Ruling 19: the lead is LOST then; a raw lead within the merge period reopens it."""
    fold = opened()
    merge.activity(fold, act(ACT_PAID, at(20)), RULES)
    merge.activity(fold, act(ACT_REFUND, at(40)), RULES)
    assert (fold.uniques[0].status, fold.uniques[0].at) == (LOST, at(40))
    assert mark(merge.raw_lead(fold, raw(2, at(40) + MERGE_MS), RULES)) == "MERGED"


def test_a_refund_without_a_deal_changes_nothing() -> None:
    fold = opened()
    assert merge.activity(fold, act(ACT_REFUND, at(40)), RULES) is None
    assert fold.uniques[0].status == OPEN


def test_an_activity_goes_to_the_latest_lead_opened_at_or_before_it() -> None:
    """Ruling 26."""
    fold = opened()
    merge.raw_lead(fold, raw(2, EXPIRY + DAY_MS), RULES)
    merge.activity(fold, act(ACT_LOST, EXPIRY + DAY_MS), RULES)
    assert [u.status for u in fold.uniques] == [OPEN, LOST]


@pytest.mark.parametrize(("now", "open_then"), [(EXPIRY, True), (EXPIRY + 1, False)])
def test_expired_means_that_the_expiry_lies_before_now(now: int, open_then: bool) -> None:
    """Ruling 54."""
    assert merge.stands(opened().uniques[0], now) is open_then
