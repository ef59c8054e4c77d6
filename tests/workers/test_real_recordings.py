"""Real recordings through ``hms worker``, embedded and behind Celery, with the product's own limits."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.access import Actor
from app.db.session import reading, writing
from app.services import analyses, studies
from app.settings import Settings
from tests import builders
from tests.faults.installation import Installation
from tests.workers.recordings import add

PRODUCT = Settings()
COMPOSITE = "composite/composite_dev_12x50s.edf"
WITH_GAPS = "icu_continuous/subject01_2014APR12_142608_EDFplusD_gaps.edf"


@pytest.fixture
def alice(house: Installation) -> Actor:
    limits = {"job_memory_mib": PRODUCT.job_memory_mib, "job_cpu_s": PRODUCT.job_cpu_s, "job_wall_s": PRODUCT.job_wall_s}
    house.settings = house.settings.model_copy(update=limits)
    with writing() as session:
        return builders.actor(session, "alice")


@pytest.mark.fault
@pytest.mark.parametrize("name", [COMPOSITE, WITH_GAPS])
def test_a_real_recording_is_analysed(house: Installation, alice: Actor, shared_data: Path, name: str) -> None:
    study_id = add(alice, shared_data / name, house.settings)
    house.start_worker()
    house.wait_for_all(300)
    assert house.states() == {"done"}
    with reading() as session:
        result = analyses.result_json(session, alice, study_id)
        handle = studies.find(session, alice, study_id)
    assert handle.status == "analysed"
    assert [list(gap) for gap in handle.gaps] == result["recording"]["gaps"]
    assert sum(result["windows"]["assessed"]) > 0
    assert all(abs(sum(row) - 1) < 1e-4 for row in result["windows"]["prob"])
