# Parley. `make help` lists the targets; each one is one script or one command.
SHELL := /bin/sh
BIN := node_modules/.bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

TARGET ?=
MESH ?=
ARGS ?=
PUSH ?=
PLATFORMS ?=
INSTALLED := node_modules/.package-lock.json
# A folder for the runner's own JSON reports; CI sets it.
REPORT ?=
VITEST = vitest run --project $(1) $(if $(REPORT),--reporter=default --reporter=json --outputFile.json=$(REPORT)/$(1).json) $(ARGS)

.DEFAULT_GOAL := help
.PHONY: help up diff down status canary try load test unit e2e kind kind-if-ready lint typecheck generate bench render images golden clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(INSTALLED): package.json package-lock.json
	npm ci --no-fund --no-audit --loglevel=error
	@touch $@

WANTED = $(if $(TARGET),--target $(TARGET)) $(if $(MESH),--mesh $(MESH)) $(ARGS)

up: $(INSTALLED) ## start the exchange (TARGET=embedded|kind, MESH=istio|linkerd)
	bin/parley up $(WANTED)

diff: $(INSTALLED) ## what `make up` would change; exits 3 when there is something
	@bin/parley diff $(WANTED)

down: $(INSTALLED) ## end all that `make up` started
	bin/parley down $(ARGS)

status: $(INSTALLED) ## what runs, where, and with which weights
	@bin/parley status $(ARGS)

canary: $(INSTALLED) ## a good and a bad release under load, one after the other, in under a minute
	@bin/parley rollout demo $(ARGS)

try: $(INSTALLED) ## one call through each conversation
	@bin/parley try $(ARGS)

load: $(INSTALLED) ## numbered, counted load on the running exchange
	@bin/parley load $(ARGS)

test: lint typecheck unit e2e kind-if-ready ## everything: lint, types, unit tests, real processes, a kind cluster if there can be one

unit: $(INSTALLED) ## unit tests: pure and in-process, a minute or two
	$(call VITEST,unit)

e2e: $(INSTALLED) ## tests that start the real thing
	$(call VITEST,e2e)

kind: $(INSTALLED) ## the behaviour suite in a kind cluster of its own (PARLEY_TEST_MESH=istio|linkerd)
	$(call VITEST,kind)

# 3: this machine cannot; the program has said why.
kind-if-ready: $(INSTALLED)
	@node tests/kind/ready.ts $(REPORT); case $$? in 0) $(MAKE) kind ;; 3) ;; *) exit 1 ;; esac

lint: $(INSTALLED) ## format and lint rules, contract rules
	biome check .
	buf lint services/orders/contract

typecheck: $(INSTALLED) ## types
	tsc --noEmit

generate: $(INSTALLED) ## code from the contracts
	npm run generate

golden: $(INSTALLED) ## refresh the golden files; read the diff
	UPDATE_GOLDENS=1 vitest run --project unit --update

render: $(INSTALLED) ## the Kubernetes objects on stdout
	@bin/parley render $(if $(MESH),--mesh $(MESH)) $(ARGS)

images: $(INSTALLED) ## container images of the releases (PUSH=registry prefix, PLATFORMS=linux/amd64,linux/arm64)
	@bin/parley images $(if $(PUSH),--push $(PUSH)) $(if $(PLATFORMS),--platforms $(PLATFORMS)) $(ARGS)

bench: $(INSTALLED) ## ratios, measured side by side in one run
	node bench/main.ts $(ARGS)

clean: down ## `make down`, and the state and built files too
	bin/parley down --purge
	rm -rf dist
