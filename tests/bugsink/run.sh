#!/usr/bin/env bash
# Sends the errors of a program of ours to a real server that speaks Sentry's protocol. The script installs Bugsink
# under target/bugsink once; after that it needs no network.
set -euo pipefail
cd "$(dirname "$0")"
target=${CARGO_TARGET_DIR:-$PWD/../../target}
mkdir -p "$target/bugsink"
target=$(cd "$target" && pwd)
cache=$target/bugsink
# shellcheck source=tests/install.sh
source ../install.sh

needs_venv "$cache/venv" requirements.txt
cargo build --quiet -p sentry-tests --bin bugsink_shop

# Each run has a database of its own.
run=$cache/run
rm -rf "$run"
mkdir "$run"
PYTHONDONTWRITEBYTECODE=1 "$python" check.py "$target/debug/bugsink_shop" "$run"
