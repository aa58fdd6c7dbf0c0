# Everything a person or CI runs. `make help` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

GO ?= go
export CGO_ENABLED ?= 0

.PHONY: help
help: ## list what make can do
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

.PHONY: need
need: ## install what this Debian machine lacks for make test and make rehearse
	@sh scripts/need.sh test

.PHONY: agents
agents: ## build the agents that the controller carries, for every kind of host
	@$(GO) run ./internal/host/agents/build

.PHONY: build
build: agents ## build the controller with the agents inside: bin/cairn
	@$(GO) build -trimpath -ldflags "-s -w" -o bin/cairn ./cmd/cairn

.PHONY: release
release: ## build programs, packages, lists of modules and checksums of this commit: dist/
	@scripts/release.sh

.PHONY: release-check
release-check: release ## build the release once more, in a clone of its own, and compare every byte
	@scripts/release-check.sh

.PHONY: cross
cross: agents ## check that the controller builds for the machines that owners sit at
	@for system in linux/arm64 darwin/arm64; do \
		GOOS=$${system%/*} GOARCH=$${system#*/} $(GO) build -o /dev/null ./cmd/cairn; \
	done
	@GOOS=darwin GOARCH=arm64 $(GO) vet ./cmd/cairn ./internal/...

.PHONY: check
check: agents ## format, vet, staticcheck, actionlint, cross-build, unit tests with the race detector
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "not gofmt'ed: $$unformatted"; exit 1; }
	$(GO) mod tidy -diff
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	$(GO) tool -C packaging/tools actionlint $(CURDIR)/.github/workflows/*.yml
	$(MAKE) --no-print-directory cross
	CGO_ENABLED=1 GORACE=atexit_sleep_ms=10 $(GO) test -race -short ./...

# The packages whose tests -short leaves something out of. e2e is alone at it: its
# guards have short deadlines, which a busy machine does not keep.
on-hosts = $(shell grep -rl --include='*_test.go' 'testing.Short()' internal | xargs -n 1 dirname | sort -u | sed 's|^|./|')

.PHONY: test
test: need check ## everything: check, then the tests on real hosts; cleans up after itself
	$(GO) test -count=1 -timeout 40m -p 2 $(on-hosts)
	@echo "left out for their time: half of the faults, first contacts, guests, a failing network, a host in use, another port and more (make test-long)"
	$(GO) test -count=1 -timeout 60m ./e2e

.PHONY: test-long
test-long: need agents ## the tests on real hosts that test leaves out: all faults of guards and controller, first contacts, guests, a failing network, a host in use, another port, bans, doors, addresses, the guides of the documentation
	CAIRN_LONG=1 $(GO) test -count=1 -timeout 40m -run TestServicesOnAHostWithDocker -v ./internal/resource
	CAIRN_LONG=1 $(GO) test -count=1 -timeout 2h -run 'TestArrows|TestKilledController|TestFirstContact|TestGuestsKeepTheirNetwork|TestUnprivilegedGuest|TestFaultyNetwork|TestPlanOfAHostInUse|TestSSHPort|TestNobodyIsBannedWhoLooks|TestDoorsOfASSHServer|TestAddresses|TestOneOfThreeIsDead|TestPackageOnDebian12|TestGuides|TestServices|TestTwoServers|TestContainerPlatform' -v ./e2e

.PHONY: test-network
test-network: need agents ## cut, silence and delay the network at many messages of up and check; CAIRN_NETWORK_FAULTS=1000 is every message, over an hour
	CAIRN_LONG=1 CAIRN_NETWORK_FAULTS=$${CAIRN_NETWORK_FAULTS:-80} $(GO) test -count=1 -timeout 3h -run TestFaultyNetwork -v ./e2e

.PHONY: rehearse
rehearse: ## walk the roadmap on throw-away hosts that mirror examples/starter
	@sh scripts/need.sh
	@$(MAKE) --no-print-directory build
	@bin/cairn rehearse --lab examples/starter/lab.yaml

.PHONY: bench
bench: agents ## the budgets' figures
	$(GO) test -run '^$$' -bench . -benchmem ./internal/...

.PHONY: compare
compare: need agents ## time Cairn against a shell script and other tools, and on 50 hosts
	$(GO) test -run '^$$' -bench . -benchtime 3x -timeout 2h ./e2e/...
