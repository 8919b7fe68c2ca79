#!/usr/bin/env bash
# Checks the combinations that users may choose: features, versions of dependencies, licences.
#
#   features   the runtime with each feature alone, with none and with all of them; a warning is an error
#   bounds     the published crates with the lowest versions that they allow of their own dependencies
#   deny       licences, banned crates and sources of all dependencies (deny.toml); known vulnerabilities if the
#              database of advisories can be fetched
#
# Usage: tests/features.sh [features|bounds|deny]…; without a name it runs all three. Nothing is linked or run.
# `features` needs cargo-hack, `deny` cargo-deny: cargo install --locked cargo-hack cargo-deny
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-$PWD/target}

need() {
    command -v "$1" >/dev/null || { echo "$1 is not installed: cargo install --locked $1" >&2; exit 2; }
}

features() {
    need cargo-hack
    # Features that start with an underscore are parts of others, and are checked with them.
    local parts
    parts=$(sed -n '/^\[features\]/,/^\[dependencies\]/s/^\(_[a-z-]*\) = .*/\1/p' sentry-runtime/Cargo.toml | paste -sd,)
    # Has a target directory of its own, because other flags rebuild every dependency. Cargo hides their warnings.
    CARGO_TARGET_DIR=$target/features RUSTFLAGS="${RUSTFLAGS:-} -D warnings" \
        cargo hack check -p sentry-runtime --lib --locked --each-feature --exclude-features "$parts"
}

# Dev-dependencies are left out, because users do not build them.
bounds() {
    local copy=$target/bounds/sources manifest
    rm -rf "$copy"
    mkdir -p "$copy"
    # Links are copied as the files that they point to: some texts and licences are links to files in other folders.
    git ls-files -z Cargo.toml sentry-macros sentry-runtime | tar -c -h --null -T - | tar -x -C "$copy"
    sed -i.bak 's/, "\(examples\|tests[^"]*\)"//g; /^default-members/d' "$copy/Cargo.toml"
    while IFS= read -r manifest; do
        awk '/^\[/ { skip = $0 == "[dev-dependencies]" } !skip' "$manifest" >"$manifest.new"
        mv "$manifest.new" "$manifest"
    done < <(find "$copy" -mindepth 2 -name Cargo.toml)
    # Only the option that picks the lowest versions is unstable; the build itself is not.
    (cd "$copy" && RUSTC_BOOTSTRAP=1 cargo update --quiet -Z direct-minimal-versions)
    # Each system resolves dependencies of its own; this checks those of the current system.
    CARGO_TARGET_DIR=$target/bounds cargo check --manifest-path "$copy/Cargo.toml" --workspace --all-features --locked
}

deny() {
    need cargo-deny
    cargo deny check bans licenses sources
    if cargo deny fetch db; then
        cargo deny check advisories
    else
        echo "== advisories: SKIPPED, the database cannot be fetched" >&2
    fi
}

if (($# == 0)); then set -- features bounds deny; fi
for check in "$@"; do
    case $check in
        features | bounds | deny) ;;
        *) echo "unknown check: $check; use features, bounds or deny" >&2; exit 2 ;;
    esac
    start=$SECONDS
    printf '== %s\n' "$check"
    "$check"
    printf '== %s: passed in %d s\n' "$check" $((SECONDS - start))
done
