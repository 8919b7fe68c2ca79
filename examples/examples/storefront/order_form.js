
// Sends the order with the trace of this page, so that both are seen as one. Sentry's browser SDK, where the page has
// it, does the same for every request; without JavaScript the form works too, as a trace of its own.
document.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const headers = {};
  for (const name of window.__SENTRY__ ? [] : ["sentry-trace", "baggage"]) {
    const meta = document.querySelector(`meta[name="${name}"]`);
    if (meta) headers[name] = meta.content;
  }
  const body = new URLSearchParams(new FormData(event.target));
  const response = await fetch(event.target.action, { method: "POST", headers, body });
  const html = await response.text();
  document.open();
  document.write(html);
  document.close();
});
