"""Annotations as an EDF+ file of their own, which viewers of EDF lay over the recording.

Source: Kemp and Olivan 2003; https://www.edfplus.info/specs/edfplus.html, section 2.2.4 (files with annotations only: data records
of 0 seconds). The file names no patient.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Final

from ml.edf_identity import write_long_date
from ml.recording import Annotation

MAX_RECORD_BYTES: Final = 61_440
"""Largest data record that EDF recommends (Kemp et al. 1992)."""
MAX_TEXT_BYTES: Final = 4000


def to_edf(annotations: Iterable[Annotation], *, start: datetime | None) -> bytes:
    """Write annotations in order of onset.

    Parameters
    ----------
    annotations
        Onsets in seconds from the start of the recording; they are written to the microsecond.
    start
        Of the recording, on the recorder's clock; where it is unknown the date that EDF+ sets for that is written. A part of a
        second goes where EDF+ puts it, into the time of the data records.
    """
    offset_s = start.microsecond / 1e6 if start else 0.0
    lists = [_list(note, offset_s) for note in sorted(annotations, key=lambda note: note.onset_s)]
    head = b"+" + _decimal(offset_s) + b"\x14\x14\x00"
    records = [head + record for record in _packed(lists, MAX_RECORD_BYTES - len(head))]
    size = max(map(len, records))
    size += size % 2
    return _header(start, len(records), size) + b"".join(record.ljust(size, b"\x00") for record in records)


def readers_text(label: str, comment: str, *, author: str, channel: str) -> str:
    """What a reader wrote as one text: ``"spike: broad field (reader noor)@@T3"``.

    ``@@`` before the name of a trace at the end is the convention of EDFbrowser for an annotation of one trace, which MNE reads where the file has that channel;
    in the words themselves it is written with a space.
    """
    said = f"{label}: {comment}" if label and comment else label or comment
    return f"{said} (reader {author})".replace("@@", "@ @") + (f"@@{channel}" if channel else "")


def _packed(lists: Sequence[bytes], room: int) -> list[bytes]:
    """Lists one after another in as few records as hold them; one empty record if there are none."""
    records = [b""]
    for entry in lists:
        if len(records[-1]) + len(entry) > room:
            records.append(b"")
        records[-1] += entry
    return records


def _list(note: Annotation, offset_s: float) -> bytes:
    onset_s = note.onset_s + offset_s
    text = "".join(character if character.isprintable() else " " for character in note.text)
    duration = b"" if note.duration_s is None else b"\x15" + _decimal(note.duration_s)
    return (b"-" if onset_s < 0 else b"+") + _decimal(abs(onset_s)) + duration + b"\x14" + _cut(text) + b"\x14\x00"


def _cut(text: str) -> bytes:
    return text.encode()[:MAX_TEXT_BYTES].decode(errors="ignore").encode()


def _decimal(value: float) -> bytes:
    text = f"{value:.6f}"
    return text.rstrip("0").rstrip(".").encode()


def _header(start: datetime | None, n_records: int, record_bytes: int) -> bytes:
    day = start.date() if start else date(1985, 1, 1)
    clock = start.strftime("%H.%M.%S") if start else "00.00.00"
    recording = f"Startdate {write_long_date(day) if start else 'X'} X X HMS_EEG"
    fixed = (("0", 8), ("X X X X", 80), (recording, 80), (f"{day.day:02d}.{day.month:02d}.{day.year % 100:02d}", 8), (clock, 8),
             ("512", 8), ("EDF+C", 44), (str(n_records), 8), ("0", 8), ("1", 4))
    signal = (("EDF Annotations", 16), ("", 80), ("", 8), ("-1", 8), ("1", 8), ("-32768", 8), ("32767", 8), ("", 80),
              (str(record_bytes // 2), 8), ("", 32))
    return b"".join(value.encode("ascii").ljust(width) for value, width in (*fixed, *signal))
