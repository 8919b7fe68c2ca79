#!/usr/bin/env python3
"""Prints the options of Sentry's other SDKs with their defaults, one per line: SDK, name, default.

Usage: options.py FOLDER_OF_SENTRY_CORE FOLDER_OF_SENTRY_NODE FOLDER_OF_SENTRY_SDK SENTRY_CORE_CLIENTOPTIONS_RS

The categories of `dataCollection` are options below it. Names with a leading underscore are internal and left out. `none` stands for no value, an empty list, or a default that
the source does not state.
"""

import re
import sys


def plain(value):
    """Returns a default in a form that all languages share."""
    value = value.strip().strip("`\"'").rstrip(".").replace("_000", "000")
    if value in ("", "None", "undefined", "[]", "{}", "vec![]", "frozenset()", "Default::default()"):
        return "none"
    if value in ("True", "False"):
        return value.lower()
    if re.fullmatch(r"\d+\.0", value):
        return value[:-2]
    duration = re.fullmatch(r"Duration::from_secs\((\d+)\)", value)
    return duration.group(1) if duration else value.replace("::", " ").split()[-1].split("(")[-1].rstrip(")")


def interface(text, name):
    """Yields the members of a TypeScript interface with their comments."""
    body = text[re.search(r"export interface " + name + r"\b[^{]*\{", text).end() :]
    comment, depth, at = "", 1, 0
    member = re.compile(r"(\w+)\??\s*[(:]")
    while depth > 0:
        if body.startswith("/**", at):
            end = body.index("*/", at) + 2
            comment = re.sub(r"\s*\n\s*\*\s?", " ", body[at:end]) if depth == 1 else comment
            at = end
            continue
        found = member.match(body, at)
        if depth == 1 and found and body[at - 1].isspace():
            yield found.group(1), comment
            comment, nested, at = "", 0, found.end() - 1
            while body[at] != ";" or nested:
                nested += {"{": 1, "[": 1, "(": 1, "}": -1, "]": -1, ")": -1}.get(body[at], 0)
                at += 1
        depth += {"{": 1, "}": -1}.get(body[at], 0)
        at += 1


def javascript(core, node):
    known = {}
    with open(f"{core}/build/types/types/options.d.ts") as file:
        text = file.read()
    for name in ("ClientOptions", "ServerRuntimeOptions", "CoreOptions"):
        for option, comment in interface(text, name):
            known.setdefault(option, comment)
    with open(f"{node}/build/types/types.d.ts") as file:
        for option, comment in interface(file.read(), "BaseNodeOptions"):
            known.setdefault(option, comment)
    for option, comment in known.items():
        stated = re.search(r"@default ([^ *]+)", comment) or re.search(r"Defaults to (`[^`]+`)", comment)
        seconds = re.search(r"The default is (\d+) seconds", comment)
        default = str(int(seconds.group(1)) * 1000) if seconds else plain(stated.group(1)) if stated else "none"
        yield "javascript", option, default
    with open(f"{core}/build/types/types/datacollection.d.ts") as file:
        for category, comment in interface(file.read(), "DataCollection"):
            yield "javascript", f"dataCollection.{category}", all_or_number(re.search(r"@default (.+)", comment).group(1))


def all_or_number(default):
    """Returns the default of a category: a number, or `all` for true, an empty deny list and a list of all kinds."""
    if number := re.match(r"\d+", default):
        return number.group()
    assert re.search(r"true|True|incoming|denylist", default), default
    return "all"


def python(folder):
    with open(f"{folder}/consts.py") as file:
        text = file.read()
    constants = dict(re.findall(r"^(DEFAULT_\w+) = (\S+)", text, re.M))
    signature = re.search(r"class ClientConstructor.*?def __init__\((.*?)\n    \) -> None", text, re.S).group(1)
    signature = re.sub(r"\s*# noqa[^\n]*", "", signature)
    for option, default in re.findall(r"^        (\w+): .*? = (\[\n.*?\]|[^\n]*?),$", signature, re.M | re.S):
        # This list has a pattern that matches everything.
        default = "none" if "MATCH_ALL" in default else constants.get(default, default)
        yield "python", option, plain(default)
    with open(f"{folder}/data_collection.py") as file:
        text = file.read()
    resolved = re.search(r"def _resolve_explicit\(.*?\n    return \{(.*?)\n    \}", text, re.S).group(1)
    lines = re.search(r"_DEFAULT_FRAME_CONTEXT_LINES = (\d+)", text).group(1)
    for category, value in re.findall(r'^        "(\w+)": (.*),$', resolved, re.M):
        if category != "provided_by_user":
            is_number = value == "frame_context_lines"
            # A variable or a call means the deny list without terms, or all parts of the category.
            default = lines if is_number else value if "d.get(" in value and "{}" not in value else "denylist"
            yield "python", f"data_collection.{category}", all_or_number(default)


def rust(source):
    with open(source) as file:
        text = file.read()
    defaults = re.search(r"impl Default for ClientOptions.*?ClientOptions \{\n(.*?)\n        \}", text, re.S).group(1)
    fields = dict(re.findall(r"^            (\w+): (.*),$", defaults, re.M))
    methods = re.search(r"^impl ClientOptions \{(.*?)^\}", text, re.M | re.S).group(1)
    for option in re.findall(r"^    pub fn (\w+)(?:<[^(]*>)?\(self, ", methods, re.M):
        fields.setdefault(option, "")
    rate = re.search(r"impl Default for EventSamplingStrategy.*?FixedRate\(([\d.]+)\)", text, re.S).group(1)
    fields.update(event_sampling_strategy=rate, sample_rate=rate)
    for option, default in fields.items():
        yield "rust", option, plain("" if "USER_AGENT" in default else default)


def main():
    core, node, folder, source = sys.argv[1:]
    lines = {line for sdk in (javascript(core, node), python(folder), rust(source)) for line in sdk}
    for sdk, option, default in sorted(lines):
        if not option.startswith("_"):
            print(sdk, option, default)


main()
