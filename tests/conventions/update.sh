#!/usr/bin/env bash
# Updates the macros' table of attribute names and operations from the newest package @sentry/conventions.
#
# Usage: tests/conventions/update.sh [--check]
#
# With --check, the table stays as it is, and the script fails if it is not up to date. Needs npm and node; the package
# is downloaded from npm's registry. If the registry cannot be reached, nothing is changed or checked.
set -euo pipefail
cd "$(dirname "$0")"
cache=../../target/conventions
mkdir -p "$cache"
# shellcheck source=../install.sh
source ../install.sh

needs_program npm npm
needs_program node nodejs
rm -rf "$cache/package" "$cache"/*.tgz
install "@sentry/conventions" "$cache/npm.log" npm pack --silent --pack-destination "$cache" @sentry/conventions
tar -xzf "$cache"/*.tgz -C "$cache"

table=../../sentry-macros/rules/src/conventions/table.rs
node table.mjs "$cache/package" >"$cache/table.rs"
if [[ ${1-} == --check ]]; then
    diff -u "$table" "$cache/table.rs" || {
        echo "the names of Sentry's conventions have changed; run tests/conventions/update.sh" >&2
        exit 1
    }
else
    cp "$cache/table.rs" "$table"
fi
