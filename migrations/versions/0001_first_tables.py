"""First tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

UTC = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

TABLES = (
    "audit_entry", "clinic", "model_card", "sign_in_failure", "worker_beat", "patient", "stored_file", "user_account", "study",
    "token", "job", "upload", "analysis", "found_event", "report", "report_document", "review",
)


def upgrade() -> None:
    for table in TABLES:
        globals()[f"_{table}"]()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _audit_entry() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.Column("clinic_id", sa.Uuid()),
        sa.Column("user_id", sa.Uuid()),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("object_kind", sa.String(length=20), nullable=False),
        sa.Column("object_id", sa.Uuid()),
        sa.Column("detail", JSON, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_entry"),
    )
    op.create_index("ix_audit_entry_action", "audit_entry", ["action"])
    op.create_index("ix_audit_entry_at", "audit_entry", ["at"])
    op.create_index("ix_audit_entry_clinic_id", "audit_entry", ["clinic_id"])
    op.create_index("ix_audit_entry_user_id", "audit_entry", ["user_id"])


def _clinic() -> None:
    op.create_table(
        "clinic",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("settings", JSON, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_clinic"),
        sa.UniqueConstraint("name", name="uq_clinic_name"),
    )


def _model_card() -> None:
    op.create_table(
        "model_card",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("card", JSON, nullable=False),
        sa.Column("retired_at", UTC),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_model_card"),
        sa.UniqueConstraint("sha256", name="uq_model_card_sha256"),
    )


def _sign_in_failure() -> None:
    op.create_table(
        "sign_in_failure",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_failure"),
    )
    op.create_index("ix_sign_in_failure_address", "sign_in_failure", ["address"])
    op.create_index("ix_sign_in_failure_name", "sign_in_failure", ["name"])


def _worker_beat() -> None:
    op.create_table(
        "worker_beat",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("queues", sa.String(length=80), nullable=False),
        sa.Column("started_at", UTC, nullable=False),
        sa.Column("seen_at", UTC, nullable=False),
        sa.Column("jobs_done", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_worker_beat"),
    )


def _patient() -> None:
    op.create_table(
        "patient",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("record_number", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("sex", sa.String(length=1)),
        sa.Column("birth_date", sa.Date()),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("deleted_at", UTC),
        sa.Column("deleted_reason", sa.String(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name="fk_patient_clinic_id_clinic"),
        sa.PrimaryKeyConstraint("id", name="pk_patient"),
        sa.UniqueConstraint("clinic_id", "record_number", name="uq_patient_clinic_id_record_number"),
    )
    op.create_index("ix_patient_clinic_id", "patient", ["clinic_id"])
    op.create_index("ix_patient_name", "patient", ["name"])


def _stored_file() -> None:
    op.create_table(
        "stored_file",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name="fk_stored_file_clinic_id_clinic"),
        sa.PrimaryKeyConstraint("id", name="pk_stored_file"),
        sa.UniqueConstraint("clinic_id", "sha256", name="uq_stored_file_clinic_id_sha256"),
    )
    op.create_index("ix_stored_file_clinic_id", "stored_file", ["clinic_id"])
    op.create_index("ix_stored_file_sha256", "stored_file", ["sha256"])


def _user_account() -> None:
    op.create_table(
        "user_account",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("password_hash", sa.String(length=200)),
        sa.Column("settings", JSON, nullable=False),
        sa.Column("disabled_at", UTC),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name="fk_user_account_clinic_id_clinic"),
        sa.PrimaryKeyConstraint("id", name="pk_user_account"),
        sa.UniqueConstraint("name", name="uq_user_account_name"),
    )
    op.create_index("ix_user_account_clinic_id", "user_account", ["clinic_id"])


def _study() -> None:
    op.create_table(
        "study",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("uploaded_by", sa.Uuid(), nullable=False),
        sa.Column("original_name", sa.String(length=255), nullable=False),
        sa.Column("format", sa.String(length=20), nullable=False),
        sa.Column("start_local", sa.DateTime()),
        sa.Column("duration_s", sa.Float(), nullable=False),
        sa.Column("header", JSON, nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name="fk_study_clinic_id_clinic"),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name="fk_study_file_id_stored_file"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name="fk_study_patient_id_patient"),
        sa.ForeignKeyConstraint(["uploaded_by"], ["user_account.id"], name="fk_study_uploaded_by_user_account"),
        sa.PrimaryKeyConstraint("id", name="pk_study"),
        sa.UniqueConstraint("clinic_id", "file_id", name="uq_study_clinic_id_file_id"),
    )
    op.create_index("ix_study_clinic_id", "study", ["clinic_id"])
    op.create_index("ix_study_patient_id", "study", ["patient_id"])
    op.create_index("ix_study_status", "study", ["status"])


def _token() -> None:
    op.create_table(
        "token",
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("secret_sha256", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.Column("expires_at", UTC, nullable=False),
        sa.Column("last_gesture_at", UTC, nullable=False),
        sa.Column("ended_at", UTC),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_token_user_id_user_account"),
        sa.PrimaryKeyConstraint("id", name="pk_token"),
        sa.UniqueConstraint("secret_sha256", name="uq_token_secret_sha256"),
    )
    op.create_index("ix_token_user_id", "token", ["user_id"])


def _job() -> None:
    op.create_table(
        "job",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("study_id", sa.Uuid()),
        sa.Column("asked_by", sa.Uuid()),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("queue", sa.String(length=10), nullable=False),
        sa.Column("parameters", JSON, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("run_number", sa.Integer(), nullable=False),
        sa.Column("pipeline_version", sa.String(length=40), nullable=False),
        sa.Column("model_sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(length=80)),
        sa.Column("lease_until", UTC),
        sa.Column("heartbeat_at", UTC),
        sa.Column("hinted_at", UTC),
        sa.Column("started_at", UTC),
        sa.Column("finished_at", UTC),
        sa.Column("cancel_asked_at", UTC),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("done_units", sa.Integer(), nullable=False),
        sa.Column("total_units", sa.Integer(), nullable=False),
        sa.Column("error_code", sa.String(length=60), nullable=False),
        sa.Column("error_sentence", sa.String(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.ForeignKeyConstraint(["asked_by"], ["user_account.id"], name="fk_job_asked_by_user_account"),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name="fk_job_clinic_id_clinic"),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name="fk_job_study_id_study"),
        sa.PrimaryKeyConstraint("id", name="pk_job"),
        sa.UniqueConstraint("key", name="uq_job_key"),
    )
    op.create_index("ix_job_clinic_id", "job", ["clinic_id"])
    op.create_index("ix_job_state_queue", "job", ["state", "queue"])
    op.create_index("ix_job_study_id", "job", ["study_id"])


def _upload() -> None:
    op.create_table(
        "upload",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid()),
        sa.Column("original_name", sa.String(length=255), nullable=False),
        sa.Column("fingerprint", sa.String(length=200), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("header", JSON, nullable=False),
        sa.Column("refusal", sa.String(), nullable=False),
        sa.Column("expires_at", UTC, nullable=False),
        sa.Column("study_id", sa.Uuid()),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name="fk_upload_clinic_id_clinic"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name="fk_upload_patient_id_patient"),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name="fk_upload_study_id_study"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_upload_user_id_user_account"),
        sa.PrimaryKeyConstraint("id", name="pk_upload"),
    )
    op.create_index("ix_upload_clinic_id", "upload", ["clinic_id"])
    op.create_index("ix_upload_user_id", "upload", ["user_id"])


def _analysis() -> None:
    op.create_table(
        "analysis",
        sa.Column("study_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("parameters", JSON, nullable=False),
        sa.Column("parameters_sha256", sa.String(length=64), nullable=False),
        sa.Column("run_number", sa.Integer(), nullable=False),
        sa.Column("pipeline_version", sa.String(length=40), nullable=False),
        sa.Column("model_name", sa.String(length=100), nullable=False),
        sa.Column("model_sha256", sa.String(length=64), nullable=False),
        sa.Column("result_file_id", sa.Uuid(), nullable=False),
        sa.Column("spectrogram_file_id", sa.Uuid()),
        sa.Column("summary", JSON, nullable=False),
        sa.Column("elapsed_s", sa.Double(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name="fk_analysis_job_id_job"),
        sa.ForeignKeyConstraint(["result_file_id"], ["stored_file.id"], name="fk_analysis_result_file_id_stored_file"),
        sa.ForeignKeyConstraint(
            ["spectrogram_file_id"], ["stored_file.id"], name="fk_analysis_spectrogram_file_id_stored_file"
        ),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name="fk_analysis_study_id_study"),
        sa.PrimaryKeyConstraint("id", name="pk_analysis"),
        sa.UniqueConstraint("job_id", name="uq_analysis_job_id"),
        sa.UniqueConstraint(
            "study_id",
            "kind",
            "parameters_sha256",
            "run_number",
            "pipeline_version",
            "model_sha256",
            name="uq_analysis_key",
        ),
    )
    op.create_index("ix_analysis_study_id", "analysis", ["study_id"])


def _found_event() -> None:
    op.create_table(
        "found_event",
        sa.Column("analysis_id", sa.Uuid(), nullable=False),
        sa.Column("study_id", sa.Uuid(), nullable=False),
        sa.Column("pattern", sa.String(length=10), nullable=False),
        sa.Column("start_s", sa.Double(), nullable=False),
        sa.Column("stop_s", sa.Double(), nullable=False),
        sa.Column("max_prob", sa.Double(), nullable=False),
        sa.Column("mean_prob", sa.Double(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.ForeignKeyConstraint(["analysis_id"], ["analysis.id"], name="fk_found_event_analysis_id_analysis"),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name="fk_found_event_study_id_study"),
        sa.PrimaryKeyConstraint("id", name="pk_found_event"),
    )
    op.create_index("ix_found_event_analysis_id", "found_event", ["analysis_id"])
    op.create_index("ix_found_event_study_id", "found_event", ["study_id"])


def _report() -> None:
    op.create_table(
        "report",
        sa.Column("study_id", sa.Uuid(), nullable=False),
        sa.Column("analysis_id", sa.Uuid()),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.Column("changed_at", UTC, nullable=False),
        sa.Column("signed_by", sa.Uuid()),
        sa.Column("signed_at", UTC),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.ForeignKeyConstraint(["analysis_id"], ["analysis.id"], name="fk_report_analysis_id_analysis"),
        sa.ForeignKeyConstraint(["author_id"], ["user_account.id"], name="fk_report_author_id_user_account"),
        sa.ForeignKeyConstraint(["signed_by"], ["user_account.id"], name="fk_report_signed_by_user_account"),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name="fk_report_study_id_study"),
        sa.PrimaryKeyConstraint("id", name="pk_report"),
    )
    op.create_index("ix_report_study_id", "report", ["study_id"])


def _report_document() -> None:
    op.create_table(
        "report_document",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("report_version", sa.Integer(), nullable=False),
        sa.Column("draft", sa.Boolean(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name="fk_report_document_file_id_stored_file"),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name="fk_report_document_report_id_report"),
        sa.PrimaryKeyConstraint("id", name="pk_report_document"),
    )
    op.create_index("ix_report_document_report_id", "report_document", ["report_id"])


def _review() -> None:
    op.create_table(
        "review",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("study_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("decision", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("seen", JSON, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["found_event.id"], name="fk_review_event_id_found_event"),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name="fk_review_study_id_study"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_review_user_id_user_account"),
        sa.PrimaryKeyConstraint("id", name="pk_review"),
    )
    op.create_index("ix_review_event_id", "review", ["event_id"])
    op.create_index("ix_review_study_id", "review", ["study_id"])
