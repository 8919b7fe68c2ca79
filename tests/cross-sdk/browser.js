// The SDK for browsers, as the shop's page loads it.
import * as Sentry from "@sentry/browser";

Sentry.init({
  dsn: document.currentScript.dataset.dsn,
  release: "page@1",
  environment: "browsers",
  traceLifecycle: "static",
  // What the page continues decides; for a trace of its own it would say yes.
  tracesSampleRate: 1.0,
  // The page's loading lasts until the order was answered, however slow the machine is.
  integrations: [Sentry.browserTracingIntegration({ idleTimeout: 5000 })],
});
