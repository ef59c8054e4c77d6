"""A process that ends when its parent does, however that ends: an orphan would work for nobody."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from typing import Final

PR_SET_PDEATHSIG: Final = 1      # linux/prctl.h
WATCH_S: Final = 1.0


def end_with(parent: int, by: signal.Signals) -> None:
    """Send ``by`` to this process when the process ``parent`` is gone."""
    if sys.platform == "linux":      # at once, and even where native code holds the interpreter
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, by)
    if os.getppid() != parent:       # it ended before the line above
        os.kill(os.getpid(), by)
    threading.Thread(target=_watch, args=(parent, by), daemon=True).start()


def _watch(parent: int, by: signal.Signals) -> None:
    """The same where there is no parent-death signal."""
    while os.getppid() == parent:
        time.sleep(WATCH_S)
    os.kill(os.getpid(), by)
