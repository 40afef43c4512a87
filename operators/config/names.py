"""Names that look alike, for complaints about a name that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Collection


def nearest(name: str, known: Collection[str]) -> str:
    """ ", did you mean merge?" for the known name most like `name`; '' where none is."""
    folded = {one.casefold().replace("-", "_").replace(" ", "_"): one for one in sorted(known)}
    wanted = name[:100].casefold().replace("-", "_").replace(" ", "_")
    found = difflib.get_close_matches(wanted, folded, n=1, cutoff=0.7)
    return f", did you mean {folded[found[0]]}?" if found else ""
