"""Filter, notch, montage, regional spectrogram and quality of a long recording: ours against MNE-Python's calls, same file.

Aims: at least twice as fast, at most 600 MB, at most 60 s for 24 h on two idle cores. Each side runs in a process of its own.
MNE: ``read_raw_edf(preload=True)``, ``filter`` and ``notch_filter`` with the same zero-phase Butterworth band and IIR notch,
``set_bipolar_reference``, ``make_fixed_length_epochs`` and ``compute_psd("multitaper")`` hour by hour, ``annotate_amplitude``
for quality (it knows flat and clipped channels only: ours also tells noise, hum and lone electrodes).
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

HOURS = float(os.environ.get("HMS_BENCH_HOURS", "24"))


def measure() -> dict[str, Any]:
    from ml.synthetic import recording

    with tempfile.TemporaryDirectory(prefix="hms-bench-") as folder:
        path = Path(folder) / "day.edf"
        recording.write_edf(path, hours=HOURS, seed=7)
        ours, theirs = (_run(side, path) for side in ("ours", "mne"))
        return {
            "hours": HOURS, "ours": ours, "mne": theirs,
            "wall_ratio": round(theirs["wall_s"] / ours["wall_s"], 2), "cpu_ratio": round(theirs["cpu_s"] / ours["cpu_s"], 2),
            "aims": {"wall_ratio": 2.0, "wall_s_for_24_h": 60, "peak_memory_mb": 600},
        }


def _run(side: str, path: Path) -> dict[str, Any]:
    done = subprocess.run([sys.executable, "-m", "tests.benchmarks.against_mne", side, str(path)], capture_output=True, check=True, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _ours(path: Path) -> int:
    """Everything that the pipeline does before its networks; 60 Hz is notched as on the other side."""
    from ml import pipeline
    from ml.byte_source import FileBytes
    from ml.channels import map_to_1020
    from ml.network_input import choose_input
    from ml.open_recording import open_recording
    from ml.windows import Stretch

    with FileBytes(path) as file:
        source = open_recording(file, name=path.name)
        chosen = choose_input(map_to_1020(source.info.signals))
        stretches = [Stretch.of(span) for span in source.info.stretches]
        tally = pipeline.Tally.over(stretches, chosen, 10.0, source.info.duration_s)
        tally.mains_hz = 60.0
        for block in pipeline.cut_blocks(stretches, pipeline.BLOCK_S):
            cleaned = pipeline.clean_block(source, chosen, block, tally.mains_hz)
            pipeline._count_quality(cleaned, block, tally)
            pipeline._fill_spectrogram(cleaned, chosen, block, tally)
        return int(np.isfinite(tally.spectrogram.power_db[0, 0]).sum())


def _mne(path: Path) -> int:
    import mne

    from ml.channels import CHAIN_PAIRS, ELECTRODES, REGIONS
    from ml.channels import map_to_1020 as mapped
    from ml.recording import Signal

    mne.set_log_level("error")
    raw = mne.io.read_raw_edf(path, preload=True)
    layout = mapped([Signal(name, 200.0) for name in raw.ch_names])
    raw.pick([raw.ch_names[layout.electrodes[name]] for name in ELECTRODES]).rename_channels(dict(zip(raw.ch_names, ELECTRODES, strict=True)))
    mne.preprocessing.annotate_amplitude(raw, peak=1e-3, flat=0.5e-6, min_duration=1.0)
    iir = {"order": 2, "ftype": "butter", "output": "sos"}
    raw.filter(0.5, None, method="iir", iir_params=iir).filter(None, 40.0, method="iir", iir_params=iir | {"order": 4})
    raw.notch_filter(60.0, method="iir")
    first, second = (list(side) for side in zip(*CHAIN_PAIRS[:16], strict=True))
    pairs = mne.set_bipolar_reference(raw, first, second, drop_refs=True, copy=False, on_bad="ignore")
    columns = 0
    for start_s in range(0, int(pairs.times[-1]) + 1, 3600):
        hour = pairs.copy().crop(start_s, min(start_s + 3600.0, pairs.times[-1]))
        epochs = mne.make_fixed_length_epochs(hour, duration=4.0, overlap=2.0, preload=True)
        power = epochs.compute_psd("multitaper", fmin=0.5, fmax=20.0, bandwidth=1.0, low_bias=False, normalization="full").get_data()
        image = 10.0 * np.log10(np.stack([power[:, list(members)].mean(axis=1) for members in REGIONS.values()]) * 1e12)
        columns += image.shape[1]
    return columns


def main(side: str, path: Path) -> None:
    started = time.perf_counter()
    columns = (_ours if side == "ours" else _mne)(path)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({
        "wall_s": round(time.perf_counter() - started, 2), "cpu_s": round(usage.ru_utime + usage.ru_stime, 2),
        "peak_memory_mb": round(usage.ru_maxrss / 1024), "columns": columns}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
