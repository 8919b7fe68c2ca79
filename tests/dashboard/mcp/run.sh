#!/usr/bin/env bash
# Tests the MCP endpoint of the dashboard with the official client library (PyPI `mcp`): in the stateless revision of
# the protocol, and in those with a handshake.
#
#   tests/dashboard/mcp/run.sh
#
# The script installs everything it needs under target/dashboard-mcp once; after that it needs no network.
set -euo pipefail
cd "$(dirname "$0")"
here=$PWD
cache=${DASHBOARD_MCP_CACHE:-${CARGO_TARGET_DIR:-$here/../../../target}/dashboard-mcp}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
# shellcheck source=tests/install.sh
source ../../install.sh

needs_program python3 python3-venv
needs_venv "$cache/venv" requirements.txt
if [[ -z ${DASHBOARD_PROGRAM:-} ]]; then
    cargo build --quiet -p sentry-dashboard
    DASHBOARD_PROGRAM=$(cd "${CARGO_TARGET_DIR:-../../../target}" && pwd)/debug/sentry-dashboard
fi
export DASHBOARD_PROGRAM PYTHONDONTWRITEBYTECODE=1
# shellcheck disable=SC2154 # needs_venv sets it.
exec "$python" client.py
