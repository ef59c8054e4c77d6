"""Filter, notch, montage, regional spectrogram and quality of a long recording: ours against MNE-Python's calls, same file.

Aims: at least twice as fast, at most 600 MB, at most 60 s for 24 h on two idle cores. Each side runs in a process of its own
and uses both cores where that helps it: ours in two threads, MNE with ``n_jobs=2`` for the spectra (its IIR filters are slower
with two jobs, which copy the recording: measured). MNE's calls: ``read_raw_edf(preload=True)``; ``filter`` once, with our own
second-order sections; ``notch_filter(method="iir")``; ``set_bipolar_reference``; ``make_fixed_length_epochs`` and
``compute_psd("multitaper")`` hour by hour; ``annotate_amplitude`` for quality (it knows flat and clipped channels only: ours also
tells noise, hum, muscle, movement, bridges and lone electrodes). That both do the same is shown by their spectrograms.
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
from numpy.typing import NDArray

HOURS = float(os.environ.get("HMS_BENCH_HOURS", "24"))
CORES = 2
LINE_HZ = 60.0
Image = NDArray[np.float32]
"""(4 regions, 79 frequencies, columns every 2 s) in dB re 1 µV²/Hz"""


def measure() -> dict[str, Any]:
    from ml.synthetic import recording

    with tempfile.TemporaryDirectory(prefix="hms-bench-") as folder:
        path = Path(folder) / "day.edf"
        recording.write_edf(path, hours=HOURS, seed=7)
        ours, theirs = (_run(side, path) for side in ("ours", "mne"))
        images = [np.load(path.with_suffix(f".{side}.npy"), mmap_mode="r") for side in ("ours", "mne")]
        return {
            "hours": HOURS, "ours": ours, "mne": theirs,
            "wall_ratio": round(theirs["wall_s"] / ours["wall_s"], 2), "cpu_ratio": round(theirs["cpu_s"] / ours["cpu_s"], 2),
            "agreement": _agreement(*images),
            "aims": {"wall_ratio": 2.0, "wall_s_for_24_h": 60, "peak_memory_mb": 600},
        }


def _run(side: str, path: Path) -> dict[str, Any]:
    done = subprocess.run([sys.executable, "-m", "tests.benchmarks.against_mne", side, str(path)], capture_output=True, check=True, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _agreement(ours: Image, theirs: Image) -> dict[str, Any]:
    """How far the two spectrograms are apart, region by region where ours has a value."""
    both = min(ours.shape[2], theirs.shape[2])
    apart = np.abs(ours[:, :, :both] - theirs[:, :, :both])
    known = apart[np.isfinite(apart)]
    return {
        "columns": [ours.shape[2], theirs.shape[2]], "compared": round(known.size / apart.size, 4),
        "median_db_apart": round(float(np.median(known)), 4), "share_within_0.1_db": round(float(np.mean(known < 0.1)), 4),
    }


def _ours(path: Path) -> Image:
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
        tally = pipeline.Tally.over(stretches, chosen, 10.0, source.info.duration_s, 0)
        blocks = list(pipeline.cut_blocks(stretches, pipeline.BLOCK_S))
        for block, cleaned in pipeline.clean_blocks(source, chosen, blocks, LINE_HZ, threads=CORES):
            pipeline._count_quality(cleaned, block, tally)
            pipeline._fill_spectrogram(cleaned, chosen, block, tally)
        return tally.spectrogram.power_db


def _mne(path: Path) -> Image:
    import mne

    from ml.channels import CHAIN_PAIRS, ELECTRODES, REGIONS
    from ml.channels import map_to_1020 as mapped
    from ml.filters import BAND_HZ, band_pass
    from ml.recording import Signal

    mne.set_log_level("error")
    raw = mne.io.read_raw_edf(path, preload=True)
    layout = mapped([Signal(name, 200.0) for name in raw.ch_names])
    raw.pick([raw.ch_names[layout.electrodes[name]] for name in ELECTRODES]).rename_channels(dict(zip(raw.ch_names, ELECTRODES, strict=True)))
    mne.preprocessing.annotate_amplitude(raw, peak=1e-3, flat=0.5e-6, min_duration=1.0)
    raw.filter(*BAND_HZ, method="iir", iir_params={"sos": band_pass(*BAND_HZ, 200.0, 2, 4), "output": "sos"})
    raw.notch_filter(LINE_HZ, method="iir")
    first, second = (list(side) for side in zip(*CHAIN_PAIRS[:16], strict=True))
    names = [f"{a}-{b}" for a, b in zip(first, second, strict=True)]
    pairs = mne.set_bipolar_reference(raw, first, second, names, copy=False, on_bad="ignore").pick(names)
    images = []
    for start_s in range(0, int(pairs.times[-1]) - 2, 3600):
        hour = pairs.copy().crop(start_s, min(start_s + 3602.0, pairs.times[-1]))
        epochs = mne.make_fixed_length_epochs(hour, duration=4.0, overlap=2.0, preload=True)
        # three tapers, as ours: the fourth of this bandwidth is left out for its bias
        spectra = epochs.compute_psd("multitaper", fmin=0.5, fmax=20.0, bandwidth=1.0, normalization="full", n_jobs=CORES)
        power = spectra.get_data() * 1e12
        images.append(10.0 * np.log10(np.stack([power[:, list(members)].mean(axis=1).T for members in REGIONS.values()])))
    return np.concatenate(images, axis=2).astype(np.float32)


def main(side: str, path: Path) -> None:
    started = time.perf_counter()
    image = (_ours if side == "ours" else _mne)(path)
    wall_s = time.perf_counter() - started
    own, children = (resource.getrusage(which) for which in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    np.save(path.with_suffix(f".{side}.npy"), image)
    print(json.dumps({
        "wall_s": round(wall_s, 2), "cpu_s": round(own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime, 2),
        "peak_memory_mb": round(own.ru_maxrss / 1024)}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
