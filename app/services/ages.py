"""Age at the recording, and what it means for the model, which was made for adults."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

NEONATE_DAYS: Final = 28     # the ACNS 2021 terminology covers critically ill adults; neonates have their own (ACNS 2013)
ADULT_YEARS: Final = 18


@dataclass(frozen=True, slots=True)
class Age:
    """Whole days between birth and recording; ``None`` where either date is unknown."""

    days: int | None
    years: int | None

    @property
    def is_neonate(self) -> bool:
        return self.days is not None and self.days < NEONATE_DAYS

    @property
    def text(self) -> str:
        """``"54 y"``, ``"7 months"``, ``"12 days"`` or ``"age unknown"``."""
        if self.days is None or self.years is None:
            return "age unknown"
        if self.years >= 2:
            return f"{self.years} y"
        return f"{self.days} days" if self.days < 2 * NEONATE_DAYS else f"{int(self.days / 30.44)} months"

    @property
    def warning(self) -> str:
        """What a reader of the analysis must know about this age; ``""`` for adults."""
        if self.is_neonate:
            return f"The patient was {self.text} old: recordings of neonates under {NEONATE_DAYS} days are not assessed."
        if self.years is None:
            return "The age at the recording is unknown. The model was made from generated EEG like that of adults; in children its output may mislead."
        if self.years < ADULT_YEARS:
            return f"The patient was {self.text} old. The model was made from generated EEG like that of adults; in children its output may mislead."
        return ""


def at_recording(birth_date: date | None, start_local: datetime | None) -> Age:
    """Age on the day of the recording by the recorder's clock; impossible dates give an unknown age."""
    if birth_date is None or start_local is None or birth_date > start_local.date():
        return Age(days=None, years=None)
    day = start_local.date()
    had_birthday = (day.month, day.day) >= (birth_date.month, birth_date.day)
    return Age(days=(day - birth_date).days, years=day.year - birth_date.year - (not had_birthday))
