"""Whom a Nihon Kohden recording claims to be of: the companion file ``.PNT``, which MNE-Python reads for its date alone.

Source of the places: EDFbrowser, nk2edf (T. van Beelen); the birth date agrees with an export by the recorder's own software.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from ml.recording import PatientField

_MAX_BYTES: Final = 1 << 16
_CODE, _NAME, _SEX, _BORN = slice(0x604, 0x60E), slice(0x62E, 0x644), slice(0x64A, 0x652), slice(0x660, 0x66A)
_SEXES: Final[dict[str, Literal["F", "M"]]] = {
    "male": "M", "männl": "M", "masculino": "M", "maschile": "M", "masculin": "M", "homme": "M", "hombre": "M",
    "female": "F", "weibl": "F", "femenino": "F", "feminino": "F", "femminile": "F", "féminin": "F", "femme": "F", "mujer": "F",
}
"""In the language of the recorder; a single letter would be ambiguous among them, and what is not here stays unknown."""


def claimed(recording: Path) -> PatientField:
    """Identity in the file beside ``recording``; nothing where there is none or it does not look like one."""
    beside = (file for file in recording.parent.iterdir() if file.stem == recording.stem and file.suffix.lower() == ".pnt")
    companion = next(beside, None)
    if companion is None:
        return PatientField()
    with companion.open("rb") as file:
        raw = file.read(_MAX_BYTES)
    born = None
    with suppress(ValueError):
        born = datetime.strptime(_text(raw[_BORN]), "%Y/%m/%d").date()
    word = _text(raw[_SEX]).casefold().rstrip(".")
    return PatientField(code=_text(raw[_CODE]) or None, name=_text(raw[_NAME]) or None, sex=_SEXES.get(word),
                        birth_date=born if born is not None and 1850 < born.year < 2200 else None)


def _text(raw: bytes) -> str:
    plain = raw.split(b"\0")[0]
    try:
        text = plain.decode("utf-8")
    except UnicodeDecodeError:
        text = plain.decode("latin-1")
    return " ".join("".join(c if c.isprintable() else " " for c in text).replace("_", " ").split())
