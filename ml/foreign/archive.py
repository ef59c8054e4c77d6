"""A ZIP archive that holds one recording: unpacked as a stream, with limits on what really comes out.

Source of the limits: OpenSSF CWE-409 and OWASP ASVS 5.2.3; EEG compresses 1.5 to 4 times.
"""

from __future__ import annotations

import errno
import lzma
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from ml.errors import RecordingError

_BLOCK_BYTES: Final = 1 << 20
_IGNORED: Final = ("__MACOSX/", ".DS_Store", "._", "Thumbs.db")
_FREE_BYTES: Final = 1 << 20
"""Up to this size the ratio is not judged: small texts compress well."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What an archive may become: bytes in all, members, and how many times its own size."""

    bytes_: int = 16 << 30
    members: int = 2000
    ratio: int = 20


def unpack(archive: Path, folder: Path, limits: Limits | None = None) -> list[Path]:
    """Write the members flat into ``folder``, whatever folders the archive names.

    Raises
    ------
    RecordingError
        If the archive is damaged, encrypted, nested, has two members of one name, or grows beyond ``limits``.
    """
    allowed = limits or Limits()
    try:
        with zipfile.ZipFile(archive) as opened:
            members = _wanted(opened, allowed)
            room = allowed.bytes_
            for member in members:
                room -= _write(opened, member, folder / PurePosixPath(member.filename).name, room, allowed)
    except OSError as error:
        if error.errno != errno.EINVAL:      # a directory that points before the file
            raise
        raise _damaged() from error
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, UnicodeError, ValueError, struct.error) as error:
        raise _damaged() from error
    return [folder / PurePosixPath(member.filename).name for member in members]


def _damaged() -> RecordingError:
    return RecordingError("The ZIP archive is damaged or packed in an unusual way; pack the files of the recording again.",
                          code="archive_damaged")


def _wanted(opened: zipfile.ZipFile, allowed: Limits) -> list[zipfile.ZipInfo]:
    members = [member for member in opened.infolist() if not member.is_dir() and not _is_ignored(member.filename)]
    if len(members) > allowed.members:
        raise RecordingError(f"The archive has {len(members)} files; at most {allowed.members} are unpacked. Pack one recording only.",
                             code="archive_too_large")
    names = [PurePosixPath(member.filename).name for member in members]
    if len({name.casefold() for name in names}) < len(names):
        raise RecordingError("The archive has two files of the same name in different folders, so more than one recording. "
                             "Pack one recording only.", code="archive_many")
    if any(member.flag_bits & 1 for member in members):
        raise RecordingError("The archive is encrypted, so it cannot be read. Pack the files without a password; the upload itself "
                             "is protected.", code="archive_encrypted")
    if any(not _is_plain(name) for name in names):
        raise RecordingError("The archive has a file name that cannot be used. Rename the files with letters and digits.",
                             code="archive_names")
    return members


def _is_ignored(name: str) -> bool:
    last = PurePosixPath(name).name
    return name.startswith(_IGNORED[0]) or last.startswith(_IGNORED[1:])


def _is_plain(name: str) -> bool:
    return 0 < len(name.encode()) <= 200 and name.isprintable() and name not in (".", "..") and not set(name) & set('/\\:\x00')


def _write(opened: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, room: int, allowed: Limits) -> int:
    """Bytes written; what the archive states of sizes is not believed."""
    most = min(room, max(_FREE_BYTES, allowed.ratio * member.compress_size))
    written = 0
    with opened.open(member) as source, target.open("xb") as out:
        while block := source.read(_BLOCK_BYTES):
            written += len(block)
            if written > most:
                raise RecordingError(
                    f"The archive grows beyond {most / 1e6:.0f} MB while it is unpacked, more than an EEG does. Pack the recording "
                    "again, without other files.", code="archive_too_large")
            out.write(block)
    return written
