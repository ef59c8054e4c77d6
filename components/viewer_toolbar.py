"""The toolbar of the EEG viewer: every key has a control here, and what a list offers is what there is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from dash import html
from dash.development.base_component import Component

from app.services.montages import MontageView
from components.attributes import aria, data
from components.chips import LETTERS
from ml.classes import CLASSES, LONG_NAMES
from ml.montage import MONTAGES, TITLES
from ml.page import HFF_HZ, LFF_HZ

SENSITIVITIES_UV_MM: Final = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200)
PAGES_S: Final = (5, 10, 15, 20, 30, 60)
SPEEDS_MM_S: Final = (15, 30, 60)
LOWEST_DB: Final = (-20, -15, -10, -5, 0, 5)
HIGHEST_DB: Final = (10, 15, 20, 25, 30, 35, 40)
CLEANINGS: Final = [("", "raw signal"), ("ica", "ICA eyes, heart"), ("ica-muscle", "ICA + muscle"), ("wavelet", "wavelets")]
"""Changed signals are for looking only: never on opening, marked on the page, one key away from the raw one."""
RANGES_S: Final = {86400: "24 h", 43200: "12 h", 28800: "8 h", 14400: "4 h", 7200: "2 h", 3600: "1 h", 1800: "30 min", 600: "10 min"}
SPEEDS: Final = [("1x", "1×"), ("5x", "5×"), ("30", "30 pages/min")]
COLOR_MAPS: Final = ("viridis", "magma", "cividis", "gray")
KEYS: Final = (
    ("Page Down, Space", "next page"), ("Page Up", "previous page"), ("← →", "one second back, on"),
    ("Shift + ← →", "half a page back, on"), ("Home, End", "beginning, end"), ("+ −", "more, less sensitive"),
    (", .", "shorter, longer page"), ("Shift + 1 … 9", "montage"), ("Shift + 0", "next montage of your own"),
    ("Shift + C, click on a label", "channels: hide, gain, mark an electrode as bad"), ("N", "notch filter"), ("L, H", "next LFF, HFF"),
    ("[ ]", "previous, next finding of those chosen"), ("D", "next disagreement"), ("C", "next window in which the model is unsure"),
    ("V", "next unreviewed"), ("1 … 6", "label SZ, LPD, GPD, LRDA, GRDA, OTH: the selected finding, the span, or the window"), ("0", "unsure"),
    ("Enter", "agree: accept the selected event, or label as the model suggests"), ("Delete, X", "dismiss the selected event"), ("Delete", "remove the selected annotation"),
    ("A", "annotate the span, or else the moment under the pointer; then a digit: its class, 0: free text"), ("Shift + A", "edit the selected annotation"),
    ("{ }", "previous, next annotation of those listed"), ("Shift + I", "move the selected annotation to the pointer"),
    ("I, O", "begin, end of the span, or move the borders of the selected finding or annotation"), ("J", "join it with the next of its pattern"),
    ("K", "split it at the pointer"), ("U, Ctrl + Z", "undo your newest act, on a finding or an annotation"), ("Shift + U, Ctrl + Y", "do again"), ("B", "first read without the model"),
    ("S", "spectrogram"), ("T", "trends"), ("< >", "shorter, longer part of the recording in the overview"), ("W", "window in detail"),
    ("E", "what the model used for the window at the middle; again or Esc: close"), ("G", "go to a time"),
    ("M", "measure with two cursors; again or Esc: end"), ("← →, ↑ ↓", "while measuring: one sample, with Shift 0.1 s; trace above, below"), ("Q, T", "while measuring: other cursor; caliper"),
    ("P", "play; P or any paging stops it"), ("Shift + P", "speed of playing"), ("F", "full screen"), ("Alt + ←", "back to before a jump (of the browser)"), ("R, Esc", "raw signal"), ("?", "this sheet"),
)
Choice = tuple[str, str]      # value, words


def viewer_toolbar(mine: Mapping[str, Any], *, mains_hz: int, own: Sequence[MontageView] = ()) -> Component:
    """Lists and buttons in one row; the script of the viewer reads and sets the lists.

    Parameters
    ----------
    mine
        Settings of the reader: what the viewer opens with.
    mains_hz
        Of the site: offered first by the notch filter.
    own
        Montages of the reader, which follow the built-in ones.
    """
    return html.Div([*_paging(), *_lists(mine, mains_hz, own), *_buttons()], className="viewer-toolbar", role="toolbar",
                    **aria(label="EEG viewer"))


def event_controls(*, may_review: bool) -> Component:
    """Stepping through the findings, which ones, and accepting what is left of them."""
    through = [("all", "all findings"), ("open", "unreviewed"), ("disagrees", "disagreements"), *((name, f"{LETTERS[name]} only") for name in CLASSES)]
    return html.Div([
        html.Div([
            _button("previous-event", "[", "Previous finding ([)"), _button("next-event", "]", "Next finding (])"),
            _button("next-disagreement", "D", "Next disagreement of reader and model (D)"), _button("next-unsure", "C", "Next window in which the model is unsure (C)"),
            _button("next-open", "V", "Next unreviewed event (V)"),
        ], className="viewer-group"),
        _list("through", "Which findings [ and ] go through", through, "all"),
        *([_button("bulk", "Accept all …", "Accept all unreviewed events of those chosen, after a look at their number")] if may_review else []),
    ], className="viewer-controls")


def label_controls() -> Component:
    """A button for every key that labels or changes; what they act on stands above them."""
    classes = [_button("label", f"{number} {LETTERS[name]}", f"Label as {LONG_NAMES[name]} ({number})", argument=str(number)) for number, name in enumerate(CLASSES, 1)]
    return html.Div([
        html.Div([*classes, _button("label", "0 unsure", "Label as unsure (0)", argument="0")], className="viewer-labels"),
        html.Div([
            _button("agree", "⏎ agree", "Agree with the model (Enter)"), _button("dismiss", "X dismiss", "Dismiss the selected event (X)"),
            _button("begin", "I begin", "Begin of the span, or of the selected finding (I)"), _button("end", "O end", "End of the span, or of the selected finding (O)"),
            _button("merge", "J join", "Join the selected finding with the next of its pattern (J)"), _button("cut", "K split", "Split the selected finding at the pointer (K)"),
            _button("undo", "U undo", "Take back your last act (U)"), _button("redo", "⇧U again", "Do again what was taken back (Shift + U)"),
        ], className="viewer-labels"),
    ])


def blind_dialog(*, blind: bool) -> Component:
    """Begins a first read without the model, or ends it."""
    begin = ("A first read without the model. Its output and what others decided are hidden from you until you save. Your labels are kept either way.",
             [("begin", "Hide the model", "btn btn-primary")])
    end = ("Save your first read as it is now; then the model is shown. What is time without a label?",
           [("other", "None of the five patterns (OTH)", "btn btn-primary"), ("unread", "Not read", "btn btn-secondary"), ("leave", "Give the first read up", "btn btn-secondary")])
    words, choices = end if blind else begin
    buttons = [_button("first-read", label, label, argument=step, class_name=style) for step, label, style in choices]
    cancel = _button("close-dialog", "Cancel", "Close without a change", class_name="btn btn-secondary")
    return html.Dialog([html.H2("First read"), html.P(words), html.Div([*buttons, cancel], className="form-actions")], className="viewer-dialog",
                       **data(part="blind"), **aria(label="First read without the model"))


def bulk_dialog() -> Component:
    """States how much changes before many events are accepted at once."""
    buttons = [_button("bulk-go", "Change them", "Change them", class_name="btn btn-primary"),
               _button("close-dialog", "Cancel", "Close without a change", class_name="btn btn-secondary")]
    return html.Dialog([html.H2("Many at once"), html.P(**data(part="bulk-count")), html.Div(buttons, className="form-actions")], className="viewer-dialog",
                       **data(part="bulk"), **aria(label="Change many at once"))


def display_controls(mine: Mapping[str, Any]) -> Component:
    """What is seldom changed: polarity, paper."""
    return html.Div(
        [
            _list("polarity", "Polarity", [("up", "negative up"), ("down", "negative down")], str(mine.get("polarity", "up"))),
            _button("paper", "Dark paper", "Light traces on dark paper", toggles="paper-dark"),
            _button("channels-reset", "Reset channels", "Show all traces again, all gains ×1"),
        ],
        className="viewer-controls",
    )


def strip_controls(duration_s: float, trends: Mapping[str, str]) -> Component:
    """Range of the overview, limits and colors of the spectrogram, and which ``trends`` stand below it (names and words)."""
    ranges = [("", "whole recording"), *((str(s), words) for s, words in RANGES_S.items() if s < duration_s)]
    shifts = [_button("shift", "‹", "Earlier part", argument="-0.8"), _button("shift", "›", "Later part", argument="0.8")]
    lists = [
        _list("lowDb", "Lowest dB", [(str(db), f"{db} dB") for db in LOWEST_DB], "-10"),
        _list("highDb", "Highest dB", [(str(db), f"{db} dB") for db in HIGHEST_DB], "25"),
        _list("map", "Color map", [(name, name) for name in COLOR_MAPS], "viridis"),
    ]
    shown = [_button("trend", words, f"Trend: {words}", argument=name, pressed=name == "aeeg") for name, words in trends.items()]
    return html.Div([
        html.Div([_list("range", "Part of the recording that the overview shows (< >)", ranges, ""), html.Div(shifts, className="viewer-group"), *lists],
                 className="viewer-controls"),
        html.H3("Trends (T)") if shown else None, html.Div(shown, className="viewer-controls", role="group", **aria(label="Trends below the spectrogram")),
    ])


def measure_controls() -> Component:
    """What the keys do while measuring; the script fills the list with the traces of the page."""
    moves = [
        _button("measure-switch", "1 ⇄ 2", "Other cursor (Q)"),
        _button("measure-far-back", "−0.1 s", "Active cursor 0.1 s back (Shift + ←)"), _button("measure-back", "◀", "Active cursor one sample back (←)"),
        _button("measure-on", "▶", "Active cursor one sample on (→)"), _button("measure-far-on", "+0.1 s", "Active cursor 0.1 s on (Shift + →)"),
    ]
    traces = html.Select([], className="form-select", title="Measured trace (↑ ↓)", **aria(label="Measured trace (↑ ↓)"), **data(part="measure-channel"))
    marks = _button("measure-caliper", "Caliper", "Caliper: repeat the interval over the page (T)", toggles="calipers")
    return html.Div([html.Div(moves, className="viewer-group"), traces, marks, _button("measure", "End", "End measuring (M or Esc)")], className="viewer-controls")


def key_sheet() -> Component:
    """The ``?`` sheet."""
    rows = [html.Tr([html.Th(html.Kbd(keys), scope="row"), html.Td(does)]) for keys, does in KEYS]
    close = _button("close-dialog", "Close", "Close the key sheet", class_name="btn btn-secondary")
    return html.Dialog([html.H2("Keys"), html.Table(html.Tbody(rows)), close], className="viewer-dialog", **data(part="help"))


def _paging() -> list[Component]:
    return [
        html.Div([
            _button("first", "|◀", "To the beginning (Home)"), _button("previous", "◀", "Previous page (Page Up)"),
            _button("half-back", "−½", "Half a page back (Shift + ←)"), _button("second-back", "−1 s", "One second back (←)"),
            _button("second-on", "+1 s", "One second on (→)"), _button("half-on", "+½", "Half a page on (Shift + →)"),
            _button("next", "▶", "Next page (Page Down, Space)"), _button("last", "▶|", "To the end (End)"),
        ], className="viewer-group"),
        html.Div([_button("play", "Play", "Play and stop (P)"), _list("speed", "Speed of playing (Shift + P)", SPEEDS, "30"), _button("go-to", "Go to …", "Go to a time (G)")], className="viewer-group"),
    ]


def _lists(mine: Mapping[str, Any], mains_hz: int, own: Sequence[MontageView]) -> list[Component]:
    notches = ["", str(mains_hz), str(110 - mains_hz)]
    pages = [(str(s), f"{s} s/page") for s in PAGES_S] + [(f"{mm}mm", f"{mm} mm/s") for mm in SPEEDS_MM_S]
    return [
        _list("montage", "Montage (Shift + 1 … 9, own ones Shift + 0)", [(name, TITLES[name]) for name in MONTAGES], str(mine.get("montage", "longitudinal")),
              [(str(view.id), view.name) for view in own]),
        _list("lff", "Low-frequency filter (L)", _filters("LFF", LFF_HZ), str(mine.get("lff_hz", "1"))),
        _list("hff", "High-frequency filter (H)", _filters("HFF", HFF_HZ), str(mine.get("hff_hz", "70"))),
        _list("notch", "Notch filter (N)", [(hz, f"notch {hz} Hz" if hz else "notch off") for hz in notches], ""),
        _list("cleaning", "Raw or changed signal (R or Esc: raw)", CLEANINGS, ""),
        _list("sensitivity", "Sensitivity (+ −)", [(str(uv), f"{uv} µV/mm") for uv in SENSITIVITIES_UV_MM],
              str(mine.get("sensitivity_uv_mm", "7"))),
        _list("page", "Time base (, .)", pages, "10"),
    ]


def _buttons() -> list[Component]:
    return [
        html.Div([
            _button("measure", "Measure", "Measure with two cursors (M)", toggles="measuring"),
            _button("spectrogram", "Spectrogram", "Show or hide the spectrogram (S)", toggles="no-spectrogram", when="off"),
            _button("channels", "Channels", "Channels: hide, gain, mark an electrode as bad (Shift + C)"),
            _button("trends", "Trends", "Show or hide the trends (T)", toggles="no-trends", when="off", pressed=False),
            _button("full-screen", "Full", "Full screen (F)"),
            _button("panel", "Panel", "Show or hide the panel", toggles="no-panel", when="off"),
            _button("help", "?", "Keys (?)"),
        ], className="viewer-group"),
    ]


def _filters(name: str, frequencies_hz: Iterable[float | None]) -> list[Choice]:
    return [(f"{hz:g}", f"{name} {hz:g} Hz") if hz else ("", f"{name} off") for hz in frequencies_hz]


def _list(name: str, label: str, choices: list[Choice], chosen: str, own: Sequence[Choice] = ()) -> Component:
    """A pick list; ``own`` choices of the reader follow under a heading."""
    options: list[Component] = _options(choices, chosen)
    if own:
        options.append(html.Optgroup(_options(own, chosen), label="My own"))
    return html.Select(options, className="form-select", title=label, **aria(label=label), **data(setting=name))


def _options(choices: Sequence[Choice], chosen: str) -> list[Component]:
    return [html.Option(words, value=value, selected=value == chosen) for value, words in choices]


def _button(
    action: str, words: str, title: str, *, argument: str | None = None, pressed: bool | None = None, toggles: str = "",
    when: str = "on", class_name: str = "btn btn-secondary btn-small",
) -> Component:
    """A button that does ``action``; one that ``toggles`` a class of the viewer is pressed when the class is on (or off)."""
    if toggles and pressed is None:
        pressed = when == "off"
    more = {"argument": argument, "toggles": toggles or None, "when": when if toggles else None}
    attributes = data(action=action, **{name: value for name, value in more.items() if value is not None}) | aria(label=title)
    if pressed is not None:
        attributes |= aria(pressed=str(pressed).lower())
    return html.Button(words, type="button", title=title, className=class_name, **attributes)
