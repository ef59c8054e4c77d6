"""Windows per minute of the served ensemble on the cores of this machine (aim: at least 1,000)."""

from __future__ import annotations

from typing import Any

from app.commands.bench import ensemble_speed


def measure() -> dict[str, Any]:
    return ensemble_speed(12) | {"aim_windows_per_minute": 1000}
