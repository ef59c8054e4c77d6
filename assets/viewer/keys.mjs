// Keys of the viewer. Letters can be switched off (WCAG 2.1.4); nothing is taken from inputs, lists or open dialogs.

const PLAIN = {
  PageDown: "next", PageUp: "previous", " ": "next", Home: "first", End: "last",
  ArrowRight: "second-on", ArrowLeft: "second-back", ArrowUp: "more-sensitive", ArrowDown: "less-sensitive",
  "+": "more-sensitive", "=": "more-sensitive", "-": "less-sensitive", ",": "shorter", ".": "longer",
  "[": "previous-event", "]": "next-event", Enter: "agree", Delete: "delete", "{": "previous-annotation", "}": "next-annotation", "?": "help", Escape: "leave",
  "<": "range-shorter", ">": "range-longer",
};
const LETTERS = {
  n: "notch", l: "lff", h: "hff", x: "dismiss", u: "undo", s: "spectrogram", g: "go-to", p: "play", r: "raw", w: "window", e: "explain", b: "blind",
  d: "next-disagreement", c: "next-unsure", v: "next-open", i: "begin", o: "end", j: "merge", k: "cut", a: "annotate", f: "full-screen", t: "trends",
  m: "measure", q: "measure-switch",
};
const MEASURING = { ArrowRight: "measure-on", ArrowLeft: "measure-back", ArrowUp: "measure-up", ArrowDown: "measure-down", Escape: "measure", t: "measure-caliper" };
const FAR = { ArrowRight: "measure-far-on", ArrowLeft: "measure-far-back" };
const SHIFTED = {
  ArrowRight: "half-on", ArrowLeft: "half-back", " ": "previous", U: "redo", A: "edit-annotation", I: "annotation-here", C: "channels", P: "play-speed",
};

/** The action of a key event as [name, argument], or null when the key is not ours now. */
export function actionOf({ key, code, target, shiftKey, ctrlKey, metaKey, altKey, isComposing }, { letters, measuring }) {
  const busy = target.closest?.("input, textarea, select, [contenteditable=true]") || document.querySelector("dialog:modal, .modal.show");
  const presses = (key === "Enter" || key === " ") && target.closest?.("button, a, summary");       // it presses what has the focus
  if ((ctrlKey || metaKey) && !altKey && !busy && /^[zy]$/i.test(key)) return [shiftKey || key.toLowerCase() === "y" ? "redo" : "undo"];
  if (ctrlKey || metaKey || altKey || isComposing || busy || presses) return null;
  const montage = shiftKey && /^Digit([1-9])$/.exec(code);
  if (montage) return ["montage", Number(montage[1]) - 1];
  if (shiftKey && code === "Digit0") return ["own-montage"];
  if (letters && /^[0-6]$/.test(key)) return ["label", key];
  const allowed = (wish) => (letters || !/^[A-Za-z]$/.test(key)) && wish;
  const name = allowed(measuring && (shiftKey ? FAR : MEASURING)[key]) || allowed(shiftKey && SHIFTED[key]) || PLAIN[key] || allowed(!shiftKey && LETTERS[key.toLowerCase()]);
  return name ? [name] : null;
}
