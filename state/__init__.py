"""What is kept: rows and their codec, the store, fence, outbox, timers, hops, seal, checkpoints, migrations."""

__part_of__ = "leadstream"

import leadstream as _guard  # noqa: F401  (chooses the variant of the rules before the first of them)
