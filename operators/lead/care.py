"""An owner's part of a unique lead: how it is asked for, gained and lost (rulings 25, 27, 35, 63, 64).

Nothing outside changes until the store's room has answered; whoever loses a lead gives its place back.
"""

from __future__ import annotations

from bisect import insort

from operators.base.outputs import Place
from operators.intention import merge
from operators.lead import records, statuses
from operators.lead.case import Case, lead_of
from operators.wire.streams import Why
from state import keys, limits
from state.rows.codes import OPEN, S_POOL
from state.rows.customer_row import Section
from state.rows.intention import Unique
from state.rows.lead import Ask, Care, Lead
from state.rows.messages import AskPlace, GivePlaceBack
from state.rows.story import Recycled


def of(lead: Lead) -> Care:
    """The lead's care, made when it is new."""
    if lead.care is None:
        lead.care = Care(times=[])
    return lead.care


def owner_of(lead: Lead) -> str:
    """Its owner, "" = nobody."""
    return lead.care.owner if lead.care is not None else ""


def ask(case: Case, advisor: str, at: int, command: Ask | None = None) -> None:
    """Ask the store's room for a place with this advisor; the latest wish replaces an open one (ruling 66)."""
    desk, care = case.desk, of(case.lead)
    drop_ask(case)
    desk.row.asks += 1
    care.ask = command if command is not None else Ask(0, advisor, at)
    care.ask.number = desk.row.asks
    store = keys.store_entity(case.section.store)
    desk.out.tell(store, AskPlace(desk.digest, case.lead.n, care.ask.number, advisor, case.now))


def is_asked_back(lead: Lead) -> bool:
    """Whether it stands in the pool and a previous owner is asked for: only without him it is dispatched again (ruling 64)."""
    owned = lead.care
    return lead.status == S_POOL and owned is not None and owned.ask is not None and not owned.ask.command_id


def drop_ask(case: Case) -> None:
    """An open ask is not waited for any more; of a command it goes to `rejects` (ruling 66)."""
    care = case.lead.care
    if care is not None and care.ask is not None:
        refuse(case, care.ask, "NOT_ALLOWED")
        care.ask = None


def refuse(case: Case, wish: Ask, reason: str) -> None:
    """A command that comes to nothing goes to `rejects` with its original, and is not remembered (ruling 66)."""
    if wish.command_id:
        desk = case.desk
        desk.out.reject_later(
            Place(wish.source, wish.offset, case.at, kind="command"), wish.original, (reason,), desk.one_id
        )
        desk.row.commands = [entry for entry in desk.row.commands if entry[0] != wish.command_id]


def give_back(case: Case, number: int, advisor: str) -> None:
    """The place that was got by this ask is free."""
    store = keys.store_entity(case.section.store)
    case.desk.out.tell(store, GivePlaceBack(case.desk.digest, case.lead.n, number, advisor))


def leave(case: Case) -> None:
    """The lead has no owner any more; who had it is kept as a hint (rulings 25 and 27)."""
    care = case.lead.care
    if care is None:
        return
    free(case)
    if care.owner:
        care.previous, care.owner = care.owner, ""


def keep(lead: Lead, t: int) -> None:
    """A follow-up at `t`, whoever made it and whatever came of it (ruling 6): which of them count is said by `count`."""
    owned = of(lead)
    times = owned.times
    insort(times, t)
    if len(times) > limits.FOLLOW_UPS_KEPT:
        counts = owned.assigned_at and times[0] >= owned.assigned_at
        owned.passed += bool(counts)
        del times[1 if counts else 0]  # the first that counts shows that the promise was kept


def count(lead: Lead) -> bool:
    """Which follow-ups count for its owner: those from assigned_at on (ruling 63). Whether that changed."""
    owned = lead.care
    if owned is None:
        return False
    times = [t for t in owned.times if t >= owned.assigned_at]
    before = (owned.first_at, owned.last_at, owned.number)
    owned.first_at, owned.last_at = (times[0], times[-1]) if times else (0, 0)
    owned.number = len(times) + owned.passed
    return before != (owned.first_at, owned.last_at, owned.number)


def regroup(section: Section) -> set[int]:
    """After a fold out of order each follow-up is of the lead that an activity at its time goes to now (rulings 2, 26).
    Returns the owned leads for whom other ones count than before. Every lead of the key has its entry by now."""
    holders = [lead for lead in section.leads if lead.care is not None and lead.care.times]
    if not holders:
        return set()
    found: dict[int, list[int]] = {}
    for lead in holders:
        for t in of(lead).times:
            found.setdefault(_lead_at(section, t, lead.n), []).append(t)
    changed = set()
    for lead in section.leads:
        times = found.get(lead.n)
        if times or lead.care is not None:
            of(lead).times = sorted(times or ())[-limits.FOLLOW_UPS_KEPT :]
        if statuses.is_in(lead, statuses.OWNED) and count(lead):
            changed.add(lead.n)
    return changed


def _lead_at(section: Section, t: int, n: int) -> int:
    """The lead that an activity at `t` goes to: as `merge.candidates`, of the key as it stands; `n` where there is none."""
    left = [unique for unique in section.head.uniques if not merge.passed_over(unique, t)]
    there = [unique for unique in left if (unique.counts_from or unique.opened) <= t]
    there = there or [unique for unique in left if unique.opened <= t][:1]
    there = there or [unique for unique in left if unique.opened - t <= limits.EARLY_ACTIVITY_MS][:1]
    return there[-1].n if there else n


def hint(section: Section, unique: Unique, lead: Lead) -> None:
    """A new lead behind one that the timer closed has its owner as a hint (ruling 1)."""
    uniques = section.head.uniques
    place = uniques.index(unique)
    former = lead_of(section, uniques[place - 1].n) if place and uniques[place - 1].status == OPEN else None
    if former is None or former.care is None or unique.counts_from:
        return
    known = former.care.owner or former.care.previous
    if known:
        of(lead).previous = known


def lost(lead: Lead) -> None:
    """A lead that opens again has no owner; he stays a hint (ruling 27). His place went with the closing."""
    care = lead.care
    if care is not None and care.owner:
        assert not care.place, "a closed lead keeps a place"
        care.previous, care.owner = care.owner, ""
    if care is not None:
        care.pooled = False


def inherit(case: Case, folded: Lead) -> None:
    """What was assigned under a folded id is asked for under the survivor, unless that has an owner, or asks for one, of its
    own (rulings 2 and 64). The ask goes out before the folded lead's place is given back: the customer keeps it."""
    theirs = folded.care
    if theirs is None or not theirs.owner:
        return
    owned = of(case.lead)
    if owned.owner or owned.ask is not None:
        return
    owned.recycled += theirs.recycled
    owned.windows = [*theirs.windows, *owned.windows][-limits.RECYCLES_KEPT :]
    ask(case, theirs.owner, theirs.assigned_at)


def free(case: Case) -> None:
    """Nobody's place, and nothing asked for: any closing or recycle frees (ruling 35). The owner stays shown."""
    care = case.lead.care
    if care is None:
        return
    drop_ask(case)
    if care.place:
        give_back(case, care.place, care.owner)
        care.place = 0


def tell_owner(case: Case, kind: str, rule: str, raw_id: str = "") -> None:
    """Something that the owner should hear; without an owner the store's admin (ruling 45)."""
    owner = owner_of(case.lead)
    if not owner:
        records.notify_admin(case, kind, rule, raw_id)
        return
    store = case.section.store
    records.notify(case.desk, kind, "advisor", owner, case.at, rule, lead=case.lead, raw_id=raw_id, store=store)


def recycle(case: Case, reason: str, due: int = 0) -> None:
    """Into the public pool (公池): owner none, the previous one kept; he and the admin are told (rulings 25 and 63).
    `due` = that of a timer's recycle, which a follow-up in time may revoke."""
    desk, lead = case.desk, case.lead
    owned = of(lead)
    owner = owned.owner
    leave(case)
    statuses.become(lead, S_POOL)
    owned.recycled += 1
    owned.due = due
    owned.windows = [*owned.windows, (owned.assigned_at, due or case.at)][-limits.RECYCLES_KEPT :]
    case.why = Why("recycled", note=reason)
    desk.story.append(Recycled(case.at, lead.n, reason))
    store = case.section.store
    records.notify(desk, "RECYCLED", "advisor", owner, case.at, "recycled", lead=lead, store=store)
    records.notify_admin(case, "RECYCLED", "recycled")
    records.state(case)


def tell_reactivated(case: Case) -> None:
    """A lead of the pool is dispatched again: its store's admin and its previous owner hear of it (ruling 65)."""
    previous, store = of(case.lead).previous, case.section.store
    records.notify_admin(case, "REACTIVATED", "reactivated")
    if previous:
        records.notify(
            case.desk, "REACTIVATED", "advisor", previous, case.at, "reactivated", lead=case.lead, store=store
        )


def comes_back(lead: Lead, t: int) -> bool:
    """A lead in the pool whose customer asks again at `t`: it passes the conditions afresh and is dispatched again, unless the
    raw lead is older than its last owner (rulings 3 and 65)."""
    if lead.status != S_POOL or lead.care is None or t < lead.care.assigned_at:
        return False
    lead.sent = False
    lead.gated = 0
    return True
