"""A real browser that is controlled by the WebDriver protocol."""

import json
import subprocess
import time
import urllib.request

FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server"]


class Browser:
    def __init__(self, directory):
        # The driver prints its port on its standard output.
        self._driver = subprocess.Popen(
            ["chromedriver", "--port=0", f"--log-path={directory}/chromedriver.log"], stdout=subprocess.PIPE, text=True
        )
        for line in self._driver.stdout:
            if "started successfully on port" in line:
                port = line.rsplit(" ", 1)[1].strip().rstrip(".")
                break
        else:
            raise RuntimeError("chromedriver did not start")
        self._url = f"http://127.0.0.1:{port}"
        options = {"goog:chromeOptions": {"args": FLAGS}, "browserName": "chrome"}
        try:
            session = self._call("POST", "/session", {"capabilities": {"alwaysMatch": options}})
        except OSError:
            self._driver.terminate()
            raise
        self._url += f"/session/{session['sessionId']}"

    def _call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self._url + path, data, {"Content-Type": "application/json"}, method=method
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def open(self, url):
        self._call("POST", "/url", {"url": url})

    def run(self, script):
        return self._call("POST", "/execute/sync", {"script": script, "args": []})

    def click(self, selector):
        element = self._call("POST", "/element", {"using": "css selector", "value": selector})
        self._call("POST", f"/element/{next(iter(element.values()))}/click", {})

    def wait_for(self, text, seconds=120):
        end = time.monotonic() + seconds
        while text not in (page := self.run("return document.body?.innerText ?? ''")):
            if time.monotonic() > end:
                raise RuntimeError(f"the page never said {text!r}, but:\n{page}")
            time.sleep(0.1)

    def close(self):
        try:
            self._call("DELETE", "")
        except OSError:
            pass
        self._driver.terminate()
        self._driver.wait()
