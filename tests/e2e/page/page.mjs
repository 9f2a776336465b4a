// The page of a run in a real browser: page.mjs BROWSER TOOLS TRUE HOSTILE PICTURES
//
// TRUE and HOSTILE are folders with a page, PICTURES is where screenshots go. Ends with 1 if anything is not as it must be.
import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [browserPath, tools, trueRun, hostile, pictures] = process.argv.slice(2);
const require = createRequire(path.join(tools, "package.json"));
const { chromium } = require("playwright-core");
const axe = fs.readFileSync(require.resolve("axe-core"), "utf8");

const broken = "openssl-double-ticket/openssl/renew@1.2";
const kinds = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };

const browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
const said = [];

async function open(address, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.on("console", (message) => said.push(`${address}: ${message.text()}`));
  page.on("pageerror", (error) => said.push(`${address}: ${error.message}`));
  await page.goto(address);
  return page;
}

const fileOf = (folder, hash = "") => pathToFileURL(path.join(folder, "index.html")).href + hash;
const picture = (page, name) => page.screenshot({ path: path.join(pictures, `${name}.png`) });

async function accessible(page, what) {
  await page.evaluate(() => document.fonts.ready);
  const found = await page.evaluate(async (source) => {
    // The page's own policy forbids scripts made of text; the test's isolated world is not bound by it.
    (0, eval)(source);
    const ended = await axe.run(document, { preload: false, runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] });
    return ended.violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ target }) => target).join(" | ")}`);
  }, axe);
  assert.deepEqual(found, [], what);
}

const tests = {
  async "matrix, pair and cell are accessible, light and dark, wide and on a phone"() {
    for (const colorScheme of ["light", "dark"])
      for (const [device, viewport] of [["wide", { width: 1280, height: 900 }], ["phone", { width: 360, height: 740 }]])
        for (const [view, hash, there] of [["matrix", "", ".matrix"], ["pair", "#pair=openssl/gnutls", ".pair"],
          ["cell", `#cell=${broken}`, ".ladder svg"]]) {
          const page = await open(fileOf(trueRun, hash), { colorScheme, viewport, bypassCSP: true });
          await page.waitForSelector(there);
          await picture(page, `${view}-${device}-${colorScheme}`);
          await accessible(page, `${view} ${device} ${colorScheme}`);
          const [content, room] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
          assert.ok(content <= room, `${view} on a ${device}: ${content} wide in ${room}`);
          await page.context().close();
        }
  },

  async "a cell tells what was expected and seen, the windows of keys, the offending message, and tickets as tokens"() {
    const page = await open(fileOf(trueRun, `#cell=${broken}`));
    await page.waitForSelector(".ladder svg");
    assert.match(await page.locator(".verdict").innerText(), /rfc5077-3\.3-one-ticket/);
    assert.deepEqual(await page.locator(".comparison thead th").allInnerTexts(), ["at", "expected", "seen"]);
    const steps = await page.locator(".comparison tbody tr").allInnerTexts();
    assert.match(steps[0], /full handshake.*new ticket A/);
    assert.match(steps[1], /resumed handshake.*A offered.*new ticket B/);
    assert.ok((await page.locator(".axis .window.seals").count()) > 0, "a window in which a key seals");
    assert.ok((await page.locator(".axis .window.renews").count()) > 0, "a window of renewal");
    assert.ok((await page.locator(".axis .window.dead").count()) > 0, "a window after expiry");
    assert.match(await page.locator(".axis .legend").innerText(), /until 10 s old.*until 20 s/s);
    assert.equal(await page.locator(".ladder svg .offending").count(), 1);
    assert.match(await page.locator(".ladder").innerText(), /NewSessionTicket/);
    assert.ok((await page.locator(".ladder .token").count()) >= 3);
    await page.locator(".ladder").scrollIntoViewIfNeeded();
    await picture(page, "ladder");
    const files = await page.locator(".evidence a").evaluateAll((links) => links.map((link) => link.href));
    assert.ok(files.length >= 3);
    for (const file of files) assert.ok(fs.existsSync(new URL(file)), file);
    await page.context().close();
  },

  async "filters are in the address, and come back from it"() {
    const page = await open(fileOf(trueRun));
    await page.waitForSelector(".matrix");
    const before = await page.locator("#cells").innerText();
    await page.fill("#by-client", "gnu");
    await page.click('label[for="by-tls-1.2"]');
    assert.match(page.url(), /client=gnu/);
    assert.match(page.url(), /tls=/);
    const after = await page.locator("#cells").innerText();
    assert.notEqual(after, before);
    await page.reload();
    await page.waitForSelector(".matrix");
    assert.equal(await page.inputValue("#by-client"), "gnu");
    assert.equal(await page.locator("#cells").innerText(), after);
    await page.context().close();
  },

  async "keys alone lead from the matrix to a cell"() {
    const page = await open(fileOf(trueRun));
    await page.waitForSelector(".matrix");
    await page.locator(".matrix td a").first().focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".pair");
    assert.equal(await page.evaluate(() => document.activeElement.tagName), "H1");
    await page.locator(".pair td a").first().focus();
    await page.keyboard.press("Enter");
    await page.waitForSelector(".verdict");
    assert.equal(await page.evaluate(() => document.activeElement.tagName), "H1");
    await page.goBack();
    await page.waitForSelector(".pair");
    await page.context().close();
  },

  async "it is the same over http"() {
    const server = http.createServer((request, answer) => {
      const name = path.join(trueRun, decodeURIComponent(request.url.split("?")[0]));
      fs.readFile(name, (error, text) => {
        answer.writeHead(error ? 404 : 200, { "content-type": kinds[path.extname(name)] ?? "application/octet-stream" });
        answer.end(text);
      });
    });
    await new Promise((listens) => server.listen(0, "127.0.0.1", listens));
    const page = await open(`http://127.0.0.1:${server.address().port}/index.html#cell=${broken}`);
    await page.waitForSelector(".ladder svg");
    await page.context().close();
    server.close();
  },

  async "hostile names and reasons stay text"() {
    const page = await open(fileOf(hostile));
    await page.waitForSelector(".matrix");
    for (const cell of ["nginx/gnutls/renew@1.2", "<img/src=x/onerror=pwned=1>@1.2"]) {
      await page.goto(fileOf(hostile, `#cell=${encodeURIComponent(cell)}`));
      await page.waitForSelector("main h1");
      await page.waitForTimeout(200);
    }
    await page.goto(fileOf(hostile, "#cell=nginx/gnutls/renew@1.2"));
    await page.waitForSelector(".verdict");
    assert.match(await page.locator(".verdict").innerText(), /<\/script>/);
    assert.equal(await page.evaluate(() => globalThis.pwned), undefined);
    assert.equal(await page.locator("img, iframe, script[src^=http]").count(), 0);
    const ways = await page.locator("a").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
    for (const way of ways) assert.match(way, /^#|^https:\/\/www\.rfc-editor\.org\//, "no way out of the results");
    await page.context().close();
  },

  async "a hundred thousand cells are drawn as far as they are seen"() {
    const many = fs.mkdtempSync(path.join(pictures, "many-"));
    fs.cpSync(trueRun, many, { recursive: true, filter: (name) => !/evidence|cells-|zst/.test(name) });
    const index = path.join(many, "page/data/index.js");
    const text = fs.readFileSync(index, "utf8");
    const [data, definitions] = JSON.parse(text.slice(text.indexOf("(...") + 4, text.lastIndexOf(")")));
    const size = data.columns.server.length;
    const shape = { client: 60, scenario: 210, tls: data.tls.length, server: data.servers.length };
    const count = Object.values(shape).reduce((all, each) => all * each);
    for (const [name, column] of Object.entries(data.columns)) {
      const before = Object.keys(shape).slice(0, Object.keys(shape).indexOf(name)).reduce((all, each) => all * shape[each], 1);
      data.columns[name] = Array.from({ length: count * (4 / shape.tls) }, (_, i) =>
        (shape[name] ? Math.floor(i / before) % shape[name] : column[i % size]));
    }
    for (const [kind, name] of [["clients", "client"], ["scenarios", "scenario"]])
      data[kind] = Array.from({ length: shape[name] }, (_, i) => ({ ...data[kind][i % data[kind].length], id: `${name}-${i}` }));
    fs.writeFileSync(index, `ticketInterop.index(${JSON.stringify(data)}, ${JSON.stringify(definitions)});\n`);
    const page = await open(fileOf(many));
    await page.waitForSelector(".list .row a");
    const drawn = await page.evaluate(() => document.querySelectorAll("*").length);
    assert.ok(drawn < 5000, `${drawn} elements`);
    const took = await page.evaluate(() => [Math.round(performance.now()), ...performance.getEntriesByType("paint").map((paint) => Math.round(paint.startTime))]);
    console.log(`  ${data.columns.server.length} cells: ready after ${took[0]} ms, first paints at ${took.slice(1).join(", ")} ms`);
    await page.context().close();
    fs.rmSync(many, { recursive: true });
  },
};

let failed = 0;
for (const [name, test] of Object.entries(tests)) {
  try {
    said.length = 0;
    await test();
    assert.deepEqual(said, [], "what the browser said");
    console.log(`ok: ${name}`);
  } catch (error) {
    ++failed;
    console.log(`NOT ok: ${name}\n  ${String(error.stack).replaceAll("\n", "\n  ")}`);
  }
}
await browser.close();
process.exit(failed ? 1 : 0);
