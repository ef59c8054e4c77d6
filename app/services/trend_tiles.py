"""Trends of a recording as bytes for the viewer: every value one level of 255, with the words of a level beside it.

The script only draws levels: scales, ticks and numbers in words are made here, so that the viewer and the spectrogram page agree.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from app.errors import NotFound
from app.services import time_frequency
from ml.analysis import Trends
from ml.recording import Span

TrendName = Literal["aeeg", "asymmetry", "alpha_delta", "suppression", "rhythmicity"]
LEVELS: Final = 255
AEEG_TOP_UV: Final = 200.0
ASYMMETRY_TOP: Final = 0.75
RHYTHMICITY_DB: Final = (1.0, 12.0)
RATIO_TOPS: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
"""The alpha/delta ratio is drawn up to the first of these below which 99 % of it lie, the same for every part of a recording."""
HALF_AND_ALL: Final = ((0.5, "50"), (1.0, "100"))
LINE_PX, IMAGE_PX = 36, 40


@dataclass(frozen=True, slots=True)
class Strip:
    """One trend: lines of left and right, or an image with frequency upwards."""

    title: str
    values: NDArray[np.floating]             # (rows, n): on the scale that is drawn
    low: float                               # of the first level
    high: float                              # of the last level
    words: Callable[[float], str]            # of a value on that scale
    row_words: tuple[str, ...]
    ticks: tuple[tuple[float, str], ...]     # share of the height from below, words
    sides: tuple[str, ...] = ()              # of each line: "left", "right" or "both"; empty for an image
    colors: str = ""                         # map of an image
    bounded: bool = False                    # whether nothing can lie beyond the scale

    def levels(self) -> NDArray[np.uint8]:
        """1 .. 255 from ``low`` to ``high``, 0 where nothing is known."""
        share = (np.nan_to_num(self.values, nan=self.low) - self.low) / (self.high - self.low)
        level = np.clip(np.round(share * (LEVELS - 1)) + 1.0, 1.0, LEVELS)
        return np.where(np.isfinite(self.values), level, 0.0).astype(np.uint8)

    def described(self) -> dict[str, Any]:
        """What the script needs to draw the strip and to tell what is under the pointer."""
        words = [self.words(self.low + (self.high - self.low) * k / (LEVELS - 1)) for k in range(LEVELS)]
        if not self.bounded:
            words = [f"≤ {words[0]}" if self.low else words[0], *words[1:-1], f"≥ {words[-1]}"]
        return {"title": self.title, "rows": len(self.values), "px": IMAGE_PX if self.colors else LINE_PX, "sides": self.sides, "map": self.colors,
                "rowWords": self.row_words, "words": words, "ticks": self.ticks}


def tile(whole: Trends | None, *, names: Sequence[TrendName], start_s: float, stop_s: float, columns: int) -> bytes:
    """Part of the chosen trends in at most ``columns`` columns, each drawn from its first moment to its last. Little endian.

    Magic ``HMST`` | version u16 = 1 | rows u16 | times u32 | JSON bytes u32 | start of the first column f64 | seconds per column
    f64 | zeros to 32; then JSON ``{"strips": [...]}`` padded to a multiple of 4, then u8 (row, time), 0 = nothing known.

    Raises
    ------
    NotFound
        If the analysis kept no trends.
    """
    if whole is None:
        raise NotFound("There are no trends of this study: its analysis was made before they were kept, or could not assess it. A new run adds them.")
    part = time_frequency.part_of_trends(whole, Span(start_s, stop_s))
    joined = time_frequency.joined_trends(part, columns) if part else None
    strips = [strip for name in dict.fromkeys(names) for strip in STRIPS[name](joined, whole)] if joined else []
    levels = np.concatenate([strip.levels() for strip in strips]) if strips else np.zeros((0, 0), np.uint8)
    begins_s, step_s = (float(joined.times_s[0]) - joined.step_s / 2.0, joined.step_s) if joined else (start_s, 1.0)
    about = json.dumps({"strips": [strip.described() for strip in strips]}, ensure_ascii=False, separators=(",", ":")).encode()
    about += b" " * (-len(about) % 4)
    head = struct.pack("<4sHHIIdd", b"HMST", 1, levels.shape[0], levels.shape[1], len(about), begins_s, step_s)
    return head.ljust(32, b"\0") + about + levels.tobytes()


def semi_log(uv: NDArray[np.floating]) -> NDArray[np.floating]:
    """Height on the paper of the aEEG: linear from 0 to 10 µV, then one decade for the same height."""
    return np.asarray(np.where(uv <= 10.0, uv / 10.0, 1.0 + np.log10(np.maximum(uv, 10.0) / 10.0)))


def _uv(height: float) -> str:
    """Microvolts of a height on the paper of the aEEG."""
    return f"{height * 10.0:.1f} µV" if height <= 1.0 else f"{10.0 ** height:.0f} µV"


def _aeeg(found: Trends, _whole: Trends) -> Iterator[Strip]:
    top = float(semi_log(np.array(AEEG_TOP_UV)))
    ticks = tuple((float(semi_log(np.array(uv))) / top, f"{uv:g}") for uv in (10.0, 100.0))
    rows = ("left lower margin", "left upper margin", "right lower margin", "right upper margin")
    heights = semi_log(found.aeeg_uv.reshape(4, -1))
    yield Strip("aEEG µV", heights, 0.0, top, _uv, rows, ticks, ("left", "left", "right", "right"))


def _asymmetry(found: Trends, _whole: Trends) -> Iterator[Strip]:
    """Blue is more left, red is more right; below it the mean of its absolute values."""
    yield _image("asymm.", found.asymmetry, found, (-ASYMMETRY_TOP, ASYMMETRY_TOP), lambda value: f"{value:+.2f}", "bluered")
    percent = 100.0 * found.asymmetry_index[None]
    yield Strip("asymm. %", percent, 0.0, 100.0, _percent, ("asymmetry index",), HALF_AND_ALL, ("both",), bounded=True)


def _alpha_delta(found: Trends, whole: Trends) -> Iterator[Strip]:
    known = whole.alpha_delta[np.isfinite(whole.alpha_delta)]
    most = float(np.percentile(known, 99)) if known.size else 0.0
    top = next((each for each in RATIO_TOPS if each >= most), RATIO_TOPS[-1])
    ticks = ((0.5, f"{top / 2.0:g}"), (1.0, f"{top:g}"))
    yield Strip("alpha/delta", found.alpha_delta, 0.0, top, lambda value: f"{value:.2f}", ("left", "right"), ticks, ("left", "right"))


def _suppression(found: Trends, _whole: Trends) -> Iterator[Strip]:
    percent = 100.0 * found.suppression
    yield Strip("suppr. %", percent, 0.0, 100.0, _percent, ("left", "right"), HALF_AND_ALL, ("left", "right"), bounded=True)


def _rhythmicity(found: Trends, _whole: Trends) -> Iterator[Strip]:
    for side, power_db in zip(("left", "right"), found.rhythmicity_db, strict=True):
        yield _image(f"rhythm. {side[0].upper()}", power_db, found, RHYTHMICITY_DB, lambda db: f"{db:.1f} dB", "magma")


def _image(title: str, values: NDArray[np.floating], found: Trends, limits: tuple[float, float], words: Callable[[float], str], colors: str) -> Strip:
    freqs_hz = found.freqs_hz
    lowest_hz, span_hz = float(freqs_hz[0] - (freqs_hz[1] - freqs_hz[0]) / 2.0), float(freqs_hz[1] - freqs_hz[0]) * len(freqs_hz)
    ticks = tuple(((hz - lowest_hz) / span_hz, f"{hz:g} Hz") for hz in (5.0, 15.0) if hz < freqs_hz[-1])
    return Strip(title, values, *limits, words, tuple(f"{hz:.2f} Hz" for hz in freqs_hz), ticks, colors=colors)


def _percent(value: float) -> str:
    return f"{value:.0f} %"


STRIPS: Final[dict[TrendName, Callable[[Trends, Trends], Iterator[Strip]]]] = {
    "aeeg": _aeeg, "asymmetry": _asymmetry, "alpha_delta": _alpha_delta, "suppression": _suppression, "rhythmicity": _rhythmicity,
}
