"""Queue, workers, failures and machine as the monitoring page shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from dash import dcc, html
from dash.development.base_component import Component

from app.services.monitoring import JobRow, MachineView, MonitoringView, WorkerView
from components import clock, facts, states
from components.attributes import aria
from components.chips import chip, status_chip
from components.dense_table import dense_table, heading
from components.job_progress import progress_bar
from components.shell import icon

KINDS: Final = {"analyse": "Analysis", "explain": "Explanation", "render_report": "Report PDF", "load_demo": "Synthetic demo"}
GIB: Final = 1024**3


def number_cards(view: MonitoringView) -> Component:
    """Workers, waiting and running work, and what is left of the machine."""
    waiting = sum(states_["queued"] for states_ in view.counts.values())
    running = sum(states_["running"] for states_ in view.counts.values())
    oldest = (
        f"oldest for {clock.duration(view.oldest_queued_s)}" if view.oldest_queued_s is not None else "nothing waits"
    )
    alive = view.workers_alive
    return facts.cards(
        facts.card(
            "Workers alive",
            str(alive),
            f"{view.mode} mode" if alive else "no work is done",
            tone="" if alive else "note",
        ),
        facts.card("Waiting", str(waiting), oldest),
        facts.card("Running", str(running), "jobs"),
        *_machine(view.machine),
    )


def _machine(machine: MachineView) -> list[Component]:
    memory, disk = (
        machine.memory_used_bytes / machine.memory_total_bytes,
        machine.disk_used_bytes / machine.disk_total_bytes,
    )
    return [
        facts.card("Processor", f"{machine.cpu_percent:.0f} %", f"{machine.cpu_count} cores"),
        facts.card(
            "Memory",
            f"{100 * memory:.0f} %",
            f"of {machine.memory_total_bytes / GIB:.0f} GiB",
            tone="note" if memory > 0.9 else "",
        ),
        facts.card(
            "Disk",
            f"{100 * disk:.0f} %",
            f"{(machine.disk_total_bytes - machine.disk_used_bytes) / GIB:.0f} GiB free",
            tone="note" if disk > 0.9 else "",
        ),
    ]


def open_jobs(rows: Iterable[JobRow], zone: str, *, may_act: bool) -> Component:
    """Running and waiting jobs with a button each to cancel."""
    body = [
        html.Tr(
            [
                html.Td(_what(row)),
                html.Td(progress_bar(row.state, row.step, row.done, row.total)),
                html.Td(row.queue),
                html.Td(clock.moment(row.asked_at, zone), className="nowrap"),
                html.Td(f"{row.attempts} of {row.max_attempts}"),
                html.Td(_button("cancel", row, "cross", "Cancel") if may_act else None),
            ]
        )
        for row in rows
    ]
    if not body:
        return states.empty("Nothing waits and nothing runs.")
    return dense_table(("Job", "Progress", "Queue", "Asked", "Attempts", ""), body)


def failures(rows: Iterable[JobRow], zone: str, *, may_act: bool) -> Component:
    """Jobs that ended without a result, each with its reason and a button to try again."""
    body = [
        html.Tr(
            [
                html.Td(_what(row)),
                html.Td(status_chip(row.state)),
                html.Td(row.error_sentence or "No reason was recorded."),
                html.Td(clock.moment(row.finished_at, zone), className="nowrap"),
                html.Td(f"{row.attempts} of {row.max_attempts}"),
                html.Td(_button("retry", row, "repeat", "Try again") if may_act else None),
            ]
        )
        for row in rows
    ]
    if not body:
        return states.empty("Nothing has failed.")
    return dense_table(("Job", "State", "Reason", "Ended", "Attempts", ""), body)


def worker_table(rows: Iterable[WorkerView], zone: str) -> Component:
    body = [
        html.Tr(
            [
                html.Td(html.Span(row.name, className="mono")),
                html.Td(row.queues),
                html.Td(clock.moment(row.started_at, zone), className="nowrap"),
                html.Td(clock.moment(row.seen_at, zone), className="nowrap"),
                html.Td(str(row.jobs_done)),
                html.Td(
                    chip("Alive", tone="ok", icon_name="check")
                    if row.alive
                    else chip("Silent", tone="note", icon_name="warning")
                ),
            ]
        )
        for row in rows
    ]
    if not body:
        return states.empty(
            "No worker has shown itself.",
            "Start one with: hms worker. Uploaded recordings wait until then; nothing is lost.",
        )
    return dense_table(("Worker", "Queues", "Started", "Last sign of life", "Jobs done", ""), body)


def queue_table(counts: Mapping[str, Mapping[str, int]]) -> Component:
    """Jobs of the clinic by queue and state."""
    names = list(next(iter(counts.values()), {}))
    body = [
        html.Tr([html.Th(queue, scope="row"), *(html.Td(str(by_state[name]), className="number") for name in names)])
        for queue, by_state in counts.items()
    ]
    return dense_table(("Queue", *(heading(name.capitalize(), "number") for name in names)), body)


def _what(row: JobRow) -> Component:
    name = KINDS.get(row.kind, row.kind)
    return dcc.Link(name, href=f"/studies/{row.study_id}", title="Open the study") if row.study_id else html.Span(name)


def _button(verb: str, row: JobRow, icon_name: str, label: str) -> Component:
    return html.Button(
        [icon(icon_name), label],
        id={"type": f"monitoring-{verb}", "job": str(row.id)},
        type="button",
        className="btn btn-secondary btn-small",
        **aria(label=f"{label}: {KINDS.get(row.kind, row.kind)}"),
    )
