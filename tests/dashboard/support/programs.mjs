// Starts programs and waits for the address that they print.
import { spawn } from "node:child_process";
import { openSync, readFileSync } from "node:fs";

export const cache = process.env.DASHBOARD_CACHE;
const running = new Set();

/** Returns an environment without the settings of this machine that would send data elsewhere. */
function plain(extra) {
  const environment = {};
  for (const [key, value] of Object.entries(process.env)) {
    if (!key.startsWith("SENTRY_") && !/proxy/i.test(key)) environment[key] = value;
  }
  return { ...environment, ...extra };
}

/** Starts a program; resolves to the match as soon as its output matches `ready`. */
export async function start(name, command, args, { env = {}, ready, cwd } = {}) {
  const log = `${cache}/${name}.log`;
  const file = openSync(log, "w");
  const child = spawn(command, args, { env: plain(env), stdio: ["ignore", file, file], cwd });
  running.add(child);
  let ended = null;
  child.on("exit", (code, signal) => { ended = `${code ?? signal}`; running.delete(child); });
  child.on("error", (error) => { ended = String(error); });
  const program = {
    child,
    output: () => readFileSync(log, "utf8"),
    /** Ends the program with SIGINT, so that it sends its remaining data; resolves when it has ended. */
    async stop(signal = "SIGINT") {
      if (ended === null) child.kill(signal);
      for (let i = 0; i < 200 && ended === null; i++) await sleep(50);
      if (ended === null) child.kill("SIGKILL");
    },
    async ended() { await until(() => ended !== null, `${name} to end`); return ended; },
  };
  if (ready) {
    program.match = await until(() => {
      const found = ready.exec(program.output());
      if (!found && ended !== null) throw new Error(`${name} ended with ${ended}:\n${program.output()}`);
      return found;
    }, `${name} to start`);
  }
  return program;
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits, for a minute at most, until `check` returns a value; an error of `check` ends the wait. */
export async function until(check, what, seconds = 60) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await check();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited ${seconds} s for ${what}`);
    await sleep(50);
  }
}

/** Starts the program `sentry-dashboard`; returns it with the requests that tests send. */
export async function startDashboard({ args = [], port = 0, token = "test-token", name = "dashboard" } = {}) {
  const program = await start(name, process.env.DASHBOARD_PROGRAM, ["--listen", `127.0.0.1:${port}`, "--token", token, ...args], {
    ready: /http:\/\/(127\.0\.0\.1:(\d+))\/\S*/,
  });
  return dashboardAt(program, program.match[1], token);
}

export function dashboardAt(program, host, token) {
  const origin = `http://${host}`;
  return {
    ...program, host, origin, token, port: Number(host.split(":")[1]),
    url: `${origin}/?token=${token}`,
    dsn: (project = 1) => `http://dev@${host}/${project}`,
    /** Returns an answer of the API. */
    async get(path) {
      const answer = await fetch(`${origin}/api/${path}`, { headers: { authorization: `Bearer ${token}` } });
      if (!answer.ok) throw new Error(`GET /api/${path}: ${answer.status} ${await answer.text()}`);
      return answer.json();
    },
    /** Sends an envelope like an SDK. */
    async send(envelope, project = 1) {
      const answer = await fetch(`${origin}/api/${project}/envelope/`, { method: "POST", body: envelope, headers: { "content-type": "application/x-sentry-envelope" } });
      if (!answer.ok) throw new Error(`an envelope was answered with ${answer.status}: ${await answer.text()}`);
      return answer.json();
    },
  };
}

/** Starts the shop for a browser, with a dashboard of its own. */
export async function startShop({ env = {}, name = "shop" } = {}) {
  const program = await start(name, process.env.STOREFRONT, ["--serve"], {
    env: { SENTRY_DASHBOARD: "127.0.0.1:0", ...env },
    ready: /The shop is open at (http:\/\/[\d.]+:\d+\/)/,
  });
  return { ...program, url: program.match[1] };
}

process.on("exit", () => { for (const child of running) child.kill("SIGKILL"); });
