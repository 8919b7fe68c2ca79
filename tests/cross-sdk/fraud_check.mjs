// The second service behind the shop: accepts charges and passes them on. `node fraud_check.mjs NEXT_URL`
import * as Sentry from "@sentry/node";

// The continued trace decides about sampling; a trace of its own would always be sampled.
Sentry.init({ tracesSampleRate: 1.0, traceLifecycle: "static" });

// The import follows the SDK, which instruments only modules that are imported later.
const { createServer } = await import("node:http");
const next = process.argv[2];

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const answer = await fetch(next, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: Buffer.concat(chunks),
  });
  response.writeHead(answer.status).end(await answer.text());
});
server.listen(0, "127.0.0.1", () => {
  console.log(`The fraud check listens at http://127.0.0.1:${server.address().port}/`);
});
