"""ICA and wavelet denoising change what is looked at, never what is classified, measured or described."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("ml.ica", "ml.wavelet_denoising", "pywt")
CLASSIFY_AND_MEASURE = ("ml.pipeline", "ml.quality_report", "ml.trends", "ml.event_facts", "ml.ensemble", "ml.features.of_recording")
PROGRAM = """
import importlib, json, sys
found = {}
for name in sys.argv[2:]:
    importlib.import_module(name)
    found[name] = [tool for tool in sys.argv[1].split() if tool in sys.modules]
print(json.dumps(found))
"""


def test_what_classifies_and_measures_does_not_even_load_them() -> None:
    """One interpreter imports all, one after another: what is not loaded after the last was loaded by none."""
    command = [sys.executable, "-c", PROGRAM, " ".join(TOOLS), *CLASSIFY_AND_MEASURE]
    loaded = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)
    *others, features = CLASSIFY_AND_MEASURE
    assert {name: loaded[name] for name in others} == {name: [] for name in others}
    assert loaded[features] == ["pywt"]      # its wavelet energies are a feature
