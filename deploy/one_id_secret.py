"""Keep the secret of the OneIDs in a file: the one of the environment, or a new one, and never another one again.

python one_id_secret.py FILE
"""

import os
import secrets
import sys
from pathlib import Path

VARIABLE = "LEADSTREAM_ONE_ID_SECRET"


def keep(file: Path) -> None:
    """Write the secret where there is none. A state refuses another one, so what is there stays."""
    if file.exists():
        return
    new = file.with_name(f"{file.name}.new")
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(os.environ.get(VARIABLE) or secrets.token_hex(32))
        opened.flush()
        os.fsync(opened.fileno())
    new.rename(file)


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
