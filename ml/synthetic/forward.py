"""Forward model: how much of a cortical patch each electrode of the 10-20 system sees.

A three-shell sphere (brain, skull, scalp) with the series solution of Ary, Klein and Fender (IEEE Trans Biomed Eng 1981;
28:447), which places sources under a jittered set of 19 electrodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.channels import CHAIN_PAIRS, ELECTRODES

Floats = NDArray[np.float64]

HEAD_RADIUS_M: Final[float] = 0.1
BRAIN_RATIO: Final[float] = 0.87
SKULL_RATIO: Final[float] = 0.92
BRAIN_CONDUCTIVITY_S_M: Final[float] = 0.33
SKULL_CONDUCTIVITY_S_M: Final[float] = 0.0132
"""Radii and conductivities of the three shells: reference 5.4."""
SOURCE_RATIO: Final[float] = 0.80
"""Depth of the cortex: 7 mm under the inner skull."""
N_SOURCES: Final[int] = 480
N_TERMS: Final[int] = 45

_ANGLES_DEG: Final[dict[str, tuple[float, float]]] = {
    "Fp1": (90, -18), "F3": (60, -39), "C3": (45, -90), "P3": (60, -141), "F7": (90, -54), "T3": (90, -90),
    "T5": (90, -126), "O1": (90, -162), "Fz": (45, 0), "Cz": (0, 0), "Pz": (45, 180),
    "Fp2": (90, 18), "F4": (60, 39), "C4": (45, 90), "P4": (60, 141), "F8": (90, 54), "T4": (90, 90),
    "T6": (90, 126), "O2": (90, 162),
}
"""Inclination from the vertex and azimuth from the nose (right positive) of the 10-20 system on a sphere."""


def direction(inclination_deg: float, azimuth_deg: float) -> Floats:
    """Unit vector (right, anterior, superior) of an inclination from the vertex and an azimuth from the nose."""
    inclination, azimuth = np.deg2rad(inclination_deg), np.deg2rad(azimuth_deg)
    return np.array([np.sin(inclination) * np.sin(azimuth), np.sin(inclination) * np.cos(azimuth), np.cos(inclination)])


@cache
def electrode_directions() -> Floats:
    """Unit vectors (19, 3) of the electrodes in the order of ``ELECTRODES``; one array for all callers, read-only."""
    directions = np.array([direction(*_ANGLES_DEG[name]) for name in ELECTRODES])
    directions.setflags(write=False)
    return directions


@cache
def bipolar_matrix() -> NDArray[np.float32]:
    """(18, 19): electrode potentials to the pairs of ``CHAIN_PAIRS``."""
    matrix = np.zeros((len(CHAIN_PAIRS), len(ELECTRODES)), dtype=np.float32)
    for row, (first, second) in enumerate(CHAIN_PAIRS):
        matrix[row, ELECTRODES.index(first)] = 1
        matrix[row, ELECTRODES.index(second)] = -1
    return matrix


def potentials(electrodes: Floats, sources: Floats, moments: Floats, *, skull_s_m: float = SKULL_CONDUCTIVITY_S_M) -> Floats:
    """Potentials in volts at electrodes on the scalp of unit current dipoles.

    Parameters
    ----------
    electrodes
        Unit vectors (E, 3).
    sources
        Unit vectors (S, 3); the sources lie at ``SOURCE_RATIO`` of the head's radius.
    moments
        Dipole moments (S, 3) in A m.
    skull_s_m
        Conductivity of the skull in S/m.

    Returns
    -------
    Array (E, S), reference at infinity.
    """
    radial = np.einsum("sk,sk->s", moments, sources)
    tangential = moments - radial[:, None] * sources
    of_radial, of_tangential = _sums(electrodes @ sources.T, skull_s_m)
    along = electrodes @ tangential.T                    # m_t cos(beta) sin(angle)
    volts: Floats = (of_radial * radial + of_tangential * along) / (4 * np.pi * BRAIN_CONDUCTIVITY_S_M * HEAD_RADIUS_M**2)
    return volts


def _sums(cos_angle: Floats, skull_s_m: float) -> tuple[Floats, Floats]:
    """Sums of the series (E, S) that a radial moment and the tangential one along the way to the electrode are multiplied with."""
    cos_angle = np.clip(cos_angle, -1, 1)
    p_before, p_now = np.ones_like(cos_angle), cos_angle.copy()
    d_before, d_now = np.zeros_like(cos_angle), np.ones_like(cos_angle)     # derivatives of the Legendre polynomials
    of_radial, of_tangential = np.zeros_like(cos_angle), np.zeros_like(cos_angle)
    for n, weight in enumerate(_series(skull_s_m), start=1):
        of_radial += (weight * n) * p_now
        of_tangential += weight * d_now
        d_before += (2 * n + 1) * p_now
        p_before *= -n / (n + 1)
        p_before += ((2 * n + 1) / (n + 1) * cos_angle) * p_now
        p_before, p_now, d_before, d_now = p_now, p_before, d_now, d_before
    return of_radial, of_tangential


@dataclass(frozen=True, slots=True)
class Head:
    """One virtual head: lead fields of a shell of cortical sources to 19 electrodes."""

    sources: Floats                      # (N_SOURCES, 3) unit vectors
    radial: Floats                       # (19, N_SOURCES) volts per A m
    tangential: Floats                   # (19, N_SOURCES), one random tangential direction per source

    def patch(self, where: Floats, *, width_rad: float, tangential: float = 0.0) -> NDArray[np.float32]:
        """Topography (19,) of a cortical patch, scaled so that its greatest bipolar difference is 1.

        Parameters
        ----------
        where
            Unit vector of the centre.
        width_rad
            Standard deviation of the Gaussian that weighs the patch, as an angle.
        tangential
            Share of tangential orientation, 0 to 1.
        """
        angle = np.arccos(np.clip(self.sources @ where, -1, 1))
        weight = np.exp(-0.5 * (angle / width_rad) ** 2)
        topography = ((1 - tangential) * self.radial + tangential * self.tangential) @ weight
        return scaled(topography)


def broad(axis: Floats) -> NDArray[np.float32]:
    """Topography (19,) that falls evenly along ``axis`` (unit vector): a large sheet of cortex, or a deep source, seen from afar.

    In a chain of bipolar pairs all deflections then go the same way, as in most generalised patterns.
    """
    return scaled(electrode_directions() @ axis)


def scaled(topography: Floats) -> NDArray[np.float32]:
    """A topography (19,) in average reference whose greatest bipolar difference is 1."""
    topography = topography - topography.mean()
    greatest = np.abs(bipolar_matrix() @ topography).max()
    return np.asarray(topography / max(float(greatest), 1e-30), dtype=np.float32)


def draw_head(rng: np.random.Generator) -> Head:
    """A head with electrodes displaced by some millimetres and its own skull conductivity."""
    electrodes = electrode_directions() + rng.normal(0, rng.uniform(0.02, 0.06), (len(ELECTRODES), 3))
    electrodes /= np.linalg.norm(electrodes, axis=1, keepdims=True)
    sources = _shell()
    random = rng.normal(size=sources.shape)
    across = random - np.einsum("sk,sk->s", random, sources)[:, None] * sources
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    skull_s_m = SKULL_CONDUCTIVITY_S_M * float(np.exp(rng.normal(0, 0.3)))
    of_radial, of_tangential = _sums(electrodes @ sources.T, skull_s_m)                  # once for both orientations
    unit = 4 * np.pi * BRAIN_CONDUCTIVITY_S_M * HEAD_RADIUS_M**2
    return Head(sources=sources, radial=of_radial / unit, tangential=of_tangential * (electrodes @ across.T) / unit)


def _series(skull_s_m: float) -> Floats:
    """Weight of each Legendre term for a dipole at ``SOURCE_RATIO`` (Ary 1981)."""
    n = np.arange(1, N_TERMS + 1, dtype=float)
    xi = skull_s_m / BRAIN_CONDUCTIVITY_S_M
    inner, outer = BRAIN_RATIO, SKULL_RATIO
    common = (n + 1) * xi + n
    denominator = (
        common * (n * xi / (n + 1) + 1)
        + (1 - xi) * common * (inner ** (2 * n + 1) - outer ** (2 * n + 1))
        - n * (1 - xi) ** 2 * (inner / outer) ** (2 * n + 1)
    )
    shells: Floats = xi * (2 * n + 1) ** 3 / (denominator * (n + 1) * n) * SOURCE_RATIO ** (n - 1)
    return shells


@cache
def _shell() -> Floats:
    """Evenly spread sources over the part of the sphere that cortex fills (a Fibonacci lattice)."""
    n = np.arange(N_SOURCES) + 0.5
    height = 1 - n / N_SOURCES * 1.45                    # from the vertex to well below the electrodes' equator
    azimuth = np.pi * (1 + 5**0.5) * n
    ring = np.sqrt(1 - height**2)
    return np.stack([ring * np.cos(azimuth), ring * np.sin(azimuth), height], axis=1)
