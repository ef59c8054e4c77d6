"""Signal quality as a table: one row for every electrode and recorded second."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import numpy as np

from ml.electrode_seconds import DEFINITIONS, MARKS, NOT_RECORDED

if TYPE_CHECKING:
    from ml.quality_report import QualityReport


def to_parquet(report: QualityReport) -> bytes:
    """Parquet with a row group for each channel; seconds that were not recorded have no row.

    Columns: ``channel``; ``second`` from the start of the recording; ``snr_db`` and ``hum_uv`` (line noise) within half a step of
    what is stored; ``artifact``, whether any mark holds; ``bad``, whether the model leaves the second out; and each mark by its
    name. The artifact ratio of any stretch is the mean of ``artifact``. Definitions, their sources and the recorder's clock are in
    the metadata; nothing names the patient.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    seconds, start = report.seconds, report.info.start_time
    about = {"definitions": DEFINITIONS, "mains_hz": report.quality.mains_hz, "start_time": start.isoformat() if start else None}
    marks = [pa.field(mark.replace(" ", "_"), pa.bool_()) for mark in MARKS]
    figures = [pa.field("snr_db", pa.float32()), pa.field("hum_uv", pa.float32())]
    schema = pa.schema(
        [pa.field("channel", pa.string()), pa.field("second", pa.int32()), *figures, pa.field("artifact", pa.bool_()), pa.field("bad", pa.bool_()),
         *marks], metadata={"hms_quality": json.dumps(about, ensure_ascii=False)})
    snr_db, hum_uv, bad = seconds.snr_db, seconds.hum_uv, seconds.bad
    file = io.BytesIO()
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for row, name in enumerate(seconds.names):
            at = np.flatnonzero(seconds.marks[row] != NOT_RECORDED)
            held = seconds.marks[row, at]
            measured = [pa.array(values[row, at], from_pandas=True) for values in (snr_db, hum_uv)]      # NaN is null
            bits = [pa.array((held >> number & 1).astype(bool)) for number in range(len(MARKS))]
            writer.write_table(pa.table(
                [pa.array([name] * len(at), pa.string()), pa.array(at.astype(np.int32)), *measured, pa.array(held > 0), pa.array(bad[row, at]),
                 *bits], schema=schema))
    return file.getvalue()
