// The official SDK for browsers, as the shop's pages load it. It finds the trace in their meta tags.
import * as Sentry from "@sentry/browser";

Sentry.init({
  dsn: document.currentScript.dataset.dsn, release: "page@1", environment: "development", tracesSampleRate: 1.0, traceLifecycle: "static",
  // Long enough for a test to fill the form in, however slow the machine is.
  integrations: [Sentry.browserTracingIntegration({ idleTimeout: 3000 })],
});
