// A list of thousands of lines of which only those in view are DOM nodes. The arrow keys move in it, Enter opens, Delete removes.

const ROW_PX = 26, SPARE = 4, STEPS = { ArrowUp: -1, ArrowDown: 1, PageUp: -8, PageDown: 8, Home: -Infinity, End: Infinity };

export class LongList {
  /** `place` scrolls and has the focus; `hooks` = {line(item): [words, class name], go(item), open(item), remove(item)}. */
  constructor(place, hooks) {
    Object.assign(this, { place, hooks, items: [], chosen: null, sheet: document.createElement("div") });
    const under = (act) => ({ target }) => { const row = target.closest("[role=option]"); if (row) act(this.items[Number(row.ariaPosInSet) - 1]); };
    Object.assign(place, { onscroll: () => this.paint(), onkeydown: (event) => this.pressed(event), onclick: under(hooks.go), ondblclick: under(hooks.open) });
    place.replaceChildren(this.sheet);
  }

  pressed(event) {
    const { items, chosen, hooks } = this, act = { Enter: hooks.open, Delete: hooks.remove }[event.key], step = STEPS[event.key], at = items.indexOf(chosen);
    if ((!act && !step) || event.ctrlKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();                              // else the page would turn as well
    if (step && items.length) hooks.go(items[Math.max(0, Math.min(items.length - 1, at + step))]);
    if (act && at >= 0) act(chosen);
  }

  /** Show these lines; a chosen one is brought into view when it changes. */
  show(items, chosen) {
    const top = items.indexOf(chosen) * ROW_PX, { place, sheet } = this, outside = top < place.scrollTop || top + ROW_PX > place.scrollTop + place.clientHeight;
    sheet.style.height = `${items.length * ROW_PX}px`;
    if (chosen !== this.chosen && top >= 0 && outside) place.scrollTop = top - place.clientHeight / 2;
    Object.assign(this, { items, chosen }).paint();
  }

  paint() {
    const { place, sheet, items, chosen, hooks } = this, first = Math.max(0, Math.floor(place.scrollTop / ROW_PX) - SPARE), last = Math.ceil((place.scrollTop + place.clientHeight) / ROW_PX) + SPARE;
    sheet.replaceChildren(...items.slice(first, last).map((item, k) => {
      const [textContent, className] = hooks.line(item), number = first + k + 1, told = { role: "option", ariaSetSize: items.length, ariaPosInSet: number, ariaSelected: item === chosen };
      const row = Object.assign(document.createElement("div"), { textContent, className, title: textContent, id: `line-${number}`, ...told });
      row.style.top = `${(number - 1) * ROW_PX}px`;
      return row;
    }));
    place.setAttribute("aria-activedescendant", sheet.querySelector("[aria-selected=true]")?.id ?? "");
  }
}
