"""Both modes for every fault test that does not say otherwise."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.faults.installation import Installation, install

SERVICE = pytest.param("service", marks=pytest.mark.service)


@pytest.fixture(params=["embedded", SERVICE])
def house(request: pytest.FixtureRequest) -> Iterator[Installation]:
    """An installation without workers yet, in embedded and in service mode."""
    in_service = request.param == "service"
    made = install(request.getfixturevalue("postgres"), request.getfixturevalue("redis")) if in_service else install(None, None)
    try:
        yield made
    finally:
        made.close()
        shutil.rmtree(made.settings.data_dir, ignore_errors=True)
