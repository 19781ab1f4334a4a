#!/usr/bin/env bash
# Makes a folder in memory for what lives as long as a test run, and prints its name. Where there is no such place that
# programs can be run from, or not 4 GB in it and as much again beside it, it prints nothing and ends with 1.
set -euo pipefail

free=$(df --output=avail -k /dev/shm 2>/dev/null | tail -1) || exit 1
memory=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB$/\1/p' /proc/meminfo 2>/dev/null) || exit 1
((free >= 4 << 20 && memory >= 8 << 20)) || exit 1
dir=$(mktemp -d /dev/shm/stimmbote-XXXXXX)
printf '#!/bin/sh\n' >"$dir/run"
chmod 700 "$dir/run"
if ! "$dir/run"; then
	rm -rf -- "$dir"
	exit 1
fi 2>/dev/null
rm "$dir/run"
echo "$dir"
