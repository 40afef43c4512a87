"""A process that runs what it is told in children of its own, each of which a test may kill at any instant."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

from state.errors import LeadstreamError


def exit_code(work: Callable[[Any], None], order: Any) -> int:
    """0, the exit code of what stopped it, or 70 for what nobody foresaw."""
    try:
        work(order)
    except LeadstreamError as error:
        traceback.print_exc()
        return error.exit_code
    except BaseException:
        traceback.print_exc()
        return 70
    return 0


def serve(work: Callable[[Any], None]) -> None:
    """One JSON object a line on stdin: for each a fork, so that a start costs no imports; says `started PID` and `ended PID
    STATUS`."""
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            code = exit_code(work, order)
            sys.stderr.flush()
            os._exit(code)
        print(f"started {child}", flush=True)
        _, status = os.waitpid(child, 0)
        print(f"ended {child} {os.waitstatus_to_exitcode(status)}", flush=True)
