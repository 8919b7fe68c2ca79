#!/usr/bin/env bash
# Looks for bad memory accesses and races in the few modules with `unsafe` code:
#
#   loom       the queue of span records and the alarm of the pipeline, under every order of the threads' steps (tests/loom)
#   miri       the queue, the instrumented future, its box, its kept arguments and the static map, interpreted (needs a nightly toolchain with `miri`)
#   valgrind   the same natively, and the stack walker, which reads the stack or calls into the unwinder: no interpreter
#              has those
#
# Usage: tests/unsafe/check.sh [loom|miri|valgrind]…
# Without a name it runs loom, and miri, or valgrind where there is no Miri.
set -euo pipefail
cd "$(dirname "$0")/../.."

target="${CARGO_TARGET_DIR:-$PWD/target}"

loom() {
    echo "== loom: the queue of span records and the alarm of the pipeline"
    (cd tests/loom && CARGO_TARGET_DIR="$target/unsafe/loom" cargo run --quiet)
}

miri() {
    echo "== miri: the queue, the instrumented future, its box, its kept arguments and the static map"
    (cd tests/unsafe && CARGO_TARGET_DIR="$target/unsafe/miri" cargo +nightly miri test --quiet)
}

# Runs the unit tests of the package in this directory under valgrind. $1: where to build; the others choose tests.
under_valgrind() {
    local build="$1" tests
    shift
    tests="$(CARGO_TARGET_DIR="$build" cargo test --quiet --lib --no-run --message-format=json |
        sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | tail -1)"
    valgrind --quiet --error-exitcode=9 --leak-check=full --show-leak-kinds=definite \
        --errors-for-leak-kinds=definite \
        "$tests" --test-threads=1 "$@"
}

valgrind_() {
    echo "== valgrind: the queue, the instrumented future, its box, its kept arguments and the static map"
    (cd tests/unsafe && under_valgrind "$target/unsafe/native")
    echo "== valgrind: the stack walker"
    (cd sentry-runtime && under_valgrind "$target" stacktrace::capture:: stacktrace::unwind::)
}

if (($# == 0)); then
    set -- loom
    if rustup component list --toolchain nightly --installed 2>/dev/null | grep -q '^miri'; then
        set -- "$@" miri
    elif command -v valgrind >/dev/null; then
        set -- "$@" valgrind
    else
        echo "== neither Miri nor valgrind is installed: loom alone" >&2
    fi
fi
for check in "$@"; do
    case "$check" in
        loom) loom ;;
        miri) miri ;;
        valgrind) valgrind_ ;;
        *) echo "unknown check: $check; use loom, miri or valgrind" >&2; exit 2 ;;
    esac
done
echo "== no mistake was found"
