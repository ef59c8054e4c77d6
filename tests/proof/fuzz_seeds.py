"""Small valid files of every kind that is read, and their mutations.

A recording of several files, and any archive, is a mapping of names to bytes: a mutation changes a member and packs again, so that
it reaches the reader behind the archive, or now and then the archive itself.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from scipy.io import savemat

from ml.byte_source import HeadBytes
from ml.channels import ELECTRODES
from ml.convert import convert
from ml.edf import EdfRecording
from tests.ml.edf_bytes import Edf, timekeeping
from tests.ml.foreign.brainvision_files import write_brainvision
from tests.ml.foreign.gdf_files import Gdf
from tests.ml.foreign.neuroscan_files import cnt_bytes
from tests.ml.foreign.persyst_files import write_persyst
from tests.shared_files import folder as shared_folder

Seed = Mapping[str, bytes]
"""Names and bytes of the members to be packed; a single file that is not packed has the name ""."""

HOSTILE = (b"0", b"-1", b"1", b"99999999", b"2147483647", b"4294967296", b"nan", b"inf", b"-inf", b"1e300", b"1e-300", b"1e-8",
           b"        ", b"\x00" * 8, b"\xff" * 8, b"%n%n%s", b"1_000", "²".encode(), b"+", b"1,5", b"0x10", b"EDF+D", b"BDF+C",
           b"EDF Annotations ", b"\n\r\n", b"\x14\x14\x00", b"\x15", b"+", b"+1e9\x14\x14\x00", b"PAR1", b"\x0d\x0a")
BINARY = tuple(value.to_bytes(width, "little", signed=value < 0) for width in (2, 4, 8) for value in (0, 1, -1, 1 << (8 * width - 2)))
SHARED = ("malformed/bdf_24bit.bdf", "malformed/units_mV.edf", "malformed/mixed_fs_100_200.edf", "formats/EDF.jl/evt.bdf",
          "formats/edfio/test_subsecond.edf", "formats/mne/NihonKohden/MB0400FU.EDF", "malformed/pq_int16.parquet")
SHARED_SETS = {
    "Nihon Kohden": [f"formats/mne/NihonKohden/MB0400FU.{suffix}" for suffix in ("EEG", "21E", "PNT", "LOG", "CMT", "11D")],
    "EEGLAB with data": ["formats/mne/EEGLAB/test_raw_chanloc.set", "formats/mne/EEGLAB/test_raw_chanloc.fdt"],
}
CRASHING = ("matlab", "eeglab", "EEGLAB", "hdf5")            # begin of their names
"""Readers in C that may end their process: each mutation then has one of its own, as in the application."""
NAMES = ("Fp1", "F7", "T7")


def seeds() -> dict[str, Seed]:
    """All of them; those of the shared data where they are there."""
    texts = {0: b"+0.5\x151\x14Blink\x14\x00", 2: b"+2.5\x14Stop\x14\x00"}
    made = {
        "edf": Edf().build(),
        "edf+c": Edf(labels=ELECTRODES, tals=timekeeping(range(3), texts)).build(),
        "edf+d": Edf(tals=timekeeping([0, 1, 5], texts), fields={"reserved": "EDF+D"}).build(),
        "bdf": Edf(fields={"version": b"\xffBIOSEMI"}, per_record=[9, 12]).build(),
        "parquet": _parquet(),
        **_foreign(),
    }
    shared = shared_folder()
    made |= {path: (shared / path).read_bytes() for path in SHARED if (shared / path).is_file()}
    sets = {name: {Path(path).name: (shared / path).read_bytes() for path in paths}
            for name, paths in SHARED_SETS.items() if all((shared / path).is_file() for path in paths)}
    return {name: {"": raw} for name, raw in made.items()} | _packed() | sets


def _parquet() -> bytes:
    rng = np.random.default_rng(0)
    out = io.BytesIO()
    pq.write_table(pa.table({name: rng.normal(0, 30, 2000).astype(np.float32) for name in ELECTRODES}), out, row_group_size=700)
    return out.getvalue()


def _digits() -> np.ndarray:
    return np.random.default_rng(0).integers(-3000, 3000, (3, 1000)).astype(np.int16)


def _foreign() -> dict[str, bytes]:
    """Formats of one file that the worker converts, and our own copy."""
    digits, events = _digits(), [(100, 769, 1, 50), (400, 768, 0, 0)]
    matrix, raw = io.BytesIO(), Edf().build()
    savemat(matrix, {"data": digits.astype(float), "fs": 200.0, "unit": "uV", "channels": np.array(NAMES, dtype=object)})
    with tempfile.TemporaryDirectory() as made:
        with h5py.File(Path(made) / "a.h5", "w") as file:
            file["data"] = digits
            file.attrs.update({"fs": 200.0, "unit": "uV", "channels": list(NAMES)})
        convert(EdfRecording(HeadBytes(raw, len(raw))), Path(made) / "copy")
        hdf5, copy = ((Path(made) / name).read_bytes() for name in ("a.h5", "copy"))
    return {
        "our copy": copy, "hdf5": hdf5, "matlab": matrix.getvalue(),
        "gdf 1": Gdf(list(digits), NAMES, version="1.25", events=events).build(),
        "gdf 2": Gdf(list(digits), NAMES, events=events, event_texts=["", "Eyes open"]).build(),
        "cnt": cnt_bytes(digits, names=NAMES, events=[(10, 1, 0, 0), (500, 2, 0, 3)]),
        "cnt 32 bits": cnt_bytes(digits.astype(np.int32), names=NAMES, event_type=3, block=40, events=[(10, 1, 0, 0)]),
    }


def _packed() -> dict[str, Seed]:
    """Archives: recordings of several files, an EEGLAB structure, and two parts of one night."""
    eeglab = io.BytesIO()
    labels = np.array([(name,) for name in NAMES], dtype=[("labels", object)])
    savemat(eeglab, {"EEG": {"data": _digits().astype(np.float32), "srate": 200.0, "nbchan": 3, "pnts": 1000, "trials": 1, "xmin": 0.0,
                             "chanlocs": labels, "event": np.zeros(0), "ref": "common", "setname": "a"}})
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        header = write_brainvision(folder, _digits(), names=NAMES)
        brainvision = {file.name: file.read_bytes() for file in folder.iterdir()}
        write_persyst(folder / "persyst", _digits(), names=NAMES)
        persyst = {file.name: file.read_bytes() for file in (folder / "persyst").iterdir()}
        assert header.name in brainvision
    parts = {name: Edf(fields={"time": clock}).build() for name, clock in (("a.edf", "10.00.00"), ("b.edf", "10.00.10"))}
    return {"BrainVision": brainvision, "Persyst": persyst, "eeglab": {"a.set": eeglab.getvalue()}, "parts": parts}


def mutated(seed: Seed, rng: np.random.Generator) -> bytes:
    """One mutation of a seed as the file that is uploaded."""
    if set(seed) == {""}:
        return edited(seed[""], rng)
    if rng.random() < 0.1:
        return edited(packed(seed), rng)
    names = sorted(seed)
    chosen = names[int(rng.integers(len(names)))]
    return packed({name: edited(raw, rng) if name == chosen else raw for name, raw in seed.items()})


def packed(seed: Seed) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, raw in seed.items():
            archive.writestr(name, raw)
    return out.getvalue()


def edited(raw: bytes, rng: np.random.Generator) -> bytes:
    """One to four edits: hostile text or numbers on a field, random bytes, a cut, an insertion, a swap."""
    data = bytearray(raw)
    for _ in range(int(rng.integers(1, 5))):
        near_head = rng.random() < 0.7
        at = int(rng.integers(0, max(1, min(len(data), 1500) if near_head else len(data))))
        if data[:4] == b"PAR1" and near_head:
            at = max(0, len(data) - at)                       # the metadata of Parquet is at the end
        kind = rng.integers(0, 8)
        if kind <= 1:
            at -= at % 8 if kind == 0 else 0
            patch = HOSTILE[int(rng.integers(len(HOSTILE)))].ljust(8 if kind == 0 else 0)
            data[at : at + len(patch)] = patch
        elif kind == 2:
            data[at : at + 4] = rng.bytes(int(rng.integers(1, 5)))
        elif kind == 3:
            del data[at:]
        elif kind == 4:
            data[at:at] = rng.bytes(int(rng.integers(1, 40)))
        elif kind <= 6:
            patch = BINARY[int(rng.integers(len(BINARY)))]
            at -= at % 2 if kind == 5 else 0
            data[at : at + len(patch)] = patch
        elif len(data) > 1:
            data[at % len(data)] ^= 1 << int(rng.integers(8))
    return bytes(data)
