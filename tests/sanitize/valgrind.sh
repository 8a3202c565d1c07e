#!/usr/bin/env bash
# The contract over the native engine under valgrind: `valgrind.sh PYTHON [pytest's arguments]`, where PYTHON has the
# package installed with its tests, and the engine with its symbols (POOLED_CFLAGS=-g). It takes about an hour.
set -euo pipefail
python=$1
shift
cd "$(dirname "$0")/../.."
# Valgrind delivers signals late: the last one of that test when its handler is gone.
[ $# -gt 0 ] || set -- tests/contract -k "native and not signal_handlers"
found=$(mktemp -d)
trap 'rm -rf "$found"' EXIT
status=0
POOLED_EXAMPLES=${POOLED_EXAMPLES:-3} PYTHONMALLOC=malloc PYTHONPATH=tests \
  valgrind --tool=memcheck --leak-check=full --show-leak-kinds=definite --num-callers=40 --main-stacksize=1000000000 \
  --xml=yes --xml-file="$found/%p.xml" --trace-children=no --child-silent-after-fork=yes \
  "$python" -P -m pytest -q -p no:cacheprovider -p sanitize.few_examples "$@" || status=$?
"$python" tests/sanitize/valgrind_report.py "$found"/*.xml || status=1
exit "$status"
