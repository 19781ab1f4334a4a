#!/usr/bin/env bash
# Builds what a release consists of into dist/: a tarball for each kind of machine, the checker by
# itself, and SHA256SUMS. `make release` runs it and sees to the compilers.
#
# The same commit, Go and C compilers give the same bytes, on any machine and in any folder. The
# programs hold all that they need (static, goolm, SQLite), so that they run on every Linux.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ -n $(git status --porcelain) && -z ${ALLOW_DIRTY:-} ]]; then
	echo "There are changes that no commit holds; commit them first, or set ALLOW_DIRTY=1 for a build that nobody can repeat." >&2
	exit 1
fi
version=${VERSION:-$(git describe --tags --always)}
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH GOFLAGS='' GOTOOLCHAIN=local

rm -rf dist
mkdir -p dist
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

flags=(-trimpath -buildvcs=true)
tags=goolm,netgo,osusergo,sqlite_omit_load_extension
static='-s -w -buildid= -linkmode external -extldflags "-static -Wl,--build-id=none"'

# bot ARCH COMPILER: the bot, its unit and its pages, as a tarball.
bot() {
	local name=stimmbote-$version-linux-$1
	local to=$work/$name
	mkdir -p "$to/docs"
	echo "building $name" >&2
	CGO_ENABLED=1 CGO_CFLAGS='-O2 -g0' GOOS=linux GOARCH=$1 CC=$2 go build "${flags[@]}" -tags "$tags" -ldflags "$static -X main.release=$version" -o "$to/stimmbote" ./cmd/stimmbote
	cp README.md CHANGES.md LICENSE config.example.yaml recheck.sh release/stimmbote.service "$to"
	cp docs/*.md "$to/docs"
	chmod -R u=rwX,go=rX "$to"
	tar -C "$work" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner -cf - "$name" |
		gzip -9n >"dist/$name.tar.gz"
}

# checker OS ARCH [SUFFIX]: the checker of archives, which needs no C compiler.
checker() {
	local name=stimmbote-verify-$version-$1-$2${3:-}
	echo "building $name" >&2
	CGO_ENABLED=0 GOOS=$1 GOARCH=$2 go build "${flags[@]}" -ldflags '-s -w -buildid=' -o "dist/$name" ./cmd/verify
}

bot amd64 "${CC_AMD64:-x86_64-linux-gnu-gcc}"
bot arm64 "${CC_ARM64:-aarch64-linux-gnu-gcc}"
if [[ -d cmd/verify ]]; then
	checker linux amd64
	checker linux arm64
	checker windows amd64 .exe
	checker windows arm64 .exe
	checker darwin amd64
	checker darwin arm64
fi
# The pages that need no bot: the one that seals, whose hash is announced with every vote, and the one that counts again.
go run -tags "$tags" ./cmd/stimmbote booth export "dist/stimmbote-booth-$version.html" >&2
go run -tags "$tags" ./cmd/stimmbote booth export --recount "dist/stimmbote-recount-$version.html" >&2
(cd dist && sha256sum -- * >SHA256SUMS)

too_large=$(find "$work" -name stimmbote -type f -size +40000000c)
if [[ -n $too_large ]]; then
	echo "The program has grown beyond 40 MB: $(stat -c %s $too_large) bytes." >&2
	exit 1
fi
ls -l dist >&2
