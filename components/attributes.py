"""Attributes with a hyphen, which Python cannot name as keywords: ``html.Nav(..., **aria(label="Main"))``."""

from __future__ import annotations

from typing import Any


def aria(**values: str | int) -> dict[str, Any]:
    """``aria(label="Main")`` is ``{"aria-label": "Main"}``."""
    return _hyphenated("aria", values)


def data(**values: str | int) -> dict[str, Any]:
    """``data(theme_choice="dark")`` is ``{"data-theme-choice": "dark"}``."""
    return _hyphenated("data", values)


def _hyphenated(prefix: str, values: dict[str, str | int]) -> dict[str, Any]:
    return {f"{prefix}-{name.replace('_', '-')}": value for name, value in values.items()}
