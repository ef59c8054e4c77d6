"""A small Neuroscan recording, written by hand after the published structures SETUP, ELECTLOC, TEEG and EVENT."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def cnt_bytes(
    digits: NDArray[np.int16] | NDArray[np.int32], *, names: Sequence[str], sfreq_hz: int = 250, sensitivity: float = 2.048,
    calibration: float = 10.0, baseline: int = 0, day: str = "05/14/26", clock: str = "22:30:15", event_type: int = 2, block: int = 1,
    events: Sequence[tuple[int, int, int, int]] = (), stated: int | None = None, patient: str = "Ito Rosa", bad: Sequence[str] = (),
) -> bytes:
    """Digits of shape (channels, samples); events are ``(sample from 0, stimulus, key, pad)``; ``block`` samples per channel in a row."""
    n, count, width = *digits.shape, digits.dtype.itemsize
    first = 900 + 75 * n
    setup = bytearray(900)
    stop = first + digits.nbytes
    for at, value in ((0, b"Version 3.0"), (21, b"4711"), (121, patient.encode()), (143, b"FR"), (225, day.encode()), (235, clock.encode()),
                      (370, struct.pack("<H", n)), (376, struct.pack("<H", sfreq_hz)), (438, b"\1\1"),
                      (864, struct.pack("<I", count if stated is None else stated)), (869, struct.pack("<fhf", 0.5, 0, 70.0)),
                      (886, struct.pack("<I", stop)), (894, struct.pack("<i", block * width if block > 1 else 0))):
        setup[at : at + len(value)] = value
    electrodes = bytearray(75 * n)
    for number, name in enumerate(names):
        for at, value in ((0, name.encode()), (14, bytes([name in bad])), (47, struct.pack("<h", baseline)),
                          (59, struct.pack("<f", sensitivity)), (71, struct.pack("<f", calibration))):
            electrodes[75 * number + at : 75 * number + at + len(value)] = value
    samples = digits.reshape(n, count // block, block).transpose(1, 0, 2)
    table = b"".join(_event(event_type, (sample if event_type == 3 else first + sample * n * width), rest) for sample, *rest in events)
    return bytes(setup + electrodes) + np.ascontiguousarray(samples).tobytes() + struct.pack("<Bii", event_type, len(table), 0) + table


def _event(kind: int, offset: int, rest: Sequence[int]) -> bytes:
    short = struct.pack("<HBBI", *rest, offset)
    return short if kind == 1 else short + struct.pack("<hhfBBB", 0, 0, 0.0, 0, 0, 0)
