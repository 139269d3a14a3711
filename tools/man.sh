#!/bin/sh
# Writes the manual pages of the tool, as it prints them itself, into a folder.
#
# Usage: tools/man.sh THALWEG FOLDER COMMAND...
set -eu
thalweg="$1"
folder="$2"
shift 2
mkdir -p "$folder"
"$thalweg" man > "$folder/thalweg.1"
for command in "$@"; do
  "$thalweg" man "$command" > "$folder/thalweg-$command.1"
done
