"""Settings of a clinic: what all of its readers share."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from zoneinfo import available_timezones

from sqlalchemy.orm import Session

from app.access import Actor, Permission, require
from app.db.accounts import Clinic
from app.errors import Invalid, NotFound
from app.services import audit


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """Mains frequency for the notch filter, time zone for our own events, name on reports, order of the montages."""

    mains_hz: int = 50
    time_zone: str = "UTC"           # IANA name; recordings keep the recorder's clock
    letterhead: str = ""
    right_first: bool = False        # montages begin with the right side of the head

    def __post_init__(self) -> None:
        if self.mains_hz not in {50, 60}:
            raise Invalid(f"The mains frequency is 50 or 60 Hz, not {self.mains_hz}.")
        if self.time_zone not in available_timezones():
            raise Invalid(f"{self.time_zone} is not a time zone; use an IANA name such as Europe/Warsaw.")
        if len(self.letterhead) > 500:
            raise Invalid(f"The letterhead has {len(self.letterhead)} characters; it may have 500.")


def find(session: Session, who: Actor) -> SiteSettings:
    """The settings of the clinic of ``who``."""
    return of_clinic(_clinic(session, who))


def save(session: Session, who: Actor, settings: SiteSettings) -> SiteSettings:
    """Replace the settings of the clinic of ``who``."""
    clinic = _clinic(session, who)
    require(who, Permission.MANAGE_SITE)
    before = asdict(of_clinic(clinic))
    clinic.settings = clinic.settings | asdict(settings)
    changed = [key for key, value in asdict(settings).items() if before[key] != value]
    audit.record(session, who, "site_changed", "clinic", clinic.id, fields=changed)
    return settings


def _clinic(session: Session, who: Actor) -> Clinic:
    clinic = session.get(Clinic, who.clinic_id)
    if clinic is None:
        raise NotFound("There is no such clinic.")
    return clinic


def of_clinic(clinic: Clinic) -> SiteSettings:
    """The settings that a clinic has, with defaults for the rest."""
    known = {key: value for key, value in clinic.settings.items() if key in SiteSettings.__slots__}
    return SiteSettings(**known)
