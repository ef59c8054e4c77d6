"""MATLAB files that end the process which reads them."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from scipy.io import savemat

MATRIX = {"data": np.ones((2, 400)), "fs": 200.0, "unit": "uV", "channels": np.array(["Fp1", "F7"], dtype=object)}
_MI_INT32, _MI_UINT32, _MI_DOUBLE, _MI_MATRIX, _CELL, _DOUBLE = 5, 6, 9, 14, 1, 6      # of the MAT-file format, version 5


def overwriting(path: Path) -> Path:
    """A matrix whose first channel name states the type of its own array name wrongly: SciPy 1.17 writes out of bounds.

    Whether that ends the process depends on what lies there.
    """
    savemat(path, MATRIX)
    raw = bytearray(path.read_bytes())
    name = raw.index(b"\x01\0\0\0\0\0\0\0\x10\0\x03\0Fp1")
    raw[name] = 9
    path.write_bytes(raw)
    return path


def endless(path: Path, depth: int = 100_000) -> Path:
    """A cell in a cell in a cell …: SciPy 1.17 reads each within the last, until the stack is full, which ends the process."""
    parts = [_element(_DOUBLE, struct.pack("<IId", _MI_DOUBLE, 8, 1.0), 16)]
    size = len(parts[0])
    for _ in range(depth):
        parts.append(_element(_CELL, b"", size))
        size += len(parts[-1])
    path.write_bytes(b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM" + b"".join(reversed(parts)))
    return path


def _element(kind: int, content: bytes, inner: int) -> bytes:
    """A matrix of one by one without a name, up to its content of ``inner`` bytes."""
    head = struct.pack("<IIII", _MI_UINT32, 8, kind, 0) + struct.pack("<IIii", _MI_INT32, 8, 1, 1) + struct.pack("<II", 1, 0)
    return struct.pack("<II", _MI_MATRIX, len(head) + inner) + head + content
