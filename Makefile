# Drydock. Two commands do everything on a fresh Debian machine:
#   make demo   boots a stock kernel and shows what merged receive buffers do
#   make test   runs every test
# Both install what they need, and say so.

SHELL    := /bin/bash
GO       ?= go
OUT      := build
DRYDOCK  := bin/drydock
SETUP    := .ci/setup
GOFLAGS_STATIC := -trimpath -ldflags='-s -w'
export CGO_ENABLED ?= 0

.PHONY: all build demo test unit race check fmt vet staticcheck imports e2e bench payload fuzz clean setup-build setup-test setup-demo
all: build

## The static binary, bin/drydock.
build: setup-build
	$(GO) build $(GOFLAGS_STATIC) -o $(DRYDOCK) ./cmd/drydock

## The guest of the tests that drive a device from ring 3.
payload: setup-test
	@mkdir -p $(OUT)
	$(MAKE) -s -C e2e/payload OUT=$(abspath $(OUT))

## A stock kernel receives a bulk TCP stream, with and without mergeable buffers.
demo: setup-demo build
	$(GO) build $(GOFLAGS_STATIC) -o $(OUT)/merge ./examples/merge
	$(DRYDOCK) exec -- $(OUT)/merge

## Everything: unit tests, tests on /dev/kvm, stock kernels.
test: unit e2e

## Tests without stock kernels: all packages; those of vmm and kvm use /dev/kvm.
unit: payload
	$(GO) test -timeout 10m $(PACKAGES)

## The same under the race detector.
race: payload
	CGO_ENABLED=1 $(GO) test -race -timeout 15m $(PACKAGES)

PACKAGES = $(shell $(GO) list ./... | grep -v /e2e$$)

## What must hold before a commit: form, vet, staticcheck, the import graph, and the race detector.
check: fmt vet staticcheck imports race

fmt:
	@out=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$out" || { echo "gofmt would change:"; echo "$$out"; exit 1; }
vet:
	$(GO) vet ./...
staticcheck:
	$(GO) tool staticcheck ./...

## The import graph of our packages against docs/imports.golden; make imports-update after a change that is meant.
imports:
	@$(MAKE) -s imports-print | diff -u docs/imports.golden - || { echo "the import graph has changed; if that is meant: make imports-update"; exit 1; }
imports-update:
	@$(MAKE) -s imports-print > docs/imports.golden
imports-print:
	@$(GO) list -f '{{$$p := .ImportPath}}{{range .Imports}}{{$$p}} -> {{.}}{{"\n"}}{{end}}' ./... \
	  | grep -- '-> github.com/drydock-vmm/drydock/' | sed 's#github.com/drydock-vmm/drydock/##g' | LC_ALL=C sort

clean:
	rm -rf bin $(OUT)
