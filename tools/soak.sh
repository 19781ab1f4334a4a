#!/usr/bin/env bash
# The long loops of the tests that `make test` goes through a few times only: a hundred kills while twenty members are
# probed, two hundred while thirty vote, every fault at every endpoint of the homeserver, a homeserver that is away for
# five minutes in the middle of a vote, ten thousand commands of one person, and two hundred votes in which an attacker
# looks for the answers; meetings on networks that lose, delay, forbid and change, with thirty people, and for half an
# hour; votes with tellers whose machines and bot are killed a hundred times, or cut off for a minute; five hundred
# members who answer at once; and the archives of ten different votes, and of five secret ones, for the tools of others.
# Names of tests as arguments run these alone; KILLS, ATTACKED, FLOOD and AWAY make them shorter, for who has no hour at
# once. What was seen is added to bench/results/soak.txt, a section for each part.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export GOFLAGS=${GOFLAGS:--tags=goolm -buildvcs=false}
status=0 out=bench/results/soak.txt
rounds=(TestProbeUnderKills TestVoteUnderKills TestKilledOnTheWay TestFaultsAtEveryEndpoint TestLostAnswersAtTheFirstStart TestHomeserverAway TestCommandsWithoutEnd TestAttacker)
(($# == 0)) || rounds=("$@")
(cd e2e/homeserver && go tool -n dendrite >/dev/null)
test=$(mktemp)
trap 'rm -f "$test"' EXIT
go test -c -race -o "$test" ./e2e

mkdir -p "$(dirname "$out")"
# section begins what is said of one part: what was tried, when, and what else the machine did.
section() {
	printf '\n== %s\n' "$1" | tee -a "$out"
	printf '    %s, %s, load %s\n' "$(git describe --always --dirty)" "$(date -u +'%F %T')" "$(cut -d' ' -f1 /proc/loadavg)" >>"$out"
}
for round in "${rounds[@]}"; do
	section "$round"
	(cd e2e && "$test" -test.run "^$round\$" -test.v -test.timeout 2h -every-fault \
		-kills "${KILLS:-100}" -attacked "${ATTACKED:-200}" -flood "${FLOOD:-10000}" -away "${AWAY:-5m}") |
		tee >(grep -v -E '^ +(main_test|kill_test|faults_test|start_test).go:[0-9]+: (building|starting|making|still)|^=== ' >>"$out") || status=1
done
if (($# == 0)); then
	section 'everything that networks do to a meeting'
	go test ./e2e/nets -run '^(TestMatrix|TestBrowserOnAThinLine)$' -v -matrix -timeout 30m |
		sed -E 's|[a-z_]+_test.go:[0-9]+: ||' | tee >(grep -v '^ *=== ' >>"$out") || status=1
	section 'thirty people in a call, the homeserver away during one, and the bot restarted during one'
	go test ./e2e/call -run '^Test(FullCall|Trouble|Evening)$' -v -parallel 1 -guests 28 -stay 5m -away 5m -back 5s -timeout 30m |
		sed -E 's|[a-z_]+_test.go:[0-9]+: ||' | tee >(grep -v -E '^ *=== |building|starting|making|still at it' >>"$out") || status=1
	section 'half an hour of a page with nine pictures'
	go test ./e2e/callpage -run '^TestNineTiles$' -v -watch 30m -timeout 40m |
		sed -E 's|[a-z_]+_test.go:[0-9]+: ||' | tee >(grep -v '^ *=== ' >>"$out") || status=1
	section 'twenty times into a call over a narrow line'
	go test ./e2e/nets -run '^TestJoinOverANarrowLine$' -v -joins 20 -timeout 20m |
		sed -E 's|[a-z_]+_test.go:[0-9]+: ||' | tee >(grep -v '^ *=== ' >>"$out") || status=1
	section 'votes with tellers, under a hundred kills, with a machine cut off, and before somebody who has all that the bot has'
	go test ./e2e/tellers -run '^Test(Killed|CutOff|Insider)$' -v -kills "${KILLS:-100}" -cut 1m -attacked 30 -timeout 2h |
		sed -E 's|[a-z_]+_test.go:[0-9]+: ||' | tee >(grep -v -E '^ *(=== |(building|starting|making|still))' >>"$out") || status=1
	section 'five hundred members, who all answer in the same moment'
	go run ./bench/bot -members 500 -bare=false -size=false -idle 0 -first=false -limits=false -tellers=false -votes=false -calls=false -raw bench/results/bot.jsonl |
		tee >(grep '^|' >>"$out") || status=1
	section 'ten archives, five of secret votes, and the tools of others'
	BELENIOS_TOOLS=$(tools/belenios-tools.sh) go test ./voting -run '^Test(Ten|Secret)Archives$' -v -archives 10 |
		sed -E 's|/tmp/[^ ]*/||; s|[a-z]*archives_test.go:[0-9]+: ||' | tee >(grep -v '^=== ' >>"$out") || status=1
fi
exit $status
