#!/bin/sh
# Annotates every function of real crates, and runs their own tests before and after:
#
#     tests/real-crates/run.sh itoa semver@1.0.26 httparse …
#
# ATTRIBUTE is the attribute for the functions, `#[sentry::span]` by default. WORK is the folder for the crates,
# CARGO_ARGS are more arguments for `cargo test`.
#
#     LINTS=1 tests/real-crates/run.sh itoa …
#
# compares the messages of the compiler (with most of its lints) and of clippy (all, pedantic, nursery) instead.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
runtime=$(cd "$here/../../sentry-runtime" && pwd)
attribute=${ATTRIBUTE:-'#[sentry::span]'}
work=${WORK:-${TMPDIR:-/tmp}/real-crates}
mkdir -p "$work"
export CARGO_TARGET_DIR="$work/target"

cargo build --quiet --manifest-path "$here/Cargo.toml"
annotate="$work/target/debug/annotate"
lints="$work/target/debug/lints"

# Prints the numbers of passed and failed tests in a log.
results() {
    awk '/^test result:/ { passed += $4; failed += $6 } END { printf "%d passed, %d failed", passed, failed }' "$1"
}

# Writes all messages about the crate in this folder to $1: those of the compiler, with lints that are off by default,
# and those of clippy.
said() {
    {
        cargo rustc --lib --profile check --message-format=json --quiet -- --cap-lints warn $lints_of_rustc
        cargo clippy --lib --message-format=json --quiet -- --cap-lints warn $lints_of_clippy
    } > "$1" 2> "$1.err" || true
}
lints_of_clippy='-W clippy::all -W clippy::pedantic -W clippy::nursery'
lints_of_rustc='-W unused -W nonstandard-style -W future-incompatible -W rust-2018-idioms -W let-underscore -W refining-impl-trait
    -W elided-lifetimes-in-paths -W explicit-outlives-requirements -W if-let-rescope -W impl-trait-overcaptures
    -W missing-abi -W missing-debug-implementations -W missing-docs -W redundant-lifetimes -W single-use-lifetimes
    -W tail-expr-drop-order -W trivial-casts -W trivial-numeric-casts -W unnameable-types -W unreachable-pub
    -W unsafe-op-in-unsafe-fn -W unused-lifetimes -W unused-qualifications -W unused-results -W variant-size-differences'

# Copies the sources of crate $1, as cargo downloads them, to $2.
fetch() {
    name=${1%@*}
    version=${1#*@}
    [ "$version" = "$1" ] && version='*' || version="=$version"
    probe="$work/probe"
    rm -rf "$probe"
    mkdir -p "$probe/src"
    : > "$probe/src/lib.rs"
    printf '[workspace]\n[package]\nname = "probe"\nversion = "0.0.0"\nedition = "2021"\n[dependencies]\n"%s" = "%s"\n' \
        "$name" "$version" > "$probe/Cargo.toml"
    manifest=$(cargo metadata --format-version 1 --manifest-path "$probe/Cargo.toml" |
        tr ',' '\n' | sed -n "s|.*\"manifest_path\":\"\([^\"]*/$name-[0-9][^\"/]*/Cargo.toml\)\".*|\1|p" | head -n 1)
    rm -rf "$2"
    cp -R "$(dirname "$manifest")" "$2"
    rm -f "$2/Cargo.lock"
    printf '\n[workspace]\n' >> "$2/Cargo.toml"
}

if [ -n "${LINTS:-}" ]; then
    printf '%-24s %10s  %s\n' crate functions lints
else
    printf '%-24s %10s  %-26s %-26s %s\n' crate functions before after verdict
fi
for crate in "$@"; do
    name=${crate%@*}
    fetch "$crate" "$work/$name-plain"
    fetch "$crate" "$work/$name-annotated"
    if [ -n "${LINTS:-}" ]; then
        (cd "$work/$name-plain" && said "$work/$name-plain.json")
    else
        (cd "$work/$name-plain" && cargo test ${CARGO_ARGS:-} --no-fail-fast > "$work/$name-plain.log" 2>&1) || true
    fi

    cd "$work/$name-annotated"
    functions=$("$annotate" "$attribute" src)
    cargo add --quiet sentry-runtime --path "$runtime" 2> /dev/null
    if ! grep -q '^edition = "20\(18\|21\|24\)"' Cargo.toml; then
        printf '\nextern crate sentry;\n' >> src/lib.rs
    fi
    if [ -n "${LINTS:-}" ]; then
        said "$work/$name-annotated.json"
        printf '%-24s %10s  %s\n' "$crate" "$functions" "$("$lints" "$work/$name-plain.json" "$work/$name-annotated.json" || true)"
        cd "$here"
        continue
    fi
    verdict=same
    cargo test ${CARGO_ARGS:-} --no-fail-fast > "$work/$name-annotated.log" 2>&1 || true
    before=$(results "$work/$name-plain.log")
    after=$(results "$work/$name-annotated.log")
    grep -q '^error' "$work/$name-annotated.log" && ! grep -q '^error' "$work/$name-plain.log" && verdict='DOES NOT BUILD'
    [ "$before" = "$after" ] || verdict="DIFFERENT: see $work/$name-annotated.log"
    printf '%-24s %10s  %-26s %-26s %s\n' "$crate" "$functions" "$before" "$after" "$verdict"
    cd "$here"
done
