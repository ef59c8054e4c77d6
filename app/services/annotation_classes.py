"""The classes by which a reader annotates: his or her own, each with the digit that follows A, kept in the settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from app.access import Actor
from app.errors import Invalid
from app.services import accounts

DEFAULTS: Final = ("spike", "sharp wave", "eyes closed", "eyes open", "artefact", "arousal", "sleep onset", "clinical event", "medication")
"""What a reader marks that the model does not speak of; the digit 0 is always free text."""
NAME_CHARS: Final = 40
MOST: Final = 30
KEY: Final = "annotation_classes"


@dataclass(frozen=True, slots=True)
class AnnotationClass:
    """A name and its digit; without a digit it is chosen by pointer or arrow keys only."""

    name: str
    digit: str = ""


def of(settings: Mapping[str, Any]) -> list[AnnotationClass]:
    """The classes of a reader in the order of their digits; those above where he or she keeps none."""
    kept = settings.get(KEY)
    if kept is None:
        return [AnnotationClass(name, str(digit)) for digit, name in enumerate(DEFAULTS, 1)]
    return [AnnotationClass(str(each["name"]), str(each["digit"])) for each in kept]


def save(session: Session, who: Actor, by_digit: Sequence[str], further: str = "") -> list[AnnotationClass]:
    """Keep the names of the digits 1 to 9, and further ones separated by commas; nothing at all brings the defaults back."""
    named = [AnnotationClass(_plain(name), str(digit)) for digit, name in enumerate(by_digit[:9], 1)]
    found = [each for each in (*named, *(AnnotationClass(_plain(name)) for name in further.split(","))) if each.name]
    if (long := next((each.name for each in found if len(each.name) > NAME_CHARS), None)) is not None:
        raise Invalid(f"The name of a class has at most {NAME_CHARS} characters; “{long[:20]}…” has {len(long)}.")
    lower = [each.name.lower() for each in found]
    if (twice := next((name for name in lower if lower.count(name) > 1), None)) is not None:
        raise Invalid(f"There are two classes named “{twice}”. Rename one of them.")
    if len(found) > MOST:
        raise Invalid(f"At most {MOST} classes are kept; these are {len(found)}.")
    kept = accounts.save_settings(session, who, {KEY: [{"name": each.name, "digit": each.digit} for each in found] or None})
    return of(kept)


def _plain(name: str) -> str:
    return " ".join(name.split())
