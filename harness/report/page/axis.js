"use strict";
// The timeline of a cell: its connections along the time, and below them the server's ticket keys with the windows in
// which each seals tickets, opens and renews them, and is dead. Ages are those of the key that sealed the ticket.

(() => {
  const { el, svg } = ticketInterop;

  // The keys as the server's log tells of them: {key, birth, events: [{name, kind, at}]}, in order of birth.
  const keysOf = (cell, events) => {
    const keys = new Map();
    const sealedBy = new Map();
    cell.connections.forEach(({ at_s: at, witness }, connection) => {
      const decisions = witness?.server?.decisions ?? [];
      for (const { key, age_s: age } of decisions) {
        if (age === null || age === undefined) continue;
        if (!keys.has(key)) keys.set(key, { key, birth: Math.max(0, at - age), events: [] });
        keys.get(key).birth = Math.min(keys.get(key).birth, Math.max(0, at - age));
      }
      const sealing = decisions.filter(({ op, result }) => op === "encrypt" && result === 1);
      const came = events.filter((event) => event.kind === "new" && event.connection === connection);
      came.forEach(({ name }, i) => {
        const key = (sealing[i] ?? sealing.at(-1))?.key;
        if (key && !sealedBy.has(name)) sealedBy.set(name, key);
      });
    });
    for (const { name, kind, connection } of events)
      keys.get(sealedBy.get(name))?.events.push({ name, kind, at: cell.connections[connection].at_s });
    return [...keys.values()].sort((a, b) => a.birth - b.birth);
  };

  const step = (span, most) => {
    const steps = [0.1, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 43200, 86400, 172800, 604800];
    return steps.find((each) => span / each <= most) ?? span / most;
  };

  const shapes = { full: "●", resumed: "◐", failed: "✗" };

  const draw = (cell, scenario, width) => {
    const events = ticketInterop.ticketsOf(cell);
    const colours = ticketInterop.coloursOf(events);
    const policy = ticketInterop.policyOf(scenario);
    const keys = keysOf(cell, events);
    const shownKeys = keys.slice(0, 12);
    const last = cell.connections.at(-1).at_s;
    const ends = shownKeys.map(({ birth }) => birth + (policy.expire ?? 0)).filter((end) => end <= last * 1.6);
    const end = Math.max(last, ...ends, 1) * 1.04;
    const left = width < 600 ? 10 : 96;
    const x = (at) => left + 14 + ((width - left - 30) * Math.min(at, end)) / end;
    const picture = svg("g");
    const top = 26;
    const lane = width < 600 ? 46 : 34;
    const bottom = top + 12 + shownKeys.length * lane;

    shownKeys.forEach(({ key, birth, events: its }, i) => {
      const y = top + 14 + i * lane + (width < 600 ? 12 : 0);
      const name = `key ${String(key).slice(0, 8)}`;
      picture.append(svg("text", width < 600 ? { x: x(0) - 8, y: y - 3, class: "lane" } : { x: 4, y: y + 15, class: "lane" }, name));
      const seals = policy.renew ?? policy.expire ?? Infinity;
      const opens = policy.expire ?? Infinity;
      const bar = (from, to, kind, words) => {
        if (from >= end || to <= from || (policy.scripted && kind === "dead")) return;
        picture.append(svg("rect", { class: `window ${kind}`, x: x(from), y, width: Math.max(2, x(to) - x(from)), height: 20, rx: 3 },
          svg("title", {}, `${name} ${words}, ${ticketInterop.seconds(from)} to ${to === Infinity ? "the end" : ticketInterop.seconds(to)}`)));
      };
      bar(birth, birth + seals, "seals", "seals and opens tickets");
      bar(birth + seals, birth + opens, "renews", "opens tickets, and has them renewed");
      bar(birth + opens, end, "dead", "opens nothing");
      const most = 40;
      for (const { name: ticket, kind, at } of its.slice(0, most))
        picture.append(ticketInterop.token(ticket, colours.get(ticket), x(at), y + 10, kind === "offer"));
    });

    const every = step(end, Math.max(3, (width - left) / 90));
    for (let at = 0; at <= end; at += every)
      picture.append(svg("line", { class: "tick", x1: x(at), x2: x(at), y1: bottom - 6, y2: bottom }),
        svg("text", { class: "time", x: x(at), y: bottom + 13, "text-anchor": "middle" }, ticketInterop.seconds(at)));
    picture.append(svg("line", { class: "life", x1: x(0), x2: x(end), y1: bottom - 6, y2: bottom - 6 }));

    let free = -Infinity;
    cell.connections.forEach((connection, i) => {
      const offending = cell.verdict === "fail" && cell.at?.connection === i + 1;
      const at = x(connection.at_s);
      const kind = `connection ${connection.handshake}${offending ? " broken" : ""}`;
      picture.prepend(svg("line", { class: kind, x1: at, x2: at, y1: top - 4, y2: bottom - 6 }));
      const words = `${i + 1}${shapes[connection.handshake] ?? ""}`;
      if (!offending && at - free < 30) return;
      free = at;
      picture.append(svg("text", { class: kind, x: at, y: offending && at - free < 30 && i ? 10 : 16, "text-anchor": "middle" },
        svg("title", {}, `connection ${i + 1}: ${connection.handshake}`), words));
    });
    const told = `Timeline: ${cell.connections.map(({ at_s: at, handshake }, i) => `connection ${i + 1} at ${ticketInterop.seconds(at)}, ${handshake}`).slice(0, 20).join("; ")}`;
    return svg("svg", { width, height: bottom + 18, viewBox: `0 0 ${width} ${bottom + 18}`, role: "img", "aria-label": told }, picture);
  };

  const swatch = (kind, words) => el("li", {}, el("span", { class: `swatch ${kind}` }), words);

  ticketInterop.axis = (cell, scenario) => {
    const box = el("div", { class: "axis" });
    const policy = ticketInterop.policyOf(scenario);
    const hasKeys = cell.connections.some(({ witness }) => witness?.server?.decisions?.length);
    const legend = el("ul", { class: "legend" });
    legend.append(el("li", {}, "● full handshake"), el("li", {}, "◐ resumed"), el("li", {}, "✗ failed"));
    if (hasKeys) {
      legend.append(swatch("seals", policy.renew ? `key seals tickets (until ${ticketInterop.seconds(policy.renew)} old)` : "key seals and opens tickets"));
      if (policy.renew) legend.append(swatch("renews", `key opens them, and has them renewed${policy.expire ? ` (until ${ticketInterop.seconds(policy.expire)})` : ""}`));
      if (policy.expire) legend.append(swatch("dead", "key is dead"));
      legend.append(el("li", {}, "filled: issued; outlined: offered"));
    } else {
      legend.append(el("li", {}, "the server's log tells of no ticket key"));
    }
    if (policy.scripted) legend.append(el("li", {}, "the scenario scripts what the server makes of tickets, whatever their age"));
    let width = 0;
    new ResizeObserver(() => {
      const now = Math.max(280, Math.min(960, Math.floor(box.clientWidth)));
      if (now === width) return;
      width = now;
      box.replaceChildren(draw(cell, scenario, width), legend);
    }).observe(box);
    return box;
  };
})();
