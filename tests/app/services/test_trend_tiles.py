"""Trends as the viewer gets them: levels that mean what their words say, at the moments where they belong."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
import pytest

from app.errors import NotFound
from app.services import trend_tiles
from ml import trends
from ml.analysis import Trends
from ml.colormaps import NAMES

DAY_S = 86_400.0


def a_day() -> Trends:
    """Columns of 10 s; what is known is the aEEG, 4 and 40 µV on both sides, and no asymmetry."""
    made = trends.empty(DAY_S)
    made.aeeg_uv[:, 0], made.aeeg_uv[:, 1], made.asymmetry[:], made.alpha_delta[:] = 4.0, 40.0, 0.0, 0.25
    return made


def decoded(content: bytes) -> tuple[list[dict[str, Any]], np.ndarray, float, float]:
    magic, version, rows, times, words, start_s, column_s = struct.unpack_from("<4sHHIIdd", content)
    assert (magic, version) == (b"HMST", 1)
    return json.loads(content[32 : 32 + words])["strips"], np.frombuffer(content, np.uint8, offset=32 + words).reshape(rows, times), start_s, column_s


def of_day(*names: Any, start_s: float = 0.0, stop_s: float = DAY_S, columns: int = 1100, whole: Trends | None = None) -> Any:
    return decoded(trend_tiles.tile(whole or a_day(), names=names, start_s=start_s, stop_s=stop_s, columns=columns))


def test_a_level_means_what_its_words_say() -> None:
    (strip,), levels, _, _ = of_day("aeeg")
    assert strip["sides"] == ["left", "left", "right", "right"]
    assert [strip["words"][level - 1] for level in levels[:2, 0]] == ["4.0 µV", "40 µV"]
    assert (strip["words"][0], strip["words"][-1]) == ("0.0 µV", "≥ 200 µV")
    assert levels[0, 0] / 254 == pytest.approx(0.4 / 2.301, abs=0.005)        # 4 µV lie on the linear part, 10 µV high as one decade


def test_columns_begin_and_end_where_they_say() -> None:
    _, levels, start_s, column_s = of_day("aeeg", start_s=7200.0, stop_s=10_800.0)
    assert (levels.shape, start_s, column_s) == ((4, 360), 7200.0, 10.0)
    _, levels, start_s, column_s = of_day("aeeg")
    assert (levels.shape, start_s, column_s) == ((4, 1080), 0.0, 80.0)


def test_ten_seconds_of_a_low_margin_stay_visible_in_a_day_and_what_is_unknown_is_nothing() -> None:
    whole = a_day()
    whole.aeeg_uv[0, 0, 5000] = 1.0
    whole.aeeg_uv[0, :, 8000:8100] = np.nan
    (strip,), levels, _, column_s = of_day("aeeg", whole=whole)
    assert strip["words"][levels[0, int(50_000 // column_s)] - 1] == "1.0 µV"
    assert levels[0, 1005] == 0
    assert levels[2, 1005] > 0


def test_strips_come_in_the_order_asked_and_each_once() -> None:
    strips, levels, _, _ = of_day("rhythmicity", "asymmetry", "rhythmicity", "alpha_delta", "suppression")
    assert [strip["title"] for strip in strips] == ["rhythm. L", "rhythm. R", "asymm.", "asymm. %", "alpha/delta", "suppr. %"]
    assert sum(strip["rows"] for strip in strips) == len(levels)
    assert {strip["map"] for strip in strips} <= {*NAMES, "bluered", ""}
    alike = strips[2]["words"][levels[2 * strips[0]["rows"], 0] - 1]
    assert alike in ("+0.00", "-0.00")


def test_the_scale_of_a_ratio_is_the_same_in_every_part() -> None:
    whole = a_day()
    whole.alpha_delta[0, 4000:5000] = 1.7
    (part,), *_ = of_day("alpha_delta", stop_s=600.0, whole=whole)
    (all_,), *_ = of_day("alpha_delta", whole=whole)
    assert part["ticks"] == all_["ticks"] == [[0.5, "1"], [1.0, "2"]]


def test_a_range_without_a_column_is_empty_and_an_analysis_without_trends_says_so() -> None:
    strips, levels, _, _ = of_day("aeeg", start_s=DAY_S + 50, stop_s=DAY_S + 60)
    assert (strips, levels.size) == ([], 0)
    with pytest.raises(NotFound, match="no trends of this study"):
        trend_tiles.tile(None, names=["aeeg"], start_s=0.0, stop_s=10.0, columns=100)
