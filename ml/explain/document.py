"""An attribution as JSON, as it is kept and as the API gives it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ml.explain.attribution import Attribution
from ml.explain.cells import Cells

DECIMALS = 6


def to_json(found: Attribution) -> dict[str, Any]:
    """Everything in plain numbers; values rounded to a millionth."""
    return {
        "view": found.view, "method": found.method, "regions": list(found.cells.regions), "edges_s": list(found.cells.edges_s),
        "bands_hz": [list(band) for band in found.cells.bands_hz], "values": np.round(found.values, DECIMALS).tolist(),
        "prob": round(found.prob, DECIMALS), "base": round(found.base, DECIMALS), "additivity_error": found.additivity_error,
        "n_evaluations": found.n_evaluations, "elapsed_s": round(found.elapsed_s, 3), "seed": found.seed,
    }


def from_json(document: Mapping[str, Any]) -> Attribution:
    """Read what ``to_json`` wrote; what else the document holds is left alone."""
    bands = tuple((float(low), float(high)) for low, high in document["bands_hz"])
    cells = Cells(tuple(document["regions"]), bands, tuple(float(edge) for edge in document["edges_s"]))
    return Attribution(
        view=document["view"], method=document["method"], cells=cells, values=np.array(document["values"], dtype=np.float64),
        prob=float(document["prob"]), base=float(document["base"]), additivity_error=document["additivity_error"],
        n_evaluations=int(document["n_evaluations"]), elapsed_s=float(document["elapsed_s"]), seed=int(document["seed"]),
    )
