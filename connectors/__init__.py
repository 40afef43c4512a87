"""Where records come from and go to: Kafka, files, the demo, and fakes in memory."""

__part_of__ = "leadstream"

import leadstream as _guard  # noqa: F401  (chooses the variant of the rules before the first of them)
