// Tests that axe-core finds no serious violation on any view, in light and dark, wide and narrow; takes pictures of all
// views on request.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { launch, newPage, noFaults } from "./support/browser.mjs";
import { filled } from "./support/filled.mjs";
import { startDashboard } from "./support/programs.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const pictures = process.env.DASHBOARD_SCREENSHOTS;
let browser, full, empty, views;
before(async () => {
  browser = await launch();
  empty = await startDashboard({ name: "axe-empty" });
  full = await startDashboard({ name: "axe-full" });
  views = await filled(full);
  if (pictures) mkdirSync(pictures, { recursive: true });
});
after(async () => {
  await browser?.close();
  await full?.stop();
  await empty?.stop();
});

async function check(page, name) {
  // The page's policy forbids foreign scripts, but does not apply to scripts that the debugger evaluates.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  const serious = violations.filter((v) => v.impact === "serious" || v.impact === "critical")
    .map((v) => `${name}: ${v.id} (${v.help}) at ${v.nodes.slice(0, 4).map((n) => `${n.target.join(" ")} ${n.any?.[0]?.message ?? ""}`).join("; ")}`);
  return serious;
}

for (const [width, height] of [[1440, 900], [400, 860]]) {
  for (const scheme of ["light", "dark"]) {
    test(`every view at ${width} pixels, ${scheme}`, async () => {
      const page = await newPage(browser, { width, height, scheme, reducedMotion: "reduce" });
      const serious = [];
      for (const [dashboard, routes] of [[full, views], [empty, { "empty-traces": "traces", "empty-jobs": "jobs" }]]) {
        await page.goto(dashboard.url);
        for (const [name, route] of Object.entries(routes)) {
          await page.goto(`${dashboard.origin}/#/${route}`);
          await page.locator("#main > section").waitFor();
          await page.locator(".loading").waitFor({ state: "detached" });
          if (pictures) await page.screenshot({ path: `${pictures}/${name}-${width}-${scheme}.png` });
          serious.push(...await check(page, name));
          assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} is wider than the window`);
        }
      }
      await page.keyboard.press("?");
      await page.getByRole("dialog").waitFor();
      serious.push(...await check(page, "help"));
      if (pictures) await page.screenshot({ path: `${pictures}/help-${width}-${scheme}.png` });
      assert.deepEqual(serious, []);
      noFaults(page);
      await page.context().close();
    });
  }
}
