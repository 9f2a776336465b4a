"use strict";
// What is looked at is told by the address alone, behind the #, so that it can be sent to somebody: the filters, and which
// pair or cell is open.

(() => {
  ticketInterop.filters = ["server", "client", "scenario", "version", "tls", "verdict", "finding"];

  ticketInterop.asked = () => new URLSearchParams(location.hash.slice(1));

  // The address of this view with some of it changed; null or "" takes a word away.
  ticketInterop.address = (changes, from = ticketInterop.asked()) => {
    const words = new URLSearchParams(from);
    for (const [name, value] of Object.entries(changes)) {
      if (value === null || value === "") words.delete(name);
      else words.set(name, value);
    }
    return "#" + words;
  };

  const escaped = (text) => text.replace(/[.+?^${}()|[\]\\]/g, "\\$&");

  // Words of a filter, with commas between: one with * is a pattern for the whole name, one that is a name means that
  // name, any other is looked for within names.
  const tester = (words, names) => {
    const tests = words
      .split(",")
      .map((word) => word.trim())
      .filter(Boolean)
      .map((word) => {
        if (word.includes("*")) {
          const pattern = new RegExp("^" + escaped(word).replaceAll("*", ".*") + "$", "is");
          return (name) => pattern.test(name);
        }
        if (names.includes(word)) return (name) => name === word;
        return (name) => name.toLowerCase().includes(word.toLowerCase());
      });
    return (name) => tests.length === 0 || tests.some((test) => test(name));
  };

  const chosen = (words, names) => {
    if (!words) return names.map(() => true);
    const test = tester(words, names);
    return names.map((name) => test(name));
  };

  // The cells that the filters leave, in their order.
  ticketInterop.select = (asked = ticketInterop.asked()) => {
    const { columns, standing, count, servers, clients, scenarios, tls, findings, versions } = ticketInterop.data;
    const ids = (sides) => sides.map(({ id }) => id);
    const server = chosen(asked.get("server"), ids(servers));
    const client = chosen(asked.get("client"), ids(clients));
    const scenario = chosen(asked.get("scenario"), ids(scenarios));
    const words = (name) => asked.get(name)?.split(",");
    const at = tls.map((version) => words("tls")?.includes(version) ?? true);
    const verdict = ticketInterop.standings.map(({ id }) => words("verdict")?.includes(id) ?? true);
    const finding = asked.get("finding") ? findings.findIndex(({ id }) => id === asked.get("finding")) : undefined;
    const version = asked.get("version");
    const all = [...versions.server, ...versions.client].flat();
    const of = version ? tester(version, all) : () => true;
    const serverOf = versions.server.map((told) => !version || told.some(of));
    const clientOf = versions.client.map((told) => !version || told.some(of));
    const cells = [];
    for (let i = 0; i < count; ++i) {
      const s = columns.server[i];
      const c = columns.client[i];
      if (!server[s] || !client[c] || !scenario[columns.scenario[i]] || !at[columns.tls[i]]) continue;
      if (!verdict[standing[i]] || !(serverOf[s] || clientOf[c])) continue;
      if (finding !== undefined && columns.finding[i] !== finding) continue;
      cells.push(i);
    }
    return cells;
  };

  // Counts by standing.
  ticketInterop.tally = (cells) => {
    const counts = ticketInterop.standings.map(() => 0);
    for (const cell of cells) ++counts[ticketInterop.data.standing[cell]];
    return counts;
  };
})();
