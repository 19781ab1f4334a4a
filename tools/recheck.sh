#!/bin/sh
# Rechecks a vote with a program that we did not write: Debian's belenios-tool (apt install belenios-tool).
#
#   recheck.sh FILE.bel
#
# BELENIOS_TOOL names another tool than the installed one. The tool of Debian 12 knows votes in the group BELENIOS-2048
# alone, that of Debian 13 and later Ed25519 too.
#
# The tool's own verdict on a whole archive is not enough. From 3.0 on it does not wait for what it found out about the
# ballots, and 2.0 takes a ballot that occurs twice. So this also asks about every ballot by itself, and lets the tool
# compute the tally anew, each from the part of the archive before it.
#
# What only `stimmbote verify` notices: as long as there is no tally, an answer without a blank proof where the question allows blank votes (the tool
# takes the ballot, and cannot tally it), and whatever you compare with the messages in your group: the three hashes.
#
# Exit code 0: accepted. 1: refused. 2: it could not be rechecked.
set -eu

tool=${BELENIOS_TOOL:-belenios-tool}
export BELENIOS_USE_URANDOM=1

fail() { echo "recheck.sh: $*" >&2; exit 2; }
refused() { echo "$name: REFUSED by belenios-tool $version: $*"; exit 1; }

[ $# -eq 1 ] && [ -f "$1" ] || fail 'usage: recheck.sh FILE.bel'
command -v "$tool" >/dev/null || fail "$tool is not installed: apt install belenios-tool"
version=$("$tool" --version | cut -d' ' -f1)
name=$(basename "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 2' INT TERM
mkdir "$work/whole" "$work/part" "$work/records"
cp "$1" "$work/whole/$name"

say() { tr -s ' \n' ' ' <"$work/said" | tail -c 300; }
ask() { "$tool" election "$@" >"$work/said" 2>&1; }

# until_event EVENT: the beginning of the archive up to the first event of this kind, for the tool to go on from.
until_event() {
	blocks=0
	while read -r file; do
		size=$(wc -c <"$work/records/$file")
		blocks=$((blocks + 1 + (size + 511) / 512))
		case $file in *.event.json) if grep -q "\"type\":\"$1\"" "$work/records/$file"; then break; fi ;; esac
	done <"$work/order"
	dd if="$work/whole/$name" of="$work/part/$name" bs=512 count="$blocks" 2>/dev/null
}

ask verify --dir "$work/whole" || refused "$(say)"

tar -tf "$work/whole/$name" >"$work/order" 2>/dev/null || fail "$name cannot be unpacked"
tar -xf "$work/whole/$name" -C "$work/records" 2>/dev/null || fail "$name cannot be unpacked"
while read -r file; do
	case $file in *.event.json)
		ballot=$(sed -n 's/.*"type":"Ballot","payload":"\([0-9a-f]*\)".*/\1/p' "$work/records/$file")
		[ -z "$ballot" ] || echo "$ballot"
		;;
	esac
done <"$work/order" >"$work/ballots"
[ -z "$(sort "$work/ballots" | uniq -d)" ] || refused 'a ballot occurs twice'

case $version in
2.0* | 2.1*) ;; # its verdict includes the ballots, and it has no command for one
*)
	until_event Setup
	while read -r ballot; do
		ask verify-ballot --dir "$work/part" --ballot "$work/records/$ballot.data.json" || refused "ballot $ballot: $(say)"
	done <"$work/ballots"
	;;
esac

if grep -q '"type":"EncryptedTally"' "$work"/records/*.event.json; then
	until_event EndBallots
	"$tool" election compute-encrypted-tally --dir "$work/part" >"$work/tally" 2>"$work/said" || refused "tally: $(say)"
	while read -r line; do
		hash=$(printf %s "$line" | sha256sum | cut -d' ' -f1)
		[ -f "$work/records/$hash.data.json" ] || refused 'the tally is not that of the ballots'
	done <"$work/tally"
fi

echo "$name: accepted by belenios-tool $version, $(wc -l <"$work/ballots" | tr -d ' ') ballots"
