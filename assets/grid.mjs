// Cells of the grids, and opening a row by click or Enter. Text from files only ever becomes text nodes.

const element = (...parts) => window.React.createElement(...parts);
const span = (className, ...children) => element("span", { className }, ...children);

const link = (data) => element("a", { className: "row-link", href: data.href, tabIndex: -1 }, data.name);
const badge = (data) => data.synthetic && span("synthetic-badge", "SYNTHETIC");
const two = (first, second) => element("div", { className: "cell-two" }, first, element("small", null, second));
const chip = (word, tone, icon) => span(`chip chip-${tone}`, icon && span(`icon icon-${icon}`), word);

const cells = {
  PatientCell: ({ data }) => data && two(link(data), element("span", null, data.record, " ", badge(data))),
  NameCell: ({ data }) => data && element("span", null, link(data), " ", badge(data)),
  RecordingCell: ({ data }) => data && two(element("span", { title: data.file }, data.file), data.start),
  LengthCell: ({ data }) => data && data.length,
  StudyLink: ({ data }) => data && element("a", { className: "row-link", href: data.href, tabIndex: -1 }, data.patient),
  StatusCell: ({ data }) => data && element("div", { className: "cell-status", title: data.problem || undefined },
    element("div", null, chip(data.word, data.tone, data.icon), data.progress && span("progress-text", data.progress)),
    data.progress && track(data.share)),
  ClassBarCell: ({ data }) => data && element("div", { className: "cell-centre" }, classBar(data.bar)),
  UnreviewedCell: ({ data }) => data && data.events
    && element("div", { className: "cell-centre" }, data.unreviewed ? chip(data.events, "note") : chip("none left", "ok", "check")),
};

function track(share) {
  return span("progress-track", element("span", { className: "progress-fill", style: { width: `${100 * share}%` } }));
}

function classBar(parts) {
  if (!parts.length) return span("progress-text", "not analysed");
  const label = parts.map((part) => part.title).join(", ");
  return element("div", { className: "class-bar", role: "img", "aria-label": label, title: label }, ...parts.map((part) =>
    element("span", { key: part.class, className: `class-${part.class}`, style: { flexGrow: part.share, flexBasis: 0 } },
      part.share > 0.2 ? part.letters : "")));
}

window.dashAgGridComponentFunctions = Object.assign(window.dashAgGridComponentFunctions ?? {}, cells);

function open(href) {   // as dcc.Link does, so that Dash changes the page without loading the site anew
  history.pushState({}, "", href);
  dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
  scrollTo(0, 0);
}

function rowLink(target) {
  return target.closest?.(".ag-row")?.querySelector("a.row-link");
}

document.addEventListener("click", (event) => {
  const found = rowLink(event.target);
  if (!found || event.ctrlKey || event.metaKey || event.shiftKey || event.target.closest("button, .choose-cell")) return;
  event.preventDefault();
  if (!String(getSelection())) open(found.getAttribute("href"));
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.classList?.contains("ag-cell") && rowLink(event.target)) open(rowLink(event.target).getAttribute("href"));
});
