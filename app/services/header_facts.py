"""What a header says, as the person who confirms an upload sees it, and whether it names somebody else."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Self

from pydantic import TypeAdapter

from ml.channels import map_to_1020
from ml.recording import PatientField, RecordingInfo

_INFO: Final = TypeAdapter(RecordingInfo)


@dataclass(frozen=True, slots=True)
class ChannelFact:
    """One signal of the file and the 10-20 electrode that it was taken for."""

    label: str
    sfreq_hz: float
    unit: str
    kind: str
    electrode: str | None


@dataclass(frozen=True, slots=True)
class HeaderFacts:
    """Header of a recording in plain values."""

    format: str
    duration_s: float | None                    # None: not known before the whole file is here
    start_time: datetime | None                 # the recorder's clock: no zone
    channels: tuple[ChannelFact, ...]
    sfreqs_hz: tuple[float, ...]
    missing: tuple[str, ...]                    # electrodes of the 10-20 system that the file lacks
    gaps: tuple[tuple[float, float], ...]
    findings: tuple[str, ...]
    equipment: str
    patient: PatientField

    @property
    def n_electrodes(self) -> int:
        return sum(channel.electrode is not None for channel in self.channels)

    @classmethod
    def of(cls, info: RecordingInfo, names: Mapping[str, str] | None = None) -> Self:
        """Facts of a header, channels as the site reads them (``names``); what has not arrived yet has no channels and no duration."""
        layout = map_to_1020(info.signals, names)
        electrodes = {index: name for name, index in layout.electrodes.items()}
        channels = tuple(ChannelFact(signal.label, signal.sfreq_hz, signal.unit, layout.kinds[index], electrodes.get(index))
                         for index, signal in enumerate(info.signals))
        return cls(
            format=info.format,
            duration_s=info.duration_s if channels else None,
            start_time=info.start_time,
            channels=channels,
            sfreqs_hz=tuple(sorted({channel.sfreq_hz for channel in channels})),
            missing=layout.missing if channels else (),
            gaps=tuple((gap.start_s, gap.stop_s) for gap in info.gaps),
            findings=tuple(dict.fromkeys((*info.findings, *(layout.findings if channels else ())))),
            equipment=info.equipment,
            patient=info.patient,
        )


def info_to_json(info: RecordingInfo) -> dict[str, Any]:
    """A header as JSON, for the row of its upload or for another process."""
    made: dict[str, Any] = _INFO.dump_python(info, mode="json")
    return made


def info_from_json(stored: dict[str, Any]) -> RecordingInfo:
    return _INFO.validate_python(stored)


def differences(claimed: PatientField, *, name: str, record_number: str, birth_date: date | None,
                sex: str | None) -> tuple[str, ...]:
    """Which parts of the identity in a header contradict a patient: nothing where either side is silent.

    Names agree when the words of one are among those of the other, in any order and without accents
    ("Doe_Jane" and "Jane Doe"); numbers agree without regard to case, signs and leading zeros.
    """
    pairs = {
        "name": (_words(claimed.name or ""), _words(name)),
        "record number": (_number(claimed.code or ""), _number(record_number)),
        "birth date": (claimed.birth_date, birth_date),
        "sex": (claimed.sex, sex),
    }
    return tuple(part for part, (said, known) in pairs.items() if said and known and not _agree(said, known))


def _agree(said: object, known: object) -> bool:
    if isinstance(said, frozenset) and isinstance(known, frozenset):
        return said <= known or known <= said
    return said == known


def _words(text: str) -> frozenset[str]:
    plain = unicodedata.normalize("NFKD", text.casefold().replace("_", " "))
    return frozenset(re.findall(r"\w+", "".join(letter for letter in plain if not unicodedata.combining(letter))))


def _number(text: str) -> str:
    return re.sub(r"[\W_]", "", text).casefold().lstrip("0")
