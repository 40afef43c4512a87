"""One lead that is cleaned: the plots of its calls, and times that make them true (rulings 24, 59 and 61)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import replace
from itertools import accumulate
from random import Random
from typing import Final

from connectors.demo.simulated.days import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    SECOND_MS,
    calling_after,
    calling_from,
    local_day,
)
from connectors.demo.simulated.key_life import KeyLife, Touch
from connectors.demo.simulated.records import FIRST_TOUCH, MERGED, Verdict

AI, MANUAL, DCC, ADVISOR, BIGDATA = "AI", "MANUAL", "DCC", "ADVISOR", "BIGDATA"
TAKEN, REFUSED, REPEATED = "taken", "refused", "repeated"

_AI_LIMIT_MS: Final = 10 * MINUTE_MS
_MANUAL_LIMIT_MS: Final = DAY_MS
_NUMBER: Final = ("DEAD", "DEAD", "SUSPENDED", "BONUS_HUNTER")
"""Facts of the number: they close the lead, even after the robot's time."""
_NO_HELP: Final = ("UNREACHED", "UNREACHED", "NO_INTENT", "UNSURE")
_YES: Final = frozenset({"INTENT", "STORE_CHOSEN", "HIGH", "NORMAL"})
_OTHER_WORDS: Final = ((AI, "UNSURE"), (AI, "DEAD"), (MANUAL, "HIGH"), (MANUAL, "INVALID"))
_SUSPECTED_MS: Final = 3 * DAY_MS
"""How long BIGDATA's word stands (ruling 40)."""
_REASONS: Final = ("NO_INTENT", "NO_INTENT", "EMPTY_NUMBER", "WRONG_PERSON", "OFFICE_PHONE", "REFUSED", "OTHER")


class Call:
    """A lead, the task that is open for it, and what was said so far."""

    def __init__(
        self, rng: Random, key: KeyLife, touch: Touch, route: str, wants: str, read_ms: int, end_ms: int
    ) -> None:
        self.rng = rng
        self.key = key
        self.touch = touch
        self.route = route
        self.wants = wants
        """The status in which it waits for a store; "" = its store is known."""
        self.task = "" if route == NONE else route or MANUAL
        self.opened_ms = read_ms
        self.robot_ran_out = False
        self.said_ms = max(read_ms, touch.lead.arrival_ms)
        self.end_ms = min(end_ms, key.next_act_ms(touch.event_ms) - MINUTE_MS)
        self.store = key.store
        self.new_store = ""
        self.open_store: Callable[[int], str] = lambda at_ms: ""
        self.answer = ""
        self.answered_ms: int | None = None
        self.folded = False
        """Whether the answer names a store with an open lead: what is said after it would be said of that one."""
        self.yes_ms: int | None = None
        self.ready_ms: int | None = read_ms if route == NONE else None
        self.invalid_ms: int | None = None
        self.verdicts: list[Verdict] = []
        self.expected: list[str] = []

    # What time does.

    def due_ms(self) -> int:
        """The last instant at which the open task is answered in time."""
        return self._robot_due_ms() if self.task == AI else self.opened_ms + _MANUAL_LIMIT_MS

    def _robot_due_ms(self) -> int:
        return calling_after(self.opened_ms, _AI_LIMIT_MS)

    def times_pass(self, at_ms: int) -> None:
        """Time-outs before an instant: the robot's task goes to people, theirs ends unless the store is wanted."""
        if self.task == AI and self._robot_due_ms() < at_ms:
            self.task, self.opened_ms, self.robot_ran_out = MANUAL, self._robot_due_ms(), True
        # Who has no known route has no store either: no time-out ends that.
        if self.task == MANUAL and not self.wants and self.due_ms() < at_ms:
            self.task, self.ready_ms = "", self.due_ms()

    # What is said.

    def say(self, by: str, outcome: str, at_ms: int, *, store: str = "") -> bool:
        """A verdict at an instant; False where the script has no room for it there."""
        if not self.said_ms < at_ms <= self.end_ms or calling_from(at_ms) != at_ms or not self.key.settled(at_ms):
            return False
        closes = (outcome == "INVALID" and by != BIGDATA) or outcome in _NUMBER
        if closes and self.invalid_ms is None and not self._may_close(at_ms):
            return False
        if store and not self._may_answer(at_ms):
            return False
        self.times_pass(at_ms)
        reason = self.rng.choice(_REASONS) if outcome == "INVALID" else ""
        named = store or self.store
        salt = self.rng.getrandbits(32)
        self.verdicts.append(Verdict(by, outcome, at_ms, at_ms, self.key.identity, named, self.key.line, salt, reason))
        self.said_ms = at_ms
        taken = self._is_taken(by, outcome)
        self.expected.append(TAKEN if taken else REFUSED)
        if taken and (by in (AI, MANUAL) or (by != BIGDATA and outcome == "INVALID")):
            self._taken(outcome, at_ms, store)
        return True

    def _is_taken(self, by: str, outcome: str) -> bool:
        if self.invalid_ms is not None:
            return False
        if by not in (AI, MANUAL):
            return True
        if by == MANUAL:
            return bool(self.task) or outcome == "INVALID"
        return self.task == AI or (self.task == MANUAL and self.robot_ran_out and outcome in _NUMBER)

    def _taken(self, outcome: str, at_ms: int, store: str) -> None:
        self.robot_ran_out = False
        if outcome not in _YES:
            if outcome in _NO_HELP:
                self.task, self.opened_ms = MANUAL, at_ms
            else:
                self.task, self.invalid_ms = "", at_ms
            return
        self.yes_ms = at_ms
        if store:
            self.answer, self.answered_ms, self.store, self.wants = store, at_ms, store, ""
            self.folded = store != self.new_store
        if self.wants:
            self.task, self.opened_ms = MANUAL, at_ms
        else:
            self.task, self.ready_ms = "", at_ms

    def _may_close(self, at_ms: int) -> bool:
        """Nothing is behind it, or a raw lead of a later day, which is merged all the same and opens it again."""
        later = self.key.after(at_ms)
        if self.key.next_act_ms(at_ms) < (later[0].event_ms if later else 1 << 62):
            return False
        if not later:
            return True
        merged = later[0].part.mark == MERGED and local_day(later[0].event_ms) > local_day(at_ms)
        return merged and self.store == self.key.store

    def _may_answer(self, at_ms: int) -> bool:
        """Raw leads behind it begin anew, and nothing behind those hangs on the bound that thereby moves."""
        later = [touch.part.mark for touch in self.key.after(at_ms)]
        return not later or later[0] == FIRST_TOUCH or FIRST_TOUCH not in later

    # The steps of the plots: what is said next, and when.

    def _soon(self) -> int:
        """The robot calls within minutes of calling time."""
        return calling_after(self._since(), min(20 * SECOND_MS + self._wait(2.5 * MINUTE_MS), 9 * MINUTE_MS))

    def _later(self) -> int:
        """People call within minutes or hours."""
        return calling_after(self._since(), min(3 * MINUTE_MS + self._wait(80 * MINUTE_MS), 10 * HOUR_MS))

    def _since(self) -> int:
        return max(self.opened_ms, self.said_ms)

    def _wait(self, mean_ms: float) -> int:
        return int(self.rng.expovariate(1 / mean_ms))

    def _in_robots_time(self, at_ms: int) -> bool:
        return self.task == AI and at_ms <= self.due_ms()

    def _chosen(self, at_ms: int) -> str:
        return self.open_store(at_ms) or self.new_store

    def ai_store(self) -> bool:
        at_ms = self._soon()
        store = self._chosen(at_ms)
        return bool(store) and self._in_robots_time(at_ms) and self.say(AI, "STORE_CHOSEN", at_ms, store=store)

    def ai_intent(self) -> bool:
        at_ms = self._soon()
        return self._in_robots_time(at_ms) and self.say(AI, "INTENT", at_ms)

    def ai_dead(self) -> bool:
        return self.say(AI, self.rng.choice(_NUMBER), self._soon())

    def ai_pass(self) -> bool:
        """The robot cannot help: people get a task."""
        at_ms = self._soon()
        return self._in_robots_time(at_ms) and self.say(AI, self.rng.choice(_NO_HELP), at_ms)

    def ai_late_dead(self) -> bool:
        """After its time the robot still knows what is a fact of the number."""
        return self.say(AI, self.rng.choice(_NUMBER), self._overdue())

    def ai_late_yes(self) -> bool:
        """After its time nobody hears what else it says."""
        return self.say(AI, "INTENT", self._overdue())

    def _overdue(self) -> int:
        return calling_after(self.due_ms(), MINUTE_MS + self._wait(40 * MINUTE_MS))

    def ai_at_bound(self) -> bool:
        return self.task == AI and self.say(AI, "INTENT", self.due_ms())

    def ai_past_bound(self) -> bool:
        return self.task == AI and self.say(AI, "INTENT", self.due_ms() + 1)

    def people_yes(self) -> bool:
        return self.say(MANUAL, self.rng.choice(("HIGH", "NORMAL", "NORMAL")), self._later())

    def people_no(self) -> bool:
        return self.say(MANUAL, "INVALID", self._later())

    def people_store(self) -> bool:
        """The answer stands in STORE_CHOSEN, or beside HIGH and NORMAL."""
        at_ms = self._later()
        store = self._chosen(at_ms)
        # At a store with an open lead only STORE_CHOSEN is plainly an answer; elsewhere that store is an address.
        outcome = "STORE_CHOSEN" if store != self.new_store else self.rng.choice(("STORE_CHOSEN", "HIGH", "NORMAL"))
        return bool(store) and self.say(MANUAL, outcome, at_ms, store=store)

    def people_late(self) -> bool:
        """After a day nobody waits for them, unless the store is wanted."""
        at_ms = calling_from(self.opened_ms + _MANUAL_LIMIT_MS + MINUTE_MS + self._wait(3 * HOUR_MS))
        return self.say(MANUAL, self.rng.choice(("HIGH", "NORMAL", "INVALID")), at_ms)

    def people_at_bound(self) -> bool:
        return self.task == MANUAL and self.say(MANUAL, "NORMAL", self.due_ms())

    def people_past_bound(self) -> bool:
        return self.task == MANUAL and self.say(MANUAL, "NORMAL", self.due_ms() + 1)

    # Of any open lead, with a task or without (rulings 40 and 61).

    def center_yes(self) -> bool:
        """The lead centre (DCC) knows what the customer wants; whoever has a task goes on."""
        return not self.folded and self.say(DCC, self._level(), self._later())

    def center_no(self) -> bool:
        return not self.folded and self.say(DCC, "INVALID", self._later())

    def advisor_yes(self) -> bool:
        return not self.folded and self.say(ADVISOR, self._level(), self._later())

    def advisor_no(self) -> bool:
        return not self.folded and self.say(ADVISOR, "INVALID", self._later())

    def suspected(self) -> bool:
        """Big data suspects the lead: its task stays, and one without may get one."""
        at_ms = self._soon() if self.task == AI else self._later()
        if self.folded or self.invalid_ms is not None or (self.task == AI and not self._in_robots_time(at_ms)):
            return False
        if not self.say(BIGDATA, "INVALID", at_ms):
            return False
        if not self.task:
            self.ready_ms = at_ms + _SUSPECTED_MS
        return True

    def _level(self) -> str:
        return self.rng.choice(("HIGH", "NORMAL"))

    def other_word(self) -> bool:
        """Another outcome after the end: refused, unless people call the lead invalid."""
        said = {(verdict.by, verdict.outcome) for verdict in self.verdicts}
        others = [word for word in _OTHER_WORDS if word not in said]
        return self.task == "" and not self.folded and self.say(*self.rng.choice(others), self._later())

    def again(self) -> bool:
        """The same verdict, delivered twice; nobody speaks after it."""
        later = self.key.after(self.said_ms)
        if self.folded or self.expected[-1:] != [TAKEN] or (later and later[0].event_ms < self.said_ms + HOUR_MS):
            return False
        sent_ms = self.said_ms + 20 * SECOND_MS + int(self.rng.random() * 20 * MINUTE_MS)
        self.verdicts.append(replace(self.verdicts[-1], arrival_ms=sent_ms))
        self.expected.append(REPEATED)
        return True


_ROBOT: Final = (
    (58, "ai_store"),
    (3, "ai_store again"),
    (2, "ai_store other_word"),
    (11, "ai_dead"),
    (2, "ai_dead again"),
    (2, "ai_dead other_word"),
    (12, "ai_intent"),
    (6, "ai_intent people_store"),
    (8, "ai_pass people_store"),
    (7, "ai_pass people_yes"),
    (5, "ai_pass people_no"),
    (3, "ai_pass"),
    (2, "ai_pass people_late"),
    (3, "ai_late_dead"),
    (2, "ai_late_yes"),
    (2, "ai_late_yes people_store"),
    (3, "people_store"),
    (3, "people_yes"),
    (2, "people_no other_word"),
    (1, "ai_at_bound"),
    (1, "ai_past_bound"),
    (1, "center_yes"),
    (1, "center_no"),
    (1, "suspected ai_store"),
    (1, "suspected ai_dead"),
    (1, "suspected"),
)
_PEOPLE: Final = (
    (30, "people_yes"),
    (3, "people_yes again"),
    (4, "people_yes other_word"),
    (20, "people_no"),
    (2, "people_no again"),
    (2, "people_no other_word"),
    (15, "people_store"),
    (2, "people_store again"),
    (2, "people_store other_word"),
    (5, "people_late"),
    (1, "people_at_bound"),
    (1, "people_past_bound"),
    (2, "center_yes people_yes"),
    (1, "advisor_yes"),
    (2, "center_no"),
    (1, "advisor_no"),
    (1, "suspected people_no"),
    (1, "suspected"),
)
_WITHOUT_TASK: Final = (
    (4, "advisor_yes"),
    (2, "center_yes"),
    (3, "advisor_no"),
    (2, "center_no"),
    (1, "center_no other_word"),
    (2, "suspected"),
    (1, "suspected advisor_no"),
)
NOBODY: Final = "nobody"
NONE: Final = "NONE"
"""The route of a lead without task."""


def make(call: Call) -> str:
    """What is said of one lead: a plot for its route, up to the step that does not fit. Returns what was said."""
    plots = _WITHOUT_TASK if call.route == NONE else _ROBOT if call.route == AI else _PEOPLE
    for _ in range(4):
        plot = _draw(plots, call.rng)
        said = []
        for name in plot.split():
            if not _STEPS[name](call):
                break
            said.append(name)
        if said:
            return " ".join(said)
    return NOBODY


def _draw(plots: tuple[tuple[int, str], ...], rng: Random) -> str:
    weights = list(accumulate(weight for weight, _ in plots))
    return plots[bisect_right(weights, rng.random() * weights[-1])][1]


_STEPS: Final[dict[str, Callable[[Call], bool]]] = {
    name: getattr(Call, name) for _, plot in (*_ROBOT, *_PEOPLE, *_WITHOUT_TASK) for name in plot.split()
}
