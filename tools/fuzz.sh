#!/bin/sh
# Runs every fuzz target of build-fuzz/ from its corpus. A crash, a leak, an input that takes 30 seconds or 1 GiB ends it
# with an error and leaves the input as build-fuzz/<target>-crash-...; it belongs into fuzz/corpus/<target> under a name
# that says what it is, together with the fix.
#
# Usage: tools/fuzz.sh SECONDS [TARGET...]
set -eu
cd "$(dirname "$0")/.."
seconds="$1"
shift
[ "$#" -gt 0 ] || set -- $(ls fuzz/corpus)
for target in "$@"; do
  echo "fuzz: $target for $seconds s" >&2
  mkdir -p "build-fuzz/found/$target"
  "build-fuzz/fuzz/fuzz_$target" -max_total_time="$seconds" -timeout=30 -rss_limit_mb=1024 -malloc_limit_mb=256 \
    -max_len=8192 -print_final_stats=1 -artifact_prefix="build-fuzz/$target-" "build-fuzz/found/$target" \
    "fuzz/corpus/$target"
done
