"""`python -m leadstream`: the same as the command `leadstream`."""

import sys

from leadstream.commands.main import main

if __name__ == "__main__":
    sys.exit(main())
