#!/usr/bin/env bash
# Fuzzes all parsers of outside input: `tests/fuzz/run.sh [seconds for each target] [target…]`. Use a minute per target
# for a quick look, an hour per target for a night. Needs a nightly toolchain and a C++ compiler; cargo-fuzz is
# optional. Inputs that break a rule are written to `tests/fuzz/artifacts`.
set -euo pipefail
cd "$(dirname "$0")"

seconds=${1:-60}
shift || true
targets=("$@")
if ((${#targets[@]} == 0)); then
    targets=(dsn trace_headers rate_limits envelope scrubbing names)
fi

host=$(rustc +nightly -vV | sed -n 's/^host: //p')
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}/fuzz
export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1"
cargo +nightly build --release --target "$host" --bins
for target in "${targets[@]}"; do
    printf '\n== %s\n' "$target"
    mkdir -p "corpus/$target" artifacts
    "$CARGO_TARGET_DIR/$host/release/$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 \
        -print_final_stats=1 -verbosity=0 -artifact_prefix="artifacts/$target-" "corpus/$target"
done
