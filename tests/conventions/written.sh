#!/bin/sh
# Compares the attribute names that the runtime writes with Sentry's published conventions (npm `@sentry/conventions`).
#
#   tests/conventions/written.sh            downloads the newest release
#   tests/conventions/written.sh <folder>   uses an unpacked one
#
# Fails on a deprecated name, on a name with a known prefix that the conventions do not have, and on a constant of
# another type. Exceptions are in `written.txt`, each with its reason. Needs python3, and npm for the download.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
package=${1:-}
if [ -z "$package" ]; then
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    if ! (cd "$folder" && npm pack --silent @sentry/conventions >/dev/null && tar xzf ./*.tgz); then
        echo "SKIPPED: @sentry/conventions cannot be downloaded"
        exit "${SKIPPED_STATUS:-0}"
    fi
    package=$folder/package
fi
python3 "$here/written.py" "$package/dist/attributes.d.ts" "$here/written.txt" "$root/sentry-runtime/src"
