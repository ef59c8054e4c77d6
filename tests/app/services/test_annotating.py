"""Readers' annotations: every version kept, nobody's lost, taken back and done again beside reviews."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from app.access import Actor, Role
from app.db.audit import AuditEntry
from app.db.findings import AnnotationVersion
from app.errors import ChangedMeanwhile, Conflict, Forbidden, Invalid, NotFound
from app.services import annotating, annotation_classes, blind_reads, review_acts, taking_back
from app.services.annotating import Words
from app.services.review_acts import Wish
from tests import builders

SPIKE = Words(12.25, 13.0, "spike", "Fp1-F7", "broad field")


@pytest.fixture
def study(session: Session, alice: Actor) -> UUID:
    made = builders.study(session, alice)
    builders.analysis(session, made, [("lpd", 20.0, 60.0)])
    return made


@pytest.fixture
def ann(session: Session, alice: Actor) -> Actor:
    """Another neurologist of Alice's clinic."""
    return builders.actor(session, "ann", clinic="Clinic of alice")


def said(session: Session, who: Actor, study: UUID) -> list[Words]:
    return [view.words for view in annotating.listed(session, who, study)]


def test_annotations_stand_in_order_of_time_with_their_author(session: Session, alice: Actor, ann: Actor, study: UUID) -> None:
    annotating.add(session, alice, study, SPIKE)
    annotating.add(session, ann, study, Words(3.0, label="eyes closed"))
    found = annotating.listed(session, alice, study)
    assert [(view.words.label, view.author, view.mine, view.version) for view in found] == [("eyes closed", "ann", False, 1), ("spike", "alice", True, 1)]
    assert found[1].words == SPIKE


@pytest.mark.parametrize("given", [Words(1.23449, 2.71861, " spike\n"), Words(1.2341, 2.7194, "spike", comment="\t")])
def test_times_are_kept_to_the_millisecond_and_words_on_one_line(given: Words) -> None:
    kept = annotating.checked(given, 600.0)
    assert (kept.start_s, kept.stop_s, kept.label, kept.comment) == (pytest.approx(1.234, abs=1e-9), pytest.approx(2.719, abs=1e-9), "spike", "")
    assert annotating.checked(Words(5.0, 5.0001, "spike"), 600.0).stop_s is None


@pytest.mark.parametrize("wrong", [
    Words(-1.0, label="spike"), Words(601.0, label="spike"), Words(10.0, 601.0, "spike"), Words(10.0, 9.0, "spike"), Words(10.0), Words(10.0, label="s" * 41),
    Words(10.0, comment="c" * 501), Words(10.0, label="spike", channel="c" * 41),
])
def test_what_makes_no_annotation_is_refused(session: Session, alice: Actor, study: UUID, wrong: Words) -> None:
    with pytest.raises(Invalid):
        annotating.add(session, alice, study, wrong)
    assert said(session, alice, study) == []


def test_a_lost_answer_asked_for_again_adds_nothing_twice(session: Session, alice: Actor, ann: Actor, study: UUID) -> None:
    key = uuid4()
    first, again = (annotating.add(session, alice, study, SPIKE, annotation_id=key) for _ in range(2))
    assert (first.version, again.version, len(said(session, alice, study))) == (1, 1, 1)
    for who, words in ((ann, SPIKE), (alice, replace(SPIKE, label="sharp wave"))):
        with pytest.raises(Conflict):
            annotating.add(session, who, study, words, annotation_id=key)


def test_every_version_is_kept_with_who_and_when(session: Session, alice: Actor, ann: Actor, study: UUID) -> None:
    made = annotating.add(session, alice, study, SPIKE)
    annotating.change(session, ann, study, made.id, replace(SPIKE, label="sharp wave"), version=1)
    annotating.remove(session, alice, study, made.id, version=2)
    assert said(session, alice, study) == []
    rows = annotating.history(session, alice, study, made.id)
    assert [(row.version, row.act, row.words.label, row.author, row.changed_by, row.removed) for row in rows] == [
        (1, "add", "spike", "alice", "alice", False), (2, "change", "sharp wave", "alice", "ann", False), (3, "remove", "sharp wave", "alice", "alice", True)]
    actions = session.scalars(select(AuditEntry.action).where(AuditEntry.object_id == made.id).order_by(AuditEntry.seq)).all()
    assert actions == ["annotation_add", "annotation_change", "annotation_remove"]


def test_an_older_version_overwrites_nothing(session: Session, alice: Actor, ann: Actor, study: UUID) -> None:
    made = annotating.add(session, alice, study, SPIKE)
    annotating.change(session, ann, study, made.id, replace(SPIKE, comment="artefact?"), version=1)
    with pytest.raises(ChangedMeanwhile, match="Somebody changed this annotation"):
        annotating.change(session, alice, study, made.id, replace(SPIKE, start_s=12.0), version=1)
    with pytest.raises(ChangedMeanwhile):
        annotating.remove(session, alice, study, made.id, version=1)
    assert said(session, alice, study) == [replace(SPIKE, comment="artefact?")]


def test_the_database_refuses_the_same_version_twice(session: Session, alice: Actor, study: UUID) -> None:
    made = annotating.add(session, alice, study, SPIKE)
    row = session.scalars(select(AnnotationVersion)).one()
    kept = {column.key: getattr(row, column.key) for column in AnnotationVersion.__table__.columns if column.key not in ("id", "created_at")}
    with pytest.raises(DatabaseError), session.begin_nested():
        session.execute(insert(AnnotationVersion).values(**kept))
    assert annotating.history(session, alice, study, made.id)[-1].version == 1


@pytest.mark.parametrize("statement", ["UPDATE annotation_version SET label = 'x'", "DELETE FROM annotation_version"])
def test_rows_are_never_changed_or_deleted(session: Session, alice: Actor, study: UUID, statement: str) -> None:
    annotating.add(session, alice, study, SPIKE)
    with pytest.raises(DatabaseError, match="rows are never"), session.begin_nested():
        session.execute(text(statement))


def test_undo_and_redo_go_through_the_acts_one_by_one(session: Session, alice: Actor, study: UUID) -> None:
    made = annotating.add(session, alice, study, SPIKE)
    moved = replace(SPIKE, start_s=11.0)
    annotating.change(session, alice, study, made.id, moved, version=1)
    annotating.remove(session, alice, study, made.id, version=2)
    states = []
    for step in (taking_back.undo, taking_back.undo, taking_back.undo, taking_back.redo, taking_back.redo, taking_back.redo):
        step(session, alice, study)
        states.append(said(session, alice, study))
    assert states == [[moved], [SPIKE], [], [SPIKE], [moved], []]
    with pytest.raises(Conflict, match="nothing to do again"):
        taking_back.redo(session, alice, study)


def test_the_newest_act_of_either_kind_is_undone(session: Session, alice: Actor, study: UUID) -> None:
    annotating.add(session, alice, study, SPIKE)
    review_acts.act(session, alice, study, Wish("label", pattern="gpd", start_s=100.0, stop_s=110.0))
    annotating.add(session, alice, study, Words(300.0, label="arousal"))
    told = [taking_back.undo(session, alice, study) for _ in range(3)]
    assert [(done.kind, done.sentence) for done in told] == [
        ("annotation", "Taken back: annotation added (arousal)."), ("review", "Taken back: Labelled GPD."), ("annotation", "Taken back: annotation added (spike).")]
    assert [taking_back.redo(session, alice, study).kind for _ in range(3)] == ["annotation", "review", "annotation"]
    assert [words.label for words in said(session, alice, study)] == ["spike", "arousal"]


def test_something_new_of_either_kind_ends_the_doing_again(session: Session, alice: Actor, study: UUID) -> None:
    annotating.add(session, alice, study, SPIKE)
    taking_back.undo(session, alice, study)
    review_acts.act(session, alice, study, Wish("label", pattern="gpd", start_s=100.0, stop_s=110.0))
    with pytest.raises(Conflict, match="nothing to do again"):
        taking_back.redo(session, alice, study)


def test_an_undo_takes_back_nobody_elses_work(session: Session, alice: Actor, ann: Actor, study: UUID) -> None:
    made = annotating.add(session, alice, study, SPIKE)
    with pytest.raises(Conflict, match="nothing to undo"):
        taking_back.undo(session, ann, study)
    annotating.change(session, ann, study, made.id, replace(SPIKE, comment="mine now"), version=1)
    with pytest.raises(Conflict, match="Somebody changed this annotation since"):
        taking_back.undo(session, alice, study)
    assert said(session, alice, study) == [replace(SPIKE, comment="mine now")]


def test_technologists_annotate_and_others_only_look(session: Session, alice: Actor, study: UUID) -> None:
    tom = builders.actor(session, "tom", role=Role.TECHNOLOGIST, clinic="Clinic of alice")
    annotating.add(session, tom, study, Words(1.0, label="medication", comment="lorazepam 2 mg"))
    taking_back.undo(session, tom, study)
    taking_back.redo(session, tom, study)
    for name, role in (("vic", Role.VIEWER), ("ada", Role.ADMINISTRATOR)):
        looks = builders.actor(session, name, role=role, clinic="Clinic of alice")
        assert len(said(session, looks, study)) == 1
        with pytest.raises(Forbidden):
            annotating.add(session, looks, study, SPIKE)
        with pytest.raises(Forbidden):
            taking_back.undo(session, looks, study)


def test_another_clinic_finds_nothing(session: Session, alice: Actor, bob: Actor, study: UUID) -> None:
    made, other = annotating.add(session, alice, study, SPIKE), builders.study(session, bob)
    for asked in (lambda: annotating.listed(session, bob, study), lambda: annotating.add(session, bob, study, SPIKE),
                  lambda: annotating.change(session, bob, study, made.id, SPIKE, version=1), lambda: annotating.history(session, bob, study, made.id),
                  lambda: annotating.remove(session, bob, other, made.id, version=1), lambda: taking_back.undo(session, bob, study)):
        with pytest.raises(NotFound):
            asked()


def test_a_blind_read_hides_what_others_wrote_and_keeps_what_one_writes(session: Session, alice: Actor, ann: Actor, study: UUID) -> None:
    hidden = annotating.add(session, ann, study, SPIKE)
    blind_reads.begin(session, alice, study)
    own = annotating.add(session, alice, study, Words(40.0, label="artefact"))
    assert [words.label for words in said(session, alice, study)] == ["artefact"]
    for asked in (lambda: annotating.history(session, alice, study, hidden.id), lambda: annotating.change(session, alice, study, hidden.id, SPIKE, version=1)):
        with pytest.raises(NotFound):
            asked()
    annotating.change(session, ann, study, own.id, Words(40.0, label="seizure?"), version=1)
    assert [words.label for words in said(session, alice, study)] == ["artefact"]
    blind_reads.leave(session, alice, study)
    assert [words.label for words in said(session, alice, study)] == ["spike", "seizure?"]


def test_own_classes_have_digits_and_nothing_at_all_brings_the_defaults_back(session: Session, alice: Actor) -> None:
    kept = annotation_classes.save(session, alice, ["", " K  complex ", "", "", "", "", "", "", "POSTS"], "spindle, vertex wave")
    assert [(each.digit, each.name) for each in kept] == [("2", "K complex"), ("9", "POSTS"), ("", "spindle"), ("", "vertex wave")]
    assert [each.name for each in annotation_classes.save(session, alice, [""] * 9)] == list(annotation_classes.DEFAULTS)


@pytest.mark.parametrize(("names", "words"), [(["spike", "Spike"], "two classes named"), (["s" * 41], "at most 40"), (["a"], "At most 30")])
def test_classes_that_cannot_be_told_apart_or_read_are_refused(session: Session, alice: Actor, names: list[str], words: str) -> None:
    further = ",".join(f"class {number}" for number in range(30)) if names == ["a"] else ""
    with pytest.raises(Invalid, match=words):
        annotation_classes.save(session, alice, names, further)
