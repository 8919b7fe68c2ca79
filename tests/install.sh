# shellcheck shell=bash
# Shared by the scripts that need other programs: installs them once, and reports clearly if that is not possible. The
# sourcing script sets `cache` to a folder for all of them.

# Ends the script with status 0, or with SKIPPED_STATUS if that is set.
skip() {
    printf '\n!!! SKIPPED %s: %s\n!!! Nothing was tested.\n' "$0" "$1" >&2
    exit "${SKIPPED_STATUS:-0}"
}

# Runs an installation. If it fails, its output shows whether the registry was unreachable (then skips) or not (then
# fails).
install() {
    local what=$1 log=$2
    shift 2
    if ! "$@" >"$log" 2>&1; then
        if grep -qiE 'temporary failure|could not resolve|name resolution|connection (refused|timed out|reset)|unreachable|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|failed to fetch|max retries' "$log"; then
            skip "$what cannot be installed, for its registry cannot be reached (see $log)"
        fi
        cat "$log" >&2
        echo "$what cannot be installed" >&2
        exit 1
    fi
}

# needs_program PROGRAM PACKAGE: installs a program from a Debian package.
needs_program() {
    command -v "$1" >/dev/null && return
    command -v apt-get >/dev/null || skip "there is no $1, and no apt-get to install it"
    [[ $(id -u) == 0 ]] || skip "there is no $1, and only root may install it: apt-get install $2"
    install "the list of packages" "$cache/apt.log" apt-get update
    install "$2" "$cache/apt.log" apt-get install -y --no-install-recommends "$2"
}

# needs_venv FOLDER REQUIREMENTS: installs a Python environment, and sets `python`.
needs_venv() {
    python=$1/bin/python
    cmp -s "$2" "$1/requirements.txt" && return
    rm -rf "$1"
    install "a Python environment" "$cache/pip.log" python3 -m venv "$1"
    install "what $2 lists" "$cache/pip.log" "$1/bin/pip" install --disable-pip-version-check --no-deps -r "$2"
    cp "$2" "$1/requirements.txt"
}

# needs_node_modules FOLDER: installs the packages of the package.json and its lock beside the script.
needs_node_modules() {
    cmp -s package-lock.json "$1/installed.json" && return
    mkdir -p "$1"
    cp package.json package-lock.json "$1/"
    install "what package.json lists" "$cache/npm.log" npm ci --prefix "$1" --no-audit --no-fund
    cp package-lock.json "$1/installed.json"
}
