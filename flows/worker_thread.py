"""Bytewax's worker is a thread of Rust: each time it calls Python, the interpreter makes a thread state and destroys it.

With a kernel call to map its frames and one to unmap them, thousands of times a second: a tenth of what the engine uses at
1 000 leads/s (decision 0020). One claim more than releases keeps it for the life of the thread.
"""

from __future__ import annotations

import ctypes
import threading

_here = threading.local()
"""Lives in the thread state itself: gone when it is gone."""


def keep_thread_state() -> None:
    """Keep the calling thread's interpreter state between calls from outside Python. Cheap when it is kept already.

    The claim is never given back: it ends with the process, one small structure for each worker thread of a run.
    """
    if not getattr(_here, "kept", False):
        ctypes.pythonapi.PyGILState_Ensure()
        _here.kept = True
