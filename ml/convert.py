"""Convert recordings of other makers, once, to our own file of float32 blocks (``ml.chunked``).

Runs in the worker's child or on the command line, never in the web server: it loads MNE.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from ml.byte_source import FileBytes
from ml.chunked import ChunkedWriter
from ml.errors import RecordingError
from ml.foreign import archive, finding
from ml.foreign.bounded_memory import bounded
from ml.foreign.finding import FoundFile
from ml.recording import RecordingInfo, RecordingSource

_STEP_S: Final = 60.0
_STEP_SAMPLES: Final = 8_000_000
"""Of all signals together: 32 MB of float32, and a few times that on the way."""
Progress = Callable[[str, int, int], None]


def open_foreign(path: Path, scratch: Path, *, name: str = "") -> RecordingSource:
    """Open a file of another maker, or a ZIP archive of one recording, for one reading from its start to its end.

    Parameters
    ----------
    path
        The file, beside its companions; or an archive.
    scratch
        An empty folder for what an archive holds, and for another name of the file.
    name
        What the file was called where it came from; its suffix is looked at where the content leaves a choice.

    Raises
    ------
    RecordingError
        If it cannot be read; the sentence says why and what to do.
    """
    with path.open("rb") as file:
        is_archive = file.read(4) == b"PK\x03\x04"
    if is_archive:
        return _joined(finding.recordings_in(archive.unpack(path, scratch)), scratch)
    suffix = Path(name or path.name).suffix
    if path.suffix != suffix:              # readers look at the suffix; a stored object has none
        named = scratch / f"recording{suffix.lower()}"
        named.symlink_to(path.absolute())
        path = named
    maker = finding.maker_of(path)
    if maker is None:
        raise RecordingError("The file is no recording of a known format, or only a part of one. Put all files of the recording into one "
                             "ZIP archive.", code="not_a_recording")
    return _opened(FoundFile(path, maker), scratch)


def convert(source: RecordingSource, target: Path, *, on_progress: Progress | None = None) -> RecordingInfo:
    """Copy a recording into our own file, gaps as NaN; memory does not grow with its length.

    Returns
    -------
    RecordingInfo
        Of the original, with the identity that it claims (which the copy does not hold).
    """
    info = source.info
    signals = range(len(info.signals))
    step_s = min(_STEP_S, _STEP_SAMPLES / max(1.0, sum(signal.sfreq_hz for signal in info.signals)))
    with ChunkedWriter(target, [signal.sfreq_hz for signal in info.signals]) as writer:
        n_steps = max(1, int(-(-info.duration_s // step_s)))
        for step in range(n_steps):
            writer.append(source.read(step * step_s, min((step + 1) * step_s, info.duration_s), signals))
            if on_progress:
                on_progress("converting", step + 1, n_steps)
        writer.finish(info, source.annotations())
    return info


def _joined(found: Iterable[FoundFile], scratch: Path) -> RecordingSource:
    from ml.joined import join

    sources = [_opened(file, scratch) for file in found]
    return sources[0] if len(sources) == 1 else join(sources)


def _opened(file: FoundFile, scratch: Path) -> RecordingSource:
    if file.maker == "in place":
        from ml.open_recording import open_recording

        return open_recording(FileBytes(file.path), name=file.path.name)
    if file.maker == "GDF":
        from ml.foreign.gdf import GdfRecording

        return GdfRecording(FileBytes(file.path))
    if file.maker == "Neuroscan CNT":
        from ml.foreign.neuroscan import NeuroscanRecording

        return NeuroscanRecording(FileBytes(file.path))
    os.environ.setdefault("MNE_LOGGING_LEVEL", "WARNING")
    from ml.foreign.matrix import MatrixRecording
    from ml.foreign.mne_recording import MneRecording

    if file.maker in ("MATLAB", "EEGLAB"):
        import scipy.io  # noqa: F401 - what the readers load late must not count as theirs
    with bounded(file.path):
        if file.maker in ("MATLAB", "HDF5") and not _is_eeglab(file):
            return MatrixRecording(file.path, file.maker)
        return MneRecording(file.path, "EEGLAB" if file.maker in ("MATLAB", "HDF5") else file.maker, scratch)


def _is_eeglab(file: FoundFile) -> bool:
    """Whether a MATLAB file under another name holds a structure of EEGLAB."""
    try:
        if file.maker == "MATLAB":
            from scipy.io import whosmat

            names = {name for name, _, _ in whosmat(str(file.path))}
        else:
            import h5py

            with h5py.File(file.path, "r") as opened:
                names = set(opened)
    except Exception as error:       # these readers fail in every way there is
        raise RecordingError(f"The file is damaged or of a variant that is not read ({type(error).__name__}); export the recording as EDF+.",
                             code="foreign_unreadable") from error
    return "EEG" in names or {"srate", "chanlocs"} <= names
