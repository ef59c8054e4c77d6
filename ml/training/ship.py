"""From checkpoints to shipped weights: ``python -m ml.training.ship --build DIR --run NAME --out ml/weights``."""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ml.ensemble import WEIGHTS, Ensemble
from ml.events import EventRule
from ml.training import calibrate, dataset, evaluate, event_thresholds, export, model_card, real_windows, train
from ml.training.calibrate import Calibration

FIT_SEEDS: Final[tuple[int, ...]] = (501,)
REPORT_SEEDS: Final[tuple[int, ...]] = (601,)
TUNED_SETS: Final[tuple[str, ...]] = ("iiic50", "iiic10")
"""Development windows that temperature and the bias of "other" may be fitted on; never grond (its licence)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to ship and how much to measure."""

    build: Path
    run: str
    networks: tuple[str, ...]
    out: Path
    data: Path
    version: str
    step_s: float
    hours: float
    n_generated: int
    tune: bool


def ship(plan: Plan) -> dict[str, Any]:
    """Export, calibrate, choose event thresholds, evaluate, and write manifest and card; returns the card."""
    plan.out.mkdir(parents=True, exist_ok=True)
    networks = {name: train.load(name, plan.build / f"{plan.run}_{name}.safetensors") for name in plan.networks}
    parity = {name: export.to_onnx(name, network, plan.out / f"{name}.onnx") for name, network in networks.items()}
    runs = [json.loads((plan.build / f"{plan.run}_{name}.json").read_text()) for name in plan.networks]
    fitted, fitted_on, note = _calibrated(plan, networks, runs[0]["settings"])
    _write(plan, fitted, EventRule(), fitted_on, {})
    rule, event_figures = _events(plan)
    _write(plan, fitted, rule, fitted_on, {})
    ensemble = Ensemble.load(plan.out)
    card = model_card.model_card(
        version=plan.version, day=datetime.now(UTC).date(), runs=runs,
        evaluation=evaluate.evaluate(ensemble, plan.data, n_generated=plan.n_generated),
        event_figures=event_figures, calibration=note, speed=_speed(ensemble), export_parity=parity,
    )
    _write(plan, fitted, rule, fitted_on, card)
    return card


def _write(plan: Plan, fitted: Calibration, rule: EventRule, fitted_on: dict[str, str], card: dict[str, Any]) -> None:
    (plan.out / "model_card.json").write_text(json.dumps(card, indent=1) + "\n")
    export.write_manifest(
        plan.out, version=plan.version, members=dict(zip(plan.networks, fitted.weights.tolist(), strict=True)),
        temperature=fitted.temperature, class_bias=fitted.class_bias, step_s=plan.step_s, rule=rule, fitted_on=fitted_on,
    )


def _calibrated(
    plan: Plan, networks: dict[str, train.Network], settings: dict[str, Any]
) -> tuple[Calibration, dict[str, str], dict[str, Any]]:
    """Weights and calibration on held-out virtual patients; optionally two numbers more on development windows."""
    held_out = dataset.build(
        plan.build, n=settings["n_held_out"], seed=settings["seed"] + train.HELD_OUT_SEED, per_patient=settings["per_patient"]
    )
    logits = np.stack([train.predict(network, held_out) for network in networks.values()])
    fitted = calibrate.fit(logits, held_out.votes)
    fitted_on = {"weights": "held-out virtual patients", "temperature and class bias": "held-out virtual patients"}
    note: dict[str, Any] = {"held_out_windows": len(held_out.votes), "synthetic_only": _numbers(fitted)}
    if plan.tune:
        real_logits, votes = _development(plan, networks)
        tuned = calibrate.adjust(fitted, real_logits, votes)
        note |= {"adjusted_on_development_windows": _numbers(tuned), "development_windows": len(votes)}
        note["leave_one_out"] = calibrate.leave_one_out(fitted, real_logits, votes)
        fitted_on["temperature and class bias"] += "; then temperature and one bias of other on 22 real development windows"
        fitted = tuned
    return fitted, fitted_on, note


def _numbers(fitted: Calibration) -> dict[str, Any]:
    return {
        "weights": fitted.weights.round(4).tolist(), "temperature": round(fitted.temperature, 4),
        "class_bias": fitted.class_bias.round(4).tolist(),
    }


def _development(
    plan: Plan, networks: dict[str, train.Network]
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Members' logits and votes of the development windows, through the exported networks."""
    found = [w for name in TUNED_SETS for w in real_windows.voted(plan.data, name) if w.bipolar_uv is not None]
    stacked = np.stack([window.bipolar_uv for window in found if window.bipolar_uv is not None])
    equal = Calibration(np.ones(len(networks)) / len(networks), 1.0, np.zeros(6))
    _write(plan, equal, EventRule(), {}, {})
    return Ensemble.load(plan.out).predict_members(stacked), np.stack([window.votes for window in found])


def _events(plan: Plan) -> tuple[EventRule, dict[str, Any]]:
    """Event rule fitted on some generated recordings, and its figures on others."""
    ensemble = Ensemble.load(plan.out)
    rule = event_thresholds.fit(event_thresholds.analyse_generated(ensemble, hours=plan.hours, seeds=FIT_SEEDS))
    patients = event_thresholds.analyse_generated(ensemble, hours=plan.hours, seeds=REPORT_SEEDS)
    healthy = event_thresholds.analyse_generated(ensemble, hours=plan.hours / 2, seeds=REPORT_SEEDS, healthy=True)
    return rule, {
        "fitted_on_seeds": list(FIT_SEEDS), "reported_on_seeds": list(REPORT_SEEDS), "step_s": plan.step_s,
        "note": f"Thresholds were fitted on generated recordings of {plan.hours:g} h and are reported on others; "
                "the minimum duration of a seizure is that of ACNS 2021 and was not fitted.",
        "patients": event_thresholds.report(patients, rule),
        "healthy": event_thresholds.report(healthy, rule),
    }


def _speed(ensemble: Ensemble) -> dict[str, Any]:
    """Windows per minute of the ensemble at a few batch sizes, two threads, on the machine that shipped it."""
    rng = np.random.default_rng(0)
    rows = {}
    for batch in (1, 8, 16):
        windows = rng.standard_normal((batch, 18, 10_000)).astype(np.float32) * 10
        ensemble.predict(windows)
        seconds = []
        for _ in range(5):
            began = time.perf_counter()
            ensemble.predict(windows)
            seconds.append(time.perf_counter() - began)
        rows[f"batch_{batch}"] = round(60 * batch / float(np.median(seconds)))
    return {"windows_per_minute": rows, "note": "median of five; CPU provider, two threads, machine shared with other work"}


def main() -> None:
    """Ship a run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=Path("build/training"))
    parser.add_argument("--run", required=True, help="name of the configuration that was trained")
    parser.add_argument("--networks", default="raw,spectrogram")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--version", required=True)
    parser.add_argument("--step-s", type=float, default=5.0)
    parser.add_argument("--hours", type=float, default=24.0, help="length of the recordings that thresholds are fitted on")
    parser.add_argument("--generated", type=int, default=1200)
    parser.add_argument("--tune-on-development", action="store_true")
    a = parser.parse_args()
    card = ship(Plan(
        a.build, a.run, tuple(a.networks.split(",")), a.out, a.data, a.version, a.step_s, a.hours, a.generated,
        a.tune_on_development,
    ))
    print(json.dumps({key: card[key] for key in ("calibration", "events_on_generated_recordings", "speed")}, indent=1))


if __name__ == "__main__":
    main()
