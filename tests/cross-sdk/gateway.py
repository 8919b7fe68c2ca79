"""The first service behind the shop: accepts charges and passes them on. `gateway.py NEXT_URL`"""

import sys
import urllib.request
from wsgiref.simple_server import WSGIRequestHandler, make_server

import sentry_sdk
from sentry_sdk.integrations.wsgi import SentryWsgiMiddleware

# The continued trace decides about sampling; a trace of its own would always be sampled.
sentry_sdk.init(traces_sample_rate=1.0)
NEXT = sys.argv[1]


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


def app(environ, start_response):
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    request = urllib.request.Request(NEXT, data=body, method="POST")
    with urllib.request.urlopen(request, timeout=120) as answer:
        text = answer.read()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [text]


server = make_server("127.0.0.1", 0, SentryWsgiMiddleware(app), handler_class=Quiet)
print(f"The gateway listens at http://127.0.0.1:{server.server_port}/", flush=True)
try:
    server.serve_forever()
except KeyboardInterrupt:
    # The test stops the gateway by Ctrl-C; the SDK would report that as an error.
    pass
