"""All worked examples of the rules of marks, activities, stores and dispatch, in the form of `oracle_case.Case`."""

import oracle_cases_activities
import oracle_cases_advice
import oracle_cases_clocks
import oracle_cases_commands
import oracle_cases_consent
import oracle_cases_dispatch
import oracle_cases_exits
import oracle_cases_fields
import oracle_cases_fixed
import oracle_cases_fourth
import oracle_cases_incoming
import oracle_cases_marks
import oracle_cases_matching
import oracle_cases_meets
import oracle_cases_owned
import oracle_cases_pool
import oracle_cases_release
import oracle_cases_rooms
import oracle_cases_routes
import oracle_cases_runs
import oracle_cases_scores
import oracle_cases_stores
import oracle_cases_tasks
import oracle_cases_verdict_times
import oracle_cases_verdicts
from oracle_case import Case, readable

__all__ = ["CASES", "CLEANING_CASES", "FOLLOW_UP_CASES", "INCOMING_CASES", "Case", "readable"]

CASES: list[Case] = [
    *oracle_cases_marks.CASES,
    *oracle_cases_activities.CASES,
    *oracle_cases_matching.CASES,
    *oracle_cases_stores.CASES,
    *oracle_cases_dispatch.CASES,
    *oracle_cases_release.CASES,
    *oracle_cases_fixed.CASES,
    *oracle_cases_fourth.CASES,
]
FOLLOW_UP_CASES: list[Case] = [
    *oracle_cases_commands.CASES,
    *oracle_cases_rooms.CASES,
    *oracle_cases_clocks.CASES,
    *oracle_cases_pool.CASES,
    *oracle_cases_owned.CASES,
]
"""Those of the life after dispatch: they hold commands."""
INCOMING_CASES: list[Case] = [*oracle_cases_incoming.CASES, *oracle_cases_fields.CASES]
"""What comes in (rulings 76 to 82): dirty bytes, numbers, times and fields."""
CLEANING_CASES: list[Case] = [
    *oracle_cases_routes.CASES,
    *oracle_cases_tasks.CASES,
    *oracle_cases_verdicts.CASES,
    *oracle_cases_verdict_times.CASES,
    *oracle_cases_consent.CASES,
    *oracle_cases_advice.CASES,
    *oracle_cases_runs.CASES,
    *oracle_cases_exits.CASES,
    *oracle_cases_scores.CASES,
    *oracle_cases_meets.CASES,
]
"""Layers 4 to 6 (rulings 24, 28, 31, 38, 40, 43, 53, 58 to 62, 74)."""
