"""What windows' labels rested on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:      # a table of its own; the previous release neither reads nor writes it
    op.create_table(
        "explanation",
        sa.Column("analysis_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("window", sa.Integer(), nullable=False),
        sa.Column("pattern", sa.String(length=10), nullable=False),
        sa.Column("view", sa.String(length=10), nullable=False),
        sa.Column("method", sa.String(length=10), nullable=False),
        sa.Column("result", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["analysis_id"], ["analysis.id"], name="fk_explanation_analysis_id_analysis"),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name="fk_explanation_job_id_job"),
        sa.PrimaryKeyConstraint("id", name="pk_explanation"),
        sa.UniqueConstraint("analysis_id", "window", "pattern", "view", "method", name="uq_explanation_key"),
    )
    op.create_index("ix_explanation_analysis_id", "explanation", ["analysis_id"])


def downgrade() -> None:
    op.drop_table("explanation")
