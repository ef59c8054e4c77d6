// Keys of the viewer. Letters can be switched off (WCAG 2.1.4); nothing is taken from inputs, lists or open dialogs.

const PLAIN = {
  PageDown: "next", PageUp: "previous", " ": "next", Home: "first", End: "last",
  ArrowRight: "second-on", ArrowLeft: "second-back", ArrowUp: "more-sensitive", ArrowDown: "less-sensitive",
  "+": "more-sensitive", "=": "more-sensitive", "-": "less-sensitive", ",": "shorter", ".": "longer",
  "[": "previous-event", "]": "next-event", Enter: "accept", Delete: "dismiss", "?": "help",
};
const LETTERS = { n: "notch", l: "lff", h: "hff", x: "dismiss", u: "undo", s: "spectrogram", g: "go-to", p: "play" };
const SHIFTED = { ArrowRight: "half-on", ArrowLeft: "half-back", " ": "previous" };

/** The action of a key event as [name, argument], or null when the key is not ours now. */
export function actionOf(event, { letters = true } = {}) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || busy(event.target)) return null;
  const pressing = event.target.closest?.("button, a, summary, [role=tab]");
  if (pressing && (event.key === "Enter" || event.key === " ")) return null;     // it presses what has the focus
  const montage = event.shiftKey && /^Digit([1-5])$/.exec(event.code);
  if (montage) return ["montage", Number(montage[1]) - 1];
  if (event.shiftKey && SHIFTED[event.key]) return [SHIFTED[event.key]];
  if (PLAIN[event.key]) return [PLAIN[event.key]];
  const name = letters && !event.shiftKey && LETTERS[event.key.toLowerCase()];
  return name ? [name] : null;
}

function busy(target) {
  return Boolean(target.closest?.("input, textarea, select, [contenteditable=true]") || document.querySelector("dialog[open], .modal.show"));
}
