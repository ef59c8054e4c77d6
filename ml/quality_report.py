"""Everything about a recording short of its analysis: metadata, mapping, findings, quality. No network is run.

Blocks, filters and verdicts are those of ``ml.pipeline``, so what is called bad here is what the analysis leaves out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml import findings, not_assessed, quality, result_json
from ml.analysis import LABEL_S, AnalysisResult, Quality
from ml.channels import ChannelLayout, map_to_1020
from ml.electrode_seconds import DEFINITIONS, MARKS, NOT_RECORDED, ElectrodeSeconds
from ml.network_input import NetworkInput, choose_input
from ml.not_assessed import NotAssessed
from ml.pipeline import BLOCK_S, Progress, clean_blocks, cut_blocks, find_mains, ignore
from ml.quality import SECOND
from ml.quality_measures import Measures, Sums
from ml.recording import RecordingInfo, RecordingSource
from ml.signal_check import check_samples
from ml.windows import Stretch


@dataclass(frozen=True, slots=True)
class QualityReport:
    """One recording, its channels and every second of them."""

    info: RecordingInfo
    layout: ChannelLayout
    findings: tuple[str, ...]
    quality: Quality
    seconds: ElectrodeSeconds
    not_assessed: tuple[NotAssessed, ...] | None = None   # of an analysis; None where no network was run
    n_annotations: int | None = None                      # None where the recording was not read


def inspect(source: RecordingSource, *, on_progress: Progress = ignore, block_s: float = BLOCK_S) -> QualityReport:
    """Read a recording once, in constant memory but for a few numbers per electrode and second."""
    layout = map_to_1020(source.info.signals)
    chosen = choose_input(layout)
    stretches = [Stretch.of(span) for span in source.info.stretches]
    seconds, n = ElectrodeSeconds.over(chosen.names, source.info.duration_s), len(chosen.names)
    counts, sums, judged = np.zeros((len(quality.REASONS) + 1, n), dtype=np.int64), Sums.over(n), 0
    mains_hz = find_mains(source, chosen, stretches) if chosen.signals else None
    for first, reasons, measures in _judged(source, chosen, stretches, mains_hz, block_s, on_progress):
        bad = np.asarray(reasons.any(axis=0))
        seconds.put(first, reasons, measures)
        counts += np.concatenate([reasons.sum(axis=2), bad.sum(axis=1)[None]])
        sums.add(measures, bad)
        judged += reasons.shape[2]
    channels = quality.summary(chosen.names, chosen.absent, counts, judged, np.zeros(n, dtype=bool), sums)
    bridged = tuple((chosen.names[one], chosen.names[other]) for one, other in sums.bridges())
    found = Quality(channels if judged else (), mains_hz, bridged=bridged)
    said = (*source.info.findings, *layout.findings, *check_samples(source, layout), *findings.of_electrodes(found))
    return QualityReport(source.info, layout, said, found, seconds, n_annotations=len(source.annotations()))


def of_analysis(result: AnalysisResult, seconds: ElectrodeSeconds, corrections: Mapping[str, str] | None = None) -> QualityReport:
    """The report of a kept analysis; the recording is not read again."""
    layout = map_to_1020(result.info.signals, corrections)
    return QualityReport(result.info, layout, result.findings, result.quality, seconds, not_assessed.find(result, seconds))


def to_json(report: QualityReport) -> dict[str, Any]:
    """The report as plain lists, numbers and text; identity that the file claims is left out."""
    info, windows = report.info, report.seconds.windows()
    by_channel = report.seconds.of_channels()
    return {
        "recording": {
            "format": info.format,
            "duration_s": round(info.duration_s, 3),
            "start_time": info.start_time.isoformat() if info.start_time else None,
            "gaps": [[round(gap.start_s, 3), round(gap.stop_s, 3)] for gap in info.gaps],
            "equipment": info.equipment,
            "annotations": report.n_annotations,
            "identity_in_file": info.patient.names_somebody,
        },
        "signals": [
            {"label": signal.label, "read_as": read_as, "kind": kind, "note": note, "sfreq_hz": signal.sfreq_hz, "unit": signal.unit,
             "transducer": signal.transducer, "prefilter": signal.prefilter, "calibrated": signal.calibrated}
            for signal, (read_as, kind, note) in zip(info.signals, mapping(report.layout), strict=True)
        ],
        "missing": list(report.layout.missing),
        "findings": list(report.findings),
        "quality": _channels_json(report.quality, report.seconds),
        "windows": {
            "length_s": LABEL_S,
            **{name: [_plain(value) for value in values.tolist()] for name, values in windows.items()},
            "channels": {
                name: {key: [_plain(value) for value in values[row].tolist()] for key, values in by_channel.items()}
                for row, name in enumerate(report.seconds.names)
            },
        },
        "not_assessed": None if report.not_assessed is None else [
            {"start_s": round(part.start_s, 3), "stop_s": round(part.stop_s, 3), "reason": part.reason} for part in report.not_assessed
        ],
        "marks": list(_marked(report.seconds)),
        "definitions": dict(DEFINITIONS),
    }


def mapping(layout: ChannelLayout) -> list[tuple[str | None, str, str]]:
    """What every signal was read as: electrode or pair (or None), kind, and a note where it is no electrode of the analysis."""
    names = layout.names
    notes = dict.fromkeys(layout.ears.values(), "ear: for the montage of linked ears, not assessed")
    notes |= dict.fromkeys(layout.further.values(), "beyond the 10-20 system: shown as recorded, not assessed")
    notes |= {again: f"as signal {used + 1}, not used" for used, again in layout.duplicates}
    return [(names.get(index), kind, notes.get(index, "")) for index, kind in enumerate(layout.kinds)]


def _judged(
    source: RecordingSource, chosen: NetworkInput, stretches: list[Stretch], mains_hz: float | None, block_s: float,
    on_progress: Progress,
) -> Iterator[tuple[int, NDArray[np.bool_], Measures]]:
    """Block after block: first second on the clock, reasons (n_reasons, n_channels, n) and measures of its seconds."""
    blocks = list(cut_blocks(stretches, block_s)) if chosen.signals else []
    for done, (block, cleaned) in enumerate(clean_blocks(source, chosen, blocks, mains_hz, threads=2), start=1):
        own = slice((block.first - cleaned.origin) // SECOND, -(-(block.stop - cleaned.origin) // SECOND))
        ahead = int(cleaned.recorded.argmax())
        yield block.first // SECOND, cleaned.reasons[:, :, own], cleaned.measures.part(slice(own.start - ahead, own.stop - ahead))
        on_progress("inspecting", done, len(blocks))


def _channels_json(found: Quality, seconds: ElectrodeSeconds) -> dict[str, Any]:
    words = result_json.quality_json(found)
    for row, channel in enumerate(words["channels"]):
        channel["shares"] = {mark: round(share, 4) for mark, share in seconds.shares(row).items()}
    return {key: words[key] for key in ("channels", "mains_hz", "bridged")}


def _marked(seconds: ElectrodeSeconds) -> Iterator[dict[str, Any]]:
    """Stretches of one channel in which the same marks hold, channel by channel."""
    for name, row in zip(seconds.names, seconds.marks, strict=True):
        edges = [0, *(np.flatnonzero(np.diff(row)) + 1).tolist(), len(row)]
        for first, last in pairwise(edges):
            if last > first and row[first] not in (0, NOT_RECORDED):
                marks = [mark for number, mark in enumerate(MARKS) if row[first] >> number & 1]
                yield {"channel": name, "start_s": first, "stop_s": last, "marks": marks}


def _plain(value: float | bool) -> float | bool | None:
    if isinstance(value, float):
        return round(value, 4) if np.isfinite(value) else None
    return value
