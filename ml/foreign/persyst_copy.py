"""A copy of a Persyst layout that MNE can open: its reader fails on many a real [Patient] section and on Windows paths."""

from __future__ import annotations

import re
from pathlib import Path, PureWindowsPath
from typing import Final

from ml.errors import RecordingError

_KEPT: Final = ("testdate", "testtime")
_BLANK: Final = "Sex=\nHand=\nBirthDate=x-x\n"
"""Keys that MNE demands; what it makes of them is not used, as the identity is read from the original."""


def readable_copy(layout: Path, folder: Path) -> Path:
    """Write the layout into ``folder``, without its patient, beside a link to its data file.

    Raises
    ------
    RecordingError
        If the data file that the layout names is not beside it.
    """
    text = layout.read_bytes().decode("utf-8", errors="replace").replace("\r\n", "\n")
    stated = re.search(r"^File\s*=\s*(.*?)\s*$", text, re.MULTILINE | re.IGNORECASE)
    name = PureWindowsPath(stated[1]).name if stated else ""
    data = next((file for file in layout.parent.iterdir() if file.name.lower() == name.lower() and file.is_file()), None)
    if data is None:
        raise RecordingError("A file that belongs to the recording is missing: the layout names another file. Put all files of the "
                             "recording into one ZIP archive and upload that.", code="companion_missing")
    folder.mkdir()
    (folder / "data.dat").symlink_to(data.absolute())
    copy = folder / "layout.lay"
    copy.write_text("\n".join(_lines(text)) + "\n", encoding="utf-8")
    return copy


def _lines(text: str) -> list[str]:
    lines, section = [], ""
    for line in text.split("\n"):
        key = line.split("=", 1)[0].strip().lower()
        if line.startswith("["):
            section = line.strip().lower()
            lines += [line, *(_BLANK.splitlines() if section == "[patient]" else [])]
        elif section == "[fileinfo]" and key == "file":
            lines.append("File=data.dat")
        elif section != "[patient]" or key in _KEPT:
            lines.append(line)
    return lines if "[patient]" in text.lower() else [*lines, "[Patient]", *_BLANK.splitlines()]
