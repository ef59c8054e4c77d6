"""Spherical splines: what an absent or bad electrode would have shown, estimated from its neighbors for the model only.

Perrin, Pernier, Bertrand, Echallier: Spherical splines for scalp potential and current density mapping,
Electroencephalogr Clin Neurophysiol 1989;72:184-187. The weights of one estimate sum to 1, so it holds for any reference.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.polynomial.legendre import legval
from numpy.typing import NDArray

from ml.channels import CHAIN_PAIRS, ELECTRODES
from ml.montage import difference_matrix

MAX_INTERPOLATED: Final = 4
"""If more of the 19 electrodes are absent or bad at once, nothing is filled in and the span is not assessed. A decision of
this project (about a fifth of the head); the literature gives no limit."""
STIFFNESS: Final = 4
LEGENDRE_TERMS: Final = 50
REGULARIZATION: Final = 1e-5

_DIRECTIONS: Final[dict[str, tuple[float, float, float]]] = {
    "Fp1": (-0.2864, 0.9434, -0.1673),
    "F3": (-0.5448, 0.7588, 0.3569),
    "C3": (-0.7433, 0.0847, 0.6636),
    "P3": (-0.5551, -0.6156, 0.5593),
    "F7": (-0.7607, 0.6142, -0.2100),
    "T3": (-0.9863, -0.0109, -0.1647),
    "T5": (-0.7848, -0.6182, -0.0438),
    "O1": (-0.3018, -0.9489, 0.0926),
    "Fz": (-0.0032, 0.8042, 0.5944),
    "Cz": (-0.0048, 0.1236, 0.9923),
    "Pz": (-0.0078, -0.6003, 0.7997),
    "Fp2": (0.2786, 0.9456, -0.1678),
    "F4": (0.5467, 0.7650, 0.3406),
    "C4": (0.7477, 0.0876, 0.6582),
    "P4": (0.5558, -0.6128, 0.5618),
    "F8": (0.7588, 0.6156, -0.2127),
    "T4": (0.9856, -0.0064, -0.1687),
    "T6": (0.7774, -0.6274, -0.0452),
    "O2": (0.2835, -0.9545, 0.0927),
}
"""Directions of the electrodes from the center of the head (x right, y front, z up): the Colin27 positions of the 10-20
system as MNE-Python 1.13 ships them (BSD-3), seen from the sphere that fits them best."""

POSITIONS: Final[NDArray[np.float64]] = np.array([_DIRECTIONS[name] for name in ELECTRODES])


@lru_cache(maxsize=1024)
def filling(bad: tuple[int, ...]) -> NDArray[np.float64]:
    """Matrix that replaces bad electrodes by their estimate and leaves the others as they are.

    Parameters
    ----------
    bad
        Indices into ``ELECTRODES``, in rising order.

    Returns
    -------
    (19, 19); columns of bad electrodes are zero. Read only: it is cached.
    """
    matrix = np.eye(len(ELECTRODES))
    if bad:
        good = [index for index in range(len(ELECTRODES)) if index not in bad]
        matrix[list(bad)] = 0.0
        matrix[np.ix_(list(bad), good)] = spline_weights(POSITIONS[good], POSITIONS[list(bad)])
    matrix.flags.writeable = False
    return matrix


def spline_weights(
    known: NDArray[np.float64], wanted: NDArray[np.float64], *, regularization: float = REGULARIZATION
) -> NDArray[np.float64]:
    """Weights (n_wanted, n_known) of the spherical spline near known positions (n, 3), or through them at 0, at wanted ones."""
    known = known / np.linalg.norm(known, axis=1, keepdims=True)
    wanted = wanted / np.linalg.norm(wanted, axis=1, keepdims=True)
    n = len(known)
    system = np.ones((n + 1, n + 1))
    system[:n, :n] = _green(known @ known.T) + regularization * np.eye(n)
    system[n, n] = 0.0
    right = np.column_stack([_green(wanted @ known.T), np.ones(len(wanted))])
    return np.asarray((right @ np.linalg.pinv(system))[:, :n])


def _green(cosine: NDArray[np.float64]) -> NDArray[np.float64]:
    """The function g of Perrin 1989, equation 3."""
    order = np.arange(1, LEGENDRE_TERMS + 1)
    factors = (2 * order + 1) / (order * (order + 1.0)) ** STIFFNESS / (4.0 * np.pi)
    return np.asarray(legval(cosine, np.concatenate([[0.0], factors])))


@lru_cache(maxsize=1024)
def closing(bad: tuple[int, ...]) -> NDArray[np.float64]:
    """Matrix that restores bad pairs of the double banana from the others where that is possible.

    Both chains of a side run from the frontal pole to the occiput, so their sums are equal, and one bad pair of each side
    follows exactly from the other seven. A bad midline pair, or a second one of a side, cannot be told and becomes zero,
    which the networks read as "not recorded".

    Parameters
    ----------
    bad
        Indices into ``CHAIN_PAIRS``, in rising order.

    Returns
    -------
    (18, 18); columns of bad pairs are zero. Read only: it is cached.
    """
    pairs = difference_matrix(CHAIN_PAIRS)
    good = [index for index in range(len(CHAIN_PAIRS)) if index not in bad]
    restored = np.round(pairs[list(bad)] @ np.linalg.pinv(pairs[good]), 9)
    exact = np.all(np.isclose(restored @ pairs[good], pairs[list(bad)]), axis=1)
    matrix = np.eye(len(CHAIN_PAIRS))
    matrix[list(bad)] = 0.0
    matrix[np.ix_(list(bad), good)] = restored * exact.reshape(-1, 1)
    matrix.flags.writeable = False
    return matrix
