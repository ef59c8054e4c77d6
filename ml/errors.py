"""What is wrong with a recording, in a sentence that a neurologist may read."""

from __future__ import annotations


class RecordingError(Exception):
    """A recording cannot be used as asked; the message names what, the value, the limit and the way out.

    Parameters
    ----------
    sentence
        One plain sentence for the reader. It never holds patient identity.
    code
        Short machine-readable reason, e.g. ``"header_truncated"``.
    """

    def __init__(self, sentence: str, *, code: str = "recording_refused") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code
