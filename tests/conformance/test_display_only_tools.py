"""ICA and wavelet denoising change what is looked at, never what is classified, measured or described."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("module", ["ml.pipeline", "ml.features.of_recording", "ml.quality_report", "ml.trends", "ml.event_facts", "ml.ensemble"])
def test_what_classifies_and_measures_does_not_even_load_them(module: str) -> None:
    asked = f"import sys, {module}; print([name for name in ('ml.ica', 'ml.wavelet_denoising', 'pywt') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.strip("[]\n").replace("'", "").split(", ")) - {""}
    assert loaded <= ({"pywt"} if module == "ml.features.of_recording" else set())      # its wavelet energies are a feature
