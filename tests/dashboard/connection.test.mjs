// Tests that the page survives a restart of the server, and shows several programs at once.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { bigTransaction, envelope, hex, now } from "./support/envelopes.mjs";
import { launch, newPage, noFaults, open } from "./support/browser.mjs";
import { cache, startDashboard, until } from "./support/programs.mjs";
import { rmSync } from "node:fs";

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser?.close(); });

test("a page that is open finds a restarted server again, with what it kept", async () => {
  const keep = `${cache}/kept.envelopes`;
  rmSync(keep, { force: true });
  let dashboard = await startDashboard({ name: "kept", args: ["--keep", keep] });
  const page = await newPage(browser, { allowed: /ERR_|Failed to load/ });
  try {
    await page.goto(dashboard.url);
    await dashboard.send(bigTransaction(5, "GET /before").body);
    await page.getByRole("row").filter({ hasText: "GET /before" }).waitFor();
    await page.getByText("Live", { exact: true }).waitFor();
    await dashboard.stop();
    await page.getByText("Reconnecting…").waitFor();
    dashboard = await startDashboard({ name: "kept", port: dashboard.port, args: ["--keep", keep] });
    await page.getByText("Live", { exact: true }).waitFor();
    await dashboard.send(bigTransaction(5, "GET /after").body);
    await page.getByRole("row").filter({ hasText: "GET /after" }).waitFor();
    await page.getByRole("row").filter({ hasText: "GET /before" }).waitFor();
    await page.reload();
    await page.getByRole("row").filter({ hasText: "GET /before" }).waitFor();
    noFaults(page);
  } finally { await dashboard.stop(); }
});

test("a paused page waits, and catches up", async () => {
  const dashboard = await startDashboard({ name: "paused" });
  const page = await newPage(browser);
  try {
    await page.goto(dashboard.url);
    await page.getByText("Live", { exact: true }).waitFor();
    await page.keyboard.press("p");
    await page.getByText("Paused", { exact: true }).waitFor();
    await dashboard.send(bigTransaction(5, "GET /later").body);
    await page.getByText(/Paused, \d+ behind/).waitFor();
    assert.equal(await page.getByText("GET /later").count(), 0);
    await page.keyboard.press("p");
    await page.getByRole("row").filter({ hasText: "GET /later" }).waitFor();
    noFaults(page);
  } finally { await dashboard.stop(); }
});

test("an empty view says how to send something until a program has sent something", async () => {
  const dashboard = await startDashboard({ name: "empty" });
  const page = await newPage(browser);
  try {
    await page.goto(dashboard.url);
    await page.goto(`${dashboard.origin}/#/jobs`);
    const hint = page.getByText("Send something here:");
    await hint.waitFor();
    await dashboard.send(bigTransaction(5, "GET /first").body);
    await hint.waitFor({ state: "detached" });
    await page.getByText("No job yet").waitFor();
    noFaults(page);
  } finally { await dashboard.stop(); }
});

test("two programs at once are one trace, each with its colour", async () => {
  const dashboard = await startDashboard({ name: "two" });
  const page = await newPage(browser);
  try {
    const trace_id = hex(16), client = hex(8), root = hex(8), other = hex(8), t = now() - 1;
    const sent = (service, name, context, spans, from, to) => envelope({ event_id: hex(16) }, ["transaction", { type: "transaction", event_id: hex(16), transaction: name, start_timestamp: t + from, timestamp: t + to, tags: { "service.name": service }, release: `${service}@1`, contexts: { trace: { trace_id, op: "http.server", ...context } }, spans }]);
    // The callee sends first: its trace is complete only later.
    await dashboard.send(sent("ledger", "POST /book", { span_id: other, parent_span_id: client }, [], 0.2, 0.6), 2);
    await page.goto(dashboard.url);
    await page.getByRole("row").filter({ hasText: "POST /book" }).waitFor();
    await dashboard.send(sent("counter", "POST /pay", { span_id: root }, [{ trace_id, span_id: client, parent_span_id: root, op: "http.client", description: "POST ledger", start_timestamp: t + 0.1, timestamp: t + 0.7 }], 0, 0.8));
    const row = page.getByRole("row").filter({ hasText: "POST /pay" });
    await row.waitFor();
    for (const service of ["counter", "ledger"]) await row.getByText(service).waitFor();
    await row.getByRole("link").click();
    const tree = page.getByRole("treegrid");
    await tree.getByText("POST /book").waitFor();
    const levels = await tree.getByRole("row").evaluateAll((rows) => rows.map((row) => row.getAttribute("aria-level")));
    assert.deepEqual(levels, ["1", "2", "3"]);
    await page.getByRole("button", { name: "Colour by service" }).click();
    const colours = await tree.locator(".bar").evaluateAll((bars) => bars.map((bar) => getComputedStyle(bar).getPropertyValue("--c")));
    assert.notEqual(colours[0], colours[2]);
    // A click on a service filters the list by it.
    await open(page, dashboard, "traces");
    await page.getByRole("group", { name: "Services" }).getByRole("button", { name: "ledger" }).click();
    await until(() => page.url().includes("service=ledger"), "the filter");
    noFaults(page);
  } finally { await dashboard.stop(); }
});
