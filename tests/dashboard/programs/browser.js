// The official SDK for browsers, in a page that throws an error.
import * as Sentry from "@sentry/browser";

const { dsn } = document.currentScript.dataset;
Sentry.init({ dsn, release: "page@1", environment: "test", tracesSampleRate: 1.0, traceLifecycle: "static", integrations: [Sentry.browserTracingIntegration({ idleTimeout: 500 })] });
Sentry.setUser({ id: "visitor-7" });
setTimeout(() => { throw new TypeError("the button has no handler"); });
