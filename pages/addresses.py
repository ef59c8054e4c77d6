"""What an address says: ids in paths."""

from __future__ import annotations

from uuid import UUID

from app.errors import NotFound


def object_id(text: str | None) -> UUID:
    """The id in an address; what cannot be one is answered like an object that is not there."""
    try:
        return UUID(text or "")
    except ValueError as error:
        raise NotFound("There is nothing at this address. It may be incomplete.") from error
