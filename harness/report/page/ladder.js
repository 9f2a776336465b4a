"use strict";
// The messages of a cell as a ladder: the client's line on the left, the server's on the right. A ticket is a coloured
// token: it comes with a NewSessionTicket, waits left of the client's line, and leaves with the ClientHello that offers
// it. A connection can be folded to its head.

(() => {
  const { el, svg, shown } = ticketInterop;

  const pen = document.createElement("canvas").getContext("2d");
  const widthOf = (text, bold) => {
    pen.font = `${bold ? "600 " : ""}13px system-ui, sans-serif`;
    return pen.measureText(text).width;
  };

  // Text in lines no wider than `width`; `first` is what already stands on the first.
  const wrapped = (text, width, first = 0, bold = false) => {
    const widthIn = (words) => widthOf(words, bold);
    const lines = [];
    let line = "";
    for (const word of shown(text).split(" ")) {
      let rest = word;
      const room = () => width - (lines.length ? 0 : first);
      if (line && widthIn(`${line} ${rest}`) > room()) {
        lines.push(line);
        line = "";
      }
      if (!line && !lines.length && widthIn(rest) > room()) lines.push("");
      while (!line && widthIn(rest) > width) {
        let cut = Math.max(1, Math.floor((rest.length * width) / widthIn(rest)) - 1);
        lines.push(rest.slice(0, cut));
        rest = rest.slice(cut);
      }
      line = line ? `${line} ${rest}` : rest;
    }
    lines.push(line);
    return lines;
  };

  const arrow = (x, y, right) => svg("path", { class: "head", d: `M${x} ${y}l${right ? -9 : 9} -4.5v9z` });

  // A ticket's token, its middle at x, y.
  ticketInterop.token = (name, colour, x, y, hollow) => {
    const width = Math.max(18, widthOf(name, true) + 9);
    return svg("g", { class: `token t${colour}${hollow ? " hollow" : ""}` },
      svg("title", {}, `ticket ${name}`),
      svg("rect", { x: x - width / 2, y: y - 9, width, height: 18, rx: 9 }),
      svg("text", { x, y: y + 4.5, "text-anchor": "middle" }, name));
  };

  // What is said beside a message, or at the end of a connection where no message is named.
  const remarksOf = (cell, number, message) => {
    const here = (at) => at && at.connection === number && (at.message ?? null) === message;
    const remarks = cell.findings.filter(({ at }) => here(at)).map(({ rule, actor, reason }) => ({ kind: "broken", text: `✗ ${rule} (${actor}): ${reason}` }));
    if (!remarks.length && here(cell.at) && cell.rule) remarks.push({ kind: "broken", text: `✗ ${cell.rule} (${cell.fault}): ${cell.reason}` });
    for (const { what, at } of cell.consequences ?? []) if (here(at)) remarks.push({ kind: "follows", text: `↳ follows: ${what}` });
    return remarks;
  };

  const isOffending = (cell, number, message) =>
    cell.verdict === "fail" && cell.at?.connection === number && (cell.at.message ?? null) === message;

  const headHeight = 40;

  // Drawing lays out one ladder from top to bottom, at one width.
  class Drawing {
    constructor(cell, width, open) {
      this.cell = cell;
      this.width = width;
      this.open = open;
      this.events = ticketInterop.ticketsOf(cell);
      this.colours = ticketInterop.coloursOf(this.events);
      this.narrow = width < 600;
      this.lanes = this.laneCount();
      this.client = (this.narrow ? 0 : 78) + 26 + this.lanes * 14;
      this.server = width - 16;
      this.y = 24;
      this.places = new Map();
      this.back = svg("g");
      this.front = svg("g");
      this.heads = [];
    }

    laneCount() {
      const names = new Set(this.events.filter(({ kind }) => kind === "offer").map(({ name }) => name));
      return Math.min(names.size, this.narrow ? 2 : 5);
    }

    text(x, y, content, kind, end) {
      return svg("text", { x, y, class: kind, "text-anchor": end ? "end" : null }, content);
    }

    note(lines, kind, x) {
      for (const line of lines) {
        this.front.append(this.text(x, this.y + 13, line, kind));
        this.y += 17;
      }
    }

    place(connection, message, y) {
      this.places.set(`${connection} ${message}`, y);
    }

    message(connection, number, message, index) {
      const { cell, client, server } = this;
      const fromClient = message.from === "client";
      const top = this.y;
      const room = server - client - 34;
      const bytes = `${ticketInterop.number(message.bytes)} B${message.sealed ? ", sealed" : ""}`;
      const said = [message.note, bytes].filter(Boolean).join(" · ");
      const lines = wrapped(said, room, widthOf(message.type, true) + 8);
      const x = fromClient ? client + 16 : server - 14;
      lines.forEach((line, i) => {
        const text = svg("text", { x, y: this.y + 13, "text-anchor": fromClient ? null : "end" });
        if (i === 0) text.append(svg("tspan", { class: "type" }, message.type), " ");
        text.append(svg("tspan", { class: "said" }, line));
        this.front.append(text);
        this.y += 16;
      });
      const y = this.y + 7;
      const rung = svg("g", { class: `rung${message.sealed ? " sealed" : ""}` },
        svg("line", { x1: client, x2: server, y1: y, y2: y }), arrow(fromClient ? server : client, y, fromClient));
      this.front.append(rung);
      if (!this.narrow)
        this.front.append(this.text(4, y + 4, `${(message.at_ms - connection.at_s * 1000).toFixed(2)} ms`, "time"));
      this.place(number - 1, index, y);
      this.y = y + 7;
      for (const { kind, text } of remarksOf(cell, number, index)) this.note(wrapped(text, room + 10, 0, kind === "broken"), kind, client + 16);
      this.y += 3;
      if (isOffending(cell, number, index)) this.mark(top, this.y);
    }

    mark(top, bottom) {
      this.offending = top;
      this.back.append(svg("rect", { class: "offending", x: 0, y: top - 1, width: this.width, height: bottom - top + 2, rx: 4 }));
    }

    problems(connection, before) {
      for (const { from, before_message: place, what } of connection.problems ?? [])
        if (place === before) this.note(wrapped(`! ${from}: ${what}`, this.server - this.client - 30, 0, true), "problem", this.client + 16);
    }

    ending(connection, number) {
      const room = this.server - this.client - 20;
      const top = this.y;
      const remarks = remarksOf(this.cell, number, null);
      for (const { kind, text } of remarks) this.note(wrapped(text, room, 0, kind === "broken"), kind, this.client + 16);
      if (remarks.length && isOffending(this.cell, number, null)) this.mark(top, this.y);
      const { client, server } = connection.witness ?? {};
      if (client) this.note(wrapped(`client ${ticketInterop.clientText(client)}`, room), "witness", this.client + 16);
      for (const decision of server?.decisions ?? [])
        this.note(wrapped(`server ${ticketInterop.decisionText(decision)}`, room), "witness", this.client + 16);
      for (const error of server?.errors ?? []) this.note(wrapped(`server log: ${error}`, room), "witness", this.client + 16);
    }

    connection(connection, index) {
      const number = index + 1;
      const open = this.open.has(index);
      const top = this.y;
      this.heads.push({ index, number, connection, open, y: top });
      this.y += headHeight;
      if (open) {
        connection.messages.forEach((message, i) => {
          this.problems(connection, i);
          this.message(connection, number, message, i);
        });
        this.problems(connection, connection.messages.length);
        this.ending(connection, number);
        this.y += 10;
        return;
      }
      for (const { name, kind, connection: its, message } of this.events)
        if (its === index && name) this.place(index, message, top + (kind === "offer" ? 9 : 29));
      if (this.cell.at?.connection === number && this.cell.verdict === "fail") this.mark(top, this.y);
    }

    tokens() {
      const ends = [];  // of each lane: how far down it is taken
      const tracks = new Map();
      const at = ({ connection, message }) => this.places.get(`${connection} ${message}`);
      for (const event of this.events) {
        if (event.kind === "new" && !tracks.has(event.name)) tracks.set(event.name, { birth: at(event), uses: [] });
        if (event.kind === "offer") tracks.get(event.name)?.uses.push(at(event));
      }
      for (const [name, { birth, uses }] of tracks) {
        if (!uses.length) continue;
        const last = uses.at(-1);
        let lane = ends.findIndex((end) => end < birth);
        if (lane < 0) lane = Math.min(ends.length, Math.max(0, this.lanes - 1));
        ends[lane] = Math.max(ends[lane] ?? 0, last);
        const x = this.client - 24 - lane * 14;
        const kind = `track t${this.colours.get(name)}`;
        const c = this.client;
        this.front.append(svg("path", { class: kind, d: `M${c} ${birth}C${x} ${birth} ${x} ${birth} ${x} ${birth + 16}V${last - 16}` }));
        for (const use of uses)
          this.front.append(svg("path", { class: kind, d: `M${x} ${use - 16}C${x} ${use} ${x} ${use} ${c - 12} ${use}` }));
      }
      for (const event of this.events) {
        const y = at(event);
        const colour = this.colours.get(event.name);
        if (this.open.has(event.connection))
          this.front.append(svg("circle", { class: `t${colour} seal`, cx: this.server, cy: y, r: 5 }));
        this.front.append(ticketInterop.token(event.name, colour, this.client, y, event.kind === "offer"));
      }
    }

    draw() {
      this.front.append(this.text(this.client, 12, "client", "side", false), this.text(this.width - 2, 12, "server", "side", true));
      this.cell.connections.forEach((connection, i) => this.connection(connection, i));
      this.back.append(...[this.client, this.server].map((x) => svg("line", { class: "life", x1: x, x2: x, y1: 20, y2: this.y })));
      this.tokens();
      return svg("svg", { width: this.width, height: this.y + 4, viewBox: `0 0 ${this.width} ${this.y + 4}`, role: "img",
        "aria-label": `Message ladder of ${ticketInterop.counted(this.cell.connections.length, "connection")}; the table below it says the same` },
        this.back, this.front);
    }
  }

  const headText = ({ at_s: at, messages, handshake, resumed_by: by, version, cipher }, narrow) => {
    if (!messages.length) return `at ${ticketInterop.seconds(at)} · no message was seen`;
    const shape = by ? `${handshake} by ${by.replace("_", " ")}` : handshake;
    return [`at ${ticketInterop.seconds(at)}`, shape, version ? `TLS ${version}` : "", narrow ? "" : cipher].filter(Boolean).join(" · ");
  };

  // Which connections are open at first: all of a few, else those that matter.
  const openAtFirst = (cell) => {
    const all = cell.connections.map((_, i) => i);
    if (all.length <= 8) return new Set(all);
    const told = new Set([cell.at, ...cell.findings.map(({ at }) => at)].filter(Boolean).map(({ connection }) => connection - 1));
    return new Set(all.filter((i) => i < 2 || told.has(i)).slice(0, 12));
  };

  ticketInterop.ladder = (cell) => {
    const open = openAtFirst(cell);
    const box = el("div", { class: "ladder" });
    let width = 0;
    let drawing = null;
    const draw = () => {
      drawing = new Drawing(cell, width, open);
      const picture = drawing.draw();
      const focused = box.contains(document.activeElement) ? document.activeElement.dataset.index : undefined;
      const heads = drawing.heads.map(({ index, number, connection, open: isOpen, y }) => {
        const button = el("button", { type: "button", class: "fold", "aria-expanded": String(isOpen), "data-index": index },
          el("strong", {}, `${number}`), el("span", {}, headText(connection, drawing.narrow)));
        button.style.top = `${y + 2}px`;
        button.style.left = `${drawing.client + 14}px`;
        button.style.maxWidth = `${drawing.server - drawing.client - 22}px`;
        button.addEventListener("click", () => {
          if (!open.delete(index)) open.add(index);
          draw();
        });
        return button;
      });
      box.replaceChildren(picture, ...heads);
      if (focused !== undefined) box.querySelector(`[data-index="${focused}"]`)?.focus({ preventScroll: true });
    };
    new ResizeObserver(() => {
      const now = Math.max(280, Math.min(960, Math.floor(box.clientWidth)));
      if (now === width) return;
      width = now;
      draw();
    }).observe(box);
    box.showOffending = () => {
      if (cell.at?.connection) open.add(cell.at.connection - 1);
      draw();
      const top = drawing.offending ?? 0;
      scrollTo({ top: box.getBoundingClientRect().top + scrollY + top - innerHeight / 3 });
    };
    return box;
  };

  // The same in a table, made when it is opened.
  ticketInterop.ladderTable = (cell) => {
    const details = el("details", { class: "as-table" }, el("summary", {}, "The messages as a table"));
    details.addEventListener("toggle", () => {
      if (!details.open || details.children.length > 1) return;
      const body = el("tbody");
      cell.connections.forEach((connection, i) =>
        connection.messages.forEach((message, j) => {
          const remarks = remarksOf(cell, i + 1, j).map(({ text }) => el("div", {}, text));
          body.append(el("tr", { class: isOffending(cell, i + 1, j) ? "offending" : null },
            ...[i + 1, j, (message.at_ms - connection.at_s * 1000).toFixed(3), message.from].map((value) => el("td", {}, value)),
            el("td", {}, message.type), el("td", {}, message.bytes), el("td", {}, message.note ?? "", ...remarks)));
        }));
      const heads = ["connection", "message", "ms", "from", "type", "bytes", "what matters of it"];
      details.append(el("div", { class: "wide-box", tabindex: 0, role: "region", "aria-label": "Messages" }, el("table", { class: "plain" },
        el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))), body)));
    });
    return details;
  };
})();
