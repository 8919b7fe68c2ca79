// The official SDK for Node: a request with a query, an error and a check-in. The DSN is in the environment.
import * as Sentry from "@sentry/node";

Sentry.init({ tracesSampleRate: 1.0, traceLifecycle: "static", enableLogs: true, release: "node-api@2", environment: "test" });
await Sentry.withMonitor("node-cleanup", () => Sentry.startSpan({ name: "GET /from-node", op: "http.server" }, async () => {
  await Sentry.startSpan({ name: "SELECT * FROM carts", op: "db.query" }, () => new Promise((resolve) => setTimeout(resolve, 5)));
  Sentry.addBreadcrumb({ category: "cart", message: "the cart was opened" });
  Sentry.logger?.info("a log of node");
  Sentry.captureException(new RangeError("the cart has no such place", { cause: new Error("place 9 of 3") }));
}), { schedule: { type: "crontab", value: "5 4 * * *" } });
if (!await Sentry.flush(20_000)) throw new Error("not everything was sent");
