"""Sends the errors of a program to Bugsink, and checks them in its database. `check.py PROGRAM FOLDER`"""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

PROGRAM, FOLDER = sys.argv[1:]
BIN = os.path.dirname(sys.executable)
failures = 0


def check(what, found, expected):
    global failures
    if found == expected:
        print(f"ok      {what}")
    else:
        failures += 1
        print(f"FAILED  {what}\n          expected {expected!r}\n          but      {found!r}")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def start_server(port):
    log = open(f"{FOLDER}/server.log", "w")
    command = [f"{BIN}/gunicorn", "--chdir", FOLDER, "--bind", f"127.0.0.1:{port}", "--workers=1", "bugsink.wsgi"]
    server = subprocess.Popen(command, stdout=log, stderr=log)
    end = time.monotonic() + 300
    while True:
        try:
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"http://127.0.0.1:{port}/", timeout=10)
            return server
        except urllib.error.HTTPError:
            return server
        except OSError:
            if server.poll() is not None or time.monotonic() > end:
                server.kill()
                sys.exit(f"Bugsink did not start; see {log.name}")
            time.sleep(0.2)


# Bugsink gets a database of its own, with one project.
port = free_port()
os.chdir(FOLDER)
create = [f"{BIN}/bugsink-create-conf", "--template=local", "--host=127.0.0.1", f"--port={port}", "-o", "bugsink_conf.py"]
subprocess.run(create, check=True, stdout=subprocess.DEVNULL)
with open("bugsink_conf.py", "a") as settings:
    settings.write('\nALLOWED_HOSTS = ["127.0.0.1"]\n')
    for database in ["default", "snappea"]:
        settings.write(f'DATABASES["{database}"]["NAME"] = "{FOLDER}/{database}.sqlite3"\n')
sys.path.insert(0, FOLDER)
os.environ["DJANGO_SETTINGS_MODULE"] = "bugsink_conf"

import django  # noqa: E402

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402

for database in ["default", "snappea"]:
    call_command("migrate", database=database, verbosity=0)

from bugsink.transaction import immediate_atomic  # noqa: E402
from events.models import Event  # noqa: E402
from issues.models import Issue  # noqa: E402
from projects.models import Project  # noqa: E402
from teams.models import Team  # noqa: E402

with immediate_atomic():
    get_user_model().objects.create_superuser(username="admin", password="admin")
    project = Project.objects.create(name="Shop", slug="shop", team=Team.objects.create(name="Team"))

server = start_server(port)
try:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("SENTRY_")}
    environment |= {
        "SENTRY_DSN": f"http://{project.sentry_key.hex}@127.0.0.1:{port}/{project.id}",
        "SENTRY_RELEASE": "shop@1.2.3",
        "SENTRY_ENVIRONMENT": "backyard",
        "NO_PROXY": "127.0.0.1",
    }
    with open("program.log", "w") as log:
        check("the program ends well", subprocess.run([PROGRAM], env=environment, stderr=log, timeout=300).returncode, 0)
    end = time.monotonic() + 300
    while Event.objects.count() < 6 and time.monotonic() < end:
        time.sleep(0.2)
finally:
    server.terminate()
    server.wait()

events = list(Event.objects.order_by("digest_order", "timestamp"))
issues = {issue.calculated_type: issue for issue in Issue.objects.all()}
check("six events arrive", len(events), 6)
check(
    "they are four issues, of so many events each",
    sorted((issue.calculated_type, issue.digested_event_count) for issue in Issue.objects.all()),
    [("Log Message", 1), ("NoLamp", 2), ("ParseIntError", 2), ("panic", 1)],
)


def of_type(name):
    return next((event for event in events if event.calculated_type == name), None)


def frames(event):
    values = event.get_parsed_data()["exception"]["values"]
    return values[-1]["stacktrace"]["frames"]


for event in events:
    data = event.get_parsed_data()
    name = event.calculated_type
    check(f"{name}: release and environment", (event.release, event.environment), ("shop@1.2.3", "backyard"))
    check(f"{name}: user", {key: data["user"].get(key) for key in ["id", "username"]}, {"id": "17", "username": "ada"})
    tags = {tag.value.key.key: tag.value.value for tag in event.tags.all()}
    found = {key: tags.get(key) for key in ["shelf", "release", "environment", "user.id"]}
    check(f"{name}: tags", found, {"shelf": "upper left", "release": "shop@1.2.3", "environment": "backyard", "user.id": "17"})
    crumbs = data["breadcrumbs"]["values"] if isinstance(data["breadcrumbs"], dict) else data["breadcrumbs"]
    check(f"{name}: breadcrumb", [(crumb["category"], crumb["message"]) for crumb in crumbs][:1], [("order", "opened the catalogue")])

for name, value, level, function, line in [
    ("NoLamp", "no such lamp", "error", "find_lamp", "fn find_lamp(number: &str) -> Result<u8, NoLamp> {"),
    ("panic", "no entry found for key", "fatal", "weigh", 'lamps["sconce"]'),
    ("ParseIntError", "number too large to fit in target type", "error", "main", "sentry::capture_error_with(&error, |scope| {"),
    ("Log Message", "the shop closes", "warning", None, None),
]:
    event = of_type(name)
    if event is None:
        check(f"{name} arrives", False, True)
        continue
    check(f"{name}: its text", event.calculated_value, value)
    check(f"{name}: level", event.level, level)
    if function is None:
        continue
    own = [frame for frame in frames(event) if frame.get("in_app")]
    check(f"{name}: the innermost frame of the program", own[-1]["function"].split("::")[-1] if own else None, function)
    check(f"{name}: its source", (own[-1].get("context_line") or "").strip() if own else None, line)
    check(f"{name}: the lines around it", bool(own and own[-1].get("pre_context") and own[-1].get("post_context")), True)

panic = of_type("panic")
if panic:
    own = {bool(frame.get("in_app")) for frame in frames(panic) if frame.get("package") in ["core", "std"]}
    check("the frames of the standard library are not the program's", own, {False})

no_lamp = of_type("NoLamp")
if no_lamp:
    values = [(value["type"], value["value"]) for value in no_lamp.get_parsed_data()["exception"]["values"]]
    check("the cause comes with its error", values, [("ParseIntError", "invalid digit found in string"), ("NoLamp", "no such lamp")])

print(f"\n{failures} failed" if failures else "\nAll as it should be.")
sys.exit(bool(failures))
