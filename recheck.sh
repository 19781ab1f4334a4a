#!/bin/sh
# Rechecks a vote with belenios-tool, a program of other people that knows nothing of ours:
#
#	recheck.sh FILE.bel          (Debian: apt install belenios-tool; another one: BELENIOS_TOOL=PATH)
#
# `belenios-tool election verify` is not enough. Versions from 2.2 on do not wait for what becomes
# of the ballots' proofs; 3.0 does not add the ballots up anew; 2.0 does not notice a ballot that is
# there twice; no version compares the number of ballots. So:
#	1. each ballot by itself: verify-ballot, on the file cut off after the setup (2.0 and 2.1 have
#	   no such command, and check the ballots' proofs in verify)
#	2. the sum: compute-encrypted-tally, on the file cut off where the ballots end; it must be the
#	   very bytes that the file has
#	3. no ballot is there twice
#	4. verify: form of the file, trustees, shares, result
# docs/poll-protocol.md says what is noticed only by our own verifier.
#
# Exit codes: 0 everything is right, 1 something is not, 2 it cannot be checked here, 3 right so
# far, but there is no result yet.
set -u
LC_ALL=C
export LC_ALL

say() { printf '%s\n' "$*"; }
stop() { say "recheck.sh: $*" >&2; exit 2; }

[ $# -eq 1 ] || stop 'usage: recheck.sh FILE.bel'
file=$1
tool=${BELENIOS_TOOL:-belenios-tool}
[ -f "$file" ] && [ -r "$file" ] || stop "$file cannot be read"
command -v "$tool" >/dev/null || stop "$tool is not there; on Debian: apt install belenios-tool"
version=$("$tool" --version 2>/dev/null)
version=${version%% *}
case $version in
'') stop "$tool does not say its version" ;;
2.[01] | 2.[01].*) old=yes ;;
[23].*) old= ;;
*) stop "belenios-tool $version is not known to this script" ;;
esac

tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
trap 'exit 2' HUP INT TERM
mkdir "$tmp/all" "$tmp/setup" "$tmp/box"
cp "$file" "$tmp/all/election.bel" || exit 2
file=$tmp/all/election.bel
: >"$tmp/names" && : >"$tmp/sum"

wrong=
refuse() { say "WRONG  $*"; wrong=yes; }

# one DIR COMMAND...: what the tool says to an archive.
one() {
	dir=$1
	shift
	"$tool" election "$@" --dir "$tmp/$dir" >"$tmp/out" 2>"$tmp/err"
}
why() { grep -v '^I: ' "$tmp/err" | tr '\n\t' '  ' | tr -cd ' -~' | cut -c 1-200; } # it may quote the file

# The archive is a chain of records in blocks of 512 bytes: header, content, filled up with zeros.
# The content is text without zeros; the data of an event stand before it.
at=0 ballots=0 ended= tallied= result= data=
blocks=$((($(wc -c <"$file") + 511) / 512))
while [ "$at" -lt "$blocks" ]; do
	header=$(dd if="$file" bs=512 skip="$at" count=1 2>/dev/null | tr '\0' ' ')
	name=${header%% *}
	size=$(printf '%s' "$header" | cut -c 125-135)
	case $size in
	[0-7][0-7][0-7][0-7][0-7][0-7][0-7][0-7][0-7][0-7][0-7]) ;;
	*) refuse "record at block $at has no size"; break ;;
	esac
	case ${name%.*.json} in
	BELENIOS) ;;
	'' | *[!0-9a-f]*) refuse "record at block $at has a name that is no hash"; break ;;
	esac
	content=$(((0$size + 511) / 512))
	dd if="$file" bs=512 skip=$((at + 1)) count="$content" 2>/dev/null | tr -d '\0' >"$tmp/content"
	at=$((at + 1 + content))
	case $name in
	*.data.json)
		data=$name
		mv "$tmp/content" "$tmp/data"
		[ -z "$ended" ] || { cat "$tmp/data" && echo; } >>"$tmp/sum"
		continue
		;;
	*.event.json) ;;
	*) continue ;;
	esac
	case $(cat "$tmp/content") in
	*'"type":"Setup"'*)
		[ -e "$tmp/setup/election.bel" ] || dd if="$file" of="$tmp/setup/election.bel" bs=512 count="$at" 2>/dev/null
		[ -n "$old" ] && grep -q '"group":"Ed25519"' "$tmp/setup/election.bel" &&
			stop "belenios-tool $version does not know the group Ed25519; version 3 does (Debian 13)"
		;;
	*'"type":"Ballot"'*)
		ballots=$((ballots + 1))
		say "$data" >>"$tmp/names"
		[ -n "$old" ] || { one setup verify-ballot --ballot "$tmp/data" && grep -q 'ballot is valid' "$tmp/out" "$tmp/err"; } ||
			refuse "ballot $ballots (${data%%.*}): $(why)"
		;;
	*'"type":"EndBallots"'*)
		ended=yes
		dd if="$file" of="$tmp/box/election.bel" bs=512 count="$at" 2>/dev/null
		;;
	*'"type":"EncryptedTally"'*)
		tallied=yes
		one box compute-encrypted-tally && cmp -s "$tmp/out" "$tmp/sum" || refuse "the sum is not that of the ballots. $(why)"
		;;
	*'"type":"Result"'*) result=yes ;;
	esac
done

[ -n "$tallied" ] || one all compute-encrypted-tally || refuse "the ballots do not add up. $(why)"
twice=$(sort "$tmp/names" | uniq -d)
[ -z "$twice" ] || refuse "a ballot is there twice: $twice"
one all verify && grep -q 'all checks passed' "$tmp/out" "$tmp/err" || refuse "verify: $(why)"

[ -z "$wrong" ] || { say "$1: NOT right, says belenios-tool $version"; exit 1; }
[ -n "$result" ] || { say "$1: right so far, says belenios-tool $version; $ballots ballots, no result yet"; exit 3; }
say "$1: right, says belenios-tool $version; $ballots ballots, each checked"
