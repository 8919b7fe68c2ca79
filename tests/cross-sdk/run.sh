#!/usr/bin/env bash
# Follows one trace through a browser, Rust, Python, Node and Rust again, with the official SDKs and ours. The script
# installs everything it needs under target/cross-sdk once; after that it needs no network.
set -euo pipefail
cd "$(dirname "$0")"
here=$PWD
cache=${CROSS_SDK_CACHE:-${CARGO_TARGET_DIR:-$here/../../target}/cross-sdk}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
# shellcheck source=tests/install.sh
source ../install.sh

needs_program chromium chromium
needs_program chromedriver chromium-driver
needs_program node nodejs
needs_program npm npm
needs_venv "$cache/venv" requirements.txt
needs_node_modules "$cache/node"

# The services run in the folder of their modules.
cp fraud_check.mjs browser.js "$cache/node/"
"$cache/node/node_modules/.bin/esbuild" "$cache/node/browser.js" --bundle --minify --log-level=warning \
    --outfile="$cache/browser-sdk.js"

cargo build --quiet -p sentry-examples --example storefront
storefront=$(cd "${CARGO_TARGET_DIR:-../../target}" && pwd)/debug/examples/storefront
PYTHONDONTWRITEBYTECODE=1 "$python" check.py "$storefront" "$cache/browser-sdk.js" "$cache"
