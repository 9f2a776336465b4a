"use strict";
// From the address to a view, whenever the address changes.

(() => {
  const { el, here, badge, counted } = ticketInterop;
  let form = null;

  const crumbs = (asked) => {
    const back = here(ticketInterop.address({ pair: null, cell: null }), {}, "matrix");
    const parts = [el("li", {}, back)];
    const cell = asked.get("cell") ? ticketInterop.find(asked.get("cell")) : -1;
    let pair = asked.get("pair");
    if (cell >= 0) {
      const { columns, servers, clients } = ticketInterop.data;
      pair = `${servers[columns.server[cell]].id}/${clients[columns.client[cell]].id}`;
    }
    if (pair) parts.push(el("li", {}, here(ticketInterop.address({ pair, cell: null }), asked.get("cell") ? {} : { "aria-current": "page" }, pair)));
    if (asked.get("cell")) parts.push(el("li", {}, el("span", { "aria-current": "page" }, asked.get("cell"))));
    return el("nav", { "aria-label": "Where you are", class: "crumbs" }, el("ol", {}, ...parts));
  };

  const totals = () => {
    const counts = ticketInterop.tally(Array.from({ length: ticketInterop.data.count }, (_, i) => i));
    return el("ul", { class: "totals", "aria-label": "All cells" },
      ...counts.map((count, i) => (count ? el("li", {}, badge(i), ` ${ticketInterop.number(count)}`) : null)));
  };

  const runText = ({ id, started, clock, version, shard }) =>
    [`run ${id}`, started, clock ? `${clock} clock` : "", shard ? `shard ${shard}` : "", version].filter(Boolean).join(" · ");

  const replace = (address) => {
    try {
      history.replaceState(null, "", address);
    } catch {
      location.replace(address);
    }
  };

  const show = (...content) => document.getElementById("main").replaceChildren(...content.filter(Boolean));
  const say = (text) => (document.getElementById("status").textContent = text);

  let shownView = null;

  const draw = (moved) => {
    const asked = ticketInterop.asked();
    const cell = asked.get("cell");
    const pair = asked.get("pair");
    const view = cell ? `cell ${cell}` : pair ? `pair ${pair}` : "matrix";
    document.title = ticketInterop.shown(`${cell ?? pair ?? ticketInterop.data.run.id} - ticket-interop`);
    if (cell) {
      show(crumbs(asked), ticketInterop.cellView(cell));
    } else {
      const cells = ticketInterop.select(asked);
      if (pair) {
        show(crumbs(asked), ...ticketInterop.pairView(pair, cells));
      } else {
        form.show(asked);
        const results = el("div", { class: "results" }, ...ticketInterop.overview(cells).filter(Boolean));
        if (shownView === "matrix" && form.isConnected) form.nextElementSibling.replaceWith(results);
        else show(el("h1", { class: "unseen" }, "Results"), totals(), form, results);
        say(`${counted(cells.length, "cell")} of ${ticketInterop.number(ticketInterop.data.count)}`);
      }
    }
    if (moved && view !== shownView) {
      scrollTo(0, 0);
      const heading = document.querySelector("main h1");
      if (heading) {
        heading.tabIndex = -1;
        heading.focus({ preventScroll: true });
      }
    }
    shownView = view;
  };

  const { index } = ticketInterop;
  ticketInterop.index = (data, definitions) => {
    index(data, definitions);
    document.getElementById("run").textContent = ticketInterop.shown(runText(data.run));
    form = ticketInterop.filterForm((changes) => {
      replace(ticketInterop.address({ ...changes, pair: null, cell: null }));
      draw(false);
    });
    draw(false);
    addEventListener("hashchange", () => draw(true));
  };

  document.getElementById("skip").addEventListener("click", (event) => {
    event.preventDefault();
    document.getElementById("main").focus();
  });
  addEventListener("DOMContentLoaded", () => {
    if (!ticketInterop.data)
      document.getElementById("run").textContent = "page/data/index.js could not be read: is the whole folder of the page here?";
  });
})();
