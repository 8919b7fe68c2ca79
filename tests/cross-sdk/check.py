"""Orders a lamp in a real browser, and follows the trace through five programs of four SDKs.

`check.py STOREFRONT BUNDLE DIRECTORY`: the built example, the browser's script, and where logs may be written.
"""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from browser import Browser
from fake_sentry import FakeSentry

STOREFRONT, BUNDLE, DIRECTORY = sys.argv[1:]
HERE = Path(__file__).parent
# The shop comes first; the others are in the order in which the order passes them.
PROJECTS = {"shop": 1, "page": 2, "gateway": 3, "fraud": 4, "payments": 5}
PAGE, ORDER = "GET /lamps/{sku}", "POST /orders"
WAIT = 120


def by_value(context):
    """Returns a sampling context with numbers in place of texts: some SDKs pass 0.350000 on as 0.35."""
    numbers = ("sample_rand", "sample_rate")
    return {key: float(value) if key in numbers else value for key, value in (context or {}).items()}


class Programs:
    """The servers: child processes with a project, a release and an environment of their own."""

    def __init__(self, sentry):
        self._sentry, self._children = sentry, []

    def start(self, name, command, **environment):
        plain = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith("SENTRY_") and "proxy" not in key.lower()
        }
        plain |= {
            "SENTRY_DSN": self._sentry.dsn(PROJECTS[name]),
            "SENTRY_RELEASE": f"{name}@1",
            "SENTRY_ENVIRONMENT": f"{name}-test",
        }
        log = open(f"{DIRECTORY}/{name}.log", "w")
        child = subprocess.Popen(
            command, env=plain | environment, stdout=subprocess.PIPE, stderr=log, text=True, cwd=DIRECTORY
        )
        self._children.append(child)
        for line in child.stdout:
            if found := re.search(r"http://([\d.]+:\d+)/", line):
                # Nothing else reads the pipe, and the program may print more than fits into it.
                threading.Thread(target=log.writelines, args=[child.stdout], daemon=True).start()
                return found[1]
        raise RuntimeError(f"{name} did not start; see {log.name}")

    def stop(self):
        """Ends all servers with SIGINT, so that they send their remaining data."""
        for child in self._children:
            child.send_signal(signal.SIGINT)
        for child in self._children:
            try:
                child.wait(60)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def order_a_lamp(rate, card, answer, done):
    """Orders a lamp while the head samples with this rate. Waits for `done`, and returns the Sentry server."""
    sentry = FakeSentry()
    programs = Programs(sentry)
    browser = None
    try:
        payments = programs.start("payments", [STOREFRONT, "--payments"])
        fraud = programs.start("fraud", ["node", f"{DIRECTORY}/node/fraud_check.mjs", f"http://{payments}/charges"])
        gateway = programs.start("gateway", [sys.executable, f"{HERE}/gateway.py", f"http://{fraud}/charges"])
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
        browser.wait_for("Buy")
        browser.run(f"document.querySelector('[name=card_number]').value = '{card}'")
        browser.run("document.querySelector('button').click()")
        browser.wait_for(answer)
        # An error is sent even if the trace is not sampled.
        browser.run("setTimeout(() => { throw new Error('the page is done') })")
        sentry.wait(lambda: done(sentry), WAIT)
    finally:
        if browser:
            browser.close()
        programs.stop()
    return sentry


def page_load(sentry):
    for project, header, transaction in sentry.items("transaction"):
        requests = [span["description"] for span in transaction["spans"] if span.get("op") == "http.client"]
        if project == PROJECTS["page"] and any(request.startswith("POST") for request in requests):
            return header, transaction
    return None


def of_trace(sentry, name, trace):
    return [
        (header, transaction)
        for project, header, transaction in sentry.items("transaction")
        if project == PROJECTS[name] and transaction["contexts"]["trace"]["trace_id"] == trace
    ]


def whole_trace(sentry):
    """Returns whether all six transactions of the order have arrived."""
    page = page_load(sentry)
    if page is None:
        return False
    trace = page[1]["contexts"]["trace"]["trace_id"]
    expected = {"shop": 2, "gateway": 1, "fraud": 1, "payments": 1}
    return all(len(of_trace(sentry, name, trace)) >= count for name, count in expected.items())


def ids(transaction):
    return [transaction["contexts"]["trace"]["span_id"]] + [span["span_id"] for span in transaction["spans"]]


failures = 0


def check(what, left, right):
    global failures
    if left == right:
        print(f"ok      {what}")
    else:
        failures += 1
        print(f"FAILED  {what}\n          expected {right!r}\n          but      {left!r}")


def check_sampled():
    print("A head that samples everything:")
    sentry = order_a_lamp("1", "4242 4242 4242 4242", "Thank you", whole_trace)
    page = page_load(sentry)
    if page is None:
        check("the page's transaction, with the order's request in it, arrives", False, True)
        return
    trace = page[1]["contexts"]["trace"]["trace_id"]

    # The shop has two transactions: the page, which is the head of the trace, and the order.
    of_shop = {found[1]["transaction"]: found for found in of_trace(sentry, "shop", trace)}
    check("the shop has a transaction for the page and one for the order", sorted(of_shop), [PAGE, ORDER])
    chain = [("shop's page", of_shop.get(PAGE)), ("page load", page), ("shop's order", of_shop.get(ORDER))]
    for name in ["gateway", "fraud", "payments"]:
        found = of_trace(sentry, name, trace)
        check(f"{name}: one transaction in this trace", len(found), 1)
        chain.append((name, found[0] if found else None))
    if any(found is None for _, found in chain):
        return

    head, first = chain[0][1]
    check("the head has no parent", first["contexts"]["trace"].get("parent_span_id"), None)
    parent = page[1]["contexts"]["trace"].get("parent_span_id")
    check("page load: its parent is a span of the request that made the page", parent in ids(first), True)
    request = next(span for span in page[1]["spans"] if span.get("op") == "http.client")
    check("the order's request is a child of the page load", request["parent_span_id"], ids(page[1])[0])
    for (caller, (_, calling)), (called, (_, transaction)) in zip(chain[1:], chain[2:]):
        requests = [span["span_id"] for span in calling["spans"] if span.get("op") == "http.client"]
        parent = transaction["contexts"]["trace"].get("parent_span_id")
        check(f"{called}: its parent is the request of {caller}", requests, [parent])

    order = chain[2][1][1]
    actions = [span for span in order["spans"] if span.get("op") == "function.server_action"]
    parents = [span["parent_span_id"] for span in actions]
    check("the server action is a child of the order's transaction", parents, ids(order)[:1])

    expected = head["trace"]
    fields = "environment public_key release sample_rand sample_rate sampled trace_id transaction".split()
    check("the head's sampling context is whole", sorted(expected), fields)
    found = [expected.get(field) for field in ["sampled", "release", "environment", "transaction"]]
    check("it is the head's", found, ["true", "shop@1", "shop-test", PAGE])
    for name, (header, _) in chain[1:]:
        check(f"{name}: the sampling context of the head", by_value(header.get("trace")), by_value(expected))


def errors(sentry):
    """Returns the envelope header of the last error of each project."""
    return {project: header for project, header, _ in sentry.items("event")}


def check_unsampled():
    print("A head that samples nothing, and a card that is declined:")
    expected = {PROJECTS[name] for name in ["shop", "page", "gateway"]}

    def done(sentry):
        if expected <= errors(sentry).keys():
            # A service that would send its transaction has enough time: the page load ends 5 s after its last span.
            time.sleep(8)
            return True

    sentry = order_a_lamp("0", "4000 0000 0000 0002", "We cannot take payments", done)
    sent = [(project, payload.get("transaction")) for project, _, payload in sentry.items("transaction", "span")]
    check("nobody sends a transaction", sent, [])
    headers = errors(sentry)
    check("errors come from shop, page and gateway", set(headers), expected)
    head = headers.get(PROJECTS["shop"], {}).get("trace", {})
    found = [head.get(field) for field in ["sampled", "release", "environment"]]
    check("the head's sampling context says that it is not sampled", found, ["false", "shop@1", "shop-test"])
    for name in ["page", "gateway"]:
        found = headers.get(PROJECTS[name], {}).get("trace")
        check(f"{name}: the sampling context of the head", by_value(found), by_value(head))


check_sampled()
check_unsampled()
print(f"\n{failures} failed" if failures else "\nAll as it should be.")
sys.exit(bool(failures))
