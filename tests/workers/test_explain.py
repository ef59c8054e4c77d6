"""Explanations by a real worker: after an analysis, on demand, cached, cancelled, killed, and never of another model's answer."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import func, select

from app import jobs
from app.access import Actor
from app.db.explanations import Explanation
from app.db.findings import Analysis
from app.db.session import reading, writing
from app.db.work import Job
from app.errors import Conflict
from app.file_store import open_store
from app.jobs.states import BACKGROUND, QUICK
from app.services import analyses, explanations, monitoring
from app.settings import Settings, use
from ml import calibration, pipeline
from ml.analysis import AnalysisResult, Event
from ml.byte_source import FileBytes
from ml.ensemble import Ensemble
from ml.explain import window_input
from ml.open_recording import open_recording
from ml.synthetic.recording import write_edf
from tests import builders
from tests.workers.recordings import add
from workers import analyse, kinds
from workers.polling import _lanes
from workers.runner import Runner

EVENT = Event("gpd", 40.0, 70.0, 0.8, 0.7)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("edf") / "synthetic.edf"
    write_edf(path, hours=2 / 60, seed=5, patterns={"gpd": 30.0})
    return path


@pytest.fixture(scope="module")
def result(recording: Path) -> AnalysisResult:
    """What the pipeline says of the recording, every 10 s, with one event."""
    with FileBytes(recording) as content:
        found = pipeline.analyse(open_recording(content), Ensemble.load(threads=1), step_s=10.0)
    return replace(found, events=(EVENT,))


@pytest.fixture
def runner(database: Settings) -> Iterator[Runner]:
    one = Runner("test", kinds.load(), database, threading.Event())
    yield one
    one.close()


@pytest.fixture
def alice(database: Settings) -> Actor:
    with writing() as session:
        return builders.actor(session, "alice")


@pytest.fixture
def study(alice: Actor, database: Settings, recording: Path, result: AnalysisResult) -> UUID:
    return analysed(alice, database, recording, result)


def analysed(who: Actor, database: Settings, recording: Path, result: AnalysisResult) -> UUID:
    """A study whose analysis has just been saved as a worker saves it."""
    study_id = add(who, recording, database)
    described = analyse.described(result, open_store(database)) | {"converted": {}}
    with writing() as session:
        held = jobs.claim(session, owner="earlier", queues=("cpu",))
        assert held is not None
        job = jobs.finish(session, held)
        assert job is not None
        analyse.save(session, job, described)
    return study_id


def work(runner: Runner, *queues: str) -> bool:
    """Take one job of the queues and bring it to its end."""
    with writing() as session:
        held = jobs.claim(session, owner=runner.owner, queues=queues)
    if held is not None:
        runner.run(held)
    return held is not None


def ask(who: Actor, study_id: UUID, index: int = 3) -> explanations.ExplanationView:
    with writing() as session:
        return explanations.ask(session, who, study_id, index)


def look(who: Actor, study_id: UUID, index: int = 3) -> explanations.ExplanationView:
    with reading() as session:
        return explanations.find(session, who, study_id, index)


def test_a_reader_is_shown_the_quick_attribution_and_then_the_additive_one(runner: Runner, alice: Actor, study: UUID) -> None:
    assert look(alice, study).state == "none"
    assert ask(alice, study).state == "queued"
    assert ask(alice, study).state == "queued"                        # the same wish again is the same work
    assert work(runner, QUICK)
    first = look(alice, study)
    assert work(runner, QUICK)
    then = look(alice, study)
    assert (first.state, then.state) == ("queued", "done")
    assert first.attribution is not None
    assert then.attribution is not None
    assert (first.attribution.method, then.attribution.method) == ("occlusion", "shap")
    found = then.attribution
    assert found.additivity_error is not None
    assert found.additivity_error < 1e-6
    assert found.base + found.values.sum() == pytest.approx(found.prob, abs=1e-4)
    assert found.prob == pytest.approx(max(then.window.prob), abs=1e-3)
    assert ask(alice, study).state == "done"
    assert not work(runner, QUICK)
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Explanation)) == 2


def test_every_event_is_explained_behind_all_other_work(alice: Actor, study: UUID, result: AnalysisResult) -> None:
    with reading() as session:
        waiting, = session.scalars(select(Job).where(Job.kind == "explain")).all()
        assert (waiting.queue, waiting.parameters["pattern"]) == (BACKGROUND, "gpd")
        assert EVENT.start_s - 5 <= result.spans.label_start_s[waiting.parameters["window"]] <= EVENT.stop_s - 5
    with writing() as session:
        analyses.run_again(session, alice, study)
        newer = jobs.claim(session, owner="w", queues=("cpu", BACKGROUND))
    assert newer is not None
    assert newer.kind == "analyse"                                    # though it was asked for later


def test_a_reader_does_not_wait_for_the_background(alice: Actor, study: UUID) -> None:
    with reading() as session:
        job = session.scalars(select(Job).where(Job.kind == "explain")).one()
        job_id, queue, index = job.id, job.queue, job.parameters["window"]
    with writing() as session:
        explanations.ask(session, alice, study, index, pattern="gpd")
    with reading() as session:
        assert (queue, session.get_one(Job, job_id).queue) == (BACKGROUND, QUICK)


def test_a_cancelled_one_can_be_asked_for_again(alice: Actor, study: UUID) -> None:
    asked = ask(alice, study)
    assert asked.job_id is not None
    with writing() as session:
        monitoring.cancel(session, alice, asked.job_id)
    assert look(alice, study).state == "cancelled"
    assert ask(alice, study).state == "queued"


def test_the_work_survives_the_death_of_its_process(runner: Runner, alice: Actor, study: UUID) -> None:
    ask(alice, study)
    assert work(runner, QUICK)
    child = runner._child
    assert child is not None
    killer = threading.Timer(0.5, lambda: os.kill(child.pid, signal.SIGKILL))
    killer.start()
    assert work(runner, QUICK)
    killer.join()
    interrupted = look(alice, study)
    assert (interrupted.state, interrupted.attribution is not None) == ("queued", True)
    with writing() as session:
        session.get_one(Job, interrupted.job_id).lease_until = None      # its pause is over
    assert work(runner, QUICK)
    assert look(alice, study).state == "done"
    with reading() as session:
        assert session.get_one(Job, interrupted.job_id).attempts == 2


def test_the_answer_of_another_model_is_not_explained(alice: Actor, study: UUID) -> None:
    with writing() as session:
        session.scalars(select(Analysis)).one().model_sha256 = "0" * 64
    with pytest.raises(Conflict, match="Analyse it again"):
        ask(alice, study)


def test_a_site_may_leave_the_background_out(alice: Actor, database: Settings, recording: Path, result: AnalysisResult) -> None:
    use(database.model_copy(update={"explain_events": False}))
    analysed(alice, database, recording, result)
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Job).where(Job.kind == "explain")) == 0


def test_the_window_made_again_is_the_one_that_was_judged(recording: Path, result: AnalysisResult) -> None:
    ensemble, spans = Ensemble.load(threads=1), result.spans
    with FileBytes(recording) as content:
        source = open_recording(content)
        again = np.stack([window_input.of_span(source, float(start_s), mains_hz=result.quality.mains_hz) for start_s in spans.label_start_s])
    prob = calibration.apply(ensemble.predict(again), ensemble.temperature, ensemble.class_bias)
    assert np.abs(prob - spans.prob).max() < 1e-4


def test_one_more_runner_serves_those_who_wait() -> None:
    assert _lanes(Settings()) == [("cpu", "gpu", BACKGROUND), (QUICK,)]
    assert _lanes(Settings(worker_queues=("cpu",), worker_threads=2)) == [("cpu",), ("cpu",), ()]
