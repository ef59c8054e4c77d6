"""What the spectrogram page shows: the kept spectrogram and trends of a study, or any span by any method, fitted to a screen.

A span of the whole recording comes from the arrays of the analysis; anything else is computed from the recording. Neighboring
columns are joined to at most ``MAX_COLUMNS`` by their highest values, so that a short seizure stays visible in a day.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.access import Actor
from app.errors import Invalid
from app.file_store import FileStore
from app.services import analyses, studies, tiles
from app.services.analyses import AnalysisView
from app.services.studies import RecordingHandle, StudyView
from ml import joined_columns, spectrogram, spectrogram_of_span
from ml.analysis import RegionalSpectrogram, Trends
from ml.channels import REGIONS
from ml.filters import BAND_HZ
from ml.joined_columns import How
from ml.recording import Signal, Span
from ml.spectrogram_of_span import FOUR, METHODS, WINDOWS, Method, SpanSpectrogram
from ml.time_frequency import BANDS_HZ, TimeFrequency, band_powers, decibels

MAX_COLUMNS: Final = 1100
"""Columns of a figure: about the pixels that a window of 1280 leaves for it."""
MAX_ROWS: Final = 60
TOPS_HZ: Final = (20, 30, 40)
JOINING: Final[dict[str, How]] = {"asymmetry": "strongest", "alpha_delta": "median", "band_uv2": "median"}
"""How a trend is joined where not by its highest value; the lower margin of the aEEG by its lowest."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a reader asks to see."""

    signal: str = FOUR
    method: Method = "multitaper"
    window: float = spectrogram.WINDOW_S  # seconds, or cycles of a wavelet
    top_hz: int = 20
    start_s: float = 0.0
    length_s: float | None = None  # None: the whole recording

    def __post_init__(self) -> None:
        if self.method not in METHODS or self.window not in WINDOWS[self.method]:
            raise Invalid(f"There is no {self.method} with a window of {self.window:g}. Choose one from the lists.")
        if self.top_hz not in TOPS_HZ or (self.length_s is not None and self.length_s <= 0):
            raise Invalid("Choose the highest frequency and the length from the lists.")


def wish_of(
    signal: str | None, method: Method | None, window: str | None, top_hz: str | None, start_s: float | None, length_s: str | None
) -> Wish:
    """A wish in the words of lists; what is not chosen is as usual, and a length of 0 is the whole recording."""
    usual = Wish()
    try:
        return Wish(
            signal or usual.signal,
            method or usual.method,
            float(window or usual.window),
            int(top_hz or usual.top_hz),
            float(start_s or 0.0),
            float(length_s or 0) or None,
        )
    except ValueError as error:
        raise Invalid("Choose window, highest frequency and length from the lists.") from error


@dataclass(frozen=True, slots=True)
class Pictures:
    """Images and trends of one span on one clock; ``problem`` says in a sentence why there is no image."""

    span: Span
    problem: str = ""
    names: tuple[str, ...] = ()
    power_db: NDArray[np.float32] | None = None  # (n_images, n_freqs, n_columns)
    freqs_hz: NDArray[np.float64] | None = None
    first_s: float = 0.0  # center of the first column
    column_s: float = 0.0
    joined: int = 1  # columns that each column is the highest of
    settings: str = ""  # montage, filters, method and window in words
    bands_uv2: NDArray[np.float32] | None = None  # (n_bands, n)
    bands_first_s: float = 0.0
    bands_step_s: float = 0.0
    bands_of: str = ""
    trends: Trends | None = None  # of the span
    gaps: tuple[tuple[float, float], ...] = ()


def choices(study: StudyView) -> dict[str, str]:
    """Signals of a study that can be looked at, with their words; empty for what is no EEG of the scalp."""
    return spectrogram_of_span.signals_of(study.layout, _signals(study))


def pictures(session: Session, who: Actor, store: FileStore, study_id: UUID, wish: Wish) -> Pictures:
    """The images of a wish, or a sentence that says what stands in its way and what to choose instead."""
    study, analysis = studies.find(session, who, study_id), analyses.latest(session, who, study_id, though_hidden=True)
    span = _span(study, wish)
    problem = _problem(study, analysis, wish, span)
    if problem:
        return Pictures(span, problem)
    trends = part_of_trends(analyses.trends(session, who, study_id), span) if analysis else None
    if _kept(wish, analysis):
        made = _of_analysis(analyses.spectrogram(session, who, study_id), trends, wish.signal, span)
    else:
        made = _of_recording(store, studies.recording(session, who, study_id), wish, span, mains_hz(analysis))
    settings = f"{_words(wish)} · {_filters(mains_hz(analysis))}"
    return replace(made, settings=settings, trends=trends and joined_trends(trends), gaps=study.gaps)


def mains_hz(analysis: AnalysisView | None) -> float | None:
    """Mains frequency that the analysis found, which is notched."""
    found = analysis.quality.get("mains_hz") if analysis else None
    return float(found) if found else None


def _span(study: StudyView, wish: Wish) -> Span:
    """The span asked for, within the recording."""
    length_s = min(wish.length_s or study.duration_s, study.duration_s)
    start_s = max(0.0, min(wish.start_s, study.duration_s - length_s))
    return Span(start_s, start_s + length_s)


def _kept(wish: Wish, analysis: AnalysisView | None) -> bool:
    """Whether the analysis has kept what is asked for."""
    of_regions = wish.signal == FOUR or wish.signal in REGIONS
    same = (wish.method, wish.window) == ("multitaper", spectrogram.WINDOW_S) and wish.top_hz <= spectrogram.BAND_HZ[1]
    return of_regions and same and analysis is not None and analysis.assessed_s > 0


def _problem(study: StudyView, analysis: AnalysisView | None, wish: Wish, span: Span) -> str:
    offered = choices(study)
    if not offered:
        return (
            "This recording holds no electrode of the 10-20 system, so there is no EEG of the scalp to show. Correct its channels on "
            "the summary page if that is wrong."
        )
    if wish.signal not in offered:
        return (
            "Fewer than 15 electrodes of the 10-20 system were recorded, too few for regions. Choose a single pair or electrode."
            if wish.signal == FOUR or wish.signal in REGIONS
            else f"This recording has no {wish.signal.rsplit(' ', 1)[-1]}. Choose another signal."
        )
    shortest_s = 4.0 if wish.method == "wavelet" else max(1.0, wish.window)
    if span.length_s < shortest_s:
        return f"The recording lasts {span.length_s:g} s; this method needs {shortest_s:g} s at least. Choose a shorter window."
    longest_s = spectrogram_of_span.longest_s(wish.signal, wish.method)
    if span.length_s <= longest_s or _kept(wish, analysis):
        return ""
    ways = f"Choose a shorter length{'' if wish.method != 'wavelet' else ', STFT or multitaper'}, or a single pair"
    if analysis is None:
        return f"This study has not been analysed yet. Until then at most {_duration(longest_s)} can be shown at once. {ways}."
    return (f"This is computed anew for at most {_duration(longest_s)} at once. {ways}; multitaper of the regions with 4 s up to 20 Hz "
            "is kept for the whole recording.")


def _duration(seconds: float) -> str:
    return f"{seconds / 3600:g} h" if seconds >= 3600 else f"{seconds / 60:g} min"


def _of_analysis(whole: RegionalSpectrogram, trends: Trends | None, signal: str, span: Span) -> Pictures:
    rows = [row for row, name in enumerate(whole.regions) if signal in (FOUR, name)]
    inside = np.flatnonzero((whole.times_s >= span.start_s) & (whole.times_s <= span.stop_s))
    power_db, first_s = whole.power_db[rows][:, :, inside], float(whole.times_s[inside[0]]) if len(inside) else span.start_s
    names = tuple(whole.regions[row] for row in rows)
    image = _fitted(span, names, power_db, whole.freqs_hz, first_s, whole.step_s)
    if trends is None:
        return image
    n = _together(trends.times_s.size)
    bands = joined_columns.join(_mean(trends.band_uv2[rows]), n, "median")
    return replace(image, bands_uv2=bands, bands_first_s=_first(trends, n), bands_step_s=trends.step_s * n, bands_of=_of(names))


def _of(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"mean of {', '.join(names)}"


def _of_recording(store: FileStore, handle: RecordingHandle, wish: Wish, span: Span, notch_hz: float | None) -> Pictures:
    recording = tiles.opened(store, handle)
    made = spectrogram_of_span.of_span(
        recording.source, recording.layout, wish.signal, span, method=wish.method, window=wish.window, mains_hz=notch_hz
    )
    shown = made.freqs_hz <= wish.top_hz + 1e-9
    image = _fitted(span, made.names, decibels(made.power_uv2_hz[:, shown]), made.freqs_hz[shown], made.first_s, made.step_s)
    limited = {name: (low, min(high, BAND_HZ[1])) for name, (low, high) in BANDS_HZ.items()}
    bands = joined_columns.join(_mean(band_powers(_as_image(made), limited)), image.joined, "median")
    return replace(image, bands_uv2=bands, bands_first_s=image.first_s, bands_step_s=image.column_s, bands_of=_of(made.names))


def _fitted(
    span: Span, names: tuple[str, ...], power_db: NDArray[np.float32], freqs_hz: NDArray[np.float64], first_s: float, step_s: float
) -> Pictures:
    n = _together(power_db.shape[-1])
    fitted = joined_columns.join(power_db, n)
    if fitted.shape[-1] > MAX_COLUMNS / 2 and len(freqs_hz) > MAX_ROWS:  # the tapers of 4 s tell no more apart than half of them
        fitted = np.swapaxes(joined_columns.join(np.swapaxes(fitted[:, : len(freqs_hz) // 2 * 2], 1, 2), 2), 1, 2)
        freqs_hz = freqs_hz[: len(freqs_hz) // 2 * 2].reshape(-1, 2).mean(axis=1)
    return Pictures(
        span,
        names=names,
        power_db=np.round(fitted, 1),
        freqs_hz=freqs_hz,
        first_s=first_s + (n - 1) * step_s / 2.0,
        column_s=step_s * n,
        joined=n,
    )


def _as_image(made: SpanSpectrogram) -> TimeFrequency:
    return TimeFrequency(
        made.power_uv2_hz, made.freqs_hz, made.first_s + np.arange(made.power_uv2_hz.shape[2], dtype=np.float64) * made.step_s
    )


def _together(columns: int) -> int:
    return max(1, -(-columns // MAX_COLUMNS))


def _mean(by_signal: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean over the first axis of what is known."""
    known = np.isfinite(by_signal)
    total, count = np.where(known, by_signal, 0.0).sum(axis=0), known.sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)


def part_of_trends(whole: Trends | None, span: Span) -> Trends | None:
    """Columns whose center lies in the span; None where there is none."""
    if whole is None:
        return None
    inside = (whole.times_s >= span.start_s) & (whole.times_s <= span.stop_s)
    return _each(whole, lambda _name, values: values[..., inside]) if inside.any() else None


def joined_trends(part: Trends, columns: int = MAX_COLUMNS) -> Trends:
    """The same in at most ``columns`` columns; each trend is joined so that what matters in it stays visible."""
    n = max(1, -(-part.times_s.size // columns))
    joined = _each(part, lambda name, values: joined_columns.join(values, n, JOINING.get(name, "highest")))
    joined.aeeg_uv[:, 0] = joined_columns.join(part.aeeg_uv[:, 0], n, "lowest")
    times_s = _first(part, n) + np.arange(joined.asymmetry_index.size, dtype=np.float64) * part.step_s * n
    return replace(joined, times_s=times_s, step_s=part.step_s * n)


def _first(part: Trends, n: int) -> float:
    return float(part.times_s[0]) + (n - 1) * part.step_s / 2.0


def _each(trends: Trends, change: Any) -> Trends:
    """Change every array whose last axis is time."""
    of_time = [field.name for field in fields(trends) if field.name not in ("freqs_hz", "step_s")]
    return replace(trends, **{name: change(name, getattr(trends, name)) for name in of_time})


def _words(wish: Wish) -> str:
    if wish.signal == FOUR or wish.signal in REGIONS:
        montage = "longitudinal bipolar, mean power of each region's pairs"
    else:
        montage = "recorded reference" if wish.signal.startswith("referential") else f"{wish.signal.split(' ', 1)[0]} bipolar"
    window = f"{wish.window:g} cycles" if wish.method == "wavelet" else f"window {wish.window:g} s"
    tapers = ", 3 tapers" if wish.method == "multitaper" else ""
    return f"{montage} · {METHODS[wish.method]}, {window}{tapers}"


def _filters(notch_hz: float | None) -> str:
    mains = f"notch {notch_hz:g} Hz" if notch_hz else "notch off"
    return f"{BAND_HZ[0]:g}-{BAND_HZ[1]:g} Hz zero-phase Butterworth, {mains}"


def _signals(study: StudyView) -> list[Signal]:
    return [Signal(signal["label"], signal["sfreq_hz"], signal["unit"], calibrated=signal["calibrated"]) for signal in study.signals]
