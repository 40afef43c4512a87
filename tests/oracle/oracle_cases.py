"""All worked examples of the rules of marks, activities, stores and dispatch, in the form of `oracle_case.Case`."""

import oracle_cases_activities
import oracle_cases_dispatch
import oracle_cases_fourth
import oracle_cases_marks
import oracle_cases_matching
import oracle_cases_release
import oracle_cases_stores
from oracle_case import Case, readable

__all__ = ["CASES", "Case", "readable"]

CASES: list[Case] = [
    *oracle_cases_marks.CASES,
    *oracle_cases_activities.CASES,
    *oracle_cases_matching.CASES,
    *oracle_cases_stores.CASES,
    *oracle_cases_dispatch.CASES,
    *oracle_cases_release.CASES,
    *oracle_cases_fourth.CASES,
]
