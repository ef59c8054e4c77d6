"""Recordings of other makers keep a converted copy; studies keep what a person says of their channels."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
KEY = "fk_study_converted_file_id_stored_file"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":     # cannot add a constraint later; rebuilding the table would touch every row
        op.execute(f"ALTER TABLE study ADD COLUMN converted_file_id CHAR(32) CONSTRAINT {KEY} REFERENCES stored_file (id)")
    else:
        op.add_column("study", sa.Column("converted_file_id", sa.Uuid()))
        op.create_foreign_key(KEY, "study", "stored_file", ["converted_file_id"], ["id"])
    op.add_column("study", sa.Column("channel_names", JSON, nullable=False, server_default="{}"))


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint(KEY, "study", type_="foreignkey")
    with op.batch_alter_table("study") as study:
        study.drop_column("converted_file_id")
        study.drop_column("channel_names")
