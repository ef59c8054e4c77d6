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
    "other rows the mean. So ten seconds of seizure never vanish; what is short in the other rows is seen in a shorter part of the recording.",
    "The grey curve below the rows is doubt: the entropy of the six probabilities, as high as the row where all are alike. The strip "
    "above them, in the colour of the likeliest class, is hatched where the model is unsure.",
    "Below it the upper strip shows the events as the model found them, whatever became of them; the lower one what readers decided: "
    "filled stands, an empty box with a cross was dismissed, a hatched one is unsure.",
    "Hatched parts were not recorded or not assessed. Times are those of the recorder's own clock, which has no "
    "time zone.",
)
MOVING = (
    "Click or drag anywhere on ribbon, spectrogram or trends: the EEG follows the pointer and the line at the bottom tells the time. < and > "
    "choose how much of the recording the overview shows, from 10 min to all of it.",
    "The back button of the browser leads to where you were before a jump: a click on the overview, an event, an annotation, a time you went "
    "to, Home and End. Turning pages leaves no trace there. The address always names the moment and the montage and can be sent to a colleague.",
    "G goes to a clock time (14:26:08; in recordings of more than a day with its day: day 2 14:26:08, or a date), to seconds from the start "
    "(90), or a step from here (+90, -1:30).",
    "P plays: 1× and 5× in step with the recorder's clock, a line running over the page that turns at its end, or 30 pages a minute; Shift + P "
    "changes the speed. It stops at the end, at any paging key or click, and where a page does not come. With reduced motion set in your "
    "system no line runs.",
    "T shows trends beneath the spectrogram; the panel says which. aEEG: both margins of each side, linear to 10 µV. Asymmetry: blue is more "
    "left, red more right, up to ±0.75. Left is drawn solid, right dashed. In a day, columns keep what is extreme in them.",
)
DOUBT = (
    "In the viewer, below the six probabilities, stands what there is to know of the window at the middle of the page; W goes there. "
    "Beside what each network alone would give stands its weight. Uncertainty is told in nats, from 0 (certain) to 1.79 (six equally "
    "likely classes): the part that comes of the EEG, on which the networks agree, and the part by which the networks differ.",
    "“Cannot rule out” names a conformal set: fitted on generated patients so that it holds the class that an expert names in 90 % of "
    "windows like theirs; on real EEG that share may be lower. “Model unsure” stands where the highest probability is below a limit "
    "fitted in the same way. Both are absent where a model came without such limits.",
    "Similar windows look alike to the networks, which need not be alike to a reader. Likeness is at most 1; windows that share EEG with "
    "the one in view are left out.",
)
EXPLAINED = (
    "E in the viewer shows what the model used for the window at the middle of the page: regions and seconds that raised its probability "
    "are tinted over the traces, those that lowered it are hatched, and the panel lists them with their numbers. By bands shows the same "
    "for five frequency bands. A quick estimate comes first and is called so.",
    "The numbers are Shapley values of the served model: parts of the 50 s are replaced by plain noise of the recording's own level, and "
    "the change of the probability is shared between them. Base and parts add up to the probability, and the error of that sum is shown. "
    "They tell what the model used, not why the brain does it, and not whether the model is right.",
)
MEASURE = (
    "M in the viewer sets two cursors: press on the EEG for the first and again for the second, or drag from one to the other; keys move "
    "them sample by sample, Q changes between them, ↑ and ↓ choose the trace. The panel tells both times and values, their differences "
    "and the peak-to-peak amplitude in samples of the recording under the montage and filters shown, not in pixels. T repeats the interval "
    "over the page, to see whether discharges keep it. What was not recorded has no value.",
    "Below stand the frequency of periodic discharges or of a rhythm between the cursors, from the longitudinal pairs, or that none is "
    "clear; the discharges that were counted are marked above the traces. The spectrum has a resolution of one over the length of the "
    "selection; the share of a band is of delta, theta, alpha and beta together. The amplitude map shows the potential of all electrodes "
    "at the chosen cursor against their mean, red positive and blue negative; bad electrodes are left out and marked by a cross.",
)
DECIDE = (
    "Accept an event if you see the pattern in the EEG, dismiss it if you do not. The model's output stays as it "
    "was; your decision is kept with your name, the time and what was on the screen, and Undo takes it back. Only "
    "what is accepted or labelled enters the report.",
    "Keys 1 to 6 label the selected finding, else the span that you dragged or set with I and O, else the window of "
    "10 s at the middle of the page: the blue line below the EEG shows which. A label joins those of its class that it "
    "touches and replaces others below it. Borders move with I and O, J joins, K splits. If somebody else has changed a "
    "finding since your screen showed it, you are told and nothing is overwritten.",
    "B begins a first read without the model: until you save it, the server sends you neither the model's output nor "
    "what others decided. Saved reads are compared with the model and with each other on the page of the study; so are, "
    "apart from these, decisions made with the model in view.",
)
ANNOTATE = (
    "A annotates the span that you dragged or set with I and O, the selected finding, or else the moment under the pointer; then a digit "
    "chooses one of your classes and saves, and 0 goes on to free text. Settings keeps your classes. An annotation may speak of one channel "
    "of the montage; in other montages it is drawn on the traces that share an electrode with it.",
    "Readers' annotations have dashed borders and a tag with their author; the file's own stand above the traces and cannot be changed. "
    "A tag or a line of the list selects; then drag the tag or a border, or move the borders with I and O, the whole with Shift + I, or "
    "edit all fields with Shift + A. U takes back your newest act, on a finding or an annotation. Every version is kept with "
    "who and when; if a colleague has changed one since your screen showed it, you are told and nothing is overwritten.",
    "The list holds the file's and all readers' annotations in order of time: the arrow keys move in it, Enter edits. During a first read "
    "without the model those of others are hidden. The page of the study offers all of them as EDF+, CSV and Parquet.",
)
BURDEN = (
    "Share of the last five minutes in seizure (10, 50 and 90 %), the longest seizure and the hour with the most of "
    "them, over what was assessed; reviewed and unreviewed apart, each with the seizures behind it. At least 10 min at a "
    "stretch or 12 min within 60 meet the duration criterion of ACNS 2021 for electrographic status, if confirmed.",
    "Evolution is the dominant frequency in the three thirds of a finding: a change is shown where both steps go one way "
    "by at least 0.5 Hz. A reader judges it on the signal.",
)
CHANNELS = (
    "Montages of your own are made under your name, Montages: a line for each trace, as text or as a list, from a copy of any other. "
    "They follow the built-in ones in the viewer's list, Shift + 0 goes through them, and a file takes them to a colleague; nobody else "
    "sees yours. Settings let the viewer open with one; the figures of your reports then have it too, and name it.",
    "A click on the label of a trace, or Shift + C for all traces, hides it or changes its gain: the label says the gain, the status line "
    "counts what is hidden, both last through pages and montages until you leave the viewer or press Show all.",
    "In the same menu an electrode is marked as bad for everybody who reads the study, with your name and the time; press again to take it "
    "back. It leaves the common average and its labels carry a cross. That is for looking only: the model's analysis is not changed. Where "
    "the signal itself is flat, clipped or otherwise unfit, a line over the trace says so for those seconds, whoever looks.",
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
                            panel("Moving through a recording", help_parts.paragraphs(*MOVING)),
                            panel("How sure the model is", help_parts.paragraphs(*DOUBT)),
                            panel("What the model used", help_parts.paragraphs(*EXPLAINED)),
                            panel("Measuring", help_parts.paragraphs(*MEASURE)),
                            panel("Review: label, accept, dismiss, read blind", help_parts.paragraphs(*DECIDE)),
                            panel("Annotations", help_parts.paragraphs(*ANNOTATE)),
                            panel("Seizure burden and evolution", help_parts.paragraphs(*BURDEN)),
                        ]
                    ),
                    html.Div(
                        [
                            panel("Keys of the EEG viewer", help_parts.key_sheet(KEYS)),
                            panel("Montages and channels", help_parts.paragraphs(*CHANNELS)),
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
