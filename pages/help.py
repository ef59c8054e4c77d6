"""Help: keys, files, what the model looks for and what it does not, how to read the ribbon."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from components import help_parts
from components.shell import FOOTER, page_head, panel
from components.viewer_toolbar import KEYS

FILES = (
    "EDF, EDF+, BDF, BDF+ and HMS Parquet are read as they are. GDF, Neuroscan CNT, EEGLAB, MATLAB and HDF5 files, and BrainVision, Nihon "
    "Kohden or Persyst recordings packed into one ZIP archive, are converted once by a worker; their length is known after that. The file "
    "that you sent is kept unchanged. MATLAB and HDF5 must state rate, unit and channel names. Anything else: export it as EDF+.",
    "A recording that its recorder split over several files is joined on one clock: press Join as one recording where the upload page or "
    "the study offers it, or choose the rows in the list of studies. Gaps stay gaps and are hatched; where two files overlap the earlier "
    "one is shown. The files must be of one patient, with the same channels and rates, less than a day apart. Separate again makes them "
    "studies of their own, until a finding is decided or a report is written.",
)
MODEL = (
    "The model reads 50 s of EEG at a time and says for the central 10 s which of six classes fits best: seizure, "
    "four rhythmic or periodic patterns of the ACNS 2021 terminology, or none of them. Stretches in which a "
    "pattern prevails become events.",
    "Its figures are calibrated for six equally frequent classes. On a ward most EEG shows none of the five "
    "patterns, so a pattern is less likely there than its figure suggests.",
)
LIMITS = (
    "It does not assess background, slowing, spikes, sleep stages or the state of the patient. No findings does "
    "not mean a normal EEG.",
    "It has learned from generated EEG like that of adults. Recordings of neonates are not assessed; those of "
    "children and of unknown age carry a warning.",
    "At most four absent electrodes are interpolated for it; with more the recording is not assessed. "
    "Interpolated electrodes are never drawn as EEG.",
    "There is no video. Artefacts of movement and care can look like seizures or rhythmic activity.",
)
RIBBON = (
    "Each of the six rows is one class, always in the same order. The stronger the colour, the higher the "
    "probability at that time.",
    "A day is wider than a screen: a column of the seizure row shows the highest probability within it, of the "
    "other rows the mean. So ten seconds never vanish.",
    "Hatched parts were not recorded or not assessed. Times are those of the recorder's own clock, which has no "
    "time zone.",
)
DECIDE = (
    "Accept an event if you see the pattern in the EEG, dismiss it if you do not. The model's output stays as it "
    "was; your decision is kept with your name and the time, and Undo takes it back. Only accepted events enter "
    "the report.",
)
LIST_KEYS = (("↑ ↓ ← →", "move between cells"), ("Enter", "open the row"), ("Space", "choose a study for joining"), ("Tab", "next control"))
API = (
    "What these pages do can also be done over HTTP: upload, follow a job, read an analysis as JSON, decide about "
    "events, fetch the report. A bearer token for a program is made on the server with hms add-token."
)


def layout(**_query: str) -> Component:
    return html.Div(
        [
            page_head("Help", FOOTER),
            html.Div(
                [
                    html.Div(
                        [
                            panel("What the model looks for", help_parts.paragraphs(*MODEL), help_parts.class_sheet()),
                            panel("What it does not do", help_parts.paragraphs(*LIMITS)),
                            panel("How to read the ribbon", help_parts.paragraphs(*RIBBON)),
                            panel("Accept and dismiss", help_parts.paragraphs(*DECIDE)),
                        ]
                    ),
                    html.Div(
                        [
                            panel("Keys of the EEG viewer", help_parts.key_sheet(KEYS)),
                            panel("Keys of the lists", help_parts.key_sheet(LIST_KEYS)),
                            panel("Files and split recordings", help_parts.paragraphs(*FILES)),
                            panel("For programs", html.P(API), html.A("API reference", href="/api/v1/docs")),
                        ]
                    ),
                ],
                className="columns-even",
            ),
        ],
        className="page",
    )
