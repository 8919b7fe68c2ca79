"""Calls the tools of a dashboard with the official MCP client, in the stateless revision and with a handshake."""

import asyncio
import contextlib
import json
import os
import subprocess
import time
import urllib.request

from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

TOKEN = "a-token-for-the-test"
TRACE = "71a8c5e41ae1044dee67f50a07538fe7"
TOOLS = {
    "search_errors", "search_logs", "search_traces", "get_traces", "list_jobs", "slow_handlers", "hints",
    "compare_runs", "wait_for",
}


def envelope(*items):
    lines = ["{}"]
    for kind, payload in items:
        text = json.dumps(payload)
        lines += [json.dumps({"type": kind, "length": len(text.encode())}), text]
    return "\n".join(lines).encode()


def send(url, *items):
    request = urllib.request.Request(f"{url}/api/1/envelope/", data=envelope(*items), method="POST")
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status == 200, answer.status


def transaction(now):
    context = {"trace_id": TRACE, "span_id": "000000000000000a", "op": "http.server", "status": "ok"}
    spans = [
        {
            "trace_id": TRACE, "span_id": f"{100 + number:016x}", "parent_span_id": "000000000000000a",
            "op": "db.query", "description": f"SELECT * FROM lamp WHERE sku = {number}",
            "start_timestamp": now + number / 1000, "timestamp": now + number / 1000 + 0.0005,
            "data": {"code.file.path": "src/repository.rs", "code.line.number": 48},
        }
        for number in range(12)
    ]
    return {
        "type": "transaction", "transaction": "GET /lamps", "start_timestamp": now, "timestamp": now + 0.1,
        "release": "shop@1.0", "contexts": {"trace": context}, "spans": spans,
    }


def error(now, kind):
    frame = {"filename": "orders.rs", "abs_path": "/src/orders.rs", "function": "charge", "lineno": 7, "in_app": True}
    return {
        "timestamp": now, "release": "shop@1.0", "contexts": {"trace": {"trace_id": TRACE, "span_id": "000000000000000a"}},
        "exception": {"values": [{"type": kind, "value": "card 17", "stacktrace": {"frames": [frame]}}]},
    }


def start():
    """Starts a dashboard and returns it with its address."""
    program = subprocess.Popen(
        [os.environ["DASHBOARD_PROGRAM"], "--listen", "127.0.0.1:0", "--token", TOKEN],
        stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
    )
    for line in program.stdout:
        for word in line.split():
            if word.startswith("http://") and "token" in word:
                return program, word.split("/?")[0]
    raise SystemExit("the dashboard printed no address")


async def text(client, tool, arguments=None, is_error=False):
    result = await client.call_tool(tool, arguments or {})
    assert bool(result.is_error) == is_error, result
    return result.content[0].text


async def ask(url, mode, number):
    async with contextlib.AsyncExitStack() as stack:
        http = await stack.enter_async_context(create_mcp_http_client(headers={"Authorization": f"Bearer {TOKEN}"}))
        client = await stack.enter_async_context(Client(streamable_http_client(f"{url}/mcp", http_client=http), mode=mode))
        tools = (await client.list_tools()).tools
        assert {tool.name for tool in tools} == TOOLS, tools

        found = await text(client, "search_errors", {"filters": {"filename": "orders.rs"}})
        assert "Declined: card 17" in found and "/src/orders.rs:7" in found, found
        found = await text(client, "search_errors", {"filters": {"timeWindow": 600}})
        assert "Declined" in found, found
        found = await text(client, "search_traces", {"filters": {"limit": 10, "offset": 0}})
        assert TRACE in found and "GET /lamps" in found, found
        found = await text(client, "get_traces", {"traceId": TRACE[:8]})
        assert "SELECT * FROM lamp WHERE sku = ? ×12" in found, found
        assert "no trace 00000000" in await text(client, "get_traces", {"traceId": "00000000"}, is_error=True)
        assert "order 7 paid" in await text(client, "search_logs", {"filters": {"timeWindow": 600}})
        assert "restock ok, Every 10 minutes" in await text(client, "list_jobs")
        assert "GET /lamps [shop]" in await text(client, "slow_handlers")
        found = await text(client, "hints")
        assert "n_plus_one" in found and "src/repository.rs:48" in found, found
        await text(client, "compare_runs", {"a": "run-1", "b": "run-1"})

        kind = f"Late{number}"
        waiting = asyncio.create_task(text(client, "wait_for", {"kind": "error", "q": f"type:{kind}", "timeout": 60}))
        # Events from before the call do not match, and the client cannot see when the server has received the call.
        while not waiting.done():
            await asyncio.wait([waiting], timeout=0.2)
            await asyncio.to_thread(send, url, ("event", error(time.time(), kind)))
        assert f"{kind}: card 17" in await waiting
        assert "Nothing" in await text(client, "wait_for", {"kind": "error", "q": "type:Never", "timeout": 0.1})


def refused(url):
    """Asserts that a request without the token is refused."""
    request = urllib.request.Request(f"{url}/mcp", data=b"{}", method="POST", headers={"Content-Type": "application/json"})
    try:
        urllib.request.urlopen(request, timeout=60)
    except urllib.error.HTTPError as answer:
        assert answer.code == 401, answer.code
    else:
        raise AssertionError("a request without the token was answered")


def main():
    program, url = start()
    try:
        now = time.time()
        log = {"timestamp": now, "level": "info", "body": "order 7 paid", "trace_id": TRACE}
        monitor = {
            "monitor_slug": "restock", "status": "ok", "check_in_id": "1" * 32, "release": "shop@1.0",
            "monitor_config": {"schedule": {"type": "interval", "value": 10, "unit": "minute"}},
        }
        send(
            url, ("transaction", transaction(now)), ("event", error(now, "Declined")), ("log", {"items": [log]}),
            ("check_in", monitor),
        )
        refused(url)
        for number, mode in enumerate(("auto", "2026-07-28", "legacy")):
            asyncio.run(ask(url, mode, number))
            print(f"mode {mode}: passed")
    finally:
        program.terminate()
        program.wait(60)


main()
