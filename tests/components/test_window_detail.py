"""A window in words: sure or not, what cannot be ruled out, and nothing that was not kept."""

from __future__ import annotations

import json
from dataclasses import replace
from uuid import uuid4

import pytest

from app.services.windows import MemberView, SimilarView, WindowView
from components.window_detail import window_detail

PROB = (0.02, 0.45, 0.32, 0.07, 0.07, 0.07)
WINDOW = WindowView(
    index=20, start_s=200.0, stop_s=210.0, clock="22:18:20", assessed=True, context=1.0, prob=PROB, prior="balanced",
    members=(MemberView("raw", 0.75, PROB), MemberView("spectrogram", 0.25, PROB[::-1])), total_nats=1.3, aleatoric_nats=1.18,
    epistemic_nats=0.12, cannot_rule_out=("lpd", "gpd"), coverage=0.9, unsure=True, unsure_below=0.5, has_vectors=True,
    model_name="test ensemble", model_sha256="ab" * 32,
)
NEAR = SimilarView(uuid4(), "a.edf", 15, 150.0, 160.0, "22:17:30", 0.98, "lpd", 0.9)


def drawn(found: WindowView | None, *alike: SimilarView) -> str:
    return json.dumps(window_detail(found, alike), default=lambda part: part.to_plotly_json())


@pytest.mark.parametrize(("names", "sentence"), [
    (("lpd",), "The model cannot rule out LPD."),
    (("seizure", "lpd", "gpd"), "The model cannot rule out Seizure, LPD or GPD."),
    (("seizure", "lpd", "gpd", "lrda", "grda", "other"), "The model cannot rule out any class."),
    ((), "No class fits well: the window is unlike those that the limits were fitted on."),
])
def test_the_set_is_told_in_drawn(names: tuple[str, ...], sentence: str) -> None:
    assert sentence in drawn(replace(WINDOW, cannot_rule_out=names))       # type: ignore[arg-type]


def test_a_sure_window_is_not_called_unsure() -> None:
    assert "Model unsure" in drawn(WINDOW)
    assert "Model unsure" not in drawn(replace(WINDOW, unsure=False))


def test_weights_without_limits_say_nothing_of_sets_or_silence() -> None:
    bare = drawn(replace(WINDOW, cannot_rule_out=None, coverage=None, unsure=None, unsure_below=None))
    assert "rule out" not in bare
    assert "unsure" not in bare
    assert "1.30 nats" in bare


def test_a_similar_window_can_be_gone_to_and_a_distant_one_is_not_called_similar() -> None:
    page = drawn(WINDOW, NEAR, replace(NEAR, clock="22:19:40", cosine=0.3))
    assert '"data-go": "155"' in page
    assert "22:19:40" not in page
    assert "No other window of this study looks similar" in drawn(WINDOW, replace(NEAR, cosine=0.3))


def test_missing_context_is_told() -> None:
    assert "Only 60% of the 50 s around it were recorded." in drawn(replace(WINDOW, context=0.6))


@pytest.mark.parametrize(("found", "sentence"), [
    (None, "No window of the model lies at the middle of the page."),
    (replace(WINDOW, assessed=False), "Not assessed: the model gives no opinion here."),
    (replace(WINDOW, members=()), "This analysis did not keep what its networks said."),
])
def test_what_is_not_there_is_said(found: WindowView | None, sentence: str) -> None:
    assert sentence in drawn(found)
    assert "nats" not in drawn(found)
