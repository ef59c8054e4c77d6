"""Reviews of spans beside those of events, with what was changed into what; first reads without the model."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")
UTC = sa.DateTime(timezone=True)
ADDED = ("act", "analysis_id", "batch_id", "position", "before", "after", "model_sha256", "model_visible", "undoes_id")
KEY = "fk_review_analysis_id_analysis"


def upgrade() -> None:      # the new columns are empty in older rows; the previous release reads only rows of an event
    with op.batch_alter_table("review") as review:
        review.alter_column("event_id", existing_type=sa.Uuid(), nullable=True)
        review.add_column(sa.Column("act", sa.String(12), nullable=False, server_default="decide"))
        review.add_column(sa.Column("analysis_id", sa.Uuid()))
        review.add_column(sa.Column("batch_id", sa.Uuid()))
        review.add_column(sa.Column("position", sa.Integer(), nullable=False, server_default="0"))
        review.add_column(sa.Column("before", JSON, nullable=False, server_default="{}"))
        review.add_column(sa.Column("after", JSON, nullable=False, server_default="{}"))
        review.add_column(sa.Column("model_sha256", sa.String(64), nullable=False, server_default=""))
        review.add_column(sa.Column("model_visible", sa.Boolean()))
        review.add_column(sa.Column("undoes_id", sa.Uuid()))
        review.create_foreign_key(KEY, "analysis", ["analysis_id"], ["id"])
    _keep_rows("review", lost=True)
    _first_reads()
    _keep_rows("reading_step")


def downgrade() -> None:
    op.drop_table("reading_step")
    for verb in ("update", "delete", "truncate"):
        _drop("review", verb)
    op.execute("DELETE FROM review WHERE event_id IS NULL")      # what the earlier release cannot hold
    with op.batch_alter_table("review") as review:
        review.drop_constraint(KEY, type_="foreignkey")
        for name in ADDED:
            review.drop_column(name)
        review.alter_column("event_id", existing_type=sa.Uuid(), nullable=False)
    _keep_rows("review", lost=True)


def _first_reads() -> None:
    op.create_table(
        "reading_step",
        sa.Column("study_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.String(length=10), nullable=False),
        sa.Column("rest", sa.String(length=10), nullable=False),
        sa.Column("model_seen", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name="fk_reading_step_study_id_study"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_reading_step_user_id_user_account"),
        sa.PrimaryKeyConstraint("id", name="pk_reading_step"),
    )
    op.create_index("ix_reading_step_study_id", "reading_step", ["study_id"])
    op.create_index("ix_reading_step_user_id", "reading_step", ["user_id"])


def _keep_rows(table: str, *, lost: bool = False) -> None:
    """Triggers that let a change of a row fail, whoever sends it; SQLite has ``lost`` them where the table was copied."""
    if op.get_bind().dialect.name == "sqlite":
        for verb, why in (("UPDATE", "changed"), ("DELETE", "deleted")):
            op.execute(f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                       f"BEGIN SELECT RAISE(ABORT, '{table} rows are never {why}'); END")
        return
    for verb, each, why in (("UPDATE", "FOR EACH ROW", "changed"), ("DELETE", "FOR EACH ROW", "deleted"), ("TRUNCATE", "", "deleted")):
        if lost:
            op.execute(f"DROP TRIGGER IF EXISTS {table}_no_{verb.lower()} ON {table}")
        op.execute(f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} {each} "
                   f"EXECUTE FUNCTION hms_refuse('rows are never {why}')")


def _drop(table: str, verb: str) -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    if postgresql or verb != "truncate":
        op.execute(f"DROP TRIGGER {table}_no_{verb}" + (f" ON {table}" if postgresql else ""))
