"""Three generated studies for the first start: different patterns, each marked synthetic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ml.classes import PatternClass


class DemoRecording(NamedTuple):
    """Arguments of ``recording.write_edf`` and what to call the result."""

    name: str
    seed: int
    hours: float
    patterns: Mapping[PatternClass, float]   # events per hour
    title: str


def demo_recordings() -> tuple[DemoRecording, DemoRecording, DemoRecording]:
    """Focal seizures with LRDA, generalized periodic discharges with GRDA, and a recording without any pattern.

    The seeds were chosen so that each short recording holds several clear events; they say nothing of accuracy.
    """
    return (
        DemoRecording("synthetic_focal_seizures.edf", 70, 18 / 60, {"seizure": 9.0, "lrda": 8.0}, "Synthetic: focal seizures and LRDA"),
        DemoRecording("synthetic_gpds.edf", 18, 14 / 60, {"gpd": 11.0, "grda": 5.0}, "Synthetic: GPDs and GRDA"),
        DemoRecording("synthetic_no_pattern.edf", 33, 10 / 60, {}, "Synthetic: no rhythmic or periodic pattern"),
    )
