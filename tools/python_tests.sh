#!/bin/sh
# Runs tests/python with the libraries of build/: in a virtual environment with the packages of
# tests/python/requirements.txt or, where these cannot be fetched, with the Python and the packages of Debian.
# A file whose packages are missing says so and is skipped.
#
# Usage: tools/python_tests.sh [PATTERN]    "test_torch*.py"; all without it
set -eu
cd "$(dirname "$0")/.."

environment=build/python-venv
python="$environment/bin/python"
if [ ! -f "$environment/done" ]; then
  if python3 -m venv "$environment" && "$python" -m pip install -q -r tests/python/requirements.txt; then
    touch "$environment/done"
  else
    echo "python tests: packages cannot be fetched; Debian's are taken" >&2
    rm -rf "$environment"
    sh tools/install.sh python
    python=/usr/bin/python3
  fi
fi
PYTHONPATH="python${PYTHONPATH:+:$PYTHONPATH}" PYTHONDONTWRITEBYTECODE=1 \
  "$python" -W ignore -m unittest discover -s tests/python -p "${1:-test_*.py}"
