"""The rules, one module per layer: pure functions of a row, an event, the clock and the configuration.

Nothing here imports Bytewax, does I/O or reads a clock.
"""

__part_of__ = "leadstream"

import leadstream as _guard  # noqa: F401  (chooses the variant of the rules before the first of them)
