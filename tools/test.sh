#!/usr/bin/env bash
# Everything that has to hold, in the order in which it is quickest to hear bad news.
# `make test` runs it and sees to what it needs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

step() { printf '\n== %s\n' "$*"; }
tool() { go tool -modfile=tools/go.mod "$@"; }
fail() { echo "$*" >&2; exit 1; }

# none FINDINGS SENTENCE: fails if there are findings.
none() { [[ -z $1 ]] || fail "$2
$1"; }

step 'form'
mapfile -t go_files < <(git ls-files '*.go')
none "$(tool gofumpt -l "${go_files[@]}")" 'gofumpt would change these files:'
none "$(git grep -n -E '\.Msgf\(|zerolog/log"' -- '*.go' || true)" 'Log with a constant message and typed fields, by the logger that was handed over:'
go mod tidy -diff || fail 'go.mod or go.sum is not tidy.'

step 'build and vet'
go build ./...
go vet ./...
for build in crashtest leaktest hostiletest; do go vet "-tags=goolm,$build" ./cmd/stimmbote; done
go vet -tags=goolm,race ./media # of which a file is for the race detector alone
none "$(go fix -diff ./... 2>&1)" 'go fix would change this:'

step 'the recheck of a vote, for every kind of computer'
for os in linux windows darwin; do
	for arch in amd64 arm64; do
		CGO_ENABLED=0 GOOS=$os GOARCH=$arch go build -o /dev/null ./cmd/verify
	done
done

step 'newer versions of belenios-tool (those of Debian 13 and of its next version, unpacked, not installed)'
BELENIOS_TOOLS=$(tools/belenios-tools.sh)
export BELENIOS_TOOLS

step 'staticcheck'
tool staticcheck -tags=goolm ./...

step 'the throwaway homeserver (builds it the first time: 2 to 5 minutes)'
(cd e2e/homeserver && go tool -n dendrite >/dev/null)

step 'the throwaway certificate authority (builds it the first time: a minute)'
(cd tools/acme && go tool -n pebble >/dev/null && go tool -n pebble-challtestsrv >/dev/null)

step 'Synapse (fetched the first time, not installed)'
tools/synapse.sh >/dev/null

step 'tests'
(cd tools && go test ./watch && go build -o ../bin/watch ./watch)
# What the tests write lies in memory, where there is enough of it: databases that wait for the disk after each line take
# twice the time.
TMPDIR=$(tools/memory.sh || mktemp -d)
export TMPDIR
trap 'rm -rf -- "$TMPDIR"' EXIT
failed=$TMPDIR/failed
export GOFLAGS="${GOFLAGS:-} -ldflags=-w" # nobody debugs the many programs that are linked here
# The mathematics by itself, without the race detector, which makes it five times as slow: its few goroutines run under
# it in voting and below. Elsewhere only what others wrote for curves and numbers goes without it, and that is most of
# what it costs. Those who see and hear each other in meetings have both cores for themselves, in the end. The others
# share them, as most of them wait: those that wait for servers, of which the longest has a lane of its own, and the rest.
# The mathematics leaves the processor to them, and may take longer for that.
test=(go test -json -vet=off -shuffle=on -timeout 20m -p 1) # go vet has seen all of it above
maths=(nice "${test[@]}" -timeout 60m)
light='-gcflags=filippo.io/...=-race=false'
race=("${test[@]}" -race "$light")
mapfile -t voting < <(go list ./voting/... | grep -vxF "$(go list ./voting/belenios)")
longest=(./e2e) servers=(./e2e/tellers ./e2e/synapse ./e2e/try) alone=(./e2e/meet ./e2e/call ./e2e/callpage ./e2e/nets)
mapfile -t rest < <(go list ./... | grep -vxF "$(go list ./voting/... "${longest[@]}" "${servers[@]}" "${alone[@]}")")
go build -race "$light" ./... # what all of them are built of, once
go build -race "${voting[@]}"
bin/watch -failed "$failed" "${race[@]}" "${longest[@]}" -- "${race[@]}" "${servers[@]}" \
	-- "${race[@]}" -parallel 4 "${rest[@]}" -- "${maths[@]}" ./voting/belenios -- "${maths[@]}" -race "${voting[@]}" \
	then "${race[@]}" "${alone[@]}" && exit
tools/again.sh "$failed"
