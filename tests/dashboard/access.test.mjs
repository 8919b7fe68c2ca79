// Tests the rules for the token, the host and the origin of a request, in a browser.
import assert from "node:assert/strict";
import { createServer, request } from "node:http";
import { after, before, test } from "node:test";
import { bigTransaction } from "./support/envelopes.mjs";
import { launch, newPage, noFaults } from "./support/browser.mjs";
import { startDashboard } from "./support/programs.mjs";

let browser, dashboard;
before(async () => {
  browser = await launch();
  dashboard = await startDashboard({ name: "access" });
  await dashboard.send(bigTransaction(3, "GET /secret").body);
});
after(async () => {
  await browser?.close();
  await dashboard?.stop();
});
/** Sends a request with headers that `fetch` would not send. */
const raw = (path, headers, method = "GET") => new Promise((resolve, reject) => {
  const sent = request({ host: "127.0.0.1", port: dashboard.port, path, method, headers }, (answer) => {
    let body = "";
    answer.on("data", (part) => { body += part; });
    answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, body }));
  });
  sent.on("error", reject);
  sent.end();
});

test("without the token there is nothing to see; the URL with it leaves no token behind", async () => {
  const page = await newPage(browser, { allowed: /401/ });
  await page.goto(`${dashboard.origin}/`);
  assert.doesNotMatch(await page.locator("body").innerText(), /secret/);
  for (const path of ["/api/traces", "/api/live", "/api/overview"]) assert.equal((await raw(path, { host: dashboard.host })).status, 401, path);
  await page.goto(dashboard.url);
  await page.getByRole("row").filter({ hasText: "GET /secret" }).waitFor();
  assert.doesNotMatch(page.url(), /token/);
  assert.equal(await page.evaluate(() => document.cookie), "", "scripts cannot read the cookie");
  noFaults(page);
});

test("a page that lost its token says how to get in", async () => {
  const page = await newPage(browser, { allowed: /401/ });
  await page.goto(dashboard.url);
  await page.getByRole("row").first().waitFor();
  await page.context().clearCookies();
  await page.getByRole("link", { name: "Issues" }).click();
  await page.getByText("This page needs its token").waitFor();
  noFaults(page);
});

test("a name that only resolves to this machine is refused, and so is the origin of another site", async () => {
  const bearer = { authorization: `Bearer ${dashboard.token}` };
  assert.ok((await raw("/api/traces", { host: `evil.example:${dashboard.port}`, ...bearer })).status >= 400);
  assert.ok((await raw("/", { host: `evil.example:${dashboard.port}` })).status >= 400);
  assert.ok((await raw("/api/traces", { host: dashboard.host, origin: "http://evil.example", ...bearer })).status >= 400);
  assert.ok((await raw("/api/clear", { host: dashboard.host, origin: "http://evil.example", ...bearer }, "POST")).status >= 400);
  assert.equal((await raw("/api/traces", { host: `localhost:${dashboard.port}`, ...bearer })).status, 200);
});

test("another site that is open in the same browser reads nothing, but may send", async () => {
  const site = createServer((_, answer) => answer.writeHead(200, { "content-type": "text/html" }).end("<title>another site</title>"));
  await new Promise((resolve) => site.listen(0, "127.0.0.1", resolve));
  try {
    const page = await newPage(browser, { allowed: /CORS|ERR_FAILED|403|401|frame/i });
    await page.goto(dashboard.url);
    await page.getByRole("row").first().waitFor();
    await page.goto(`http://127.0.0.1:${site.address().port}/`);
    const seen = await page.evaluate(async ({ origin, body }) => {
      const read = (url, options) => fetch(url, options).then((answer) => `read ${answer.status}`, () => "refused");
      return {
        list: await read(`${origin}/api/traces`, { credentials: "include" }),
        clear: await read(`${origin}/api/clear`, { method: "POST", credentials: "include" }),
        send: await read(`${origin}/api/1/envelope/`, { method: "POST", body }),
      };
    }, { origin: dashboard.origin, body: bigTransaction(2, "GET /from-a-site").body });
    assert.deepEqual(seen, { list: "refused", clear: "refused", send: "read 200" });
    const { traces } = await dashboard.get("traces");
    assert.deepEqual(traces.map((trace) => trace.name).sort(), ["GET /from-a-site", "GET /secret"], "nothing was cleared");
    noFaults(page);
  } finally { site.close(); }
});

test("only the page's own style and script may run", async () => {
  const { headers } = await raw("/", { host: dashboard.host, cookie: "" , authorization: `Bearer ${dashboard.token}` });
  const policy = headers["content-security-policy"] ?? "";
  for (const rule of ["default-src 'none'", "connect-src 'self'", "base-uri 'none'", "frame-ancestors 'none'"]) assert.ok(policy.includes(rule), `${rule} in ${policy}`);
  assert.doesNotMatch(policy, /unsafe|\*|https?:/);
  const page = await newPage(browser, { allowed: /Content Security Policy/ });
  await page.goto(dashboard.url);
  await page.getByRole("row").first().waitFor();
  const ran = await page.evaluate(async () => {
    const script = document.createElement("script");
    script.textContent = "window.ran = true";
    document.head.append(script);
    const box = document.createElement("div");
    box.setAttribute("style", "position: fixed");
    document.body.append(box);
    return [window.ran === true, getComputedStyle(box).position, await fetch("https://example.org/").then(() => "sent", () => "refused")];
  });
  assert.deepEqual(ran, [false, "static", "refused"]);
});
