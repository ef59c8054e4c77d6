"""Recordings that MNE-Python opens, with what it leaves out: pauses, units, sub-second starts, its own warnings."""

from __future__ import annotations

import os
import re
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final, Literal

import mne
import numpy as np
from numpy.typing import NDArray

from ml.edf_header import MAX_DURATION_S, MAX_SFREQ_HZ, MAX_SIGNALS
from ml.errors import RecordingError
from ml.foreign import nihon_kohden_patient, pieces
from ml.foreign.finding import Maker
from ml.foreign.persyst_copy import readable_copy
from ml.foreign.pieces import Piece
from ml.recording import Annotation, PatientField, RecordingInfo, Signal
from ml.tal import MAX_ANNOTATIONS, MAX_TEXT_BYTES

_UV_PER_V: Final = 1e6
_BOUNDARY: Final = ("boundary", "BAD boundary", "EDGE boundary")
_HARMLESS: Final = re.compile(r"position|montage|channel type|head radius|not found in the channel|birthdate|hand|fiducial|boundary", re.IGNORECASE)
_SEXES: Final[dict[str, Literal["F", "M"]]] = {"1": "M", "2": "F", "M": "M", "F": "F"}
_NOBODY: Final = frozenset(("", "ANONYMOUS", "ANONYMIZED", "UNKNOWN", "NO NAME", "NONAME"))
_OPEN: Final[dict[str, Callable[..., Any]]] = {
    "BrainVision": mne.io.read_raw_brainvision, "Persyst": mne.io.read_raw_persyst, "EEGLAB": mne.io.read_raw_eeglab,
    "Nihon Kohden": mne.io.read_raw_nihon,
}


class MneRecording:
    """A recording behind MNE as a ``RecordingSource``; every signal has the one rate that MNE gives.

    ``scratch`` is a folder that lives as long as the recording is read.
    """

    def __init__(self, path: Path, maker: Maker, scratch: Path) -> None:
        opened = readable_copy(path, scratch / "for-mne") if maker == "Persyst" else path
        raw, remarks = _opened(opened, maker)
        _refuse_impossible(raw, opened.parent)
        self._raw = raw
        self._rate = float(raw.info["sfreq"])
        self._scale, signals = _signals(raw, maker)
        noted, clock = _clock(raw, path, maker)
        self._pieces: tuple[Piece, ...] = pieces.placed(noted, raw.n_times, self._rate, tolerance_s=clock.tolerance_s)
        last = self._pieces[-1]
        gaps = pieces.gaps(self._pieces, self._rate)
        self._info = RecordingInfo(
            format=maker, signals=signals, duration_s=last.start_s + last.count / self._rate, gaps=gaps,
            start_time=_start(raw, clock), patient=_patient(raw, path, maker), equipment=_equipment(raw, maker),
            findings=(*_gap_findings(len(gaps), sum(gap.length_s for gap in gaps)), *_cut_findings(raw), *remarks))
        if self._info.duration_s > MAX_DURATION_S:
            raise RecordingError(f"The recording lasts {self._info.duration_s / 86_400:.0f} days; at most {MAX_DURATION_S // 86_400} days "
                                 "are read. Export a shorter part.", code="too_long")
        self._annotations = self._read_annotations(shift=clock.by_samples)

    @property
    def info(self) -> RecordingInfo:
        """Header facts, gaps and findings."""
        return self._info

    def annotations(self) -> tuple[Annotation, ...]:
        """All annotations in order of onset, on the clock."""
        return self._annotations

    def read(self, start_s: float, stop_s: float, signals: Sequence[int]) -> list[NDArray[np.float32]]:
        """Samples in microvolts; see ``RecordingSource.read``."""
        first, stop = round(start_s * self._rate), round(stop_s * self._rate)
        uv = np.full((len(signals), max(0, stop - first)), np.nan, np.float32)
        for piece in self._pieces:
            base = round(piece.start_s * self._rate)
            low, high = max(first, base), min(stop, base + piece.count)
            if low < high and signals:
                at = piece.first + low - base
                values = _guarded(partial(self._raw.get_data, picks=list(signals), start=at, stop=at + high - low))
                uv[:, low - first : high - first] = values * self._scale[list(signals), None]
        return list(uv)

    def _read_annotations(self, *, shift: bool) -> tuple[Annotation, ...]:
        found = []
        noted = self._raw.annotations
        for onset, duration, text in islice(zip(noted.onset, noted.duration, noted.description, strict=True), MAX_ANNOTATIONS):
            clean = "".join(c if c.isprintable() else " " for c in str(text)).strip()[:MAX_TEXT_BYTES // 4]
            onset_s = float(onset) - float(self._raw.first_time)
            if clean and clean not in _BOUNDARY and np.isfinite(onset_s) and abs(onset_s) <= MAX_DURATION_S:
                length_s = min(float(duration), float(MAX_DURATION_S)) if np.isfinite(duration) and duration > 0 else None
                at_s = pieces.clock_s(self._pieces, onset_s, self._rate) if shift else onset_s
                found.append(Annotation(at_s, length_s, clean))
        return tuple(sorted(found, key=lambda annotation: annotation.onset_s))


@dataclass(frozen=True, slots=True)
class _Clock:
    """How a maker notes time."""

    tolerance_s: float = 0.0
    by_samples: bool = True          # annotations count samples, so that a pause before them shifts them
    offset_s: float = 0.0            # of the start below the second


def _opened(path: Path, maker: Maker) -> tuple[Any, tuple[str, ...]]:
    """The file opened lazily, and what MNE remarked."""
    _refuse_references(path, maker)
    raw, texts = _warned(partial(_OPEN[maker], path))
    if any("Could not decode log" in text for text in texts):
        raw, texts = _warned(partial(_OPEN[maker], path, encoding="latin-1"))
        texts = (*texts, "the log is not in UTF-8, it was read as Latin-1")
    shown = dict.fromkeys(text.replace(str(path.parent), "")[:200].rstrip(".") for text in texts if not _HARMLESS.search(text))
    return raw, tuple(f"The reader of this format remarks: {text}." for text in shown)


def _warned(opener: Callable[..., Any]) -> tuple[Any, tuple[str, ...]]:
    with warnings.catch_warnings(record=True) as caught, redirect_stdout(sys.stderr):     # some readers print
        warnings.simplefilter("always")
        raw = _guarded(partial(opener, preload=False, verbose="WARNING"))
    return raw, tuple(" ".join(str(warning.message).split()) for warning in caught if warning.category is RuntimeWarning)


def _guarded(call: Callable[[], Any]) -> Any:
    """What a reader of another maker's format does with a damaged file is anybody's guess: any failure is a refusal."""
    try:
        return call()
    except MemoryError:
        raise RecordingError("The recording needs more memory than the analysis may use; export it as EDF+, which is read in parts.",
                             code="too_large") from None
    except FileNotFoundError as error:
        raise RecordingError("A file that belongs to the recording is missing: its header names another file. Put all files of the "
                             "recording into one ZIP archive and upload that.", code="companion_missing") from error
    except Exception as error:       # parsers of foreign files fail in every way there is
        raise RecordingError(f"The file is damaged or of a variant that is not read ({type(error).__name__}); export the recording as EDF+.",
                             code="foreign_unreadable") from error


def _refuse_references(path: Path, maker: Maker) -> None:
    """A header may name its data file, but only one beside it."""
    if maker != "BrainVision":
        return
    text = path.read_bytes()[: 1 << 20].decode("utf-8", errors="replace")
    for name in re.findall(r"^(?:DataFile|MarkerFile)\s*=(.*)$", text, re.MULTILINE | re.IGNORECASE):
        if "/" in name or "\\" in name:
            raise RecordingError("The header names a data file in another folder; export the recording again, with its files side by side.",
                                 code="companion_elsewhere")


def _refuse_impossible(raw: Any, folder: Path) -> None:
    if any(Path(os.path.abspath(name)).parent != Path(os.path.abspath(folder)) for name in raw.filenames if name is not None):  # noqa: PTH100
        raise RecordingError("The header names a data file in another folder; export the recording again, with its files side by side.",
                             code="companion_elsewhere")
    n_signals, rate = len(raw.ch_names), float(raw.info["sfreq"])
    if not 1 <= n_signals <= MAX_SIGNALS:
        raise RecordingError(f"The file states {n_signals} signals; from 1 to {MAX_SIGNALS} can be read. Export fewer signals.",
                             code="signal_count")
    if not 0 < rate <= MAX_SFREQ_HZ or raw.n_times < 1:
        raise RecordingError(f"The file states {rate:.4g} samples per second and {raw.n_times} samples, which is no recording; export it "
                             "again.", code="sampling_rate")


def _signals(raw: Any, maker: Maker) -> tuple[NDArray[np.float64], tuple[Signal, ...]]:
    """Factor to microvolts (1 where the unit is none of voltage) and the signals."""
    stated = {str(name): str(unit) for name, unit in (getattr(raw, "_orig_units", None) or {}).items()}
    voltage = [maker == "Nihon Kohden" or channel["unit"] == mne.io.constants.FIFF.FIFF_UNIT_V for channel in raw.info["chs"]]
    # A status or stimulus channel is a number however the maker labels it.
    voltage = [is_v and kind != "stim" for is_v, kind in zip(voltage, raw.get_channel_types(), strict=True)]
    prefilter = _prefilter(raw.info)
    signals = tuple(
        Signal(label=name[:80], sfreq_hz=float(raw.info["sfreq"]), unit="uV" if is_v else _other_unit(stated.get(name, "")),
               prefilter=prefilter if is_v else "")
        for name, is_v in zip(raw.ch_names, voltage, strict=True))
    return np.where(voltage, _UV_PER_V, 1.0), signals


def _other_unit(stated: str) -> str:
    return "" if stated in ("", "n/a", "V", "mV", "µV", "uV", "nV") else stated[:8]


def _prefilter(info: Any) -> str:
    parts = []
    if info["highpass"] > 0:
        parts.append(f"HP:{info['highpass']:g}Hz")
    if 0 < info["lowpass"] < info["sfreq"] / 2:
        parts.append(f"LP:{info['lowpass']:g}Hz")
    return " ".join(parts)


def _clock(raw: Any, path: Path, maker: Maker) -> tuple[list[tuple[int, float]], _Clock]:
    """Where pieces begin, as the maker notes it."""
    rate = float(raw.info["sfreq"])
    sample_s = max(1e-3, 1.5 / rate)
    if maker == "Nihon Kohden":       # to the second
        return pieces.of_nihon_kohden(path, raw._raw_extras[0]["header"]["controlblocks"][0]["datablocks"]), _Clock(1.5, by_samples=False)
    if maker == "BrainVision":
        names = re.findall(r"^MarkerFile\s*=\s*(\S.*?)\s*$", path.read_bytes().decode("utf-8", "replace"), re.MULTILINE)
        marker = path.parent / names[0].replace("$b", path.stem) if names else path.with_suffix(".vmrk")
        return (pieces.of_brainvision(marker) if marker.is_file() else []), _Clock(max(sample_s, 0.01))
    if maker == "Persyst":
        marks = pieces.of_persyst(path.read_bytes().decode("utf-8", "replace"))
        return marks, _Clock(max(sample_s, 0.05), by_samples=False, offset_s=marks[0][1] % 1.0 if marks and marks[0][0] == 0 else 0.0)
    if maker == "EEGLAB":
        cuts = [(a["onset"], a["duration"]) for a in raw.annotations if a["description"] == "boundary" and np.isfinite(a["duration"])]
        return pieces.of_eeglab([a for a, _ in cuts], [b for _, b in cuts], rate), _Clock(0.5 / rate)
    return [], _Clock()


def _start(raw: Any, clock: _Clock) -> datetime | None:
    """The recorder's local clock: MNE calls it UTC for want of a zone."""
    start = raw.info["meas_date"]
    if start is None or not 1970 < start.year < 2200:
        return None
    plain: datetime = start.replace(tzinfo=None)
    return plain + timedelta(seconds=clock.offset_s) if plain.microsecond == 0 else plain


def _patient(raw: Any, path: Path, maker: Maker) -> PatientField:
    if maker == "Persyst":
        return _patient_of_persyst(path.read_bytes().decode("utf-8", "replace"))
    if maker == "Nihon Kohden":
        return nihon_kohden_patient.claimed(path)
    stated = raw.info.get("subject_info") or {}
    names = [str(stated[key]).strip() for key in ("first_name", "middle_name", "last_name") if stated.get(key)]
    born, code = stated.get("birthday"), str(stated.get("his_id") or "").strip()
    return PatientField(
        code=_known(code), name=_known(" ".join(names)), sex=_SEXES.get(str(stated.get("sex") or 0)),
        birth_date=date(born.year, born.month, born.day) if isinstance(born, date) else None)


def _patient_of_persyst(text: str) -> PatientField:
    """MNE leaves the full name out."""
    said = {key.lower(): value.strip() for key, value in re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE)}
    name = said.get("fullname") or " ".join(filter(None, (said.get("first"), said.get("last"))))
    return PatientField(code=_known(said.get("medicalrecordn") or said.get("id") or ""), name=_known(name.replace("_", " ")),
                        sex=_SEXES.get(said.get("sex", "")[:1].upper()), birth_date=_birth_date(said.get("birthdate", "")))


def _birth_date(text: str) -> date | None:
    for form in ("%Y.%m.%d", "%m/%d/%Y", "%d-%b-%Y", "%Y-%m-%d"):
        with suppress(ValueError):
            return datetime.strptime(text, form).date()
    return None


def _known(text: str) -> str | None:
    return None if text.upper() in _NOBODY or not text.strip("0Xx ") else text


def _equipment(raw: Any, maker: Maker) -> str:
    if maker == "Nihon Kohden":
        return " ".join(str(raw._raw_extras[0]["header"]["version"]).split())
    device = raw.info.get("device_info") or {}
    return str(device.get("type") or device.get("model") or "")[:80]


def _gap_findings(count: int, total_s: float) -> tuple[str, ...]:
    if not count:
        return ()
    return (f"The recording has {count} gap{'s' if count > 1 else ''}, {total_s:.1f} s in all; nothing was recorded there and times stay on "
            "the clock.",)


def _cut_findings(raw: Any) -> tuple[str, ...]:
    """Joints of unknown length: the clock behind them is not known, and nothing is invented."""
    noted = raw.annotations
    unknown = sum(text in _BOUNDARY[:1] and not duration > 0 and onset > 0
                  for onset, duration, text in zip(noted.onset, noted.duration, noted.description, strict=True))
    if not unknown:
        return ()
    return (f"The recording was cut and joined at {unknown} place{'s' if unknown > 1 else ''} without a note of how much is missing: times "
            "behind count recorded samples.",)
