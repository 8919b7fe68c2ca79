"""Orders a lamp in a real browser, and follows the trace through five programs of four SDKs.

`check.py STOREFRONT BUNDLE DIRECTORY`: the built example, the browser's script, and where logs may be written.
"""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from browser import Browser
from fake_sentry import FakeSentry

STOREFRONT, BUNDLE, DIRECTORY = sys.argv[1:]
HERE = Path(__file__).parent
# In the order in which the order passes them.
PROJECTS = {"shop": 1, "page": 2, "gateway": 3, "fraud": 4, "payments": 5}
WAIT = 30


class Programs:
    """The servers, each a child with a project, a release and an environment of its own."""

    def __init__(self, sentry):
        self._sentry, self._children = sentry, []

    def start(self, name, command, **environment):
        plain = {key: value for key, value in os.environ.items() if not key.startswith("SENTRY_") and "proxy" not in key.lower()}
        plain |= {
            "SENTRY_DSN": self._sentry.dsn(PROJECTS[name]),
            "SENTRY_RELEASE": f"{name}@1",
            "SENTRY_ENVIRONMENT": f"{name}-test",
        }
        log = open(f"{DIRECTORY}/{name}.log", "w")
        child = subprocess.Popen(command, env=plain | environment, stdout=subprocess.PIPE, stderr=log, text=True, cwd=DIRECTORY)
        self._children.append(child)
        for line in child.stdout:
            if found := re.search(r"http://([\d.]+:\d+)/", line):
                # Nobody else reads it, and it may print more than a pipe holds.
                subprocess_drain(child, log)
                return found[1]
        raise RuntimeError(f"{name} did not start; see {log.name}")

    def stop(self):
        """Ends all as Ctrl-C does, so that they send what is left."""
        for child in self._children:
            child.send_signal(signal.SIGINT)
        for child in self._children:
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def subprocess_drain(child, log):
    import threading

    threading.Thread(target=lambda: log.writelines(child.stdout), daemon=True).start()


def order_a_lamp(rate):
    """Everything that was sent, for a head that samples by this rate."""
    sentry = FakeSentry()
    programs = Programs(sentry)
    browser = None
    try:
        payments = programs.start("payments", [STOREFRONT, "--payments"])
        fraud = programs.start("fraud", ["node", str(Path(DIRECTORY) / "node/fraud_check.mjs"), f"http://{payments}/charges"])
        gateway = programs.start("gateway", [sys.executable, str(HERE / "gateway.py"), f"http://{fraud}/charges"])
        shop = programs.start(
            "shop",
            [STOREFRONT, "--serve"],
            PAYMENT_SERVICE=gateway,
            BROWSER_SDK=BUNDLE,
            BROWSER_SDK_DSN=sentry.dsn(PROJECTS["page"]),
            SENTRY_TRACES_SAMPLE_RATE=rate,
        )
        browser = Browser(DIRECTORY)
        browser.open(f"http://{shop}/")
        browser.click(".card")
        browser.run("document.querySelector('button').click()")
        browser.wait_for("Thank you")
        # An error is sent whether the trace is sampled or not: what was sent before it has arrived when it has.
        browser.run("setTimeout(() => { throw new Error('the page is done') })")
        if rate == "1":
            sentry.wait(lambda: page_load(sentry) is not None, WAIT)
        sentry.wait(lambda: [1 for project, _, _ in sentry.items("event") if project == PROJECTS["page"]], WAIT)
        if rate != "1":
            # The page's loading ends 5 s after its last span.
            time.sleep(6)
    finally:
        if browser:
            browser.close()
        programs.stop()
    return sentry


def page_load(sentry):
    for project, header, transaction in sentry.items("transaction"):
        if project == PROJECTS["page"] and "POST" in "".join(span.get("description", "") for span in transaction["spans"]):
            return header, transaction
    return None


failures = 0


def check(what, left, right):
    global failures
    if left == right:
        print(f"ok      {what}")
    else:
        failures += 1
        print(f"FAILED  {what}\n          expected {right!r}\n          but      {left!r}")


def of_trace(sentry, name, trace):
    found = [
        (header, transaction)
        for project, header, transaction in sentry.items("transaction")
        if project == PROJECTS[name] and transaction["contexts"]["trace"]["trace_id"] == trace
    ]
    return found


def check_sampled():
    print("A head that samples everything:")
    sentry = order_a_lamp("1")
    page = page_load(sentry)
    if page is None:
        print("FAILED  the page sent no transaction with the order's request in it")
        for project, _, payload in sentry.items("transaction"):
            print("         ", project, payload.get("transaction"), [span.get("description") for span in payload["spans"]])
        return 1
    trace = page[1]["contexts"]["trace"]["trace_id"]

    # Two of the shop's: the page, which is the head, and the order.
    of_shop = {transaction["transaction"]: (header, transaction) for header, transaction in of_trace(sentry, "shop", trace)}
    check("the shop's transactions in the page's trace", sorted(of_shop), ["GET /lamps/{sku}", "POST /orders"])
    chain = [("shop's page", of_shop.get("GET /lamps/{sku}")), ("page load", page), ("shop's order", of_shop.get("POST /orders"))]
    for name in ["gateway", "fraud", "payments"]:
        found = of_trace(sentry, name, trace)
        check(f"{name}: one transaction in this trace", len(found), 1)
        chain.append((name, found[0] if found else None))
    if any(part is None for _, part in chain):
        for project, _, payload in sentry.items("transaction"):
            print("         ", project, payload.get("transaction"), payload["contexts"]["trace"])
        return 1

    (_, (head, first)) = chain[0]
    check("the head has no parent", first["contexts"]["trace"].get("parent_span_id"), None)
    check("the page's load is a child of the request that made the page", page[1]["contexts"]["trace"].get("parent_span_id") in ids(first), True)
    for (caller, (_, calling)), (called, (_, transaction)) in zip(chain[1:], chain[2:]):
        clients = {span["span_id"]: span for span in calling["spans"] if span.get("op") == "http.client"}
        parent = transaction["contexts"]["trace"].get("parent_span_id")
        check(f"{called}: its parent is the request of {caller}", parent in clients, True)
        if parent not in clients:
            print("         ", parent, [(span["span_id"], span.get("op"), span.get("description")) for span in calling["spans"]])

    action = [span for span in chain[2][1][1]["spans"] if span.get("op") == "function.server_action"]
    check("the server action is a child of the order's transaction", [span["parent_span_id"] for span in action], [chain[2][1][1]["contexts"]["trace"]["span_id"]])

    expected = head["trace"]
    for field in ["trace_id", "public_key", "sample_rate", "sample_rand", "sampled", "environment", "release", "transaction"]:
        check(f"the head's sampling context has {field}", field in expected, True)
    check("it names the head's release and environment", (expected.get("release"), expected.get("environment")), ("shop@1", "shop-test"))
    for name, (header, _) in chain[1:]:
        check(f"{name}: the sampling context of the head", header.get("trace"), expected)
    return 0


def ids(transaction):
    return [transaction["contexts"]["trace"]["span_id"]] + [span["span_id"] for span in transaction["spans"]]


def check_unsampled():
    print("A head that samples nothing:")
    sentry = order_a_lamp("0")
    sent = [(project, payload.get("transaction")) for project, _, payload in sentry.items("transaction", "span")]
    check("nobody sends a transaction", sent, [])
    events = [header for project, header, _ in sentry.items("event") if project == PROJECTS["page"]]
    check("the page's error arrives all the same", len(events), 1)
    if events:
        context = events[0].get("trace", {})
        check("it says that the trace is not sampled", (context.get("sampled"), context.get("release")), ("false", "shop@1"))


check_sampled()
check_unsampled()
print(f"\n{failures} failed" if failures else "\nAll as it should be.")
sys.exit(bool(failures))
