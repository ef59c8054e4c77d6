"""How the learning rate goes over a run."""

from __future__ import annotations

import math

LEAST: float = 0.01


def rate(progress: float, *, warm_up: float, cycles: int = 1) -> float:
    """Share of the greatest learning rate when ``progress`` (0 to 1) of a run is done.

    Rises straight during ``warm_up``, then falls by a cosine; with several cycles it starts again from the top, each cycle
    twice as long as the one before (SGDR: Loshchilov and Hutter, ICLR 2017). Never under 1 %.
    """
    if progress < warm_up:
        return max(progress / warm_up, LEAST)
    done = min((progress - warm_up) / max(1 - warm_up, 1e-9), 1.0) * (2**cycles - 1)
    cycle = min(int(math.log2(done + 1)), cycles - 1)
    within = (done - (2**cycle - 1)) / 2**cycle
    return max(0.5 * (1 + math.cos(math.pi * within)), LEAST)
