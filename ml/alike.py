"""Windows that look alike to the networks: where each lies, and which lie nearest.

Every window is a unit vector. The cosine of two is the mean of the cosines of the networks' embeddings, weighted as in the
pool. A network whose file gives no embedding counts with its log-probabilities, less their mean.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from ml.analysis import LABEL_S, WINDOW_S
from ml.backends.predictor import Answer
from ml.byte_source import ByteSource

ROWS: Final[int] = 4096
"""Windows compared at once: memory does not grow with the recording."""
HEAD_BYTES: Final[int] = 4096
"""More than the header of an npy file of two dimensions."""


@dataclass(frozen=True, slots=True)
class Neighbor:
    """A window that looks like the one asked about."""

    index: int                           # among all label spans of its recording
    cosine: float                        # 1 = the same to the networks, 0 = unrelated


def embed(answers: Sequence[Answer], weights: NDArray[np.floating]) -> NDArray[np.float16]:
    """Unit vectors (B, n) of windows, from what each network says of them and its weight in the pool (members,)."""
    parts = [np.sqrt(weight) * _unit(_place(answer)) for answer, weight in zip(answers, weights, strict=True)]
    return np.concatenate(parts, axis=1).astype(np.float16)


def nearest(
    rows: Rows, start_s: NDArray[np.floating], asked: NDArray[np.floating], *, count: int, at_s: float | None = None
) -> list[Neighbor]:
    """The windows most like one, the most alike first.

    Parameters
    ----------
    rows
        Of all windows of a recording.
    start_s
        (n,) where their labels begin.
    asked
        (m,) the vector of the window that is asked about.
    count
        How many at most. Of windows whose labels overlap only the most alike is named.
    at_s
        Where the label of the asked window begins, if it is of the same recording: windows that share EEG with it are left out.
    """
    cosine = rows.cosines(asked)
    if at_s is not None:
        cosine[np.abs(start_s - at_s) < WINDOW_S] = np.nan
    found: list[Neighbor] = []
    for index in np.argsort(-np.nan_to_num(cosine, nan=-np.inf), kind="stable"):
        if len(found) == count or not np.isfinite(cosine[index]):
            break
        if all(abs(start_s[index] - start_s[other.index]) >= LABEL_S for other in found):
            found.append(Neighbor(int(index), float(cosine[index])))
    return found


class Rows:
    """Vectors of all windows of a recording in a file, read as they are needed."""

    def __init__(self, source: ByteSource) -> None:
        head = io.BytesIO(source.read_at(0, HEAD_BYTES))
        npy.read_magic(head)
        shape, fortran, dtype = npy.read_array_header_1_0(head)
        if fortran or dtype != np.float16 or len(shape) != 2 or head.tell() + 2 * shape[0] * shape[1] != source.size:
            raise ValueError(f"not a file of vectors: {shape}, {dtype}, {source.size} bytes")
        self._source, self._begin, (self._n, self._width) = source, head.tell(), shape

    def __len__(self) -> int:
        return int(self._n)

    @property
    def width(self) -> int:
        return int(self._width)

    def part(self, first: int, count: int) -> NDArray[np.float16]:
        """Vectors (count, n) from one on; NaN where a window was not assessed."""
        content = self._source.read_at(self._begin + 2 * self._width * first, 2 * self._width * count)
        return np.frombuffer(content, dtype=np.float16).reshape(-1, self._width)

    def cosines(self, asked: NDArray[np.floating]) -> NDArray[np.float32]:
        """Cosine of every window with one (n,), NaN where a window was not assessed."""
        one = np.asarray(asked, dtype=np.float32)
        parts = [self.part(first, ROWS).astype(np.float32) @ one for first in range(0, self._n, ROWS)]
        return np.concatenate([np.zeros(0, dtype=np.float32), *parts])


def to_bytes(embedding: NDArray[np.float16]) -> bytes:
    """An npy file without pickle, not packed, so that parts of it can be read."""
    file = io.BytesIO()
    npy.write_array(file, np.ascontiguousarray(embedding, dtype=np.float16), version=(1, 0), allow_pickle=False)
    return file.getvalue()


def _place(answer: Answer) -> NDArray[np.float32]:
    if answer.embedding is not None:
        return answer.embedding
    return np.asarray(answer.logits - answer.logits.mean(axis=1, keepdims=True), dtype=np.float32)


def _unit(values: NDArray[np.float32]) -> NDArray[Any]:
    return np.asarray(values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-12))
