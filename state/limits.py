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
NESTING: Final = 500
"""How deep a record that is read field by field may be nested; deeper is NOT_JSON."""
STORES_PER_LEAD: Final = 64
"""Stores that one raw lead may name (ruling 13); more is BAD_FIELD."""

GOT_CHARACTERS: Final = 40
"""How much of a refused value stands in `rejects.fields` (ruling 81)."""

# --- a customer's row
ROW_BYTES: Final = 16 << 10
"""A row's size on disk, bytes; of a neighbourhood of numbers too. Ruling 48: then behaviours, intents, listed raw leads, kept
events give way, in this order."""
KEPT_EVENTS: Final = 200
"""Events kept for a later fold, per key (ruling 48); beyond, the oldest collapse: ORDER_APPROXIMATE."""
BEHAVIOURS: Final = 64
"""Kinds and series of behaviour that a customer's row keeps; beyond, the one of smallest value falls (ruling 74)."""
BEHAVIOUR_TIMES: Final = 1_000_000
"""How often one behaviour record may say that something was done; more counts as so many."""
BEHAVIOUR_COUNT: Final = 2**53
"""Largest count that is kept of one kind and series."""
TOUCHING_CHANNELS: Final = 16
"""Channels beside the first touch's whose touches a unique lead counts; beyond, the one with the fewest falls."""
INTENTS: Final = 50
"""Entries of a unique lead's intent history."""
TASKS_KEPT: Final = 16
"""Cleaning tasks that ended and are remembered with their lead: a verdict that names one of them is known."""
VERDICTS_KEPT: Final = 64
"""Verdicts remembered with their lead, by a digest: the same one again is a replay (ruling 24)."""
YUAN: Final = 1_000_000
"""Most that one verdict may cost, and one task."""
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

SCORECARD_BYTES: Final = 1 << 20
"""Largest file of a trained scorecard."""

# --- time
FUTURE_MS: Final = 5 * 60_000
"""How far an event time may lie ahead of its reference (domain 3, ruling 20)."""
AHEAD_MS: Final = 1_100 * 86_400_000
"""How far a record may move the event clock past today, where `periods.max_jump_days` says nothing (rulings 20 and 76)."""
AFTER_TODAY_MS: Final = 24 * 3_600_000
"""How far after today the first lead without ingest time may lie, and `--until` after the wall clock (ruling 76)."""
WALL_LEAP_MS: Final = 3_600_000
"""How far the wall clock may leap against the monotonic one while an engine runs by it (ruling 76)."""
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
STORE_EXITS: Final = 10_000
"""Store exits that a state keeps, for ever; a further one is NOT_ALLOWED."""
EXIT_ROWS_PER_SLICE: Final = 256
"""Customers that one batch of a shard looks at for leads at a store that left."""
EXIT_CUSTOMERS_PER_SLICE: Final = 8
"""Of these, how many whose leads it moves: shards take turns, and other records come between."""
SWEPT_MS: Final = 86_400_000
"""How often, by the clock, a shard goes through the rows of its witnesses."""
SWEPT_PER_SLICE: Final = 256
"""Of these, how many one batch of a shard looks at."""
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
BROKER_SILENT_S: Final = 15.0
"""Without an answer of the broker for so long a run is not ready, whether it has anything to read or write or not."""
SAID_AGAIN_S: Final = 60.0
"""How often the log may say of a broker that it is away."""
TRANSACTION_MS: Final = 60_000
"""After so long the broker ends a transaction whose writer is gone."""

# --- feeds and pull
FEED_BYTES: Final = 16 << 20
"""Longest delivery of a feed and longest answer of a pull, bytes; a longer one is refused before it is read."""
FEED_DEPTH: Final = 32
"""Nesting of a feed's payload, and steps of a path into it; a deeper payload is refused."""
FEED_LEADS: Final = 10_000
"""Leads in one delivery; more are refused as a whole, so that none of them is taken and the others forgotten."""
FEED_PATHS: Final = 16
"""Paths that one field of a mapping tries in turn."""
PULL_PAGES: Final = 10_000
"""Pages of one window; beyond, the pull stops loudly and its cursor stays."""
PULL_EMPTY_PAGES: Final = 3
"""Pages in a row without a lead that is new in this window, after which a server that pages on for ever is at its end."""
PULL_EMPTY_TOKENS: Final = 100
"""The same where the server names the next page itself: there it stops loudly, as a lead may stand behind them."""
PULL_SEEN: Final = 500_000
"""Digests of leads of one window that are remembered; beyond, repeats over pages go on to the engine, which drops them."""
PULL_WAIT_S: Final = 900
"""Longest wait that a server may ask for by Retry-After; beyond, the pull stops and says until when."""
PULL_BACKOFF_S: Final = 60
"""Longest wait between two attempts that the server has not asked for."""

# --- the inbox
INBOX_SEGMENT_BYTES: Final = 64 << 20
"""Size at which a segment is closed and the next begun; its last group may go beyond it."""
INBOX_WAITING_BYTES: Final = 16 << 20
"""Given to the inbox and not synced yet; beyond, the giver is told to come again: the disk is slow."""
INBOX_WAITING: Final = 20_000
"""The same, counted in records."""
INBOX_GROUP_BYTES: Final = 4 << 20
"""Bytes that one write and one sync of the inbox take at most; a single giving may be larger and goes alone."""
LINE_BYTES: Final = 64 << 20
"""Longest line of a file that is followed; beyond, the file is not JSON lines and the run stops."""
FOLLOW_SCAN_S: Final = 0.25
"""How often the folder that is followed is looked through for new files and for growth of those long read."""

# --- the gateway
GATEWAY_BODY_BYTES: Final = 8 << 20
"""Longest body of a request, bytes; `[gateway]` may set less, for each channel."""
GATEWAY_IMPORT_BYTES: Final = 64 << 20
"""Longest sheet that is sent to the gateway; larger ones are imported where they lie."""
GATEWAY_IMPORTS: Final = 1
"""Sheets that are read at one time; the next wait, and are answered 429 after GATEWAY_WAIT_S."""
GATEWAY_IMPORTS_BYTES: Final = 256 << 20
"""Sheets that lie in temporary files at one time, bytes; beyond, 429."""
GATEWAY_IMPORT_ROWS: Final = 10_000
"""Rows that the answer to a sheet lists; those that became no lead go first, the others are counted."""
GATEWAY_BATCH: Final = 2_000
"""Leads of one request."""
GATEWAY_HELD_BYTES: Final = 64 << 20
"""Bodies held in memory at one time; beyond, 429."""
GATEWAY_HEAD_BYTES: Final = 64 << 10
"""Longest request line with headers; beyond, 400 and the connection ends."""
GATEWAY_CONNECTIONS: Final = 1_000
"""Connections at one time; beyond, the server answers 503."""
GATEWAY_BODY_S: Final = 30
"""Longest time that a body may take to arrive; then 408."""
GATEWAY_WAIT_S: Final = 10
"""Longest time a request waits until its leads are durable; then 429, and they may be durable all the same."""
SIGNATURE_WINDOW_S: Final = 300
"""How far the time stamp of a signature may lie from the gateway's clock."""

# --- sheets that are imported
SHEET_FILE_BYTES: Final = 256 << 20
"""Largest file that an import reads; a text file is held in memory as a whole."""
SHEET_UNPACKED_BYTES: Final = 1 << 30
"""What the parts of an xlsx may be together once unpacked, by the archive's own list."""
SHEET_PARTS: Final = 4_096
"""Parts (files) of an xlsx."""
SHEET_MEMORY_BYTES: Final = 3 << 30
"""Address space of the process that unfolds a workbook: one cell far outside makes the library ask for half a terabyte."""
SHEET_CPU_S: Final = 300
"""Processor time of that process."""
SHEETS: Final = 100
"""Sheets of one workbook."""
SHEET_ROWS: Final = 500_000
"""Rows of one sheet or table, blank ones included."""
SHEET_COLUMNS: Final = 500
"""Columns of one sheet or table."""
SHEET_CELL_CHARS: Final = 32_767
"""Longest cell, characters (a spreadsheet's own limit); what is beyond is cut and said."""
SHEET_HEADER_ROWS: Final = 30
"""Rows with content among which the row of headings is looked for."""
SHEET_MERGED: Final = 10_000
"""Merged areas of one sheet whose value is carried into their rows."""
RESULT_FILES: Final = 1_000
"""Result files beside one input, counted up so that no corrected one is overwritten."""

# --- files in another order than their times
ORDER_LOOKED_AT: Final = 1_000
"""Lines of a file that a start looks at to see whether they are in order."""
ORDER_BYTES: Final = 64 << 20
"""Bytes that `leadstream order` sorts in memory at once, and the most that a start looks at."""

# --- what a run refuses
FIRST_RECORDS: Final = 1_000
"""Records after which a run says whether most of them were refused (ruling 81)."""
LOOKED_AT_LINES: Final = 40
"""Lines that are no JSON which are kept to see what the file is."""
LOOKED_AT_BYTES: Final = 4096
"""Bytes of each."""

# --- output files
SEGMENT_BYTES: Final = 1 << 30
"""Size from which a stream's file is closed as a segment at the next seal (`output.segment_mib`)."""
SEGMENTS_LISTED: Final = 32
"""Closed segments of a stream that a seal lists and a start looks at; older ones are the operator's alone."""

# --- what is counted
CAMPAIGNS_PER_DAY: Final = 200
"""Campaigns of all channels that a shard counts by name on a local day; what belongs to further ones is counted with its channel
alone."""
CAMPAIGNS_SHOWN: Final = 10_000
"""Most campaigns of a channel that `leadstream costs` shows; the others are counted together."""

# --- what waits
HOLDS_SHOWN: Final = 10_000
"""Most leads that `leadstream holds` shows; the others are counted."""
HOLDS_READ: Final = 256
"""Customers' rows that it reads at once."""
HOLDS_COUNTED: Final = 50_000
"""Leads that it looks at behind the last one shown, to count those that were asked for; a few seconds."""
HOLDS_GROUPS: Final = 20_000
"""Pairs of store and condition that it keeps totals of; what belongs to further ones is counted together."""

# --- faults
INTERNAL_PER_HOUR: Final = 20
"""Records refused with INTERNAL within an hour before the engine stops (ruling 49)."""
