"""Codes under which patients are exported."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:      # a table of its own; the previous release neither reads nor writes it
    op.create_table(
        "pseudonym",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("patient_index", sa.String(length=64), nullable=False),
        sa.Column("code_index", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_pseudonym_clinic_id_clinic")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pseudonym")),
        sa.UniqueConstraint("patient_index", name=op.f("uq_pseudonym_patient_index")),
        sa.UniqueConstraint("code_index", name=op.f("uq_pseudonym_code_index")),
    )
    op.create_index(op.f("ix_pseudonym_clinic_id"), "pseudonym", ["clinic_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_pseudonym_clinic_id"), table_name="pseudonym")
    op.drop_table("pseudonym")
