"""Errors that a user may read: one sentence each, with the HTTP status that a door gives it."""

from __future__ import annotations

import logging
import secrets
from typing import ClassVar

from ml.errors import RecordingError

log = logging.getLogger(__name__)


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


class ChangedMeanwhile(AppError):
    """The version that was on the screen (``If-Match``) is not the one that holds."""

    status = 412
    code = "changed_meanwhile"


class Invalid(AppError):
    status = 422
    code = "invalid"


class Gone(AppError):
    status = 410
    code = "gone"


class TooLarge(AppError):
    status = 413
    code = "too_large"


class WrongPassword(AppError):
    """Unknown name, wrong password, disabled account: one answer for all, so that names cannot be fished."""

    status = 401
    code = "wrong_password"

    def __init__(self, sentence: str = "Name and password do not match an account. Check both and try again.") -> None:
        super().__init__(sentence)


class LinkUsed(Gone):
    code = "link_used"

    def __init__(self, sentence: str = "This sign-in link has been used or has expired. Ask for a new one.") -> None:
        super().__init__(sentence)


class TooManyTries(AppError):
    status = 429
    code = "too_many_tries"


class StorageFull(AppError):
    status = 507
    code = "storage_full"


class Damaged(AppError):
    """Stored bytes that are not what was stored; nothing of them is shown."""

    status = 500
    code = "damaged"


def sentence_of(error: BaseException) -> str:
    """The sentence to show for ``error``: its own, or for a bug a reference under which its traceback is logged."""
    if isinstance(error, AppError | RecordingError):
        return error.sentence
    reference = secrets.token_hex(2)
    log.error("went wrong, reference %s", reference, exc_info=error)
    return f"Something went wrong, reference {reference}."


def status_of(error: BaseException) -> int:
    """The HTTP status that every door gives ``error``."""
    if isinstance(error, AppError):
        return error.status
    return Invalid.status if isinstance(error, RecordingError) else 500


def code_of(error: BaseException) -> str:
    """The short machine-readable reason beside the sentence."""
    return error.code if isinstance(error, AppError | RecordingError) else "bug"
