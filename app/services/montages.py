"""Montages of one's own: written, listed after the built-in ones, passed to colleagues as JSON; nobody else's are ever found."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.access import Actor
from app.db.accounts import User
from app.db.columns import utc_now
from app.db.viewing import Montage
from app.errors import Conflict, Invalid, NotFound
from app.services import audit, site
from ml import montage_copies
from ml.montage import MONTAGES, TITLES, MontageName
from ml.own_montage import MAX_CHARACTERS, OwnMontage, parse

MAX_MONTAGES: Final = 30
NAME_LETTERS: Final = 40
FORMAT: Final = "HMS EEG montage"
"""In a file, so that another JSON is not taken for one."""
MAX_FILE_CHARACTERS: Final = 8 * MAX_CHARACTERS
"""JSON may write a letter as six."""


@dataclass(frozen=True, slots=True)
class MontageView:
    """A montage as its owner wrote it."""

    id: UUID
    name: str
    text: str
    changed_at: datetime             # aware UTC

    @property
    def montage(self) -> OwnMontage:
        """What the page draws; what is wrong in the text, were there anything, is left out."""
        return OwnMontage(self.name, parse(self.text)[0])

    def to_json(self) -> str:
        """The file that a colleague imports."""
        return json.dumps({"format": FORMAT, "version": 1, "name": self.name, "lines": self.text.split("\n")}, ensure_ascii=False, indent=1)


def own(session: Session, who: Actor) -> list[MontageView]:
    """The montages of ``who`` in their order."""
    query = select(Montage).where(Montage.user_id == who.user_id).order_by(Montage.place, Montage.created_at, Montage.id)
    return [_view(row) for row in session.scalars(query)]


def find(session: Session, who: Actor, montage_id: UUID) -> MontageView:
    """One montage of ``who``; anybody else's is ``NotFound``."""
    return _view(_get(session, who, montage_id))


def create(session: Session, who: Actor, *, name: str, text: str) -> MontageView:
    """Add a montage at the end of the list.

    Raises
    ------
    Invalid
        For a name that is none, or a line that is no derivation: the first mistake is told, and how many more there are.
    Conflict
        If there is one of this name, or there are as many as may be.
    """
    mine = own(session, who)
    if len(mine) >= MAX_MONTAGES:
        raise Conflict(f"You have {MAX_MONTAGES} montages, which is as many as there may be. Delete one first.")
    last = session.scalar(select(func.max(Montage.place)).where(Montage.user_id == who.user_id))
    row = Montage(user_id=who.user_id, name=_name(name, mine), text=_text(text), place=(last or 0) + 1, changed_at=utc_now())
    session.add(row)
    session.flush()
    audit.record(session, who, "montage_created", "montage", row.id)
    return _view(row)


def save(session: Session, who: Actor, montage_id: UUID, *, name: str, text: str) -> MontageView:
    """Replace name and lines of a montage of one's own; errors as in ``create``."""
    row = _get(session, who, montage_id)
    row.name, row.text = _name(name, [view for view in own(session, who) if view.id != row.id]), _text(text)
    row.changed_at = utc_now()
    session.flush()
    audit.record(session, who, "montage_changed", "montage", row.id)
    return _view(row)


def remove(session: Session, who: Actor, montage_id: UUID) -> None:
    """Delete a montage of one's own; a viewer that opened with it opens with the first one again."""
    row = _get(session, who, montage_id)
    user = session.get_one(User, who.user_id)
    if user.settings.get("montage") == str(row.id):
        user.settings = user.settings | {"montage": MONTAGES[0]}
    session.delete(row)
    session.flush()
    audit.record(session, who, "montage_deleted", "montage", montage_id)


def move(session: Session, who: Actor, montage_id: UUID, step: int) -> None:
    """Move a montage of one's own up (-1) or down (1) in the list; at its ends it stays."""
    _get(session, who, montage_id)
    order = [view.id for view in own(session, who)]
    at = order.index(montage_id)
    order.insert(max(0, at + step), order.pop(at))
    for place, key in enumerate(order, 1):
        session.get_one(Montage, key).place = place
    session.flush()


def resolve(session: Session, who: Actor, asked: MontageName | UUID) -> MontageName | OwnMontage:
    """The montage that a page is asked for: a built-in one by its name, an own one by its id."""
    return find(session, who, asked).montage if isinstance(asked, UUID) else asked


def default_of(session: Session, user_id: UUID) -> MontageName | OwnMontage:
    """What the viewer opens with for a user: built-in or own; the first one where that is gone."""
    wanted = str(session.get_one(User, user_id).settings.get("montage", ""))
    row = session.get(Montage, UUID(wanted)) if _is_id(wanted) else None
    if row is not None and row.user_id == user_id:
        return _view(row).montage
    return next((name for name in MONTAGES if name == wanted), MONTAGES[0])


def read_file(content: str) -> tuple[str, str]:
    """Name and text of a montage from a colleague's file, as ``MontageView.to_json`` writes it."""
    if len(content) > MAX_FILE_CHARACTERS:
        raise Invalid("The file is too long for a montage. Choose one that was exported here.")
    try:
        document: Any = json.loads(content)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise Invalid("The file is no montage. Choose one that was exported here.")
    name, lines = document.get("name"), document.get("lines")
    if document.get("version") != 1 or not isinstance(name, str) or not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise Invalid("The file is of a kind of montage that this version does not know. Ask for its lines as text, and paste them.")
    return name, "\n".join(lines)


def read_data_url(contents: str) -> tuple[str, str]:
    """``read_file`` of what a browser makes of a chosen file (``data:…;base64,…``)."""
    try:
        content = base64.b64decode(contents.partition(",")[2], validate=True).decode()
    except ValueError:
        content = ""
    return read_file(content)


def copy_of(session: Session, who: Actor, source: MontageName | UUID) -> tuple[str, str]:
    """A free name and the lines of a built-in montage, in the order of the site, or of one's own: where a new one starts."""
    if isinstance(source, UUID):
        view = find(session, who, source)
        return free_name(session, who, view.name), view.text
    text = montage_copies.text_of(source, right_first=site.find(session, who).right_first)
    return free_name(session, who, f"My {TITLES[source]}"), text


def free_name(session: Session, who: Actor, wanted: str) -> str:
    """``wanted``, with a number behind it where there is one of that name."""
    taken = {_plain(view.name) for view in own(session, who)} | _BUILT_IN
    names = (wanted[:NAME_LETTERS], *(f"{wanted[:NAME_LETTERS - 4]} {number}" for number in range(2, MAX_MONTAGES + 3)))
    return next(name for name in names if _plain(name) not in taken)


def _get(session: Session, who: Actor, montage_id: UUID) -> Montage:
    row = session.get(Montage, montage_id)
    if row is None or row.user_id != who.user_id:
        raise NotFound("You have no such montage. It may have been deleted, or be another person's.")
    return row


def _view(row: Montage) -> MontageView:
    return MontageView(row.id, row.name, row.text, row.changed_at)


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


_BUILT_IN: Final = frozenset(map(_plain, (*MONTAGES, *TITLES.values())))


def _name(name: str, others: list[MontageView]) -> str:
    plain = " ".join(name.split())
    if not 1 <= len(plain) <= NAME_LETTERS or not plain.isprintable():
        raise Invalid(f"A montage needs a name of 1 to {NAME_LETTERS} letters.")
    if _plain(plain) in _BUILT_IN:
        raise Conflict(f"There is a built-in montage named {plain}. Choose another name, so that figures tell them apart.")
    if _plain(plain) in {_plain(other.name) for other in others}:
        raise Conflict(f"You have a montage named {plain} already. Choose another name.")
    return plain


def _text(text: str) -> str:
    traces, mistakes = parse(text)
    if mistakes:
        more = f" There {'is one more mistake' if len(mistakes) == 2 else f'are {len(mistakes) - 1} more mistakes'}." if len(mistakes) > 1 else ""
        raise Invalid(mistakes[0].sentence + more)
    groups: dict[int, list[str]] = {}
    for trace in traces:
        groups.setdefault(trace.group, []).append(trace.name)
    return "\n\n".join("\n".join(names) for names in groups.values())


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
