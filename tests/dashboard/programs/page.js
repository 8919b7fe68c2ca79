// The official SDK for browsers, which the shop's pages load. It finds the trace in their meta tags.
import * as Sentry from "@sentry/browser";

Sentry.init({
  dsn: document.currentScript.dataset.dsn, release: "page@1", environment: "development", tracesSampleRate: 1.0, traceLifecycle: "static",
  // The timeout is long enough for a test to fill in the form, even on a slow machine.
  integrations: [Sentry.browserTracingIntegration({ idleTimeout: 3000 })],
});
