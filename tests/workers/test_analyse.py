"""A real analysis in a real child, and what the services then say of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from app import jobs
from app.access import Actor
from app.commands.analyse import analyse
from app.db.session import reading, writing
from app.errors import NotFound
from app.file_store import open_store
from app.services import analyses, studies, windows
from app.settings import Settings
from ml.synthetic.recording import write_edf
from tests import builders
from tests.workers.recordings import add
from workers import kinds
from workers.runner import Runner


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("edf") / "synthetic.edf"
    write_edf(path, hours=2 / 60, seed=5, patterns={"gpd": 30.0})
    return path


@pytest.fixture
def runner(database: Settings) -> Iterator[Runner]:
    one = Runner("test", kinds.load(), database, threading.Event())
    yield one
    one.close()


@pytest.fixture
def alice(database: Settings) -> Actor:
    with writing() as session:
        return builders.actor(session, "alice")


def work(runner: Runner) -> None:
    with writing() as session:
        held = jobs.claim(session, owner=runner.owner, queues=("cpu",))
    assert held is not None
    runner.run(held)


def test_the_stored_result_is_what_the_command_prints(runner: Runner, alice: Actor, database: Settings, recording: Path) -> None:
    study_id = add(alice, recording, database)
    work(runner)
    printed = json.loads(CliRunner().invoke(analyse, [str(recording), "--json"]).stdout)
    with reading() as session:
        stored = analyses.result_json(session, alice, study_id)
    assert stored | {"elapsed_s": 0} == printed | {"elapsed_s": 0}


def test_an_analysis_is_read_as_rows_spans_and_spectrogram(
    runner: Runner, alice: Actor, database: Settings, recording: Path
) -> None:
    study_id = add(alice, recording, database)
    work(runner)
    with reading() as session:
        assert studies.find(session, alice, study_id).status == "analysed"
        view = analyses.latest(session, alice, study_id)
        spans = analyses.spans(session, alice, study_id)
        assert view is not None
        assert sum(view.seconds_by_class.values()) == pytest.approx(view.assessed_s)
        assert spans.prob.shape == (len(spans.label_start_s), 6)
        assert len(analyses.events(session, alice, study_id)) == view.n_events
        assert analyses.spectrogram(session, alice, study_id).power_db.shape[0] == 4


def test_another_clinic_finds_no_analysis(runner: Runner, alice: Actor, database: Settings, recording: Path) -> None:
    study_id = add(alice, recording, database)
    work(runner)
    with writing() as session:
        bob = builders.actor(session, "bob")
    for read in (analyses.latest, analyses.events, analyses.spans, analyses.spectrogram, analyses.result_json):
        with reading() as session, pytest.raises(NotFound):
            read(session, bob, study_id)


def test_a_second_run_leaves_the_first_as_it_was(runner: Runner, alice: Actor, database: Settings, recording: Path) -> None:
    study_id = add(alice, recording, database)
    work(runner)
    with writing() as session:
        first = analyses.latest(session, alice, study_id)
        analyses.run_again(session, alice, study_id)
    work(runner)
    with reading() as session:
        second = analyses.latest(session, alice, study_id)
    assert first is not None
    assert second is not None
    assert (first.run_number, second.run_number) == (1, 2)
    assert second.seconds_by_class == first.seconds_by_class


def test_every_window_can_be_told_in_detail_and_compared(runner: Runner, alice: Actor, database: Settings, recording: Path) -> None:
    study_id = add(alice, recording, database)
    work(runner)
    with reading() as session:
        spans, view = analyses.spans(session, alice, study_id), windows.show(session, alice, study_id, 5)
        alike = windows.similar(session, alice, study_id, 5, count=3)
    weights = [member.weight for member in view.members]
    pooled = np.exp(np.average([np.log(member.prob) for member in view.members], axis=0, weights=weights))
    assert sum(weights) == pytest.approx(1.0, abs=1e-3)
    assert view.prob == pytest.approx(tuple(spans.prob[5].tolist()), abs=1e-6)
    assert pooled / pooled.sum() == pytest.approx(spans.prob[5], abs=5e-3)          # the log-linear pool of what is kept
    assert view.total_nats == pytest.approx(view.aleatoric_nats + view.epistemic_nats)
    assert alike
    assert all(abs(each.start_s - view.start_s) >= 50 and each.study_id == study_id for each in alike)


def test_a_neonate_is_not_assessed(runner: Runner, alice: Actor, database: Settings, recording: Path) -> None:
    study_id = add(alice, recording, database, born=date(2026, 2, 20))
    work(runner)
    with reading() as session:
        view = analyses.latest(session, alice, study_id)
        assert view is not None
        assert "neonates under 28 days are not assessed" in view.findings[-1]
        assert (view.n_events, view.assessed_s, len(analyses.spans(session, alice, study_id).prob)) == (0, 0.0, 0)


@pytest.mark.parametrize("born", [None, date(2019, 1, 1)])
def test_a_child_or_an_unknown_age_carries_a_warning(
    runner: Runner, alice: Actor, database: Settings, recording: Path, born: date | None
) -> None:
    study_id = add(alice, recording, database, born=born)
    work(runner)
    with reading() as session:
        view = analyses.latest(session, alice, study_id)
    assert view is not None
    assert "like that of adults" in view.findings[-1]
    assert view.assessed_s > 0


def test_bytes_that_are_no_recording_fail_at_once_with_their_sentence(
    runner: Runner, alice: Actor, database: Settings, recording: Path
) -> None:
    study_id = add(alice, recording, database)
    with reading() as session:
        stored = open_store(database).path(studies.find(session, alice, study_id).sha256)
    stored.unlink()
    stored.write_bytes(b"not an EDF" * 100)
    work(runner)
    with reading() as session:
        row = studies.row(session, alice, study_id)
    assert (row.status, row.job_state) == ("failed", "failed")
    assert row.error_sentence.endswith(".")
