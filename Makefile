# Two commands do everything: `make try` shows the bot at work, `make test` checks it all.

export GOFLAGS := -tags=goolm -buildvcs=false
export CGO_ENABLED := 1

.PHONY: try test soak bench build release

try: ## a throwaway homeserver, the bot and an encrypted group: ARGS='--script FILE' plays a script
	@./tools/need.sh go cc belenios-tool
	@go run ./e2e/try $(ARGS)

test: ## everything that has to hold, on a machine that never saw the project too
	@./tools/need.sh go git cc belenios-tool ip chromium firefox-esr npm WebKitWebDriver Xvfb
	@./tools/test.sh

soak: ## what takes too long for every time: crash loops, every fault, long absences, bursts (an hour)
	@./tools/need.sh go git cc ip npm chromium firefox-esr
	@./tools/soak.sh

bench: ## what it costs, and how fast it is: tables in Markdown, on a machine that does nothing else
	@./tools/need.sh go git cc ip belenios-tool chromium
	@go run ./bench/bot -raw bench/results/bot.jsonl
	@BELENIOS_TOOLS=$$(./tools/belenios-tools.sh) go run ./bench/belenios
	@go test ./keyholder/policy -run NONE -bench BenchmarkOpening -benchtime 1x
	@go run ./bench/nets -livekit "$$(./tools/livekit.sh)" -raw bench/results/nets.jsonl

build: ## bin/stimmbote
	@./tools/need.sh go cc
	go build -buildvcs=auto -o bin/stimmbote ./cmd/stimmbote

release: ## dist/: what a release consists of, for amd64 and arm64, with checksums
	@./tools/need.sh go git cc x86_64-linux-gnu-gcc aarch64-linux-gnu-gcc
	@./release/build.sh
