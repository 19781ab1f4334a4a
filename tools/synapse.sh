#!/usr/bin/env bash
# Unpacks Synapse, the homeserver that most of the field has, and prints the folder it lies in. Nothing is installed,
# and no root is needed: Debian's package of it (only the next version of Debian has one) and all that it depends on
# lie in a folder, libc included. Where it is not possible it says so and prints nothing: the stories are told on
# Dendrite alone then. To have a newer one, remove the folder.
set -euo pipefail

dir=${XDG_CACHE_HOME:-$HOME/.cache}/stimmbote/synapse
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

mirror=$({
	sed -n 's/^URIs: *\([^ ]*\).*/\1/p' /etc/apt/sources.list.d/*.sources 2>/dev/null || true
	awk '/^deb /{for (i = 2; i <= NF; i++) if ($i ~ /^http/) {print $i; break}}' /etc/apt/sources.list 2>/dev/null || true
} | grep -m1 '/debian/*$' || true)

unpack() {
	local new=$dir.new package
	local apt=$new/.apt
	rm -rf -- "$new"
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
	echo "deb [signed-by=$keyring] $mirror sid main" >"$apt/sources.list"
	: >"$apt/status" # nothing is there: everything it needs is fetched
	cat >"$apt/conf" <<-CONF
		Dir::Etc::sourcelist "$apt/sources.list";
		Dir::Etc::sourceparts "-";
		Dir::State "$apt";
		Dir::State::lists "$apt/lists";
		Dir::State::status "$apt/status";
		Dir::Cache "$apt/cache";
		APT::Install-Recommends "false";
		APT::Sandbox::User "root";
		Debug::NoLocking "true";
	CONF
	APT_CONFIG=$apt/conf apt-get -qq update
	APT_CONFIG=$apt/conf apt-get -qq -y --download-only install matrix-synapse
	for package in "$apt"/cache/archives/*.deb; do dpkg-deb -x "$package" "$new"; done
	rm -rf -- "$apt" "$dir"
	mv "$new" "$dir"
}

# A shell of its own: within an if, this one would go on after an error.
if [[ ${1:-} == unpack ]]; then
	unpack >&2
	exit
fi
if [[ ! -d $dir ]]; then
	if [[ -z $mirror || ! -e $keyring ]] || ! { echo "Fetching Synapse, 75 MB." >&2; "$0" unpack; }; then
		echo "Synapse could not be had; it is left out." >&2
		exit 0
	fi
fi
echo "$dir"
