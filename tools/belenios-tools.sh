#!/usr/bin/env bash
# Unpacks the belenios-tool of newer Debian versions beside the installed one, and prints the folder they lie in:
# belenios-tool-trixie and belenios-tool-sid. Nothing is installed. Where it is not possible it says so and prints
# nothing: only the installed tool is compared with then.
set -euo pipefail

dir=${XDG_CACHE_HOME:-$HOME/.cache}/stimmbote/belenios-tools
suites=(trixie sid)
week=$((7 * 24 * 60 * 60))

# fresh SUITE: it is there and not older than a week.
fresh() {
	local tool=$dir/belenios-tool-$1
	[[ -x $tool ]] && (($(date +%s) - $(stat -c %Y "$tool") < week))
}

# unpack SUITE: with lists of apt of its own, from the mirror that this machine uses.
unpack() {
	local apt=$dir/.apt-$1 to=$dir/$1 loader
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$to"
	echo "deb $mirror $1 main" >"$apt/sources.list"
	: >"$apt/status"
	cat >"$apt/conf" <<-CONF
		Dir::Etc::sourcelist "$apt/sources.list";
		Dir::Etc::sourceparts "-";
		Dir::State::lists "$apt/lists";
		Dir::State::status "$apt/status";
		Dir::Cache "$apt/cache";
	CONF
	(
		export APT_CONFIG=$apt/conf
		apt-get -qq update
		mapfile -t packages < <(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks \
			--no-replaces --no-enhances belenios-tool |
			grep -E '^(belenios-tool|lib(c6|gmp10|sodium[0-9]+|ev4t64|ev4|ssl3t64|ssl3|zstd1|gcc-s1)|zlib1g)$' | sort -u)
		cd "$apt/cache"
		rm -f -- *.deb
		apt-get -qq download "${packages[@]}"
		for package in *.deb; do dpkg-deb -x "$package" "$to"; done
	) >&2
	loader=$(find "$to" -name 'ld-linux-*.so.*' | head -1)
	cat >"$dir/belenios-tool-$1.new" <<-WRAPPER
		#!/bin/sh
		exec "$loader" --library-path "$(dirname "$(find "$to" -name 'libc.so.6' | head -1)")" "$to/usr/bin/belenios-tool" "\$@"
	WRAPPER
	chmod +x "$dir/belenios-tool-$1.new"
	"$dir/belenios-tool-$1.new" --version >&2
	mv "$dir/belenios-tool-$1.new" "$dir/belenios-tool-$1"
}

mirror=$({
	sed -n 's/^URIs: *\([^ ]*\).*/\1/p' /etc/apt/sources.list.d/*.sources 2>/dev/null || true
	awk '/^deb /{print $2}' /etc/apt/sources.list 2>/dev/null || true
} | grep -m1 '/debian/*$' || true)
# A shell of its own: within an if, this one would go on after an error.
if [[ ${1:-} == unpack ]]; then
	unpack "$2"
	exit
fi
for suite in "${suites[@]}"; do
	fresh "$suite" && continue
	if [[ -z $mirror ]] || ! "$0" unpack "$suite"; then
		echo "The belenios-tool of Debian's $suite could not be had; it is left out." >&2
	fi
done
if compgen -G "$dir/belenios-tool-*" >/dev/null; then echo "$dir"; fi
