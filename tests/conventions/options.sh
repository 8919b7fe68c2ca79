#!/bin/sh
# Lists the options of Sentry's other SDKs with their defaults, in the format of `options.txt`: JavaScript (npm
# `@sentry/core` and `@sentry/node`, which Next.js uses), Python (`sentry-sdk`), Rust (`sentry-core`, which the
# benchmarks depend on).
#
#   tests/conventions/options.sh            updates the list
#   tests/conventions/options.sh --check    fails if the list is not up to date
#
# `cargo test -p sentry-tests --test surface` fails if the guide `other_sdks` lacks one of them. Needs python3 with pip,
# and npm.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
javascript=11.12.0 python=2.75.0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if ! (cd "$folder" && npm pack --silent "@sentry/core@$javascript" "@sentry/node@$javascript" >/dev/null &&
    python3 -m pip download --quiet --no-deps "sentry-sdk==$python" &&
    cargo metadata --format-version 1 --manifest-path "$root/tests/bench/Cargo.toml" >metadata.json); then
    echo "SKIPPED: the packages cannot be downloaded"
    exit "${SKIPPED_STATUS:-0}"
fi
cd "$folder"
for package in core node; do
    mkdir "$package"
    tar xzf "sentry-$package-$javascript.tgz" -C "$package" --strip-components 1
done
python3 -m zipfile -e ./*.whl wheel
rust=$(python3 -c '
import json, os
packages = json.load(open("metadata.json"))["packages"]
print(next(os.path.dirname(it["manifest_path"]) for it in packages if it["name"] == "sentry-core"))')
python3 "$here/options.py" core node wheel/sentry_sdk "$rust/src/clientoptions.rs" >options.txt
if [ "${1:-}" = --check ]; then
    diff -u "$here/options.txt" options.txt
else
    cp options.txt "$here/options.txt"
fi
