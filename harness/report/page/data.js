"use strict";
// The results: an index of all cells in columns of small numbers, and the cells themselves in chunks that are loaded when
// somebody looks at one. Both come as scripts, which is all that a page from a file may load.

(() => {
  // What a cell comes to, the worst first. Each is told by symbol and word, not by colour alone.
  ticketInterop.standings = [
    { id: "fail", symbol: "✗", word: "fail", title: "failed, and was not expected to" },
    { id: "surprise", symbol: "≠", word: "surprise", title: "passed or unsupported, where something else was expected" },
    { id: "error", symbol: "!", word: "error", title: "harness or machine broke: nothing was judged" },
    { id: "known", symbol: "◆", word: "known", title: "failed, as was expected: the failure is known" },
    { id: "inconclusive", symbol: "?", word: "inconclusive", title: "nothing wrong was seen, but a needed fact neither" },
    { id: "control", symbol: "◇", word: "caught", title: "broken on purpose, and found out" },
    { id: "pass", symbol: "✓", word: "pass", title: "did the right thing" },
    { id: "unsupported", symbol: "–", word: "unsupported", title: "a needed capability is missing" },
  ];
  const place = Object.fromEntries(ticketInterop.standings.map((standing, i) => [standing.id, i]));
  const unexpected = 1;
  const known = 2;
  const caught = 4;

  const standingOf = (verdict, flags) => {
    if (verdict === "fail") {
      if (flags & unexpected) return place.fail;
      return flags & caught && !(flags & known) ? place.control : place.known;
    }
    if (verdict === "error" || verdict === "inconclusive") return place[verdict];
    return flags & unexpected ? place.surprise : place[verdict];
  };

  const policy = globalThis.trustedTypes?.createPolicy("ticket-interop", {
    createScriptURL: (address) => {
      if (!/^page\/data\/cells-\d+\.js$/.test(address)) throw new TypeError("no chunk: " + address);
      return address;
    },
  });

  const chunks = new Map();  // number -> promise of cells
  const waiting = new Map();  // number -> what to do with its text
  const most = 12;

  const inflate = async (text) => {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return JSON.parse(await new Response(stream).text());
  };

  const load = (number) =>
    new Promise((resolve, reject) => {
      const address = `page/data/cells-${number}.js`;
      const script = document.createElement("script");
      const failed = () => reject(new Error(`${address} could not be read: is the whole folder of the page here?`));
      waiting.set(number, (text) => resolve(inflate(text)));
      script.onerror = failed;
      script.onload = () => {
        script.remove();
        if (waiting.delete(number)) failed();
      };
      script.src = policy ? policy.createScriptURL(address) : address;
      document.head.append(script);
    });

  // Called by page/data/cells-N.js.
  ticketInterop.cells = (number, text) => {
    const taken = waiting.get(number);
    waiting.delete(number);
    if (taken) taken(text);
  };

  const chunkOf = (starts, cell) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle] <= cell) low = middle;
      else high = middle - 1;
    }
    return low;
  };

  // A cell whole: messages, witnesses, evidence.
  ticketInterop.loadCell = async (cell) => {
    const starts = ticketInterop.data.chunks;
    const number = chunkOf(starts, cell);
    if (!chunks.has(number)) {
      if (chunks.size >= most) chunks.delete(chunks.keys().next().value);
      chunks.set(number, load(number));
      chunks.get(number).catch(() => chunks.delete(number));
    }
    return (await chunks.get(number))[cell - starts[number]];
  };

  const versionsOf = (sides) =>
    sides.map(({ facts }) => [...new Set([facts.version, facts.library_version, facts.seen].filter(Boolean))]);

  // Called by page/data/index.js, once: with the index, and policy and timeline of scenarios by their ids.
  ticketInterop.index = (data, definitions) => {
    const { columns } = data;
    const count = columns.server.length;
    const standing = new Uint8Array(count);
    for (let i = 0; i < count; ++i) standing[i] = standingOf(data.verdicts[columns.verdict[i]], columns.flags[i]);
    for (const scenario of data.scenarios) scenario.definition = definitions[scenario.id];
    ticketInterop.data = {
      ...data,
      count,
      standing,
      versions: { server: versionsOf(data.servers), client: versionsOf(data.clients) },
    };
  };

  ticketInterop.idOf = (cell) => {
    const { columns, servers, clients, scenarios, tls } = ticketInterop.data;
    const names = [servers[columns.server[cell]].id, clients[columns.client[cell]].id, scenarios[columns.scenario[cell]].id];
    return `${names.join("/")}@${tls[columns.tls[cell]]}`;
  };

  ticketInterop.find = (id) => {
    for (let cell = 0; cell < ticketInterop.data.count; ++cell) if (ticketInterop.idOf(cell) === id) return cell;
    return -1;
  };
})();
