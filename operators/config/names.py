"""Names that look alike, for complaints about a name that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Collection


def nearest(name: str, known: Collection[str], *, like: float = 0.7) -> str:
    """ ", did you mean merge?" for the known name most like `name`; '' where none is so much `like` it (0 to 1)."""
    folded = {one.casefold().replace("-", "_").replace(" ", "_"): one for one in sorted(known)}
    wanted = name[:100].casefold().replace("-", "_").replace(" ", "_")
    found = difflib.get_close_matches(wanted, folded, n=1, cutoff=like)
    return f", did you mean {folded[found[0]]}?" if found else ""
