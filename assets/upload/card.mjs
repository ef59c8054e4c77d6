// The card of one upload: a copy of the page's prototype whose parts are filled with text, never with markup.

const STATES = {   // what it is called, its tone, the parts that it shows, whether it has ended
  checking: ["Checking header", "calm"], confirming: ["Confirm patient", "note", "form header"],
  again: ["Needs the file", "note", "progress again"], waiting: ["Waiting for its turn", "plain"],
  receiving: ["Uploading", "calm", "progress"], verifying: ["Verifying", "calm", "progress"], failed: ["Failed", "strong", "retry"],
  refused: ["Refused", "strong", "", true], queued: ["Queued", "plain", "progress", true],
  running: ["Analysing", "calm", "progress", true], done: ["Analysed", "ok", "", true], known: ["Known already", "ok", "", true],
  stopped: ["Stopped", "strong", "", true], cancelled: ["Cancelled", "plain", "", true],
};
const UNKNOWN = "not known before the whole file is here";

export const inBytes = (n) => n >= 1e9 ? `${(n / 1e9).toFixed(2)} GB` : n >= 1e6 ? `${(n / 1e6).toFixed(1)} MB` : `${Math.ceil(n / 1e3)} kB`;

export function inTime(seconds) {
  const s = Math.round(seconds), part = (n) => String(n).padStart(2, "0");
  return s < 3600 ? `${Math.floor(s / 60)}:${part(s % 60)} min` : `${Math.floor(s / 3600)}:${part(Math.floor(s / 60) % 60)} h`;
}

const make = (tag, text, className = "") => Object.assign(document.createElement(tag), { textContent: text, className });

export class Card {
  constructor(name, size) {
    this.element = document.querySelector("#upload-prototype > *").cloneNode(true);
    this.text("name", name);
    this.text("size", inBytes(size));
  }

  part(name) { return this.element.querySelector(`.up-${name}`); }
  text(name, text) { this.part(name).textContent = text; }
  show(name, shown = true) { this.part(name).hidden = !shown; }
  on(name, event, act) { this.part(name).addEventListener(event, act); }

  state(name) {
    const [word, tone, parts = "", ended] = STATES[name];
    this.element.dataset.state = name;
    this.text("state", word);
    this.part("state").className = `up-state chip chip-${tone}`;
    for (const part of ["form", "header", "progress", "again", "retry"]) this.show(part, parts.split(" ").includes(part));
    this.text("cancel", ended ? "Remove from list" : "Cancel");
  }

  progress(share, text) {
    this.part("fill").style.width = `${(100 * share).toFixed(1)}%`;
    this.text("text", text);
  }

  message(sentence) {
    this.text("message-text", sentence);
    this.show("message", Boolean(sentence));
  }

  open(studyId) {
    this.part("open").href = `/studies/${studyId}`;
    this.show("open");
  }

  facts(facts) {
    const claimed = facts.patient, rates = facts.sfreqs_hz.map((hz) => `${Number(hz.toFixed(3))} Hz`).join(", ");
    const rows = {
      Format: facts.format,
      Length: facts.duration_s === null ? UNKNOWN : inTime(facts.duration_s),
      "Recorder's clock": facts.start_time?.replace("T", " ") ?? "not stated",
      Channels: facts.channels.length ? `${facts.channels.length} at ${rates}; ${facts.n_electrodes} of the 19 electrodes` : UNKNOWN,
      "Read as": facts.channels.filter((c) => c.label !== c.electrode).map((c) => `${c.label} → ${c.electrode ?? c.kind}`).join(", "),
      Missing: facts.missing.join(", "),
      "Named in the file": [claimed.name, claimed.code, claimed.birth_date, claimed.sex].filter(Boolean).join(" · ") || "nobody",
    };
    const shown = Object.entries(rows).filter(([, value]) => value);
    this.part("facts").replaceChildren(...shown.flatMap(([name, value]) => [make("dt", name), make("dd", value)]));
    this.part("findings").replaceChildren(...facts.findings.map((finding) => make("li", finding)));
  }

  // Start from what the file claims: the patient to look for, and the fields of a new one.
  suggest({ name, code, birth_date, sex }) {
    const values = { search: code ?? name, "new-name": name, "new-number": code, "new-birth": birth_date, "new-sex": sex ?? "unknown" };
    for (const [part, value] of Object.entries(values)) this.part(part).value = value ?? "";
  }

  found(patients, asked, choose) {
    const buttons = patients.map((patient) => {
      const words = [patient.name, patient.record_number, patient.birth_date].filter(Boolean).join(" · ");
      const button = Object.assign(make("button", words, "btn btn-secondary btn-small"), { type: "button", onclick: () => choose(patient) });
      button.dataset.id = patient.id;
      return button;
    });
    const none = asked && !patients.length ? [make("span", "No such patient in this clinic.", "progress-text")] : [];
    this.part("found").replaceChildren(...none, ...buttons);
  }

  // A patient of the clinic, or the new one whose fields were typed in; the button says which.
  chosen(patient) {
    for (const button of this.part("found").children) button.setAttribute("aria-pressed", String(button.dataset.id === patient?.id));
    this.text("confirm", patient ? `Confirm and upload for ${patient.name}` : "Confirm and upload for the new patient");
    this.show("accept-line", false);
    this.part("accept").checked = false;
    this.message("");
  }

  confirmation(patient) {
    const value = (name) => this.part(`new-${name}`).value.trim(), accept_other_identity = this.part("accept").checked;
    if (patient) return { patient_id: patient.id, accept_other_identity };
    return { accept_other_identity, new_patient: { name: value("name"), record_number: value("number"),
      birth_date: value("birth") || null, sex: value("sex") === "unknown" ? null : value("sex") } };
  }
}
