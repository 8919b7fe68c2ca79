#!/usr/bin/env bash
# Tests the page of the dashboard in a real browser.
#
#   tests/dashboard/run.sh                  # the tests
#   tests/dashboard/run.sh --screenshots    # also writes a picture of every view to target/dashboard/screenshots
#   tests/dashboard/run.sh --picture        # also writes the README's picture, sentry-runtime/docs/dashboard.png
#   tests/dashboard/run.sh story.test.mjs   # only that file
#
# The script installs everything it needs under target/dashboard once; after that it needs no network.
set -euo pipefail
cd "$(dirname "$0")"
here=$PWD
cache=${DASHBOARD_CACHE:-${CARGO_TARGET_DIR:-$here/../../target}/dashboard}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
# shellcheck source=tests/install.sh
source ../install.sh

needs_program chromium chromium
needs_program node nodejs
needs_program npm npm
needs_venv "$cache/venv" requirements.txt
needs_node_modules "$cache/node"

tests=()
for argument in "$@"; do
    case $argument in
    --screenshots) export DASHBOARD_SCREENSHOTS="$cache/screenshots" ;;
    --picture) export DASHBOARD_PICTURE="$here/../../sentry-runtime/docs/dashboard.png" ;;
    *) tests+=("$argument") ;;
    esac
done
((${#tests[@]})) || tests=(*.test.mjs)

cargo build --quiet -p sentry-dashboard
cargo build --quiet -p sentry-examples --example storefront
target=$(cd "${CARGO_TARGET_DIR:-../../target}" && pwd)
export DASHBOARD_PROGRAM="$target/debug/sentry-dashboard" STOREFRONT="$target/debug/examples/storefront"
export DASHBOARD_CACHE="$cache" PYTHON="$python" PYTHONDONTWRITEBYTECODE=1

# The tests run in the folder of their modules.
rm -rf "$cache/node/tests"
mkdir -p "$cache/node/tests"
cp -r ./*.mjs support programs "$cache/node/tests/"
cd "$cache/node/tests"
node --test --test-concurrency=1 --test-reporter=spec "${tests[@]}"
