"""What is kept: rows and their codec, the store, fence, outbox, timers, hops, seal, checkpoints, migrations."""

__part_of__ = "leadstream"
