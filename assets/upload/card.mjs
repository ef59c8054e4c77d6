// The card of one upload: a copy of the page's prototype whose parts are filled with text, never with markup.

const STATES = {
  checking: ["Checking header", "calm"], confirming: ["Confirm patient", "note"], again: ["Needs the file", "note"],
  waiting: ["Waiting for its turn", "plain"], receiving: ["Uploading", "calm"], verifying: ["Verifying", "calm"],
  queued: ["Queued", "plain"], running: ["Analysing", "calm"], done: ["Analysed", "ok"], known: ["Known already", "ok"],
  failed: ["Failed", "strong"], refused: ["Refused", "strong"], quarantined: ["Stopped", "strong"], cancelled: ["Cancelled", "plain"],
};

export const inBytes = (n) => n >= 1e9 ? `${(n / 1e9).toFixed(2)} GB` : n >= 1e6 ? `${(n / 1e6).toFixed(1)} MB` : `${Math.ceil(n / 1e3)} kB`;

export function inTime(seconds) {
  const s = Math.round(seconds), part = (n) => String(n).padStart(2, "0");
  return s < 3600 ? `${Math.floor(s / 60)}:${part(s % 60)} min` : `${Math.floor(s / 3600)}:${part(Math.floor(s / 60) % 60)} h`;
}

function make(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

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
    const [word, tone] = STATES[name];
    this.element.dataset.state = name;
    this.text("state", word);
    this.part("state").className = `up-state chip chip-${tone}`;
    this.show("progress", ["again", "receiving", "verifying", "queued", "running"].includes(name));
    this.show("again", name === "again");
    this.show("retry", ["failed", "quarantined"].includes(name));
    this.show("form", name === "confirming");
    this.show("header", name === "confirming");
    const over = ["done", "known", "refused", "queued", "running", "quarantined", "cancelled"].includes(name);
    this.text("cancel", over ? "Remove from list" : "Cancel");
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
    const claimed = facts.patient, unknown = "not known before the whole file is here";
    const rates = facts.sfreqs_hz.map((hz) => `${Number(hz.toFixed(3))} Hz`).join(", ");
    const rows = {
      Format: facts.format,
      Length: facts.duration_s === null ? unknown : inTime(facts.duration_s),
      "Recorder's clock": facts.start_time ? facts.start_time.replace("T", " ") : "not stated",
      Channels: facts.channels.length ? `${facts.channels.length} at ${rates}; ${facts.n_electrodes} of the 19 electrodes` : unknown,
      Missing: facts.missing.join(", "),
      "Named in the file": [claimed.name, claimed.code, claimed.birth_date, claimed.sex].filter(Boolean).join(" · ") || "nobody",
    };
    this.part("facts").replaceChildren(...Object.entries(rows).filter(([, value]) => value)
      .flatMap(([name, value]) => [make("dt", "", name), make("dd", "", value)]));
    this.part("findings").replaceChildren(...facts.findings.map((finding) => make("li", "", finding)));
  }

  // Start from what the file claims: the patient to look for, and the fields of a new one.
  suggest(claimed) {
    this.part("search").value = claimed.code ?? claimed.name ?? "";
    this.part("new-name").value = claimed.name ?? "";
    this.part("new-number").value = claimed.code ?? "";
    this.part("new-birth").value = claimed.birth_date ?? "";
    this.part("new-sex").value = claimed.sex ?? "unknown";
  }

  found(patients, asked, choose) {
    const none = asked && !patients.length ? [make("span", "progress-text", "No such patient in this clinic.")] : [];
    this.part("found").replaceChildren(...none, ...patients.map((patient) => {
      const words = [patient.name, patient.record_number, patient.birth_date].filter(Boolean).join(" · ");
      const button = make("button", "btn btn-secondary btn-small", words);
      button.type = "button";
      button.setAttribute("aria-pressed", "false");
      button.addEventListener("click", () => choose(button, patient));
      return button;
    }));
  }

  press(button) {
    for (const other of this.part("found").children) other.setAttribute("aria-pressed", String(other === button));
  }

  confirmation(patientId) {
    const accept_other_identity = this.part("accept").checked;
    if (patientId) return { patient_id: patientId, accept_other_identity };
    const value = (name) => this.part(`new-${name}`).value.trim();
    return { accept_other_identity, new_patient: { name: value("name"), record_number: value("number"),
      birth_date: value("birth") || null, sex: value("sex") === "unknown" ? null : value("sex") } };
  }
}
