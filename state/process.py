"""What a process sees to before it opens a file: who may read what it writes, and where its three standard streams lead.

State and outputs hold customers' names and numbers: files are 0600 and folders 0700, whatever the shell's mask says. RocksDB
makes its files itself and takes no mode, so the mask of the process is what decides.
"""

from __future__ import annotations

import os
import sys
from typing import Final

PRIVATE: Final = 0o077
"""Mask of what is made from now on: nothing for group and others. A default ACL of a folder still counts."""


def keep_private() -> None:
    """Make new files 0600 and new folders 0700. Rights of what exists are left as the operator has set them."""
    os.umask(PRIVATE)


def open_standard_streams() -> None:
    """Lead a standard stream that the caller has closed (`2>&-`) to nowhere.

    Else the next file opened gets its number, and what is meant for people is written into that file.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            handle = os.open(os.devnull, os.O_RDWR)
            if handle != number:
                os.dup2(handle, number)
                os.close(handle)
        if getattr(sys, name) is None:  # the interpreter found the stream closed when it started
            setattr(sys, name, open(number, "r" if name == "stdin" else "w", encoding="utf-8", closefd=False))  # noqa: SIM115
