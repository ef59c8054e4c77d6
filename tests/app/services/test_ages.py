"""Age at the recording and its warnings."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from app.services import ages

NIGHT = datetime(2026, 5, 4, 22, 30)


@pytest.mark.parametrize(("born", "text"), [
    (date(1972, 5, 4), "54 y"), (date(1972, 5, 5), "53 y"), (date(2025, 10, 1), "7 months"), (date(2026, 4, 22), "12 days"),
    (None, "age unknown"), (date(2026, 5, 5), "age unknown"),
])
def test_age_is_told_in_the_unit_that_fits(born: date | None, text: str) -> None:
    assert ages.at_recording(born, NIGHT).text == text


def test_neonates_under_28_days_are_not_assessed() -> None:
    assert ages.at_recording(date(2026, 4, 7), NIGHT).is_neonate
    assert not ages.at_recording(date(2026, 4, 6), NIGHT).is_neonate
    assert "not assessed" in ages.at_recording(date(2026, 4, 7), NIGHT).warning


def test_children_and_unknown_ages_carry_a_warning_and_adults_none() -> None:
    assert "adults" in ages.at_recording(date(2008, 5, 5), NIGHT).warning
    assert "unknown" in ages.at_recording(date(1980, 1, 1), None).warning
    assert ages.at_recording(date(2008, 5, 4), NIGHT).warning == ""


def test_a_leap_day_child_grows_older_in_march() -> None:
    assert ages.at_recording(date(2004, 2, 29), datetime(2022, 2, 28)).years == 17
    assert ages.at_recording(date(2004, 2, 29), datetime(2022, 3, 1)).years == 18
