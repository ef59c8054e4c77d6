"""Roles and what they may do."""

from __future__ import annotations

from uuid import uuid4

import pytest

from app.access import Actor, Permission, Role, require
from app.errors import Forbidden

MAY = {role: Actor(uuid4(), uuid4(), role) for role in Role}


@pytest.mark.parametrize("role", Role)
def test_every_role_reads_studies(role: Role) -> None:
    require(MAY[role], Permission.READ_STUDIES)


@pytest.mark.parametrize(("permission", "roles"), [
    (Permission.REVIEW, {Role.NEUROLOGIST}),
    (Permission.ANNOTATE, {Role.NEUROLOGIST, Role.TECHNOLOGIST}),
    (Permission.SIGN_REPORT, {Role.NEUROLOGIST}),
    (Permission.MARK_ELECTRODES, {Role.NEUROLOGIST, Role.TECHNOLOGIST, Role.ADMINISTRATOR}),
    (Permission.UPLOAD, {Role.NEUROLOGIST, Role.TECHNOLOGIST, Role.ADMINISTRATOR}),
    (Permission.MANAGE_USERS, {Role.ADMINISTRATOR}),
    (Permission.EXPORT_DEIDENTIFIED, {Role.NEUROLOGIST, Role.ADMINISTRATOR}),
    (Permission.REIDENTIFY, {Role.ADMINISTRATOR}),
    (Permission.READ_AUDIT, {Role.ADMINISTRATOR}),
    (Permission.DOWNLOAD, {Role.NEUROLOGIST, Role.ADMINISTRATOR}),
    (Permission.DOWNLOAD_QUALITY, {Role.NEUROLOGIST, Role.TECHNOLOGIST, Role.ADMINISTRATOR}),
])
def test_who_holds_a_permission(permission: Permission, roles: set[Role]) -> None:
    assert {role for role, who in MAY.items() if who.may(permission)} == roles


def test_a_refusal_says_what_and_whom_to_ask() -> None:
    with pytest.raises(Forbidden) as refusal:
        require(MAY[Role.VIEWER], Permission.UPLOAD)
    assert refusal.value.sentence == "Your role (viewer) may not upload recordings. Ask an administrator of your clinic."
