#!/usr/bin/env bash
# Changes the code in one place at a time, and expects a test to fail: `tests/mutants.sh GROUP [option of cargo
# mutants…]`. A change that no test notices is printed as a survivor, and the script fails. `tests/mutants.sh` alone
# lists the groups.
#
# The unit tests of the changed package run first. Changes that survive them are tested again with the integration tests
# of the group. `tests/mutants.toml` lists the changes that make no difference, with the reason.
#
#   tests/mutants.sh rules
#   tests/mutants.sh scrub --shard 3/20       the fourth of 20 parts; a long group takes hours in one piece
#   tests/mutants.sh sampling --in-place      without a copy of the sources: uses the build that is there already
set -euo pipefail
cd "$(dirname "$0")/.."

# Name, package, files below the package's src/, integration tests.
groups="
rules    | sentry-rules   |                                                                             |
macros   | sentry-macros  |                                                                             | attributes_behaviour
sampling | sentry-runtime | trace/sampling options/sampling client/pressure pipeline/backpressure       | traces delivery streaming
headers  | sentry-runtime | trace/headers trace/baggage trace/baggage_facts trace/unread_baggage trace/sample_rand trace/header_source trace/tracestate trace/propagation | traces streaming web_handlers
limits   | sentry-runtime | transport/rate_limits                                                       | delivery
dsn      | sentry-runtime | protocol/dsn protocol/dsn/parse                                             | scopes delivery
scrub    | sentry-runtime | scrub scrub/*                                                               | privacy
collect  | sentry-runtime | options/data_collection/* integrations/foreign_attributes integrations/foreign_attributes/* integrations/cookies | data_collection
ledger   | sentry-runtime | transport/ledger protocol/client_report                                     | delivery telemetry
schedule | sentry-runtime | protocol/monitor/schedule protocol/monitor/next_run                         | monitors
spool    | sentry-runtime | transport/spool/index transport/spool/pace                                  | delivery
keep     | sentry-runtime | options/keep pipeline/keep pipeline/kept_per_second                         | traces errors
repeats  | sentry-runtime | error/repeat pipeline/span/repeats transport/local/repeats                  | local_view errors storefront
polls    | sentry-runtime | context/polls pipeline/polls                                                | spans
"

usage() {
    echo "usage: tests/mutants.sh GROUP [option of cargo mutants…]; the groups are:"
    sed -n 's/^\([a-z]\+\) *|.*/  \1/p' <<<"$groups"
}

if (($# == 0)); then
    usage
    exit 2
fi
if ! command -v cargo-mutants >/dev/null; then
    echo "cargo-mutants is not installed: cargo install --locked cargo-mutants" >&2
    exit 2
fi
group=$1
shift
row=$(grep "^$group *|" <<<"$groups") || { usage >&2; exit 2; }
IFS='|' read -r _ package files tests <<<"$row"
package=${package// /}
read -ra files <<<"$files"
read -ra tests <<<"$tests"

# The tests send to servers of their own.
for name in $(compgen -e SENTRY_ || true); do unset "$name"; done
export RUST_BACKTRACE=0

out=${CARGO_TARGET_DIR:-$PWD/target}/mutants/$group
rm -rf "$out"
mkdir -p "$out/unit" "$out/integration"
options=(--config tests/mutants.toml --no-shuffle --colors never "$@")
where=(--package "$package")
for file in ${files[@]+"${files[@]}"}; do
    # Without this check, the changes of a moved file would be left out unnoticed.
    compgen -G "$package/src/$file.rs" >/dev/null || { echo "$group: no file matches $package/src/$file.rs" >&2; exit 2; }
    where+=(--file "$package/src/$file.rs")
done
for test in ${tests[@]+"${tests[@]}"}; do
    [[ -e tests/tests/$test || -e tests/tests/$test.rs ]] || { echo "$group: there is no test $test" >&2; exit 2; }
done

# Runs cargo mutants. Survivors and timeouts are results; every other status is a failure of the run.
mutants() {
    local status=0
    cargo mutants "$@" || status=$?
    ((status == 0 || status == 2 || status == 3)) || exit "$status"
}

kind=(--lib)
[[ $package == sentry-rules ]] && kind=() # its examples are tests as well
mutants "${options[@]}" "${where[@]}" --output "$out/unit" -- ${kind[@]+"${kind[@]}"}
survivors=$out/unit/mutants.out/missed.txt

if [[ -s $survivors ]] && ((${#tests[@]})); then
    # The same changes again, each by its full name, without the options that selected a part of the group.
    again=()
    while IFS= read -r mutant; do
        again+=(--re "^$(sed 's/[][\.*^$+?(){}|]/\\&/g' <<<"$mutant")\$")
    done <"$survivors"
    kept=()
    while (($#)); do
        case $1 in
            --shard | --re | -F | --exclude-re | -E) shift ;;
            --shard=* | --re=* | --exclude-re=*) ;;
            *) kept+=("$1") ;;
        esac
        shift
    done
    run=()
    for test in "${tests[@]}"; do run+=(--test "$test"); done
    mutants --config tests/mutants.toml --no-shuffle --colors never ${kept[@]+"${kept[@]}"} "${where[@]}" "${again[@]}" \
        --test-package sentry-tests --output "$out/integration" -- "${run[@]}"
    survivors=$out/integration/mutants.out/missed.txt
fi

if [[ -s $survivors ]]; then
    printf '\n== %s: %d survivors\n' "$group" "$(wc -l <"$survivors")"
    cat "$survivors"
    exit 1
fi
printf '\n== %s: no survivors, %d s\n' "$group" "$SECONDS"
