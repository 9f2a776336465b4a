"use strict";
// One cell: what was expected, what was seen, whose fault; then its timeline, its messages, and where the evidence is.

(() => {
  const { el, here, badge, facts } = ticketInterop;

  const placeText = (at) =>
    at?.connection ? `connection ${at.connection}${at.message === null || at.message === undefined ? "" : `, message ${at.message}`}` : "";

  const verdictBox = (cell, place, ladder) => {
    const { data } = ticketInterop;
    const finding = data.findings[data.columns.finding[place]];
    const jump = el("button", { type: "button" }, `Show ${placeText(cell.at)}`);
    jump.addEventListener("click", () => ladder.showOffending());
    const rows = [
      ["verdict", el("span", {}, badge(data.standing[place]), " ", ticketInterop.standings[data.standing[place]].title)],
      ["fault", cell.fault],
      ["rule", cell.rule ? ticketInterop.ruleName(cell.rule) : null],
      ["reason", cell.reason],
      ["where", cell.at?.connection && ladder ? jump : null],
      ["known by", cell.known_link ? ticketInterop.away(cell.known_link) : null],
      ["expected", cell.expected !== cell.verdict ? cell.expected : null],
      ["finding", finding ? here(ticketInterop.address({ finding: finding.id, cell: null, pair: null }), {}, `${finding.subject}: ${finding.cells} cells`) : null],
    ];
    return el("section", { class: `verdict ${ticketInterop.standings[data.standing[place]].id}`, "aria-label": "Verdict" }, facts(rows));
  };

  // Connection by connection: what the scenario expects, what was seen.
  const comparison = (cell, scenario) => {
    const expected = ticketInterop.expectations(scenario, cell.tls);
    const events = ticketInterop.ticketsOf(cell);
    const table = el("table", { class: "plain comparison" });
    const heads = ["", "at", ...(expected.length ? ["expected"] : []), "seen"];
    table.append(el("thead", {}, el("tr", {}, ...heads.map((head) => (head ? el("th", { scope: "col" }, head) : el("td", {}))))));
    const body = el("tbody");
    const most = 40;
    const rows = Math.max(cell.connections.length, 0);
    for (let i = 0; i < rows; ++i) {
      const connection = cell.connections[i];
      const broken = cell.verdict === "fail" && cell.at?.connection === i + 1;
      if (i >= most && !broken) continue;
      const its = events.filter((event) => event.connection === i);
      body.append(el("tr", { class: broken ? "offending" : null },
        el("th", { scope: "row" }, broken ? "✗ " : "", i + 1), el("td", {}, ticketInterop.seconds(connection.at_s)),
        expected.length ? el("td", {}, expected[i] ?? "") : null,
        el("td", {}, ticketInterop.seenOf(connection, its), broken ? el("p", { class: "broken" }, cell.reason) : null)));
    }
    table.append(body);
    const left = rows > most ? el("p", { class: "note" }, `${rows - most} more connections are in the ladder below.`) : null;
    return el("section", { "aria-labelledby": "steps" }, el("h2", { id: "steps" }, "Expected and seen"),
      el("div", { class: "wide-box", tabindex: 0, role: "region", "aria-label": "Connection by connection" }, table), left);
  };

  const otherFindings = (cell) => {
    const others = cell.findings.filter(({ rule, reason }) => rule !== cell.rule || reason !== cell.reason);
    if (!others.length) return null;
    return el("section", { "aria-labelledby": "also" }, el("h2", { id: "also" }, "Also seen"),
      el("ul", {}, ...others.map(({ rule, severity, actor, reason, at }) =>
        el("li", {}, ticketInterop.ruleName(rule), ` (${actor}, ${severity}) at ${placeText(at) || "no place"}: ${reason}`))));
  };

  const evidence = (cell, id) => {
    const { base } = ticketInterop.data;
    const { capture, keylog, trace, logs } = cell.evidence ?? {};
    const files = [["capture", capture], ["TLS secrets", keylog], ["messages", trace], ...(logs ?? []).map((path) => ["log", path])];
    const folder = base === "" || base === null || base === undefined ? "." : base;
    const list = el("ul", { class: "evidence" }, ...files.filter(([, path]) => path).map(([what, path]) =>
      el("li", {}, `${what}: `, ticketInterop.file(base, path, path.split("/").at(-1)))));
    const { server, client, scenario, tls } = cell;
    const again = ["--server", server, "--client", client, "--scenario", scenario, "--tls", tls].map(ticketInterop.quoted).join(" ");
    return el("section", { "aria-labelledby": "evidence" }, el("h2", { id: "evidence" }, "Evidence"),
      list.children.length ? list : el("p", {}, "No files were kept of this cell: they are of what did not pass, or of all with --keep all."),
      el("p", {}, "In a terminal, from the folder of this page:"),
      el("pre", { tabindex: 0 }, el("span", {}, `ticket-interop show ${ticketInterop.quoted(folder)} ${ticketInterop.quoted(id)}`),
        el("span", {}, `ticket-interop run ${again} --keep all`)));
  };

  const whole = (cell, place, id) => {
    const { data } = ticketInterop;
    const scenario = data.scenarios[data.columns.scenario[place]];
    const server = data.servers[data.columns.server[place]];
    const client = data.clients[data.columns.client[place]];
    const has = cell.connections.length > 0;
    const ladder = has ? ticketInterop.ladder(cell) : null;
    return [
      verdictBox(cell, place, ladder),
      el("p", { class: "lead" }, scenario.title ?? "", " ", el("span", { class: "muted" }, (scenario.spec ?? []).join(", "))),
      has ? comparison(cell, scenario) : null,
      has ? el("section", { "aria-labelledby": "timeline" }, el("h2", { id: "timeline" }, "Timeline"), ticketInterop.axis(cell, scenario)) : null,
      has ? el("section", { "aria-labelledby": "ladder" }, el("h2", { id: "ladder" }, "Messages"), ladder, ticketInterop.ladderTable(cell)) : null,
      otherFindings(cell),
      evidence(cell, id),
      el("div", { class: "two" }, ticketInterop.sideFacts("client", client), ticketInterop.sideFacts("server", server)),
    ].filter(Boolean);
  };

  const neighbours = (place) => {
    const link = (to, words) => (to >= 0 && to < ticketInterop.data.count
      ? here(ticketInterop.address({ cell: ticketInterop.idOf(to) }), { title: ticketInterop.idOf(to) }, words) : el("span"));
    const cells = ticketInterop.select();
    const at = cells.indexOf(place);
    if (at < 0) return null;
    return el("nav", { "aria-label": "Neighbouring cells", class: "neighbours" }, link(cells[at - 1] ?? -1, "← previous"), link(cells[at + 1] ?? -1, "next →"));
  };

  ticketInterop.cellView = (id) => {
    const view = el("article", { class: "cell" });
    const place = ticketInterop.find(id);
    if (place < 0) {
      view.append(el("h1", {}, "No such cell"), el("p", {}, `These results have no cell ${id}.`));
      return view;
    }
    const waiting = el("p", { role: "status" }, "Reading ...");
    view.append(el("h1", {}, id), ...[neighbours(place)].filter(Boolean), waiting);
    ticketInterop.loadCell(place).then(
      (cell) => waiting.replaceWith(...whole(cell, place, id)),
      (error) => (waiting.textContent = ticketInterop.shown(error.message)));
    return view;
  };
})();
