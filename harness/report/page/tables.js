"use strict";
// Tables of links that the arrow keys move in, and a list of which only what is seen is there.

(() => {
  const { el, shown, standings } = ticketInterop;

  // A verdict as symbol and word.
  ticketInterop.badge = (standing, ...more) => {
    const { id, symbol, word, title } = standings[standing];
    return el("span", { class: `badge ${id}`, title }, el("span", { class: "symbol", "aria-hidden": "true" }, symbol), word, ...more);
  };

  // "13 pass, 45 known": the worst first.
  ticketInterop.inWords = (counts) =>
    standings
      .map(({ word }, i) => (counts[i] ? `${ticketInterop.number(counts[i])} ${word}` : ""))
      .filter(Boolean)
      .join(", ");

  // One link of a table can be reached by Tab; the arrows, Home and End lead to the others.
  ticketInterop.rove = (table) => {
    const rows = [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.querySelector("a")));
    const links = rows.flat().filter(Boolean);
    links.forEach((link, i) => (link.tabIndex = i === 0 ? 0 : -1));
    const next = (row, column, down, right) => {
      for (let y = row + down, x = column + right; rows[y] && x >= 0 && x < rows[y].length; y += down, x += right)
        if (rows[y][x]) return rows[y][x];
      return null;
    };
    table.addEventListener("focusin", ({ target }) => {
      if (!links.includes(target)) return;
      for (const link of links) link.tabIndex = link === target ? 0 : -1;
    });
    table.addEventListener("keydown", (event) => {
      const row = rows.findIndex((each) => each.includes(event.target));
      if (row < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
      const column = rows[row].indexOf(event.target);
      const steps = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] };
      let to = null;
      if (steps[event.key]) to = next(row, column, ...steps[event.key]);
      else if (event.key === "Home") to = rows[row].find(Boolean);
      else if (event.key === "End") to = rows[row].findLast(Boolean);
      else return;
      event.preventDefault();
      to?.focus();
    });
  };

  // A list of any length in a box that scrolls. `row(i)` makes the cells of a row, `heads` are their names.
  ticketInterop.longList = (label, heads, count, row) => {
    const head = el("div", { role: "row", class: "row head", "aria-rowindex": 1 });
    head.append(...heads.map((name) => el("span", { role: "columnheader" }, name)));
    const space = el("div", { class: "space", role: "presentation" });
    const box = el("div", { class: "scroller", role: "rowgroup", tabindex: 0, "aria-label": label }, space);
    const list = el("div", { role: "table", class: "list", "aria-label": label, "aria-rowcount": count + 1 });
    list.append(el("div", { role: "rowgroup" }, head), box);
    let height = 0;
    let first = -1;
    let last = -1;
    const draw = () => {
      if (!list.isConnected) return;
      if (!height) {
        const probe = el("div", { class: "row" });
        space.append(probe);
        height = probe.getBoundingClientRect().height || 40;
        probe.remove();
        space.style.height = `${count * height}px`;
      }
      const from = Math.max(0, Math.floor(box.scrollTop / height) - 5);
      const to = Math.min(count, Math.ceil((box.scrollTop + box.clientHeight) / height) + 5);
      if (from === first && to === last) return;
      [first, last] = [from, to];
      const kept = space.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
      const rows = [];
      for (let i = from; i < to; ++i) {
        const line = el("div", { role: "row", class: "row", "aria-rowindex": i + 2 });
        line.append(...row(i).map((cell) => el("span", { role: "cell" }, cell)));
        line.style.top = `${i * height}px`;
        rows.push(line);
      }
      space.replaceChildren(...rows);
      if (kept) [...space.querySelectorAll("a")].find((link) => link.getAttribute("href") === kept)?.focus();
    };
    box.addEventListener("scroll", draw, { passive: true });
    const again = new ResizeObserver(() => {
      height = 0;
      first = -1;
      draw();
    });
    again.observe(box);
    return list;
  };

  // Facts as pairs of words.
  ticketInterop.facts = (pairs) => {
    const list = el("dl", { class: "facts" });
    for (const [name, value] of pairs)
      if (value !== undefined && value !== null && value !== "")
        list.append(el("div", {}, el("dt", {}, name), el("dd", {}, value instanceof Node ? value : shown(value))));
    return list;
  };
})();
