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
for build in crashtest leaktest; do go vet "-tags=goolm,$build" ./cmd/stimmbote; done
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

step 'Synapse (fetched the first time, not installed)'
tools/synapse.sh >/dev/null

step 'tests (those that wait longest begin first)'
(cd tools && go test ./watch && go build -o ../bin/watch ./watch)
# The mathematics by itself, without the race detector, which makes it five times as slow: its few goroutines run
# under it in voting and voting/verify.
mapfile -t packages < <(go list ./... | grep -v '^stimmbote/voting/belenios$')
# One package after the other: servers and browsers that wait for each other take what there is of two cores.
failed=$(mktemp) && trap 'rm -f "$failed"' EXIT
bin/watch -failed "$failed" go test -json -shuffle=on -timeout 20m ./voting/belenios -- \
	go test -json -race -shuffle=on -timeout 20m -p 1 ./e2e ./e2e/synapse ./e2e/meet "${packages[@]}" && exit
tools/again.sh "$failed"
