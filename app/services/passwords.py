"""Passwords: argon2id hashes, and what may be chosen."""

from __future__ import annotations

import threading
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.errors import Invalid

# RFC 9106, 4: second recommended option (64 MiB, three passes, four lanes).
_HASHER: Final = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)
_AT_ONCE: Final = threading.BoundedSemaphore(2)      # 64 MiB each: guessing must not eat the memory
_NOBODY: Final = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$cmVzdWx0IHRoYXQgbm8gcGFzc3dvcmQgbWFrZXM"

SHORTEST: Final = 12
LONGEST: Final = 128
_COMMON: Final = frozenset({
    "123456789012", "1234567890123", "12345678901234", "123456123456", "123123123123", "111111111111", "000000000000",
    "abcdefghijkl", "abcdef123456", "abc123abc123", "qwertyuiop12", "qwertyuiop123", "qwertyuiopas", "qwertyqwerty",
    "qwerty123456", "1qaz2wsx3edc", "q1w2e3r4t5y6", "1q2w3e4r5t6y", "asdfghjkl123", "zxcvbnm12345", "password1234",
    "password12345", "password123456", "passwordpassword", "password123!", "passw0rd1234", "p@ssw0rd1234",
    "changeme1234", "changemenow1", "letmeinletmein", "letmein12345", "welcome12345", "welcome123456", "iloveyou1234",
    "iloveyouiloveyou", "administrator", "administrator1", "admin1234567", "adminadminadmin", "administrator123",
    "hospital1234", "hospital12345", "neurology1234", "correcthorsebatterystaple", "summer2026summer", "winter2026winter",
    "monkeymonkey", "dragondragon", "football1234", "baseball1234", "superman1234", "princess1234", "sunshine1234",
    "trustno1trustno1", "computer1234", "internet1234", "electroencephalogram",
})


def hashed(password: str) -> str:
    """The argon2id hash of ``password``, with its salt and parameters."""
    with _AT_ONCE:
        return _HASHER.hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """Whether ``password`` is the one; takes as long for a user that does not exist (``None``)."""
    with _AT_ONCE:
        try:
            return _HASHER.verify(password_hash or _NOBODY, password[: LONGEST + 1]) and password_hash is not None
        except (VerificationError, InvalidHashError):
            return False


def check_choice(password: str, user_name: str) -> None:
    """Raise ``Invalid`` for a password that is too short, too long or easily guessed (ASVS 5.0, 6.2)."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid(f"The password has {len(password)} characters; choose {SHORTEST} to {LONGEST}, for example four words.")
    low = password.lower()
    if low in _COMMON or len(set(low)) < 5:
        raise Invalid("This password is among the first that are guessed. Choose another, for example four words.")
    if len(user_name) >= 4 and user_name.lower() in low:
        raise Invalid("The password contains the sign-in name. Choose another, for example four words.")
