"""Electrodes that people marked as bad, and montages of their own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:      # tables of their own; the previous release neither reads nor writes them
    op.create_table(
        "channel_mark",
        sa.Column("study_id", sa.Uuid(), nullable=False),
        sa.Column("electrode", sa.String(length=20), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name="fk_channel_mark_study_id_study"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_channel_mark_user_id_user_account"),
        sa.PrimaryKeyConstraint("id", name="pk_channel_mark"),
        sa.UniqueConstraint("study_id", "electrode", name="uq_channel_mark_study_id_electrode"),
    )
    op.create_index("ix_channel_mark_study_id", "channel_mark", ["study_id"])
    op.create_table(
        "montage",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_montage_user_id_user_account"),
        sa.PrimaryKeyConstraint("id", name="pk_montage"),
        sa.UniqueConstraint("user_id", "name", name="uq_montage_user_id_name"),
    )
    op.create_index("ix_montage_user_id", "montage", ["user_id"])


def downgrade() -> None:
    op.drop_table("montage")
    op.drop_table("channel_mark")
