#!/usr/bin/env bash
# Sees to it that the commands named are there: need.sh go cc belenios-tool chromium
#
# On Debian and its relatives it says what it installs and installs it with apt-get, as root
# or through sudo; elsewhere, or where that is not possible, it says what to install.
set -euo pipefail

declare -A packages=([firefox-esr]=firefox-esr [WebKitWebDriver]=webkit2gtk-driver [Xvfb]=xvfb [cc]='gcc libc6-dev' [belenios-tool]=belenios-tool [chromium]=chromium [git]=git [npm]=npm [ip]=iproute2
	[x86_64-linux-gnu-gcc]='gcc-x86-64-linux-gnu libc6-dev-amd64-cross' [aarch64-linux-gnu-gcc]='gcc-aarch64-linux-gnu libc6-dev-arm64-cross')

missing=()
for command in "$@"; do
	command -v "$command" >/dev/null || missing+=("$command")
done
((${#missing[@]})) || exit 0

install=()
for command in "${missing[@]}"; do
	if [[ -z ${packages[$command]:-} ]]; then
		echo "This needs '$command'. Please install it (Go 1.26 or newer comes from its makers' download page) and run this again." >&2
		exit 1
	fi
	read -ra names <<<"${packages[$command]}"
	install+=("${names[@]}")
done

sudo=()
if ((EUID != 0)); then sudo=(sudo); fi
if ! command -v apt-get >/dev/null || { ((EUID != 0)) && ! command -v sudo >/dev/null; }; then
	echo "This needs: ${missing[*]} (Debian's packages: ${install[*]}). Please install them and run this again." >&2
	exit 1
fi

echo "Installing with apt-get: ${install[*]}" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for try in 1 2 3; do
	if "${sudo[@]}" apt-get -q update >"$log" 2>&1 &&
		"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "${install[@]}" >>"$log" 2>&1; then
		echo "Installed." >&2
		exit 0
	fi
	if ((try < 3)); then
		echo "That did not work; trying again." >&2
	fi
done
tail -20 "$log" >&2
echo "Could not install ${install[*]}." >&2
exit 1
