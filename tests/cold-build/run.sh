#!/bin/bash
# Measures the first build of a program with a dependency: the number of crates, the CPU time of a debug and of a
# release build, and the size of the stripped program.
#
#     tests/cold-build/run.sh                     this crate and fastrace
#     tests/cold-build/run.sh ours sentry ureq    the official crate with default features, and with ureq and rustls
#     tests/cold-build/run.sh ours floor          what ours depends on, used without it
#     tests/cold-build/run.sh native-tls platform-verifier no-provider
#                                                 ours with the other kinds of TLS
#     tests/cold-build/run.sh lean no-tls         ours without default features, with rustls and without TLS
#
# PROFILES=release leaves out the debug build.
#
# The time is the sum of all cores, build scripts and linkers included; downloads and waiting do not count. Each program
# contains the smallest use of the crate. RUNS=n prints the lowest time of n builds.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
runtime=$(cd "$here/../../sentry-runtime" && pwd)
runs=${RUNS:-1}
work=${WORK:-${TMPDIR:-/tmp}/cold-build}
export CARGO_INCREMENTAL=0 CARGO_TARGET_DIR="$work/target"

# Writes the program $1 with the dependency $2 and the source $3.
generate() {
    mkdir -p "$work/$1/src"
    printf '[workspace]\n[package]\nname = "cold-%s"\nversion = "0.0.0"\nedition = "2021"\n[dependencies]\n%s\n' "$1" "$2" \
        > "$work/$1/Cargo.toml"
    printf '%s\n' "$3" > "$work/$1/src/main.rs"
}

# Prints the lowest CPU time of a build of the program $1 from an empty target directory, with the arguments $2.
build() {
    least=
    run=0
    while [ $run -lt "$runs" ]; do
        rm -rf "$CARGO_TARGET_DIR"
        seconds=$({ TIMEFORMAT='%U %S'; time cargo build $2 --quiet --manifest-path "$work/$1/Cargo.toml" 2> "$work/build.log"; } 2>&1 \
            | awk '{ print $1 + $2 }')
        least=$(printf '%s\n%s\n' "${least:-$seconds}" "$seconds" | sort -n | head -n 1)
        run=$((run + 1))
    done
    echo "$least"
}

measure() {
    generate "$1" "$2" "$3"
    cargo fetch --quiet --manifest-path "$work/$1/Cargo.toml"
    # The program itself is not counted.
    crates=$(cargo tree --manifest-path "$work/$1/Cargo.toml" --edges normal,build --prefix none --no-dedupe \
        | sed 's/ (.*//' | sort -u | awk 'END { print NR - 1 }')
    debug=-
    [ "${PROFILES:-all}" = release ] || debug=$(build "$1" '')
    release=$(build "$1" --release)
    binary="$CARGO_TARGET_DIR/release/cold-$1"
    strip -o "$binary.stripped" "$binary"
    printf '%-18s %7s %8s %10s %13s\n' "$1" "$crates" "$debug" "$release" "$(($(stat -c %s "$binary.stripped") / 1024))"
}

printf '%-18s %7s %8s %10s %13s\n' program crates debug/s release/s stripped/KiB
[ $# -gt 0 ] || set -- ours fastrace
for one in "$@"; do
    case $one in
    ours | lean | no-tls | native-tls | platform-verifier | no-provider)
        case $one in
        ours) features= ;;
        lean) features=', default-features = false, features = ["rustls"]' ;;
        no-tls) features=', default-features = false' ;;
        native-tls) features=', default-features = false, features = ["local", "native-tls"]' ;;
        platform-verifier) features=', features = ["platform-verifier"]' ;;
        # The program's own TLS provider is not counted.
        no-provider) features=', default-features = false, features = ["local", "rustls-no-provider"]' ;;
        esac
        measure "$one" "sentry-runtime = { path = \"$runtime\"$features }" '#[sentry::span]
fn work(n: u64) -> u64 {
    n + 1
}
fn main() {
    let _sentry = sentry::init("https://public@127.0.0.1/1");
    work(1);
}'
        ;;
    fastrace)
        measure fastrace 'fastrace = { version = "0.7", features = ["enable"] }' '#[fastrace::trace]
fn work(n: u64) -> u64 {
    n + 1
}
fn main() {
    fastrace::set_reporter(fastrace::collector::ConsoleReporter, fastrace::collector::Config::default());
    {
        let root = fastrace::Span::root("root", fastrace::collector::SpanContext::random());
        let _guard = root.set_local_parent();
        work(1);
    }
    fastrace::flush();
}'
        ;;
    floor)
        # The dependencies of ours, without ours: HTTP with TLS, symbols, JSON, deflate.
        measure floor 'ureq = { version = "~3.5", default-features = false, features = ["rustls"] }
backtrace = { version = "0.3.77", default-features = false, features = ["std"] }
flate2 = "1.1"
serde = { version = "1", features = ["derive"] }
serde_json = "1"' '#[derive(serde::Serialize)]
struct Event {
    frames: Vec<String>,
}
fn main() {
    let mut frames = Vec::new();
    backtrace::trace(|frame| {
        backtrace::resolve_frame(frame, |symbol| frames.extend(symbol.name().map(|name| name.to_string())));
        true
    });
    let json = serde_json::to_vec(&Event { frames }).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, &json).unwrap();
    let _ = ureq::post("https://127.0.0.1/").send(&gzip.finish().unwrap());
}'
        ;;
    sentry | ureq)
        features='"0.49"'
        [ "$one" = sentry ] || features='{ version = "0.49", default-features = false, features = ["backtrace", "contexts", "debug-images", "panic", "ureq", "rustls"] }'
        measure "$one" "sentry = $features" 'fn work(n: u64) -> u64 {
    n + 1
}
fn main() {
    let _sentry = sentry::init("https://public@127.0.0.1/1");
    let transaction = sentry::start_transaction(sentry::TransactionContext::new("work", "function"));
    work(1);
    transaction.finish();
}'
        ;;
    *)
        echo "unknown program: $one" >&2
        exit 1
        ;;
    esac
done
