"""The controls of the spectrogram page, and how everything on it is computed, with sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from components import fields
from components.attributes import aria
from components.time_strips import color_stops
from components.trend_strips import TREND_ROWS
from ml.colormaps import LEGACY, NAMES
from ml.spectrogram_of_span import FOUR, METHODS, WINDOWS, Method

LENGTHS: Final = {
    "0": "whole",
    "43200": "12 h",
    "21600": "6 h",
    "7200": "2 h",
    "3600": "1 h",
    "1800": "30 min",
    "600": "10 min",
    "120": "2 min",
}
LOWEST_DB: Final = (-30, -25, -20, -15, -10, -5, 0, 5)
HIGHEST_DB: Final = (10, 15, 20, 25, 30, 35, 40)
LOW_DB, HIGH_DB, COLOR_MAP = -10, 25, "viridis"
"""Limits of the labeling tool with which the HMS votes were given (IIIC labeling GUI, ``CMGUI``: -10 to 25 dB)."""

HOW: Final = (
    (
        "Time",
        "All strips share one axis, the recorder's clock. A click opens the EEG there. Drag across to zoom in, double-click to "
        "zoom out. Gaps are gray; a strip is blank where nothing was recorded or all its electrodes were bad. Nothing is "
        "interpolated.",
    ),
    (
        "Regions",
        "LL and RL: left and right temporal chain (Fp1-F7-T3-T5-O1, Fp2-F8-T4-T6-O2); LP and RP: parasagittal chain "
        "(Fp1-F3-C3-P3-O1, Fp2-F4-C4-P4-O2). Mean power of the four pairs. Multitaper with 4 s, time-half-bandwidth 2 and 3 "
        "tapers is that of the HMS and IIIC labels (Jing et al., Neurology 2023;100:e1750).",
    ),
    (
        "Joined columns",
        "Where more columns were computed than fit, each shows the highest power of its stretch, so that a short seizure stays "
        "visible in a day; the level of background rises by some decibels with it. Choose a shorter length for single columns.",
    ),
    (
        "Methods",
        "Multitaper: Thomson, Proc IEEE 1982;70:1055. STFT: Hann window. Wavelet: complex Morlet of the given number of cycles, "
        "constant relative resolution (Tallon-Baudry et al., J Neurosci 1997;17:722). All give one-sided power density; its "
        "integral is the variance.",
    ),
    (
        "Band powers",
        "Delta 0.5-4, theta 4-8, alpha 8-13, beta 13-30, gamma 30-40 Hz in µV² (Kane et al., Clin Neurophysiol Pract "
        "2017;2:170); gamma ends at the low-pass of the analysis and is mostly muscle. Median of joined columns.",
    ),
    (
        "aEEG",
        "2-15 Hz rising by 12 dB per decade, rectified, smoothed (time constant 0.5 s); margins are the 10th and 90th "
        "percentile of 10 s, median of a side's 8 pairs, linear to 10 µV and logarithmic above (Maynard et al. 1969;27:672; "
        "Zhang & Ding, Health 2013;5:885). Of bipolar chain pairs: lower than across C3-P3/C4-P4 in neonates.",
    ),
    (
        "Asymmetry",
        "(R − L)/(R + L) of power of mirrored pairs in each half hertz, mean of the pairs; the index is the mean of its "
        "absolute values, 1-20 Hz (van Putten, Clin Neurophysiol 2007;118:2362).",
    ),
    (
        "Alpha/delta ratio",
        "8-13 Hz over 1-4 Hz, median of a side's pairs. In delayed ischemia a fall is sought against the patient's own baseline "
        "(Claassen et al., Clin Neurophysiol 2004;115:2699).",
    ),
    (
        "Suppression ratio",
        "Share of the last 60 s within ±5 µV for at least 0.5 s, mean of a side's pairs (Rampil, Anesthesiology 1998;89:980).",
    ),
    (
        "Rhythmicity",
        "Power above its own background over an octave on either side, on a logarithmic axis so that a power law shows nothing "
        "(aperiodic background: Donoghue et al., Nat Neurosci 2020;23:1655). Our own measure, not that of any vendor.",
    ),
)


def controls(signals: Mapping[str, str]) -> Component:
    """What is shown and how; ``signals`` as the service offers them."""
    of_data = [
        _named("Signal", fields.choice("spectrogram-signal", signals, next(iter(signals), FOUR))),
        _named("Method", fields.choice("spectrogram-method", {str(name): words for name, words in METHODS.items()}, "multitaper")),
        _named("Window", fields.choice("spectrogram-window", window_choices("multitaper"), "4")),
        _named("Up to", fields.choice("spectrogram-top", {"20": "20 Hz", "30": "30 Hz", "40": "40 Hz"}, "20")),
        _named("Length", fields.choice("spectrogram-length", LENGTHS, "0")),
        html.Div(
            [
                fields.button("‹", "spectrogram-earlier", title="Earlier part", **aria(label="Earlier part")),
                fields.button("›", "spectrogram-later", title="Later part", **aria(label="Later part")),
            ],
            className="spectrogram-shift",
        ),
    ]
    of_colors = [
        _named("Lowest", fields.choice("spectrogram-low", {str(db): f"{db} dB" for db in LOWEST_DB}, str(LOW_DB))),
        _named("Highest", fields.choice("spectrogram-high", {str(db): f"{db} dB" for db in HIGHEST_DB}, str(HIGH_DB))),
        _named(
            "Colors",
            fields.choice("spectrogram-map", {name: f"{name} (legacy)" if name in LEGACY else name for name in NAMES}, COLOR_MAP),
        ),
    ]
    trends = dbc.Checklist(
        id="spectrogram-trends",
        inline=True,
        value=list(TREND_ROWS),
        options=[{"value": name, "label": words} for name, words in TREND_ROWS.items()],
    )
    return html.Div(
        [
            dcc.Store(id="spectrogram-start", data=0.0),
            dcc.Store(id="spectrogram-maps", data={name: color_stops(name) for name in NAMES}),
            html.Div([*of_data, *of_colors], className="spectrogram-controls", role="group", **aria(label="Spectrogram")),
            html.Div(
                [trends, html.Span(id="spectrogram-busy", role="status")],
                className="spectrogram-controls",
                role="group",
                **aria(label="Trends below"),
            ),
        ],
    )


def window_choices(method: Method) -> dict[str, str]:
    """Windows of a method in words."""
    return {f"{window:g}": f"{window:g} cycles" if method == "wavelet" else f"{window:g} s" for window in WINDOWS[method]}


def how_computed() -> Component:
    """The fold below the figure."""
    facts = [part for title, text in HOW for part in (html.Dt(title), html.Dd(text))]
    return html.Details(
        [html.Summary(html.H2("How this is computed")), html.Div(html.Dl(facts, className="fact-list"), className="panel-body")],
        className="panel folded",
    )


def _named(label: str, control: Component) -> Component:
    return html.Div([html.Label(label, htmlFor=getattr(control, "id", None)), control], className="spectrogram-field")
