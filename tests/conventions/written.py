"""Compares attribute names in the runtime's sources with the conventions. See written.sh."""

import pathlib
import re
import sys

declarations, exceptions, sources = sys.argv[1:]

# Matches one entry of the conventions: its comment, its name and its type.
ENTRY = re.compile(
    r"/\*\*((?:(?!\*/).)*)\*/\s*declare const (\w+) = \"([^\"]+)\";.*?type \2_TYPE = ([^;]+);", re.S
)
known = {}
for comment, _, name, kind in ENTRY.findall(pathlib.Path(declarations).read_text()):
    deprecated = re.search(r"@deprecated ?(.*)", comment)
    known[name] = (kind, deprecated and deprecated.group(1))
if len(known) < 500:
    sys.exit(f"only {len(known)} attributes were read from {declarations}: its format has changed")

allowed = {}
for line in pathlib.Path(exceptions).read_text().splitlines():
    if line.strip() and not line.startswith("#"):
        name, reason = line.split(maxsplit=1)
        allowed[name] = reason

# Matches a name with a dot in one of these places: the first argument of a call that sets an attribute, or the second
# after the root span; the first element of a pair; a constant.
NAME = r"\"([a-z_0-9]+(?:\.[a-z_0-9]+)+)\""
WRITTEN = re.compile(
    r"(?:set_attribute|attribute|\.set|\.content|\badd|\bset|\bput)\(\s*(?:root,\s*)?" + NAME + r"\s*,\s*([^\n]*)"
    r"|\(\s*(?:Cow::Borrowed\()?" + NAME + r"\)?\s*,"
    r"|\bconst (?!ORIGIN)[A-Z_]+: &(?:'static )?str = " + NAME + ";"
)
# These names end in a key that the user chooses.
TEMPLATES = ("http.request.header.", "http.response.header.")
LITERALS = [("boolean", r"(?:true|false)\b"), ("number", r"\d"), ("string", r"\"")]

found, problems = set(), []
for path in sorted(pathlib.Path(sources).rglob("*.rs")):
    if "test" in str(path.relative_to(sources)) or path.name in ("surface.md", "fuzz.rs"):
        continue
    # Examples in comments and unit tests do not write attributes.
    text = re.sub(r"//[^\n]*", "", path.read_text()).split("#[cfg(test)]\nmod ")[0]
    for match in WRITTEN.finditer(text):
        name = match.group(1) or match.group(3) or match.group(4)
        value = match.group(2) or ""
        found.add(name)
        where = f"{path.relative_to(sources)}: {name}"
        if name in allowed or name.startswith(TEMPLATES):
            continue
        if name not in known:
            problems.append(f"{where} is not in the conventions")
            continue
        kind, deprecated = known[name]
        if deprecated is not None:
            problems.append(f"{where} is deprecated: {deprecated}")
        for literal, shape in LITERALS:
            if re.match(shape, value) and literal != kind:
                problems.append(f"{where} is written as {literal}, but is {kind}")

problems += [f"written.txt: {name} is no longer written" for name in sorted(set(allowed) - found)]
print(f"{len(found)} names are written, {len(known)} are in the conventions")
print("\n".join(sorted(set(problems))))
sys.exit(bool(problems))
