# Everything is built and tested from here. `make` lists what there is.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help dev token build operator web test e2e kind lint generate check-generated migration bench bench-peers clean

PORT ?= 8080
LIFEROOMS_DATA ?= .data
export PORT LIFEROOMS_DATA

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
WEB_SOURCES := $(shell find web/src web/public web/index.html web/vite.config.ts web/tsconfig.json web/package-lock.json -type f 2>/dev/null)

# What is tested on pods needs no app: it is built into their image where there is a Node that can.
APP := $(shell node -e 'const [a, b] = process.versions.node.split("."); a > 20 || a == 20 && b >= 19 || process.exit(1)' 2>/dev/null && \
	command -v npm >/dev/null && echo web/dist/index.html)

help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /\1\t/' | expand -t 18

dev: bin/liferooms ## Run everything on this machine: PORT=8080, LIFEROOMS_DATA=.data
	@test/prepare.sh postgres
	@exec bin/liferooms dev

token: bin/liferooms ## Print a bearer token of the running `make dev`: AS=fay
	@bin/liferooms token --as "$(AS)"

build: bin/liferooms ## Build bin/liferooms, the app included

.PHONY: bin/liferooms
bin/liferooms: web/dist/index.html
	@go build -o $@ ./cmd/liferooms

operator: ## Build bin/liferooms-operator and the plugin bin/kubectl-liferooms
	@go build -o bin/ ./cmd/liferooms-operator ./cmd/kubectl-liferooms

web: web/dist/index.html ## Build the app that the server serves

web/dist/index.html: web/node_modules/.package-lock.json $(WEB_SOURCES)
	@npm --prefix web run --silent build

web/node_modules/.package-lock.json: web/package-lock.json
	@npm --prefix web ci --no-audit --no-fund --loglevel=error

test: ## The one test command: brings what it needs, then checks everything
	@test/prepare.sh
	@$(MAKE) --no-print-directory check-generated lint bin/liferooms
	@go run ./test/withpostgres go test -timeout 30m ./...
	@go test -tags production ./cmd/...
	@npm --prefix web run --silent test:browser

e2e: $(APP) ## Test on pods of a real cluster: that of KUBECONFIG, or one of its own (as root)
	@test/prepare.sh cluster
	@go run ./test/cluster run -- go test -tags e2e -count=1 -v -timeout 40m ./test/e2e $(E2E_FLAGS)

kind: $(APP) ## The same on a cluster of kind, which stays: for those with Docker
	@kind get clusters | grep -qx liferooms || kind create cluster --name liferooms
	@images=$$(mktemp -d); trap 'rm -rf "$$images"' EXIT; \
	for image in $$(go run ./test/cluster images "$$images"); do kind load image-archive --name liferooms "$$image"; done; \
	kind get kubeconfig --name liferooms > "$$images/kubeconfig"; \
	KUBECONFIG="$$images/kubeconfig" $(MAKE) --no-print-directory e2e

lint: web/node_modules/.package-lock.json ## Formatting, vet, staticcheck, the web app's types, the chart
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$unformatted" ]; then echo "run gofmt -w on:" $$unformatted; exit 1; fi
	@go vet ./...
	@go vet -tags e2e ./test/e2e
	@go run $(STATICCHECK) ./...
	@go run $(STATICCHECK) -tags e2e ./test/e2e
	@npm --prefix web run --silent check
	@go test -run '^Test(Lint|SchemaAndValuesAgree)$$' ./test/chart

generate: web/node_modules/.package-lock.json ## Write all generated code and references again
	@go generate ./ent ./graph ./docs/... ./operator/...
	@npm --prefix web run --silent generate

check-generated: ## Fail where generated code, references or migrations are behind
	@git diff --quiet -- $(GENERATED) || { echo "commit or undo your changes to generated files first:"; git diff --stat -- $(GENERATED); exit 1; }
	@$(MAKE) --no-print-directory generate
	@git diff --exit-code --stat -- $(GENERATED) || { echo "generated files were behind; commit them"; exit 1; }
	@go run ./ent/migrate/diff check

GENERATED := ent graph docs operator charts web/src/gql

migration: ## Write the migration from the schema's last state to the present: name=add_rooms
	@test -n "$(name)" || { echo "usage: make migration name=what_it_is_for"; exit 2; }
	@go generate ./ent
	@go run ./ent/migrate/diff new "$(name)"

bench: bin/liferooms ## Load a region and measure, beside a bare server and plain SQL; writes bench.json
	@go run ./test/bench $(BENCH_FLAGS)

bench-peers: bin/liferooms test/bench/peers/node_modules/.package-lock.json ## The same, and PostGraphile on the same database beside it
	@go run ./test/bench --peers $(BENCH_FLAGS)

test/bench/peers/node_modules/.package-lock.json: test/bench/peers/package-lock.json
	@npm --prefix test/bench/peers ci --no-audit --no-fund --loglevel=error

clean: ## Remove what was built (not the data of `make dev`)
	@rm -rf bin web/node_modules test/bench/peers/node_modules test-results bench.json
	@find web/dist -mindepth 1 ! -name .keep -delete
