"""Every limit of the engine, in one place. Nothing grows without one of these.

Each is counted or refused where it is hit; none is a tuning knob that changes a decision below it.
Sources: contract (sizes of a record), rulings 48 and 82 (a row, and what gives way first), decision 0006 (shards).
"""

from __future__ import annotations

from typing import Final

# --- a record as it comes in
RECORD_BYTES: Final = 1 << 20
"""Longest record, bytes (contract); a longer one is rejected TOO_LARGE."""
STRING_BYTES: Final = 256
"""Longest string that is not free text, bytes (contract)."""
ORIGINAL_BYTES: Final = 256 << 10
"""How much of a refused record is carried on `rejects`; the rest is cut and said so, so that an output stays below a topic's limit."""
OUTPUT_BYTES: Final = 1_000_000
"""Longest output record, bytes. Its topic takes more; a longer one is refused where it is decided, not where it is sent."""
ORIGINAL_OUTPUT_BYTES: Final = 6 * ORIGINAL_BYTES + (256 << 10)
"""The same for a record with an original: control characters are six times as long in JSON."""
STORES_PER_LEAD: Final = 64
"""Stores that one raw lead may name (ruling 13); more is BAD_FIELD."""

# --- a customer's row
ROW_BYTES: Final = 16 << 10
"""A row's size on disk, bytes. Ruling 48: then behaviours, intents, listed raw leads, kept events give way, in this order."""
KEPT_EVENTS: Final = 200
"""Events kept for a later fold, per key (ruling 48); beyond, the oldest collapse: ORDER_APPROXIMATE."""
INTENTS: Final = 50
"""Entries of a unique lead's intent history."""
LISTED_RAWS: Final = 50
"""Raw leads listed by number in a unique lead; the count goes on."""
RAWS_PER_DAY: Final = 1000
"""Raw leads of one OneID on one day; beyond: SHARED_CONTACT, marked and written, not kept for the fold (rulings 48 and 82)."""
PAYLOAD_VALUE_BYTES: Final = 48
"""A value of the replay memory longer than this is kept as a digest."""
FOLLOW_UPS_KEPT: Final = 20
"""Event times of follow-ups that a unique lead keeps: the latest, and the first that counts."""
RECYCLES_KEPT: Final = 8
"""Recycled assignments of a unique lead that a late follow-up can still be found in time for."""
FOLDED_POINTERS: Final = 64
"""Pointers of folded unique leads that a row keeps."""

# --- time
FUTURE_MS: Final = 5 * 60_000
"""How far an event time may lie ahead of its reference (domain 3, ruling 20)."""
AHEAD_MS: Final = 1_100 * 86_400_000
"""How far ahead of the clock a record may be under the event clock (ruling 20)."""
EARLY_ACTIVITY_MS: Final = 10 * 60_000
"""How long before a lead's opening an activity may lie and still be its (ruling 26)."""
CALENDAR_DAYS: Final = 400
"""How many days ahead an opening is looked for; a store closed for longer has no known opening."""

# --- the flow
SHARDS: Final = 16
"""Shards of a new state (decision 0006); at most 256, one byte of every key."""
BATCH_RECORDS: Final = 2_000
"""Records a source hands on in one poll."""
BATCH_BYTES: Final = 4 << 20
"""Bytes a source hands on in one poll."""
GATHER_MS: Final = 10
"""Longest time for which a poll waits for the sync of the one before (wall clock)."""
TIMER_BUDGET_MS: Final = 5
"""Time for timers and hops per process and tick, shards taking turns."""
TIMERS_PER_SLICE: Final = 256
"""Rows whose timers fire in one batch of a shard."""
HOPS_PER_SLICE: Final = 512
"""Messages between entities that one batch of a shard applies."""
RELEASES_PER_SLICE: Final = 256
"""Leads that one batch releases at a store's opening."""
UNSYNCED_BYTES: Final = 32 << 20
"""Decided but not yet synced output a process holds before it waits for the disk."""
TICK_MS: Final = 100
"""Longest time between two ticks of a shard."""
DRAIN_S: Final = 30
"""Longest time a stop waits for the disk and the sinks before it gives up loudly."""
AUDIT_MONTHS: Final = 37
"""30-day months for which stories and where an id led are kept, by the clock: some three years, beyond any open lead."""
STORE_QUEUE: Final = 100_000
"""Leads that one store's opening release may hold; beyond, the newest are released at the opening, counted."""

# --- Kafka
CONNECT_S: Final = 30
"""Longest time a start waits for the broker's answer to one question."""
FETCHED_BYTES: Final = 16 << 20
"""Fetched and not yet handed on: what the client may hold for all partitions."""
UNSENT_BYTES: Final = 64 << 20
"""Handed to the client and not yet acknowledged; beyond, the flow waits for the broker."""
UNSENT_RECORDS: Final = 100_000
"""The same, counted."""
HELD_BYTES: Final = 8 << 20
"""Held while the client waits for the broker's answer; beyond, the client gets it all the same, and its bounds count; while
a seal waits for that answer, the flow waits instead."""
HELD_BEHIND: Final = 50
"""Records that the client may wait for the answer to, and get more all the same."""
POLL_S: Final = 0.05
"""Longest time in which one wait for the broker looks neither at faults nor at a stop. Below 0.2: longer waits the client
cuts into slices, and behind a fatal error it calls back while that error is pending, which Python code does not survive."""
SEAL_RECORDS: Final = 5_000
"""Records delivered to topics after which a seal does not wait for the end of the epoch."""
UNSEALED_RECORDS: Final = 9_000
"""Records delivered to topics between two cuts, at most; a start reads back two such spans. A larger row
goes alone."""
READ_BACK_RECORDS: Final = 2_000_000
"""Records found behind the last seal at a start, their ids held in memory; more is another copy's work."""
AHEAD_RECORDS: Final = 20_000
"""Records of one partition held while others are waited for (event clock); beyond, it is paused."""
AHEAD_BYTES: Final = 32 << 20
"""The same, by size."""
STRAGGLERS_S: Final = 10.0
"""So long after a start records that it has not sent may be those of the process before it; later they are another writer's."""
WATCH_S: Final = 1.0
"""How often the broker is asked whether the topics are still the same."""
TRANSACTION_MS: Final = 60_000
"""After so long the broker ends a transaction whose writer is gone."""

# --- files in another order than their times
ORDER_LOOKED_AT: Final = 1_000
"""Lines of a file that a start looks at to see whether they are in order."""
ORDER_BYTES: Final = 64 << 20
"""Bytes that `leadstream order` sorts in memory at once, and the most that a start looks at."""

# --- output files
SEGMENT_BYTES: Final = 1 << 30
"""Size from which a stream's file is closed as a segment at the next seal (`output.segment_mib`)."""
SEGMENTS_LISTED: Final = 32
"""Closed segments of a stream that a seal lists and a start looks at; older ones are the operator's alone."""

# --- faults
INTERNAL_PER_HOUR: Final = 20
"""Records refused with INTERNAL within an hour before the engine stops (ruling 49)."""
