"""Where the real recordings are, so that tests can be made of their lists before they run."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def folder() -> Path:
    """Folder of real recordings: ``HMS_TEST_DATA``, by default ``../shared/data`` beside the repository."""
    return (ROOT / os.environ.get("HMS_TEST_DATA", "../shared/data")).resolve()


def listed(pattern: str) -> list[str]:
    """Paths within the folder that match; one that does not exist if there is no folder, so that its test skips."""
    found = sorted(str(path.relative_to(folder())) for path in folder().glob(pattern) if path.is_file())
    return found or ["absent"]
