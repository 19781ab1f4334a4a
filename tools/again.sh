#!/usr/bin/env bash
# again.sh FILE: repeats, once each, the tests that failed, if they are few and wait for servers, browsers or networks.
# One that passes then is unsteady: the run is good, but says so, because somebody has to find out why.
# Each line of the file is a package and a test; a package without a test is not repeated.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

mapfile -t failed <"$1"
((${#failed[@]} >= 1 && ${#failed[@]} <= 5)) || exit 1
[[ -z $(grep -vE '^stimmbote/(e2e|chat|media)(/[^ ]+)? [^ ]+$' "$1") ]] || exit 1
out=$(mktemp) && trap 'rm -f "$out"' EXIT
for line in "${failed[@]}"; do
	read -r package test <<<"$line"
	echo "Once more: $package $test"
	# Of Test/inside each part is a pattern of its own. What runs no test passes as well, so its name has to be there.
	go test -v -race '-gcflags=filippo.io/...=-race=false' -count=1 -timeout 10m -run "^\Q${test//\//\\E\$\/^\\Q}\E\$" "$package" >"$out" 2>&1 &&
		grep -qF -e "--- PASS: $test (" "$out" || { cat "$out" && exit 1; }
done
printf '\nUNSTEADY, failed once and passed once:\n'
printf '  %s\n' "${failed[@]}"
