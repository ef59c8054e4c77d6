// Light, dark or as the system has it. The choice is a cookie (signing out clears local storage) that the inline script of
// app.web reads before the first paint.

const system = matchMedia("(prefers-color-scheme: dark)");
const YEAR_S = 365 * 24 * 3600;

const chosen = () => document.cookie.match(/hms-theme=(dark|light)/)?.[1];

function apply() {
  document.documentElement.dataset.bsTheme = chosen() ?? (system.matches ? "dark" : "light");
  document.dispatchEvent(new CustomEvent("hms-theme"));
}

function choose(theme) {
  const age = theme === "system" ? 0 : YEAR_S;
  document.cookie = `hms-theme=${theme}; path=/; max-age=${age}; samesite=lax`;
  apply();
}

document.addEventListener("click", (event) => {
  const wanted = event.target.closest("[data-theme-choice]")?.dataset.themeChoice;
  if (!wanted) return;
  const dark = document.documentElement.dataset.bsTheme === "dark";
  choose(wanted === "toggle" ? (dark ? "light" : "dark") : wanted);
});
system.addEventListener("change", apply);
