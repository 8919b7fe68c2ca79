// The SDK for browsers, which the shop's page loads.
import * as Sentry from "@sentry/browser";

Sentry.init({
  dsn: document.currentScript.dataset.dsn,
  release: "page@1",
  environment: "browsers",
  traceLifecycle: "static",
  // The continued trace decides about sampling; a trace of its own would always be sampled.
  tracesSampleRate: 1.0,
  // The page load then lasts until the order was answered, even on a slow machine.
  integrations: [Sentry.browserTracingIntegration({ idleTimeout: 5000 })],
});
