"""What a reader does about findings and spans: label, agree, accept, dismiss, move, merge, split, take back, do again.

Each act is one batch of immutable rows with what it took away and what it put in its place; an undo is one more batch. The
model's own events are never touched. Acts on a study come one after the other, and each says which state of a finding was on
the reader's screen: what somebody else has changed since is refused instead of overwritten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from app.access import Actor
from app.db.columns import utc_now
from app.db.findings import Review
from app.db.studies import Study
from app.errors import Conflict, Invalid
from app.services import analyses, audit, beside_model, blind_reads, reviews, standing
from app.services.act_stacks import Made, stacks
from app.services.reviews import Change, Decision
from app.services.standing import Finding
from ml.classes import CLASSES, DISPLAY_NAMES

Act = Literal["label", "agree", "unsure", "accept", "dismiss", "withdraw", "move", "merge", "split", "remove"]
SHORTEST_S: Final = 1.0
"""No part of a finding is shorter: what a reader sees on a page of 10 s is not placed more finely."""
MOST_AT_ONCE: Final = 2000


@dataclass(frozen=True, slots=True)
class Wish:
    """One act as a door takes it."""

    act: Act
    targets: tuple[tuple[UUID, int | None], ...] = ()    # findings with the revision that was on the screen (None: whichever); none: a span
    pattern: str = ""                                # of "label"
    start_s: float | None = None                     # of a span, or the new borders
    stop_s: float | None = None
    at_s: float | None = None                        # where "split" cuts
    spans: tuple[tuple[float, float], ...] = ()      # of "label" and "unsure": many at once, in place of start and stop
    reason: str = ""
    seen: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """What an act changed."""

    batch_id: UUID
    n_changed: int
    sentence: str


@dataclass(frozen=True, slots=True)
class _Scene:
    """What the acting reader works on."""

    session: Session
    who: Actor
    study: Study
    held: dict[UUID, Finding]
    blind: bool


def act(session: Session, who: Actor, study_id: UUID, wish: Wish) -> Done:
    """Do one act of a reader.

    Raises
    ------
    Conflict
        If somebody has changed a finding since it was on the reader's screen, or the report is signed.
    Invalid
        If the act does not fit what it is done to.
    """
    scene = _scene(session, who, study_id)
    changes = _ACTS[wish.act](scene, wish)
    if not changes:
        raise Conflict("Nothing would change: that is what stands already.")
    batch_id = reviews.write(session, who, scene.study, changes, act=wish.act, reason=wish.reason, seen=wish.seen)
    _audit(session, who, study_id, wish.act, batch_id, changes)
    sentence = _sentence(wish.act, changes)
    return Done(batch_id, len(wish.spans) or len(changes), f"{len(wish.spans)} windows: {sentence}" if wish.spans else sentence)


def undo(session: Session, who: Actor, study_id: UUID, *, seen: dict[str, Any] | None = None) -> Done:
    """Take back the reader's last act that stands."""
    scene, log = _scene(session, who, study_id), _own_log(session, who, study_id)
    done, _ = stacks(_made(log))
    if not done:
        raise Conflict("There is nothing to undo: you have no act on this study that stands.")
    return _reverse(scene, log[done[-1].id], "undo", seen)


def redo(session: Session, who: Actor, study_id: UUID, *, seen: dict[str, Any] | None = None) -> Done:
    """Do again what the reader's last undo took back."""
    scene, log = _scene(session, who, study_id), _own_log(session, who, study_id)
    _, undone = stacks(_made(log))
    if not undone:
        raise Conflict("There is nothing to do again.")
    return _reverse(scene, log[undone[-1].id], "redo", seen)


def own_acts(session: Session, who: Actor, study_id: UUID) -> list[Made]:
    """The reader's acts in the order in which they were made. For services only."""
    return _made(_own_log(session, who, study_id))


def _scene(session: Session, who: Actor, study_id: UUID) -> _Scene:
    study = reviews.locked(session, who, study_id)
    blind = blind_reads.hides(session, who, study_id)
    analysis_id = None if blind else analyses.newest_id(session, study_id)
    found = standing.findings(session, study_id, analysis_id, reader=who.user_id if blind else None)
    return _Scene(session, who, study, {finding.id: finding for finding in found}, blind)


# The acts

def _label(scene: _Scene, wish: Wish) -> list[Change]:
    if wish.pattern not in CLASSES:
        raise Invalid(f"There is no class {wish.pattern!r}. The classes are {', '.join(CLASSES)}.")
    if wish.targets:
        return [_relabelled(finding, wish.pattern, scene.who) for finding in _targets(scene, wish)]
    return _all_painted(scene, wish, wish.pattern, "accepted")


def _unsure(scene: _Scene, wish: Wish) -> list[Change]:
    if wish.targets:
        return [reviews.decided(finding, "unsure", scene.who) for finding in _targets(scene, wish) if finding.status != "unsure"]
    return _all_painted(scene, wish, "other", "unsure")


def _agree(scene: _Scene, wish: Wish) -> list[Change]:
    if wish.targets:
        return _accept(scene, wish)
    if scene.blind:
        raise Conflict("There is nothing to agree with: you read this study without the model. Label the span with 1 to 6, or 0.")
    start_s, stop_s = _span(scene, wish)
    return _painted(scene, wish, likeliest(scene.session, scene.who, scene.study.id, start_s, stop_s), "accepted")


def _accept(scene: _Scene, wish: Wish) -> list[Change]:
    """An accepted event takes the place of the reader's own labels of the same pattern there."""
    found = [finding for finding in _targets(scene, wish) if finding.status != "accepted"]
    own = [finding for finding in scene.held.values() if finding.event_id is None and finding.user_id == scene.who.user_id]
    doubled = {label.id: label for label in own for event in found if label.pattern == event.pattern and label not in found and _overlap(label, event)}
    return [*(reviews.decided(finding, "accepted", scene.who) for finding in found),
            *(Change(None, (label,), (), "labelled") for label in doubled.values())]


def _dismiss(scene: _Scene, wish: Wish) -> list[Change]:
    found = [finding for finding in _targets(scene, wish) if finding.status != "dismissed"]
    return [reviews.decided(finding, "dismissed", scene.who) if finding.event_id else Change(None, (finding,), (), "labelled") for finding in found]


def _withdraw(scene: _Scene, wish: Wish) -> list[Change]:
    """Open again; a changed one becomes what it was before the last act on it."""
    found = _targets(scene, wish)
    if any(finding.changed or finding.event_id is None for finding in found):
        return _inverse(scene, _last_act_on(scene, found[0].id))
    return [reviews.decided(finding, "withdrawn", scene.who) for finding in found if finding.status]


def _move(scene: _Scene, wish: Wish) -> list[Change]:
    start_s, stop_s = _span(scene, wish)
    moved = _one(scene, wish)
    if (moved.start_s, moved.stop_s) == (start_s, stop_s):
        return []
    return [_changed(moved, replace(moved, start_s=start_s, stop_s=stop_s), scene.who)]


def _merge(scene: _Scene, wish: Wish) -> list[Change]:
    """One finding from the first to the last moment of several; the first one gives the pattern."""
    found = sorted(_targets(scene, wish), key=lambda finding: finding.start_s)
    if len(found) < 2:
        raise Invalid("Choose at least two findings to merge.")
    if len({finding.pattern for finding in found}) > 1:
        raise Invalid("Findings of different patterns are not merged. Relabel one of them first.")
    first, *others = found
    whole = replace(first, stop_s=max(finding.stop_s for finding in found))
    return [_changed(first, whole, scene.who), *(Change(other.event_id, (other,), (), _word(other)) for other in others)]


def _split(scene: _Scene, wish: Wish) -> list[Change]:
    finding, at_s = _one(scene, wish), round(wish.at_s if wish.at_s is not None else -1.0, 3)
    if not finding.start_s + SHORTEST_S <= at_s <= finding.stop_s - SHORTEST_S:
        raise Invalid(f"A finding is cut at least {SHORTEST_S:g} s within its borders.")
    left = _by(replace(finding, stop_s=at_s), scene.who)
    right = _by(replace(finding, id=uuid4(), start_s=at_s, revision=0), scene.who)
    return [Change(finding.event_id, (finding,), (left, right), _word(finding))]


def _remove(scene: _Scene, wish: Wish) -> list[Change]:
    """A reader's own labels are taken away; events of the model are dismissed instead."""
    found = _targets(scene, wish)
    if any(finding.event_id is not None for finding in found):
        raise Invalid("What the model suggests is dismissed, not removed.")
    return [Change(None, (finding,), (), "labelled") for finding in found]


_ACTS: Final[dict[Act, Callable[[_Scene, Wish], list[Change]]]] = {
    "label": _label, "agree": _agree, "unsure": _unsure, "accept": _accept, "dismiss": _dismiss, "withdraw": _withdraw,
    "move": _move, "merge": _merge, "split": _split, "remove": _remove,
}


def likeliest(session: Session, who: Actor, study_id: UUID, start_s: float, stop_s: float) -> str:
    """What the model says of a span."""
    found = beside_model.likeliest(analyses.spans(session, who, study_id), start_s, stop_s)
    if found is None:
        raise Conflict("The model assessed nothing there, so there is nothing to agree with. Label the span with 1 to 6, or 0.")
    return found


# Parts of acts

def _all_painted(scene: _Scene, wish: Wish, pattern: str, status: str) -> list[Change]:
    """Several spans, each over what the one before it left, as one change."""
    if len(wish.spans) > MOST_AT_ONCE:
        raise Invalid(f"At most {MOST_AT_ONCE} spans are labelled at once.")
    if not wish.spans:
        return _painted(scene, wish, pattern, status)
    held = dict(scene.held)
    for start_s, stop_s in wish.spans:
        for change in _painted(replace(scene, held=held), replace(wish, start_s=start_s, stop_s=stop_s), pattern, status):
            held = {key: kept for key, kept in held.items() if kept not in change.before} | {made.id: made for made in change.after}
    gone, new = (tuple(one[key] for key in one if key not in other) for one, other in ((scene.held, held), (held, scene.held)))
    return [Change(None, gone, new, "labelled")] if gone or new else []


def _painted(scene: _Scene, wish: Wish, pattern: str, status: str) -> list[Change]:
    """Label a span: it joins the reader's labels of that class that it touches, and replaces others where it lies over them."""
    start_s, stop_s = _span(scene, wish)
    own = [finding for finding in scene.held.values() if finding.event_id is None and finding.user_id == scene.who.user_id]
    touched = [finding for finding in own if finding.start_s <= stop_s and finding.stop_s >= start_s]
    same = [finding for finding in touched if (finding.pattern, finding.status) == (pattern, status)]
    covered = [finding for finding in touched if finding not in same and finding.start_s < stop_s and finding.stop_s > start_s]
    if any(finding.start_s <= start_s and finding.stop_s >= stop_s for finding in same) and not covered:
        return []
    begin_s, end_s = min([start_s, *(f.start_s for f in same)]), max([stop_s, *(f.stop_s for f in same)])
    whole = _by(Finding(uuid4(), pattern, begin_s, end_s, status), scene.who)
    left = [piece for finding in covered for piece in _around(finding, start_s, stop_s)]
    return [Change(None, (*same, *covered), (whole, *left), "labelled")]


def _around(finding: Finding, start_s: float, stop_s: float) -> list[Finding]:
    """What is left of a label before and after a span."""
    pieces = [(finding.start_s, start_s), (stop_s, finding.stop_s)]
    return [replace(finding, id=uuid4(), start_s=first, stop_s=last, revision=0) for first, last in pieces if last - first >= SHORTEST_S]


def _relabelled(finding: Finding, pattern: str, who: Actor) -> Change:
    if finding.pattern == pattern:
        return reviews.decided(finding, "accepted", who) if finding.event_id else _changed(finding, finding, who)
    return _changed(finding, replace(finding, pattern=pattern, frequency_hz=None), who)


def _changed(before: Finding, after: Finding, who: Actor) -> Change:
    return Change(before.event_id, (before,), (_by(after, who),), _word(before))


def _by(finding: Finding, who: Actor) -> Finding:
    """As the reader leaves it: what the model measured was of another stretch or pattern, so it is not kept."""
    status = "unsure" if finding.status == "unsure" and finding.event_id is None else "accepted"
    return replace(finding, status=status, max_prob=None, mean_prob=None, changed=True, user_id=who.user_id, at=utc_now())


def _word(finding: Finding) -> Decision:
    return "changed" if finding.event_id is not None else "labelled"


def _span(scene: _Scene, wish: Wish) -> tuple[float, float]:
    if wish.start_s is None or wish.stop_s is None:
        raise Invalid("A span needs a start and a stop, in seconds from the start of the recording.")
    start_s, stop_s = round(max(0.0, wish.start_s), 3), round(min(wish.stop_s, scene.study.duration_s), 3)
    if stop_s - start_s < SHORTEST_S:
        raise Invalid(f"A span within the recording has at least {SHORTEST_S:g} s; this one has {max(0.0, stop_s - start_s):g} s.")
    return start_s, stop_s


def _targets(scene: _Scene, wish: Wish) -> list[Finding]:
    if not 0 < len(wish.targets) <= MOST_AT_ONCE:
        raise Invalid(f"Choose between one and {MOST_AT_ONCE} findings.")
    found = [scene.held.get(key) for key, _ in wish.targets]
    if any(finding is None or revision not in (None, finding.revision) for finding, (_, revision) in zip(found, wish.targets, strict=True)):
        raise Conflict("Somebody changed this finding after your screen showed it. The list is fresh now: look again and decide anew.")
    return [finding for finding in found if finding is not None]


def _one(scene: _Scene, wish: Wish) -> Finding:
    if len(wish.targets) != 1:
        raise Invalid("Choose one finding.")
    return _targets(scene, wish)[0]


def _overlap(first: Finding, second: Finding) -> bool:
    return first.start_s < second.stop_s and second.start_s < first.stop_s


# Taking back

def _own_log(session: Session, who: Actor, study_id: UUID) -> dict[UUID, list[Review]]:
    """The reader's acts in order; while he reads without the model, only those on his own labels."""
    batches, blind = dict[UUID, list[Review]](), blind_reads.hides(session, who, study_id)
    for row in standing.log(session, study_id, reader=who.user_id):
        if row.batch_id is not None:
            batches.setdefault(row.batch_id, []).append(row)
    return {key: rows for key, rows in batches.items() if not blind or all(row.event_id is None for row in rows)}


def _made(batches: dict[UUID, list[Review]]) -> list[Made]:
    return [Made(key, rows[0].created_at, rows[0].act, rows[0].undoes_id) for key, rows in batches.items()]


def _reverse(scene: _Scene, rows: list[Review], word: Literal["undo", "redo"], seen: dict[str, Any] | None) -> Done:
    changes = _inverse(scene, rows) if word == "undo" else _again(scene, rows)
    batch_id = reviews.write(scene.session, scene.who, scene.study, changes, act=word, seen=seen, undoes_id=rows[0].batch_id)
    _audit(scene.session, scene.who, scene.study.id, word, batch_id, changes)
    return Done(batch_id, len(changes), f"{'Taken back' if word == 'undo' else 'Done again'}: {_sentence(rows[0].act, _changes_of(rows))}")


def _inverse(scene: _Scene, rows: list[Review]) -> list[Change]:
    """The changes that take an act back, if what it left still stands."""
    back = [Change(change.event_id, change.after, change.before, change.decision) for change in reversed(_changes_of(rows))]
    return [replace(change, decision=_decision_of(change)) for change in _if_it_stands(scene, back)]


def _again(scene: _Scene, rows: list[Review]) -> list[Change]:
    return _if_it_stands(scene, _changes_of(rows))


def _if_it_stands(scene: _Scene, changes: list[Change]) -> list[Change]:
    taken = [finding for change in changes for finding in change.before]
    if any(finding.id not in scene.held or scene.held[finding.id].same != finding.same for finding in taken):
        raise Conflict("Somebody changed this since. Nothing was taken back; look at what stands now.")
    return changes


def _changes_of(rows: Iterable[Review]) -> list[Change]:
    def kept(side: dict[str, Any]) -> tuple[Finding, ...]:
        return tuple(Finding.from_json(each) for each in side.get("findings", ()))

    return [Change(row.event_id, kept(row.before), kept(row.after), _known(row.decision)) for row in rows]


def _known(decision: str) -> Decision:
    return next(word for word in reviews.DECISIONS if word == decision)


def _decision_of(change: Change) -> Decision:
    """The word of a row that puts an event back: what holds of it then."""
    if change.event_id is None:
        return "labelled"
    restored = next((finding for finding in change.after if finding.id == change.event_id), None)
    if restored is None or restored.changed:
        return "changed"
    return _known(restored.status or "withdrawn")


def _last_act_on(scene: _Scene, finding_id: UUID) -> list[Review]:
    """The newest act of anybody that left a finding as it is."""
    for row in reversed(standing.log(scene.session, scene.study.id, reader=scene.who.user_id if scene.blind else None)):
        if row.batch_id and any(kept["id"] == str(finding_id) for kept in row.after.get("findings", ())):
            return [other for other in standing.log(scene.session, scene.study.id) if other.batch_id == row.batch_id]
    raise Conflict("There is no act on this finding to take back.")


_NAMES: Final[dict[str, str]] = {str(name): words for name, words in DISPLAY_NAMES.items()}
_WORDS: Final = {"accept": "accepted", "agree": "accepted", "dismiss": "dismissed", "withdraw": "open again", "unsure": "unsure", "decide": "decided",
                 "move": "moved", "merge": "merged", "split": "split", "remove": "removed", "label": "labelled", "undo": "taken back", "redo": "done again"}


def _sentence(name: str, changes: Sequence[Change]) -> str:
    """What was done, for the status line: ``"LPD labelled GPD."``, ``"12 findings accepted."``"""
    if name in ("accept", "dismiss", "withdraw", "unsure", "label", "remove") and len(changes) > 1:
        return f"{len(changes)} findings {_WORDS[name]}."
    before, after = changes[0].before, changes[0].after
    old, new = (_NAMES[found[0].pattern] if found else "" for found in (before, after))
    if name in ("label", "agree") and changes[0].event_id is None:
        return f"Labelled {new}."
    return f"{old or new} labelled {new}." if name == "label" and old != new else f"{old or new} {_WORDS.get(name, name)}."


def _audit(session: Session, who: Actor, study_id: UUID, name: str, batch_id: UUID, changes: Sequence[Change]) -> None:
    """Decisions about single events as they were always audited; everything else by the batch."""
    first = changes[0]
    if len(changes) == 1 and first.event_id is not None and first.decision in ("accepted", "dismissed", "withdrawn"):
        audit.record(session, who, f"event_{first.decision}", "event", first.event_id, study_id=study_id, pattern=first.before[0].pattern, batch_id=batch_id)
    else:
        audit.record(session, who, f"review_{name}", "study", study_id, batch_id=batch_id, n_changes=len(changes))
