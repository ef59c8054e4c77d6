"""Annotations in the viewer: the section with the list of all, and the form of one. The script fills both."""

from __future__ import annotations

from collections.abc import Sequence

from dash import dcc, html
from dash.development.base_component import Component

from app.services.annotation_classes import AnnotationClass
from components.attributes import aria, data

FREE_TEXT = "free text"


def annotation_controls(*, may_annotate: bool, may_review: bool) -> Component:
    """Buttons for every key that acts on annotations, filters, and the list."""
    acts = [_button("annotate", "A annotate …", "Annotate the span, or else the moment (A)"),
            _button("edit-annotation", "⇧A edit …", "Edit the selected annotation (Shift + A)"),
            _button("annotation-here", "⇧I here", "Move the selected annotation so that it begins at the pointer (Shift + I)"),
            _button("remove-annotation", "Del remove", "Remove the selected annotation (Delete)")]
    back = [_button("undo", "U undo", "Take back your last act (U)"), _button("redo", "⇧U again", "Do again what was taken back (Shift + U)")]
    steps = [_button("previous-annotation", "{", "Previous annotation ({)"), _button("next-annotation", "}", "Next annotation (})")]
    return html.Div([
        html.Div([*(acts if may_annotate else []), *([] if may_review or not may_annotate else back), *steps], className="viewer-labels"),
        _filters(),
        html.Div(className="viewer-notes", tabIndex="0", role="listbox", **data(part="notes"), **aria(label="Annotations in order of time")),
    ])


def _filters() -> Component:
    """What the list shows: by words, class and author."""
    whose = [html.Option(words, value=value) for value, words in
             (("all", "all"), ("file", "of the file"), ("mine", "mine"), ("others", "of colleagues"))]
    return html.Div([
        html.Label([html.Span("Words in annotations", className="visually-hidden"),
                    dcc.Input(type="search", name="notes-words", placeholder="Words", className="form-control", autoComplete="off")]),
        html.Select([html.Option("all classes", value="")], className="form-select", title="Class", name="notes-class", **aria(label="Class of annotations")),
        html.Select(whose, className="form-select", title="Whose", name="notes-whose", **aria(label="Whose annotations")),
        html.Span(className="viewer-quiet", role="status", **data(part="notes-count")),
    ], className="viewer-notes-filter")


def annotation_dialog(classes: Sequence[AnnotationClass]) -> Component:
    """The form of one annotation: a digit chooses a class and saves at once, 0 goes on to free text."""
    options = [html.Option(f"{each.digit or '·'}  {each.name}", value=each.name, **data(digit=each.digit)) for each in classes]
    free = html.Option(f"0  {FREE_TEXT}", value="", **data(digit="0"))
    form = html.Form([
        html.H2(**data(part="annotation-title")),
        html.P(role="alert", className="viewer-refusal", hidden=True, **data(part="annotation-problem")),
        html.Div([
            _field("Class", html.Select([*options, free], name="label", size=str(min(12, max(6, len(options) + 1))), className="form-select")),
            html.Div([
                _field("Channel", html.Select([], name="channel", className="form-select")),
                _field("Begin", _line("begin")),
                _field("Length in seconds, empty: an instant", _line("lasting")),
                _field("Comment", _line("comment", rows="3")),
            ]),
        ], className="annotation-fields"),
        html.P("A digit chooses its class and saves at once; 0 goes on to free text. Own classes: Settings.", className="viewer-quiet"),
        html.Div([
            html.Button("Save", type="submit", className="btn btn-primary"),
            html.Button("Remove", type="button", className="btn btn-secondary", **data(part="annotation-remove")),
            _button("close-dialog", "Cancel", "Close without a change", "btn btn-secondary"),
        ], className="form-actions"),
    ], **data(part="annotation-form"))
    return html.Dialog(form, className="viewer-dialog", **data(part="annotation"), **aria(label="Annotation"))


def _field(label: str, control: Component) -> Component:
    return html.Label([html.Span(label), control])


def _line(name: str, rows: str = "1") -> Component:
    """A field that the script fills; Enter in it saves, as elsewhere in the form."""
    return html.Textarea(name=name, rows=rows, className="form-control", maxLength="500", autoComplete="off")


def _button(action: str, words: str, title: str, class_name: str = "btn btn-secondary btn-small") -> Component:
    return html.Button(words, type="button", title=title, className=class_name, **data(action=action), **aria(label=title))
