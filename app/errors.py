"""Errors that a user may read: one sentence each, with the HTTP status that a door gives it."""

from __future__ import annotations

from typing import ClassVar


class AppError(Exception):
    """Something that the user can understand and act on; everything else is a bug."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "bad_request"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class NotSignedIn(AppError):
    status = 401
    code = "not_signed_in"

    def __init__(self, sentence: str = "You are not signed in, or your session has ended. Sign in and try again.") -> None:
        super().__init__(sentence)


class Forbidden(AppError):
    status = 403
    code = "forbidden"


class NotFound(AppError):
    """Also what another clinic's object is answered with, so that its existence is not told."""

    status = 404
    code = "not_found"


class Conflict(AppError):
    status = 409
    code = "conflict"


class Invalid(AppError):
    status = 422
    code = "invalid"


class TooLarge(AppError):
    status = 413
    code = "too_large"


class TooManyTries(AppError):
    status = 429
    code = "too_many_tries"


class StorageFull(AppError):
    status = 507
    code = "storage_full"
