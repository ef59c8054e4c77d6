"""What the section on the model's reasons says, and what it tells the script to shade."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from app.services.explanations import ExplanationView
from app.services.windows import WindowView
from components.explanation import explanation, shading
from ml.explain.attribution import Attribution
from ml.explain.cells import View, cells_of

JOB = UUID("7c9e6679-7425-40de-944b-e07fc1f90ae7")


def attribution(view: View = "signal", method: str = "shap") -> Attribution:
    """0.6 from LL in the fifth segment, -0.1 from RL in the last, 0.3 without either."""
    cells = cells_of(view)
    values = np.zeros(cells.shape)
    values[0, 0, cells.shape[2] // 2 - 1], values[1, -1, -1] = 0.6, -0.1
    return Attribution(view, method, cells, values, 0.8, 0.3, 1e-9 if method == "shap" else None, 204, 3.21, 7)  # type: ignore[arg-type]


def found(state: str = "done", view: View = "signal", best: Attribution | None = None, problem: str = "") -> ExplanationView:
    window = WindowView(index=3, start_s=120.0, stop_s=130.0, clock="22:17:00", assessed=True, context=1.0, prob=(0.0, 0.8, 0.1, 0.0, 0.0, 0.1),
                        prior="balanced", members=(), total_nats=None, aleatoric_nats=None, epistemic_nats=None, cannot_rule_out=None, coverage=None,
                        unsure=None, unsure_below=None, has_vectors=False, model_name="m", model_sha256="0")
    return ExplanationView(window, "lpd", view, state, JOB, 40, 204, problem, best)


def words(view: ExplanationView | None) -> str:
    return json.dumps(explanation(view), default=lambda part: part.to_plotly_json(), ensure_ascii=False)


def test_base_and_parts_are_shown_to_add_up() -> None:
    said = words(found(best=attribution()))
    for part in ("0.30 with all parts replaced", "+0.50", "= 0.80", "error under 0.000001", "204 evaluations in 3.2 s, seed 7"):
        assert part in said


def test_it_says_what_it_is_not() -> None:
    assert "what the model used, not why the brain does it" in words(found(best=attribution()))


def test_the_quick_estimate_is_called_so_while_the_other_is_computed() -> None:
    said = words(found("running", best=attribution(method="occlusion")))
    assert "Quick estimate" in said
    assert "(adds up" not in said
    assert f'"data-argument": "{JOB}"' in said                       # to cancel it


@pytest.mark.parametrize(("state", "part"), [
    ("failed", "The computation failed. It broke."), ("cancelled", "The computation was cancelled"), ("none", "your role may not"),
])
def test_what_did_not_come_says_why(state: str, part: str) -> None:
    said = words(found(state, problem="It broke." if state == "failed" else ""))
    assert part in said
    assert ("Try again" in said) == (state != "none")


def test_a_moment_without_a_window_has_nothing_to_explain() -> None:
    assert "judged no window here" in words(None)


def test_traces_and_seconds_are_shaded_where_the_model_looked() -> None:
    told: dict[str, Any] = shading(found(best=attribution()))
    assert (told["from"], told["to"]) == (120.0, 130.0)
    temporal, = [cell for cell in told["cells"] if cell[0] and "Fp1-F7" in cell[0]]
    assert temporal == [["Fp1-F7", "F7-T3", "T3-T5", "T5-O1"], 120.0, 125.0, 1.0]
    right, = [cell for cell in told["cells"] if cell[0] and "Fp2-F8" in cell[0]]
    assert right[1:] == [145.0, 150.0, pytest.approx(-0.167, abs=1e-3)]
    assert [cell[1:] for cell in told["cells"] if cell[0] is None] == [[120.0, 125.0, 1.0], [145.0, 150.0, pytest.approx(-0.167, abs=1e-3)]]


def test_bands_are_listed_by_region_and_shaded_together() -> None:
    view = found(view="bands", best=attribution("bands"))
    assert all(name in words(view) for name in ("LL 0.5–2", "RP 13–20"))
    assert shading(view)["cells"][0][1:] == [110.0, 120.0, 1.0]
