"""A server that stores the received envelopes by project."""

import gzip
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = "e12d836b15bb49d7bbf99e64295d995b"


class FakeSentry:
    def __init__(self):
        self._envelopes = []
        self._changed = threading.Condition()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                length = self.headers.get("Content-Length")
                body = self._chunks() if length is None else self.rfile.read(int(length))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                project = int(self.path.split("/")[2])
                outer._keep(project, *parse(body))
                self._answer(b"{}")

            def do_OPTIONS(self):
                self._answer(b"")

            def _answer(self, body):
                self.send_response(200)
                # Pages of other origins may send, too.
                self.send_header("Access-Control-Allow-Origin", "*")
                self.send_header("Access-Control-Allow-Headers", "*")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def _chunks(self):
                body = b""
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return body

            def log_message(self, *args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def dsn(self, project):
        return f"http://{KEY}@127.0.0.1:{self._server.server_port}/{project}"

    def _keep(self, project, header, items):
        with self._changed:
            self._envelopes.append((project, header, items))
            self._changed.notify_all()

    def items(self, *types):
        """Returns `(project, envelope header, payload)` of all items of these types."""
        with self._changed:
            return [
                (project, header, payload)
                for project, header, items in self._envelopes
                for item, payload in items
                if item["type"] in types
            ]

    def wait(self, done, seconds):
        """Waits until `done()` returns true or the time is over; returns the last result."""
        end = time.monotonic() + seconds
        while not done():
            with self._changed:
                if not self._changed.wait(min(1, max(0, end - time.monotonic()))) and time.monotonic() > end:
                    return done()
        return True


def parse(body):
    line, _, rest = body.partition(b"\n")
    header, items = json.loads(line), []
    while rest.strip():
        line, _, rest = rest.partition(b"\n")
        item = json.loads(line)
        length = item.get("length", len(rest.split(b"\n", 1)[0]))
        payload, rest = rest[:length], rest[length:].removeprefix(b"\n")
        try:
            payload = json.loads(payload)
        except ValueError:
            pass
        items.append((item, payload))
    return header, items
