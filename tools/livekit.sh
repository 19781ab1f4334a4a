#!/usr/bin/env bash
# Prints the path of livekit-server 1.13.11, against which meetings are measured. It is built the first time (some minutes),
# below the user's cache, and not installed. Its own forks of pion are not to be had everywhere: it is built with plain
# pion, less the one call that needs them.
set -euo pipefail

version=v1.13.11
cache=${XDG_CACHE_HOME:-$HOME/.cache}/stimmbote/livekit-$version
if [[ ! -x $cache/livekit-server ]]; then
	mkdir -p "$cache"
	from=$(cd "$cache" && GOFLAGS=-mod=mod go mod download -json "github.com/livekit/livekit-server@$version" | sed -n 's/.*"Dir": "\(.*\)",*/\1/p')
	rm -rf "$cache/source"
	cp -r "$from" "$cache/source"
	chmod -R u+w "$cache/source"
	sed -i '/^replace github.com\/pion\//d' "$cache/source/go.mod"
	sed -i 's/se\.EnableSped(true)/_ = 0/' "$cache/source/pkg/rtc/transport.go"
	(cd "$cache/source" && GOFLAGS=-mod=mod go build -o "$cache/livekit-server" ./cmd/server) >&2
	rm -rf "$cache/source"
fi
echo "$cache/livekit-server"
