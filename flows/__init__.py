"""Wiring only: dataflow, source, batch, step, and the engine that opens and ends them; importing a module opens nothing.

Importing this package runs the guard of `leadstream` first, so that `python -m bytewax.run flows.lead_center` stops
with a file's name when another `operators`, `state` or `connectors` is found in place of ours.
"""

__part_of__ = "leadstream"

import leadstream as _guard  # noqa: F401  (after the mark: the guard looks at this module too)
