"""The model card that ships with the weights and is shown on the model page: what was measured and what was not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

from ml.classes import CLASSES
from ml.ensemble import MANIFEST
from ml.synthetic import votes


def model_card(
    *,
    version: str,
    day: date,
    runs: list[dict[str, Any]],
    evaluation: dict[str, Any],
    event_figures: dict[str, Any],
    calibration: dict[str, Any],
    speed: dict[str, Any],
    export_parity: dict[str, float],
) -> dict[str, Any]:
    """Assemble the card; every figure comes from the arguments, and what is said of data and networks from the runs."""
    names = [run["network"] for run in runs]
    real = sorted({name for run in _with_earlier(runs) for name in _backgrounds(run["settings"])})
    adjusted = "adjusted_on_development_windows" in calibration
    return {
        "name": "hms-eeg ensemble",
        "version": version,
        "date": day.isoformat(),
        "summary": f"{len(names)} network{'s' if len(names) > 1 else ''} ({', '.join(names)}) that suggest one of five rhythmic or periodic patterns "
        "for every 10 s of scalp EEG. " + ("Trained on generated EEG" + (f", some of it over real background EEG ({_said(real)})." if real else " only.")),
        "intended_use": "Research and education: a first look that a neurologist checks on the signal itself.",
        "not_intended": "Not a medical device. Not for neonates or children, alarms, treatment decisions, or reading EEG "
        "without a neurologist. It does not assess background, slowing, spikes or sleep.",
        "classes": list(CLASSES),
        "class_prior": "balanced: probabilities assume that all six classes are equally frequent",
        "input": "18 longitudinal bipolar pairs of the 10-20 system, 0.5-40 Hz, 200 Hz, 50 s around the labelled 10 s",
        "networks": {name: NETWORKS.get(name, name) for name in names},
        "training_data": {
            "kind": "generated EEG of virtual patients (ml/synthetic); no voted or labelled real window trained any weight"
            + (f"; real backgrounds: {_said(real)}" if real else ""),
            "labels": "soft votes from margins of the ACNS 2021 criteria, "
            f"{votes.CONFUSION_SHARE:.0%} of them spread by the measured confusion of human raters (IIIC-IRR)",
            "shipped": [_told(run) for run in runs],
            "runs": runs,
        },
        "calibrated_on": "synthetic patients" + (f", then adjusted on {calibration['development_windows']} real development windows" if adjusted else ""),
        "calibration": calibration,
        "evaluation": evaluation,
        "events_on_generated_recordings": event_figures,
        "speed": speed,
        "export_parity_torch_onnx": export_parity,
        "human_anchors": evaluation.get("human_half_committee"),
        "limits": [ADJUSTED if adjusted else CALIBRATED, *LIMITS],
        "attributions": ATTRIBUTIONS,
        "licence": "Apache-2.0",
    }


def _with_earlier(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The runs and those that they went on from."""
    every: list[dict[str, Any]] = []
    for run in runs:
        one: dict[str, Any] | None = run
        while one:
            every.append(one)
            one = one.get("continues")
    return every


def _backgrounds(settings: Mapping[str, Any]) -> list[str]:
    """Real recordings under generated windows: the beginnings of their names, or their folder where all of it was taken."""
    if not settings.get("backgrounds"):
        return []
    return list(settings.get("background_names", ())) or [Path(settings["backgrounds"]).name]


def _said(names: list[str]) -> str:
    return ", ".join(names)


def _told(run: dict[str, Any]) -> str:
    """Which run a network comes from, on how much and for how long, all parts of it."""
    parts = _with_earlier([run])
    minutes = sum(part["seconds"] for part in parts) / 60
    names = " after ".join(str(part["settings"]["name"]) for part in parts)
    windows = ", ".join(f"{part['settings']['n_train']:,}" for part in parts)
    return f"{run['network']}: run {names}, {sum(part['steps'] for part in parts)} steps on {windows} windows, {minutes:.0f} min on {run.get('device', 'cpu')}"


def put_evaluation(weights: Path, report: Mapping[str, Any]) -> str:
    """Put an evaluation into the card of a directory of weights; returns the manifest's new sha256.

    The manifest names the card's bytes, so its own sha256 changes, and with it what results say made them.

    Raises
    ------
    ValueError
        If the evaluation is of other weights.
    """
    manifest_path, card_path = weights / MANIFEST, weights / "model_card.json"
    before = manifest_path.read_bytes()
    if hashlib.sha256(before).hexdigest() != report["manifest_sha256"]:
        raise ValueError(f"This evaluation is of the manifest {report['manifest_sha256'][:16]}, not of that in {weights}.")
    card, manifest = json.loads(card_path.read_text()), json.loads(before)
    card |= {"evaluation": dict(report), "human_anchors": report.get("human_half_committee", card.get("human_anchors"))}
    card_path.write_text(json.dumps(card, indent=1) + "\n")
    manifest["files"]["model_card.json"] = hashlib.sha256(card_path.read_bytes()).hexdigest()
    manifest_path.write_text(json.dumps(manifest, indent=1) + "\n")
    return hashlib.sha256(manifest_path.read_bytes()).hexdigest()


NETWORKS: Final[dict[str, str]] = {
    "raw": "ResNet1D-GRU: chain-shared residual encoder at 50 Hz, chain mixer, left-right symmetric features, "
    "bidirectional GRU, attention with a Gaussian centre prior; reads the central 20 s",
    "spectrogram": "narrow EfficientNet V2 blocks on regional log spectrograms of 50 s and a zoom on the central 12 s",
    "efficientnet": "EfficientNet-B3 (timm) on regional log spectrograms of 50 s and a zoom on the central 12 s",
    "trees": "gradient-boosted trees on the fast features of the window",
}
CALIBRATED: Final[str] = "Calibrated on synthetic patients; probabilities on real EEG are rougher than they look."
ADJUSTED: Final[str] = "Calibrated on synthetic patients and adjusted on few real windows; probabilities on real EEG are rougher than they look."
LIMITS: Final[list[str]] = [
    "The real windows are few and were used while the generator and the calibration were chosen: figures on them are "
    "development figures, not a test.",
    "The figures on generated windows measure agreement with the generator's own labels.",
    "Weak spots: faint or irregular lateralized rhythmic delta, sparse focal discharges, slow high seizures against rhythmic "
    "delta, patterns on the border between lateralized and generalized.",
    "Event thresholds were fitted on generated recordings; false alarms on real long recordings are not measured.",
    "No figure for neonates, children, intracranial EEG or other montages.",
]

ATTRIBUTIONS: Final[list[str]] = [
    "Contains information from IIIC-IRR and IIIC-SPaRCNet (Brain Data Science Platform), ODC Attribution License 1.0; Jing et "
    "al., Neurology 2023;100(17):e1737-e1749 and e1750-e1762: vote statistics for the labels, voted windows for evaluation.",
    "GROND, Brain Data Science Platform, Jing et al., CC BY-NC 4.0: evaluation, and two numbers of the calibration where the card says that "
    "development windows adjusted it; no weight was trained on it.",
    "Zyma et al., Electroencephalograms during Mental Arithmetic Task Performance, Data 2019;4(1):14; PhysioNet, "
    "ODC Attribution License 1.0; Goldberger et al., Circulation 2000;101(23):e215-e220: evaluation, and backgrounds under generated windows where "
    "the summary says so.",
    "Schalk et al., IEEE Transactions on Biomedical Engineering 2004;51(6):1034-1043; PhysioNet, ODC-By 1.0: evaluation only.",
]
