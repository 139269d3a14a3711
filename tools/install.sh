#!/bin/sh
# Installs the Debian packages of packages.txt that are missing; does nothing, and needs no network, when all are there.
#
# Usage: tools/install.sh [SECTION...]    [base] and the named sections
set -eu
cd "$(dirname "$0")/.."

# The packages of one section.
packages() {
  grep -q "^\[$1\]$" packages.txt || { echo "install: packages.txt has no section [$1]" >&2; exit 2; }
  sed -n "/^\[$1\]$/,/^\[/{/^\[/d;s/#.*//;p}" packages.txt
}

wanted="$(for section in base "$@"; do packages "$section"; done)"
missing=""
for package in $wanted; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
command -v apt-get >/dev/null 2>&1 || {
  echo "install: apt-get is not here; install by other means:$missing" >&2
  exit 1
}
sudo=""
[ "$(id -u)" -eq 0 ] || sudo="sudo"
echo "install: installing$missing" >&2
# shellcheck disable=SC2086
$sudo apt-get update -q >&2
# shellcheck disable=SC2086
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing >&2
