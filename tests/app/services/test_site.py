"""Settings of a clinic."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from app.access import Actor
from app.errors import Forbidden, Invalid
from app.services import site
from app.services.site import SiteSettings


def test_settings_have_defaults_and_are_kept(session: Session, ada: Actor, bob: Actor) -> None:
    assert site.find(session, ada) == SiteSettings(mains_hz=50, time_zone="UTC")
    site.save(session, ada, SiteSettings(mains_hz=60, time_zone="America/Toronto", letterhead="North"))
    assert site.find(session, ada).time_zone == "America/Toronto"
    assert site.find(session, bob) == SiteSettings()


def test_only_administrators_change_the_site(session: Session, alice: Actor) -> None:
    with pytest.raises(Forbidden):
        site.save(session, alice, SiteSettings(mains_hz=60))


def test_a_mains_frequency_is_50_or_60() -> None:
    with pytest.raises(Invalid):
        SiteSettings(mains_hz=55)


def test_a_time_zone_has_an_iana_name() -> None:
    with pytest.raises(Invalid):
        SiteSettings(time_zone="Warsaw time")
