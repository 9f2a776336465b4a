"use strict";
// What a cell's data means in words: tickets by name, steps as they were asked for, durations, rules.

(() => {
  const { away, el } = ticketInterop;

  // A rule, with a link to the section that it is of.
  ticketInterop.ruleName = (rule) => {
    const found = /^rfc(\d+)-(\d+(?:\.\d+)*)-/.exec(rule ?? "");
    const code = el("code", {}, rule ?? "");
    return found ? away(`https://www.rfc-editor.org/rfc/rfc${found[1]}#section-${found[2]}`, code) : code;
  };

  // "10s" of a scenario in seconds, or null.
  const secondsOf = (duration) => {
    const found = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(String(duration ?? ""));
    return found ? Number(found[1]) * { ms: 0.001, s: 1, m: 60, h: 3600, d: 86400 }[found[2]] : null;
  };

  // When keys stop sealing and opening, in seconds of their age; null for never, or where the results do not tell.
  ticketInterop.policyOf = (scenario) => {
    const policy = scenario.definition?.policy ?? {};
    return {
      renew: secondsOf(policy.renew_after), expire: secondsOf(policy.expire_after),
      scripted: Array.isArray(policy.callback_results),
    };
  };

  const expectAt = (step, version) => {
    let expect = step.expect ?? {};
    for (const [name, fields] of Object.entries(step))
      if (name.startsWith("expect@") && name.slice(7).split(",").includes(version)) expect = { ...expect, ...fields };
    return expect;
  };

  const filled = (text, time) => String(text).replaceAll("{n}", time).replaceAll("{previous}", time - 1);

  const words = {
    handshake: (what) => `${what} handshake`,
    offered: (what) => (what === "none" ? "no ticket offered" : what === "any" ? "a ticket offered" : `${what} offered`),
    new_ticket: (what) => (what === "none" ? "no new ticket" : what === "any" ? "a new ticket" : `new ticket ${what}`),
    ticket_count: (what) => `${what} tickets`,
    hint: (what) => `lifetime ${what}`,
    alert: (what) => (what === "none" ? "no alert" : `alert ${what}`),
    closed_by: (what) => `closed by the ${what}`,
    no_client_hello: () => "no second handshake",
    peer_certificate: (what) => `client certificate ${what}`,
  };

  // What the scenario expects of each connection at a version, in words; of restarts nothing.
  ticketInterop.expectations = (scenario, version) => {
    const steps = [];
    for (const step of scenario.definition?.timeline ?? []) {
      const times = step.repeat?.times ?? 1;
      const expect = expectAt(step, version);
      for (let time = 1; time <= times && step.connect; ++time)
        steps.push(Object.entries(expect).map(([field, what]) =>
          words[field] ? words[field](filled(what, time)) : `${field} ${filled(JSON.stringify(what), time)}`).join(", ") || "nothing in particular");
    }
    return steps;
  };

  // What a connection was, in a line.
  ticketInterop.seenOf = (connection, tickets) => {
    if (!connection.messages.length) return "no message was seen";
    const told = [`${connection.handshake} handshake`];
    if (connection.resumed_by) told[0] += ` by ${connection.resumed_by.replace("_", " ")}`;
    for (const { kind, name } of tickets)
      told.push(kind === "offer" ? `${name} offered` : `new ticket ${name}`);
    if (!tickets.some(({ kind }) => kind === "offer")) told.splice(1, 0, connection.offered ? "an unknown ticket offered" : "no ticket offered");
    const alert = connection.messages.find(({ type, note }) => type === "Alert" && note && note !== "close_notify");
    if (alert) told.push(`alert ${alert.note} by the ${alert.from}`);
    return told.join(", ");
  };

  // Where tickets come and are offered: {name, kind: "new" or "offer", connection, message}, in wire order. Names are
  // those that the notes of the messages give them, unique within a cell.
  ticketInterop.ticketsOf = (cell) => {
    const events = [];
    cell.connections.forEach(({ messages }, connection) =>
      messages.forEach(({ type, note }, message) => {
        const came = type === "NewSessionTicket" ? /^ticket (\S+), lifetime/.exec(note ?? "") : null;
        const offer = type === "ClientHello" ? /^offers (\S+)$/.exec(note ?? "") : null;
        if (came) events.push({ name: came[1], kind: "new", connection, message });
        if (offer) events.push({ name: offer[1], kind: "offer", connection, message });
      }));
    return events;
  };

  // Each name has one of eight colours, by the order in which they come.
  ticketInterop.coloursOf = (events) => {
    const colours = new Map();
    for (const { name } of events) if (!colours.has(name)) colours.set(name, colours.size % 8);
    return colours;
  };

  // The server's own words on its ticket keys.
  ticketInterop.decisionText = ({ op, key, age_s: age, result }) => {
    const named = `key ${String(key).slice(0, 8)}${age === null || age === undefined ? "" : `, ${ticketInterop.seconds(age)} old`}`;
    if (op === "encrypt") return result === 1 ? `sealed a ticket with ${named}` : `failed to seal a ticket (${named})`;
    const meaning = { 0: "not opened", 1: "valid", 2: "valid, but renew", "-1": "failure" }[result] ?? `result ${result}`;
    return `looked at a ticket of ${named}: ${meaning}`;
  };

  ticketInterop.clientText = ({ answered, resumed, tickets_received: tickets, error }) => {
    if (!answered) return "gave no answer";
    const told = [];
    if (resumed !== null && resumed !== undefined) told.push(resumed ? "says resumed" : "says not resumed");
    if (tickets !== null && tickets !== undefined) told.push(ticketInterop.counted(tickets, "ticket"));
    if (error) told.push(`error in ${error.stage}: ${error.text}`);
    return told.join(", ") || "says nothing of it";
  };
})();
