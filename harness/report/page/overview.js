"use strict";
// The first view: filters, the matrix of servers and clients, the findings, the cells.

(() => {
  const { el, here, away, standings, badge, inWords, counted } = ticketInterop;

  // Numbers of what is in a list, by its name as people sort names.
  const byName = (list) => (a, b) => list[a].id.localeCompare(list[b].id, "en", { numeric: true });

  const idsOf = (name) => {
    const { data } = ticketInterop;
    if (name === "version") return [...new Set([...data.versions.server, ...data.versions.client].flat())].sort();
    return data[name + "s"].map(({ id }) => id).sort();
  };

  // The filters' form is made once and kept, so that who types into it is not disturbed.
  ticketInterop.filterForm = (changed) => {
    const { data } = ticketInterop;
    const form = el("form", { class: "filters", "aria-label": "Filters", role: "search" });
    const texts = ["server", "client", "scenario", "version"].map((name) => {
      const names = el("datalist", { id: `of-${name}` });
      names.append(...idsOf(name).map((value) => el("option", { value })));
      const field = el("input", {
        id: `by-${name}`, name, type: "text", list: `of-${name}`, autocomplete: "off", spellcheck: "false",
        placeholder: "any", title: "names or parts of them, * for anything, commas between",
      });
      form.append(el("div", { class: "field" }, el("label", { for: `by-${name}` }, name), field, names));
      return field;
    });
    const group = (legend, name, choices) => {
      const boxes = choices.map(({ value, words, title, kind }) => {
        const box = el("input", { type: "checkbox", name, value, id: `by-${name}-${value}` });
        return [box, el("label", { for: box.id, title, class: kind }, ...words)];
      });
      form.append(el("fieldset", {}, el("legend", {}, legend), ...boxes.flat()));
      return boxes.map(([box]) => box);
    };
    const present = new Set(data.standing);
    const verdicts = group("verdict", "verdict", standings.map(({ id, symbol, word, title }, i) => ({
      value: id, title, kind: `badge ${id}`, place: i,
      words: [el("span", { class: "symbol", "aria-hidden": "true" }, symbol), word],
    })).filter(({ place }) => present.has(place)));
    const versions = group("TLS", "tls", [...data.tls].sort().map((value) => ({ value, words: [value] })));
    const finding = el("select", { id: "by-finding", name: "finding" }, el("option", { value: "" }, "any"));
    for (const { id, side, subject, rule } of data.findings)
      finding.append(el("option", { value: id }, `${side} ${subject}: ${rule}`));
    if (data.findings.length)
      form.append(el("div", { class: "field wide" }, el("label", { for: "by-finding" }, "finding"), finding));
    form.append(el("button", { type: "reset" }, "Clear"));

    const ticked = (boxes) => boxes.filter((box) => box.checked).map((box) => box.value).join(",");
    const tell = () =>
      changed({
        ...Object.fromEntries(texts.map((field) => [field.name, field.value.trim()])),
        verdict: ticked(verdicts), tls: ticked(versions), finding: finding.value,
      });
    form.addEventListener("input", tell);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(tell));
    form.show = (asked) => {
      for (const field of texts)
        if (field !== document.activeElement) field.value = asked.get(field.name) ?? "";
      const words = (name) => asked.get(name)?.split(",") ?? [];
      for (const box of verdicts) box.checked = words("verdict").includes(box.value);
      for (const box of versions) box.checked = words("tls").includes(box.value);
      finding.value = asked.get("finding") ?? "";
    };
    return form;
  };

  const worst = (counts) => counts.findIndex((count) => count > 0);

  // The counts of one pair, the worst first, each with its symbol.
  const countsOf = (counts) =>
    counts
      .map((count, i) =>
        count && (standings[i].id !== "unsupported" || worst(counts) === i)
          ? el("span", { class: "count" }, el("span", { class: "symbol", "aria-hidden": "true" }, standings[i].symbol), ticketInterop.number(count),
            el("span", { class: "unseen" }, ` ${standings[i].word},`))
          : null)
      .filter(Boolean);

  const matrix = (cells) => {
    const { servers, clients, columns, standing } = ticketInterop.data;
    const pairs = new Map();
    const seenServers = new Set();
    for (const cell of cells) {
      const s = columns.server[cell];
      const c = columns.client[cell];
      seenServers.add(s);
      if (!pairs.has(c)) pairs.set(c, new Map());
      const row = pairs.get(c);
      if (!row.has(s)) row.set(s, standings.map(() => 0));
      ++row.get(s)[standing[cell]];
    }
    const heads = [...seenServers].sort(byName(servers));
    const table = el("table", { class: `matrix${heads.length > 7 ? " many" : ""}` });
    table.append(el("caption", { class: "unseen" }, "What came of each client (rows) with each server (columns)"));
    const top = el("tr", {}, el("td", { class: "corner" }, "client \\ server"));
    for (const s of heads) top.append(el("th", { scope: "col" }, el("span", {}, servers[s].id)));
    table.append(el("thead", {}, top));
    const body = el("tbody");
    for (const c of [...pairs.keys()].sort(byName(clients))) {
      const row = el("tr", {}, el("th", { scope: "row" }, clients[c].id));
      for (const s of heads) {
        const counts = pairs.get(c).get(s);
        if (!counts) {
          row.append(el("td", { class: "none" }, "·"));
          continue;
        }
        const pair = `${servers[s].id}/${clients[c].id}`;
        const name = `${clients[c].id} with ${servers[s].id}: ${inWords(counts)}`;
        const link = here(ticketInterop.address({ pair, cell: null }), { title: name },
          el("span", { class: "unseen" }, `${clients[c].id} with ${servers[s].id}:`), ...countsOf(counts));
        row.append(el("td", { class: standings[worst(counts)].id }, link));
      }
      body.append(row);
    }
    table.append(body);
    ticketInterop.rove(table);
    return el("div", { class: "wide-box" }, table);
  };

  const stateWords = { new: "new", known: "known", baseline: "as before", control: "on purpose" };

  const findingCard = (finding, number) => {
    const { id, state, side, subject, rule, cells, example, links } = finding;
    const kind = { new: "fail", known: "known", baseline: "known", control: "control" }[state] ?? "known";
    const whys = links.map(({ link, note }) => el("p", { class: "why" }, note ? `${note} ` : "", away(link)));
    return el("li", { class: "finding" },
      el("h3", { id: `finding-${number}` },
        el("span", { class: `badge ${kind}` }, stateWords[state] ?? state), ` ${subject} `,
        el("span", { class: "muted" }, `(${side})`), " ", ticketInterop.ruleName(rule)),
      el("p", {}, finding.text), ...whys,
      el("p", { class: "links" },
        here(ticketInterop.address({ finding: id, pair: null, cell: null }), { "aria-describedby": `finding-${number}` },
          `filter by it (${counted(cells, "cell")})`),
        here(ticketInterop.address({ cell: example }), { "aria-describedby": `finding-${number}` }, "clearest cell")));
  };

  const findings = (cells) => {
    const { data } = ticketInterop;
    const counts = data.findings.map(() => 0);
    for (const cell of cells) if (data.columns.finding[cell] >= 0) ++counts[data.columns.finding[cell]];
    const shown = data.findings.map((finding, i) => [finding, i]).filter(([, i]) => counts[i] > 0);
    if (!shown.length) return null;
    const most = 30;
    const list = el("ol", { class: "findings" }, ...shown.slice(0, most).map(([finding, i]) => findingCard(finding, i)));
    const section = el("section", { "aria-labelledby": "findings" }, el("h2", { id: "findings" }, counted(shown.length, "finding")), list);
    if (shown.length > most) {
      const more = el("button", { type: "button" }, `Show ${shown.length - most} more`);
      more.addEventListener("click", () => {
        list.append(...shown.slice(most).map(([finding, i]) => findingCard(finding, i)));
        more.remove();
        list.children[most].querySelector("a").focus();
      });
      section.append(more);
    }
    return section;
  };

  ticketInterop.cellList = (cells) => {
    const { data } = ticketInterop;
    const { columns } = data;
    const row = (i) => {
      const cell = cells[i];
      const scenario = data.scenarios[columns.scenario[cell]].id;
      return [
        badge(data.standing[cell]),
        here(ticketInterop.address({ cell: ticketInterop.idOf(cell) }), {}, scenario),
        data.servers[columns.server[cell]].id, data.clients[columns.client[cell]].id, data.tls[columns.tls[cell]],
        data.reasons[columns.reason[cell]],
      ];
    };
    return ticketInterop.longList("Cells", ["verdict", "scenario", "server", "client", "TLS", "reason"], cells.length, row);
  };

  // The worst first; within a standing as they are in the results.
  const byStanding = (cells) => {
    const { standing } = ticketInterop.data;
    return [...cells].sort((a, b) => standing[a] - standing[b] || a - b);
  };

  ticketInterop.overview = (cells) => {
    if (!cells.length) return [el("p", { class: "empty" }, "No cell is left by these filters.")];
    return [
      el("section", { "aria-labelledby": "matrix" },
        el("h2", { id: "matrix" }, "Clients and servers"), matrix(cells)),
      findings(cells),
      el("section", { "aria-labelledby": "cells" },
        el("h2", { id: "cells" }, counted(cells.length, "cell")), ticketInterop.cellList(byStanding(cells))),
    ];
  };

  // One pair: each scenario at each version.
  ticketInterop.pairView = (pair, cells) => {
    const { data } = ticketInterop;
    const { columns, standing } = data;
    const nameOf = (cell) => `${data.servers[columns.server[cell]].id}/${data.clients[columns.client[cell]].id}`;
    const s = data.servers.findIndex(({ id }) => pair.startsWith(id + "/"));
    const its = [];
    let all = 0;
    for (let cell = 0; cell < data.count; ++cell) if (nameOf(cell) === pair) ++all;
    for (const cell of cells) if (nameOf(cell) === pair) its.push(cell);
    if (!all) return [el("h1", {}, "No such pair"), el("p", {}, `These results have no cell of ${pair}.`)];
    const first = its[0];
    const server = data.servers[first === undefined ? s : columns.server[first]];
    const client = first === undefined ? null : data.clients[columns.client[first]];
    const rows = new Map();
    for (const cell of its) {
      const at = columns.scenario[cell];
      if (!rows.has(at)) rows.set(at, new Map());
      rows.get(at).set(columns.tls[cell], cell);
    }
    const versions = data.tls.map((_, i) => i).sort((a, b) => (data.tls[a] < data.tls[b] ? -1 : 1));
    const table = el("table", { class: "pair" });
    const top = el("tr", {}, el("td", { class: "corner" }, "scenario"), ...versions.map((version) => el("th", { scope: "col" }, data.tls[version])));
    const body = el("tbody");
    for (const at of [...rows.keys()].sort(byName(data.scenarios))) {
      const { id, title } = data.scenarios[at];
      const line = el("tr", {}, el("th", { scope: "row" }, id, el("span", { class: "title" }, title ?? "")));
      for (const version of versions) {
        const cell = rows.get(at).get(version);
        if (cell === undefined) {
          line.append(el("td", { class: "none" }, "·"));
          continue;
        }
        const { word, symbol, id: kind } = standings[standing[cell]];
        const why = data.reasons[columns.reason[cell]];
        line.append(el("td", { class: kind },
          here(ticketInterop.address({ cell: ticketInterop.idOf(cell) }), { title: why || null, "aria-label": `${id} at TLS ${data.tls[version]}: ${word}` },
            el("span", { class: "symbol", "aria-hidden": "true" }, symbol), el("span", { class: "word" }, word))));
      }
      body.append(line);
    }
    table.append(el("caption", { class: "unseen" }, "Verdicts by scenario (rows) and TLS version (columns)"), el("thead", {}, top), body);
    ticketInterop.rove(table);
    const fewer = its.length < all
      ? el("p", { class: "note" }, `The filters leave ${its.length} of ${counted(all, "cell")}. `,
        here(ticketInterop.address({ pair }, ""), {}, "Show all of the pair"))
      : null;
    return [
      el("h1", {}, client ? `${client.id} with ${server.id}` : pair),
      el("p", {}, its.length ? inWords(ticketInterop.tally(its)) : "no cell"),
      fewer,
      el("div", { class: "wide-box" }, table),
      client ? el("div", { class: "two" }, sideFacts("client", client), sideFacts("server", server)) : null,
    ];
  };

  const sideFacts = (side, { id, facts }) => {
    const { version, library, library_version, title, carry, front_door, file, control, ...rest } = facts;
    const more = Object.entries(rest).filter(([name]) => !["clock", "seen"].includes(name));
    const digests = el("details", {}, el("summary", {}, "more"), ticketInterop.facts([["file", file], ...more]));
    return el("section", { class: "side" }, el("h2", {}, `${side} ${id}`),
      ticketInterop.facts([["version", version], ["library", library], ["library version", library_version],
        ["what", title], ["front door", front_door], ["keeps sessions by", carry], ["broken on purpose", control]]),
      file || more.length ? digests : null);
  };
  ticketInterop.sideFacts = sideFacts;
})();
