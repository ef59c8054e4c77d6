"""Everything about a recording short of its analysis: metadata, mapping, findings, quality. No network is run.

Blocks, filters and verdicts are those of ``ml.pipeline``, so what is called bad here is what the analysis leaves out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ml import findings, quality, result_json
from ml.analysis import LABEL_S, Quality
from ml.channels import ChannelLayout, map_to_1020
from ml.interpolation import MAX_INTERPOLATED
from ml.network_input import NetworkInput, choose_input
from ml.pipeline import BLOCK_S, Progress, clean_block, cut_blocks, find_mains, ignore
from ml.quality import SECOND
from ml.quality_measures import Measures, Sums
from ml.recording import RecordingInfo, RecordingSource
from ml.signal_check import check_samples
from ml.windows import Stretch

STATES: Final = ("good", "muscle", "movement", "no values", "flat", "clipped", "noisy", "mains", "uncorrelated")
"""What a second of an electrode is called, by its number; the last that applies. From "no values" on it is bad for the model."""
NOT_RECORDED: Final = 255


@dataclass(frozen=True, slots=True)
class QualityReport:
    """One recording, its channels and every second of them."""

    info: RecordingInfo
    layout: ChannelLayout
    findings: tuple[str, ...]
    names: tuple[str, ...]               # channels of the analysis: 19 electrodes, or 18 pairs
    quality: Quality
    states: NDArray[np.uint8]            # (n_channels, n_seconds) numbers of STATES; NOT_RECORDED in gaps
    snr_db: NDArray[np.float32]          # (n_channels, n_seconds) NaN where nothing was measured
    hum_uv: NDArray[np.float32]          # (n_channels, n_seconds)

    @property
    def recorded(self) -> NDArray[np.bool_]:
        """(n_seconds,)"""
        return np.asarray((self.states != NOT_RECORDED).any(axis=0))

    def windows(self) -> dict[str, NDArray[Any]]:
        """Figures of the windows of 10 s that tile the clock, arrays (n_windows,).

        ``artifact_share`` of the recorded electrode seconds; medians ``snr_db`` and ``hum_uv``; ``n_bad`` electrodes for a label
        span at this place; ``assessable`` if those are few enough to be filled in and something was recorded.
        """
        step = int(LABEL_S)
        n = -(-self.states.shape[1] // step)
        first = np.arange(n) * step
        bad = quality.bad_for_spans(_is_bad(self.states), self.recorded, first, np.minimum(first + step, self.states.shape[1]))
        cells = _cells(self.states, n, step, NOT_RECORDED)
        known = cells != NOT_RECORDED
        seen = known.any(axis=(0, 2))
        return {
            "start_s": first.astype(np.float64),
            "artifact_share": ((cells > 0) & known).sum(axis=(0, 2)) / np.maximum(known.sum(axis=(0, 2)), 1),
            "snr_db": _medians(_cells(self.snr_db, n, step, np.nan)),
            "hum_uv": _medians(_cells(self.hum_uv, n, step, np.nan)),
            "n_bad": bad.sum(axis=1),
            "assessable": (bad.sum(axis=1) <= MAX_INTERPOLATED) & seen,
        }


def inspect(source: RecordingSource, *, on_progress: Progress = ignore, block_s: float = BLOCK_S) -> QualityReport:
    """Read a recording once, in constant memory but for a few numbers per electrode and second."""
    layout = map_to_1020(source.info.signals)
    chosen = choose_input(layout)
    stretches = [Stretch.of(span) for span in source.info.stretches]
    seconds = int(np.ceil(round(source.info.duration_s, 6)))
    shape = (len(chosen.names), seconds)
    states = np.full(shape, NOT_RECORDED, dtype=np.uint8)
    snr_db, hum_uv = np.full(shape, np.nan, dtype=np.float32), np.full(shape, np.nan, dtype=np.float32)
    counts, sums, judged = np.zeros((len(quality.REASONS) + 1, shape[0]), dtype=np.int64), Sums.over(shape[0]), 0
    mains_hz = find_mains(source, chosen, stretches) if chosen.signals else None
    for first, reasons, measures in _judged(source, chosen, stretches, mains_hz, block_s, on_progress):
        bad, place = np.asarray(reasons.any(axis=0)), slice(first, min(first + reasons.shape[2], seconds))
        width = place.stop - place.start
        states[:, place] = _states(reasons, measures)[:, :width]
        snr_db[:, place], hum_uv[:, place] = measures.snr_db[:, :width], measures.hum_uv[:, :width]
        counts += np.concatenate([reasons.sum(axis=2), bad.sum(axis=1)[None]])
        sums.add(measures, bad)
        judged += reasons.shape[2]
    channels = quality.summary(chosen.names, chosen.absent, counts, judged, np.zeros(shape[0], dtype=bool), sums)
    bridged = tuple((chosen.names[one], chosen.names[other]) for one, other in sums.bridges())
    found = Quality(channels if judged else (), mains_hz, bridged=bridged)
    said = (*source.info.findings, *layout.findings, *check_samples(source, layout), *findings.of_electrodes(found))
    return QualityReport(source.info, layout, said, chosen.names, found, states, snr_db, hum_uv)


def to_json(report: QualityReport) -> dict[str, Any]:
    """The report as plain lists, numbers and text; identity that the file claims is left out."""
    info, windows = report.info, report.windows()
    return {
        "recording": {
            "format": info.format,
            "duration_s": round(info.duration_s, 3),
            "start_time": info.start_time.isoformat() if info.start_time else None,
            "gaps": [[round(gap.start_s, 3), round(gap.stop_s, 3)] for gap in info.gaps],
            "equipment": info.equipment,
            "identity_in_file": info.patient.names_somebody,
        },
        "signals": [
            {"label": signal.label, "read_as": read_as, "kind": kind, "sfreq_hz": signal.sfreq_hz, "unit": signal.unit,
             "transducer": signal.transducer, "prefilter": signal.prefilter, "calibrated": signal.calibrated}
            for signal, (read_as, kind) in zip(info.signals, mapping(report.layout), strict=True)
        ],
        "missing": list(report.layout.missing),
        "findings": list(report.findings),
        "quality": _channels_json(report.quality),
        "windows": {
            "length_s": LABEL_S,
            **{name: [_plain(value) for value in values.tolist()] for name, values in windows.items()},
        },
    }


def mapping(layout: ChannelLayout) -> list[tuple[str | None, str]]:
    """What every signal was read as: electrode or pair (or None) and kind."""
    names = {index: name for name, index in layout.electrodes.items()}
    names |= {index: "-".join(pair) for pair, index in layout.pairs.items()}
    return [(names.get(index), kind) for index, kind in enumerate(layout.kinds)]


def _judged(
    source: RecordingSource, chosen: NetworkInput, stretches: list[Stretch], mains_hz: float | None, block_s: float,
    on_progress: Progress,
) -> Iterator[tuple[int, NDArray[np.bool_], Measures]]:
    """Block after block: first second on the clock, reasons (n_reasons, n_channels, n) and measures of its seconds."""
    blocks = list(cut_blocks(stretches, block_s)) if chosen.signals else []
    for done, block in enumerate(blocks, start=1):
        cleaned = clean_block(source, chosen, block, mains_hz)
        own = slice((block.first - cleaned.origin) // SECOND, -(-(block.stop - cleaned.origin) // SECOND))
        ahead = int(cleaned.recorded.argmax())
        yield block.first // SECOND, cleaned.reasons[:, :, own], cleaned.measures.part(slice(own.start - ahead, own.stop - ahead))
        on_progress("inspecting", done, len(blocks))


def _states(reasons: NDArray[np.bool_], measures: Measures) -> NDArray[np.uint8]:
    states = np.zeros(reasons.shape[1:], dtype=np.uint8)
    for number, mask in enumerate((measures.muscle, measures.movement, *reasons), start=1):
        states[mask] = number
    return states


def _is_bad(states: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return np.asarray((states >= STATES.index("no values")) & (states != NOT_RECORDED))


def _cells(values: NDArray[Any], n: int, step: int, empty: float) -> NDArray[Any]:
    """(channels, seconds) -> (channels, n, step), filled up with ``empty``."""
    padded = np.pad(values, ((0, 0), (0, n * step - values.shape[1])), constant_values=empty)
    return padded.reshape(len(values), n, step)


def _medians(cells: NDArray[np.float32]) -> NDArray[np.float64]:
    """Median over channels and seconds, NaN where there is nothing."""
    flat = cells.transpose(1, 0, 2).reshape(cells.shape[1], cells.shape[0] * cells.shape[2])
    known = np.isfinite(flat).any(axis=1)
    medians = np.full(len(flat), np.nan)
    medians[known] = np.nanmedian(flat[known], axis=1)
    return medians


def _channels_json(found: Quality) -> dict[str, Any]:
    words = result_json.quality_json(found)
    return {key: words[key] for key in ("channels", "mains_hz", "bridged")}


def _plain(value: float | bool) -> float | bool | None:
    if isinstance(value, float):
        return round(value, 4) if np.isfinite(value) else None
    return value
