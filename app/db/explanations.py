"""What a window's label rested on, as it was computed once."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.columns import Identified, JsonObject, Table


class Explanation(Identified, Table):
    """One attribution of one window; exactly one row per key, never computed twice."""

    __tablename__ = "explanation"
    __table_args__ = (UniqueConstraint("analysis_id", "window", "pattern", "view", "method", name="uq_explanation_key"),)

    analysis_id: Mapped[UUID] = mapped_column(ForeignKey("analysis.id"), index=True)
    job_id: Mapped[UUID] = mapped_column(ForeignKey("job.id"))
    window: Mapped[int]                                          # number of the label span in the analysis
    pattern: Mapped[str] = mapped_column(String(10))             # class whose probability is explained
    view: Mapped[str] = mapped_column(String(10))                # "signal", "bands"
    method: Mapped[str] = mapped_column(String(10))              # "shap", "occlusion"
    result: Mapped[JsonObject] = mapped_column(default=dict)     # ml.explain.document
