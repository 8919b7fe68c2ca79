"""The official SDK for Python: a request with a query, an error with local variables. The DSN is in the environment."""

import sentry_sdk

sentry_sdk.init(traces_sample_rate=1.0, release="python-worker@3", environment="test", enable_logs=True)


def divide(whole, parts):
    return whole / parts


with sentry_sdk.start_transaction(name="GET /from-python", op="http.server"):
    with sentry_sdk.start_span(op="db", name="SELECT * FROM invoices"):
        pass
    try:
        divide(1, 0)
    except ZeroDivisionError as error:
        sentry_sdk.capture_exception(error)
sentry_sdk.flush(20)
