#!/bin/bash
# Compares the cost of attributes at compile time and in the program: generates a crate of FUNCTIONS synchronous and
# ASYNC asynchronous functions, plain and with each attribute. Measures `cargo check`, a debug and a release build of
# that crate alone, and the bytes of `.text` that the attribute adds per function.
#
#     tests/compile-bench/run.sh                       1000 and 300
#     FUNCTIONS=200 ASYNC=60 RUNS=3 tests/compile-bench/run.sh
#
# Each time is the lowest of RUNS user times, because load on the machine can only increase a time. The crates take
# turns, so that the load affects all of them equally.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
runtime=$(cd "$here/../../sentry-runtime" && pwd)
functions=${FUNCTIONS:-1000}
async=${ASYNC:-300}
runs=${RUNS:-3}
work=${WORK:-${TMPDIR:-/tmp}/compile-bench}
export CARGO_INCREMENTAL=0 CARGO_TARGET_DIR="$work/target"
mkdir -p "$work"

# Writes the crate $1 with the attribute $2 and the dependency $3.
generate() {
    mkdir -p "$work/$1/src"
    printf '[workspace]\n[package]\nname = "bench-%s"\nversion = "0.0.0"\nedition = "2021"\n[dependencies]\n%s\n' "$1" "$3" \
        > "$work/$1/Cargo.toml"
    awk -v attribute="$2" -v functions="$functions" -v async="$async" 'BEGIN {
        print "#![allow(warnings)]"
        for (i = 0; i < functions; i++) {
            kind = i % 4
            print attribute
            if (kind == 0) printf "pub fn f%d(a: u64, b: u64) -> u64 { a.wrapping_mul(b).rotate_left(%d) }\n", i, i % 64
            if (kind == 1) printf "pub fn f%d(text: &str) -> Result<u64, std::num::ParseIntError> { let n: u64 = text.trim().parse()?; Ok(n + %d) }\n", i, i
            if (kind == 2) printf "pub fn f%d(all: &mut Vec<u64>) { all.push(%d); all.sort_unstable(); }\n", i, i
            if (kind == 3) printf "pub fn f%d(name: String, n: usize) -> Option<String> { if n > %d { return None; } Some(name.repeat(n)) }\n", i, i
        }
        for (i = 0; i < async; i++) {
            print attribute
            if (i % 2 == 0) printf "pub async fn g%d(a: u64) -> u64 { std::future::ready(a).await + %d }\n", i, i
            else printf "pub async fn g%d(text: String) -> Result<u64, std::num::ParseIntError> { let n: u64 = text.parse()?; Ok(g%d(n).await) }\n", i, i - 1
        }
        print "pub fn poll_all() {"
        print "    let mut task = std::task::Context::from_waker(std::task::Waker::noop());"
        for (i = 0; i < async; i++)
            printf "    let _ = std::pin::pin!(g%d(%s)).as_mut().poll(&mut task);\n", i, i % 2 == 0 ? "1" : "String::new()"
        print "}"
        print "use std::future::Future;"
    }' > "$work/$1/src/lib.rs"
}

# Appends the user time of a build of the crate $1 with the arguments $2 to the file of all times.
build() {
    touch "$work/$1/src/lib.rs"
    { TIMEFORMAT="$1 $2=%U"; time cargo $2 --quiet --lib --manifest-path "$work/$1/Cargo.toml" 2> "$work/build.log"; } 2>> "$work/times"
}

# Prints the lowest time of a build.
least() {
    awk -F= -v build="$1 $2" '$1 == build && (least == "" || $2 < least) { least = $2 } END { print least }' "$work/times"
}

# Prints the bytes of code in the crate's own release library, which does not contain the runtime.
text() {
    size -A "$work/target/release/libbench_$1.rlib" 2> /dev/null | awk '/^\.text/ { sum += $2 } END { print sum }'
}

prepare() {
    generate "$1" "$2" "$3"
    for how in check build 'build --release'; do
        cargo $how --quiet --lib --manifest-path "$work/$1/Cargo.toml"
    done
}

all=${ONLY:-plain ours tracing fastrace}
for one in $all; do
    case $one in
    plain) prepare plain '' '' ;;
    ours) prepare ours '#[sentry::span]' "sentry-runtime = { path = \"$runtime\" }" ;;
    tracing) prepare tracing '#[tracing::instrument(skip_all)]' 'tracing = "0.1"' ;;
    fastrace) prepare fastrace '#[fastrace::trace]' 'fastrace = { version = "0.7", features = ["enable"] }' ;;
    *)
        echo "unknown crate: $one" >&2
        exit 1
        ;;
    esac
done

: > "$work/times"
run=0
while [ $run -lt "$runs" ]; do
    for how in check build 'build --release'; do
        for one in $all; do build "$one" "$how"; done
    done
    run=$((run + 1))
done

printf '%-10s %8s %8s %8s %10s\n' attribute check/s debug/s release/s .text
for one in $all; do
    printf '%-10s %8s %8s %8s %10s\n' "$one" "$(least "$one" check)" "$(least "$one" build)" "$(least "$one" 'build --release')" "$(text "$one")"
done
