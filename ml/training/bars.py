"""What was asked of the model beside what an evaluation found, each with n; figures of the development data stand in for unseen ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

Report = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Bar:
    """One thing that was asked."""

    what: str
    on: str
    kind: Literal["synthetic", "real"]
    wanted: str
    found: Callable[[Report], float]
    n: Callable[[Report], float]
    met: Callable[[float], bool]
    unit: str = ""


def _at_most(limit: float) -> Callable[[float], bool]:
    return lambda value: value <= limit


def _at_least(limit: float) -> Callable[[float], bool]:
    return lambda value: value >= limit


def _held(key: str) -> Callable[[Report], float]:
    return lambda report: float(report["held_out_virtual_patients"][key])


def _sum(key: str, *names: str) -> Callable[[Report], float]:
    return lambda report: sum(report[name][key] for name in names)


def _mean_kl(*names: str) -> Callable[[Report], float]:
    return lambda report: sum(report[name]["kl"] * report[name]["n"] for name in names) / sum(report[name]["n"] for name in names)


def _false_per_hour(name: str) -> Callable[[Report], float]:
    return lambda report: float(report["events"]["kinds"][name]["patterns"]["all"]["without_tolerance"]["false_alarms_per_hour"])


def _hours(name: str) -> Callable[[Report], float]:
    return lambda report: float(report["events"]["kinds"][name]["hours"])


BARS: Final[tuple[Bar, ...]] = (
    Bar("KL(votes ‖ p)", "held-out virtual patients", "synthetic", "at most 0.36, half a committee", _held("kl"), _held("n"), _at_most(0.36)),
    Bar("accuracy", "held-out virtual patients", "synthetic", "at least 0.78, half a committee", _held("accuracy"), _held("n"), _at_least(0.78)),
    Bar("calibration error", "held-out virtual patients", "synthetic", "at most 0.05", _held("expected_calibration_error"), _held("n"), _at_most(0.05)),
    Bar("KL below the best member's by", "held-out virtual patients", "synthetic", "above 0",
        lambda report: report["held_out_virtual_patients"]["gain_over_best_member"]["kl"], _held("n"), lambda value: value > 0),
    Bar("right", "IIIC, 50 s and 10 s", "real", "at least 17 of 22", _sum("right", "iiic50", "iiic10"), _sum("n", "iiic50", "iiic10"), _at_least(17)),
    Bar("KL(votes ‖ p)", "IIIC, 50 s and 10 s", "real", "at most 0.85", _mean_kl("iiic50", "iiic10"), _sum("n", "iiic50", "iiic10"), _at_most(0.85)),
    Bar("right", "IIIC, 50 s", "real", "at least 8 of 12", _sum("right", "iiic50"), _sum("n", "iiic50"), _at_least(8)),
    Bar("share right in six classes", "GROND", "real", "at least 0.85 (34 of 40)", _sum("accuracy", "grond"), _sum("n", "grond"), _at_least(0.85)),
    Bar("share right among the four", "GROND", "real", "at least 0.875 (35 of 40)",
        lambda report: report["grond"]["right_among_the_four"] / report["grond"]["n"], _sum("n", "grond"), _at_least(0.875)),
    Bar("KL(votes ‖ p)", "GROND", "real", "at most 0.42", _sum("kl", "grond"), _sum("n", "grond"), _at_most(0.42)),
    Bar("share of windows called a pattern", "healthy adults", "real", "at most 0.03",
        lambda report: report["healthy_adults"]["share"], _sum("n", "healthy_adults"), _at_most(0.03)),
    Bar("seizure events longer than 10 s", "healthy adults", "real", "none",
        lambda report: report["healthy_adults"]["seizure_events_over_10_s"], _sum("hours", "healthy_adults"), _at_most(0), "hours"),
    Bar("false alarms per hour", "generated, awake, normal", "synthetic", "below 1", _false_per_hour("normal_awake"), _hours("normal_awake"),
        lambda value: value < 1, "hours"),
    Bar("false alarms per hour", "generated, asleep, normal", "synthetic", "below 1", _false_per_hour("normal_asleep"), _hours("normal_asleep"),
        lambda value: value < 1, "hours"),
    Bar("share of seizures found with no false alarm before", "generated recordings of one seizure", "synthetic", "all",
        lambda report: report["whole_seizures"]["found_and_none_before"] / report["whole_seizures"]["n"], _sum("n", "whole_seizures"), _at_least(1)),
)


def check(report: Report) -> list[dict[str, Any]]:
    """A row for each bar that the report allows to judge."""
    rows = []
    for bar in BARS:
        try:
            value, n = bar.found(report), bar.n(report)
        except (KeyError, TypeError):                # this part was not measured
            continue
        rows.append({
            "what": bar.what, "on": bar.on, "kind": bar.kind, "wanted": bar.wanted, "found": round(value, 4), "n": n,
            "unit": bar.unit or "windows" if bar.on != "generated recordings of one seizure" else "recordings", "met": bool(bar.met(value)),
        })
    return rows
