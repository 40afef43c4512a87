"""What is kept: rows and their codec, the database, fences, outbox, timers, members, hops, seal, migration."""

__part_of__ = "leadstream"

import leadstream as _guard  # noqa: F401  (chooses the variant of the rules before the first of them)
