# Drydock. Two commands do everything on a fresh Debian machine:
#   make demo   boots a stock kernel and shows what merged receive buffers do
#   make test   runs every test
# Both install what they need, and say so.

SHELL    := /bin/bash
GO       ?= go
OUT      := build
DRYDOCK  := bin/drydock
SYSTEM   := bin/drydock-system-x86_64
SETUP    := .ci/setup
GOFLAGS_STATIC := -trimpath -ldflags='-s -w'
export CGO_ENABLED ?= 0
export GOTOOLCHAIN ?= auto

.PHONY: all build kernel demo test unit race check fmt vet staticcheck imports imports-update imports-print e2e bench payload test-kernels fuzz qos diff conformance clean \
	setup-build setup-test setup-demo setup-qos
all: build

## The static binary, bin/drydock, and its second name, under which it is what a program expects that starts QEMU.
build: setup-build
	$(GO) build $(GOFLAGS_STATIC) -o $(DRYDOCK) ./cmd/drydock
	@ln -sf $(notdir $(DRYDOCK)) $(SYSTEM)

## The guest of the tests that drive a device from ring 3.
payload: setup-test
	@mkdir -p $(OUT)
	$(MAKE) -s -C e2e/payload OUT=$(abspath $(OUT))

## A stock kernel receives a bulk TCP stream, with and without mergeable buffers.
demo: setup-demo build kernel
	$(GO) build $(GOFLAGS_STATIC) -o $(OUT)/merge ./examples/merge
	$(DRYDOCK) exec -- $(OUT)/merge

## Debian's cloud kernel, in the cache of this user, if the host has no kernel that can be read.
kernel: build
	@$(DRYDOCK) kernel show >/dev/null 2>&1 || { echo "fetching Debian's cloud kernel"; $(call get,kernel get); }

# apt downloads only what its lists name, and a fresh machine has none.
get = $(DRYDOCK) $(1) || { $(SETUP) lists && $(DRYDOCK) $(1); }

## Everything: unit tests, tests on /dev/kvm, stock kernels.
test: unit e2e

## Tests without stock kernels: all packages but e2e. Those of kvm and vmm use /dev/kvm, those of the carrier QEMU.
unit: payload test-kernels
	@echo "go test, all packages but e2e"; $(TEST_ENV) $(GO) test -timeout 15m $(PACKAGES)

## The same under the race detector.
race: payload test-kernels
	@echo "go test -race, all packages but e2e"; $(TEST_ENV) CGO_ENABLED=1 $(GO) test -race -timeout 20m $(PACKAGES)

## The three stock kernels of the tests, with depmod's files beside their modules.
TEST_KERNELS := $(abspath $(OUT))/kernels
NEW_KERNELS  := $(abspath $(OUT))/backports
TEST_ENV = k=$$(ls -d $(TEST_KERNELS)/*-cloud-amd64 | tail -n1); export DRYDOCK_REQUIRE_KVM=1 \
  DRYDOCK_TEST_KERNEL=$$(echo $$k/boot/vmlinuz-*) DRYDOCK_TEST_MODULES=$$(echo $$k/lib/modules/*);
test-kernels: setup-test build
	@ls -d $(TEST_KERNELS)/*-cloud-amd64 >/dev/null 2>&1 || { $(call get,kernel get -cache $(TEST_KERNELS) linux-image-cloud-amd64); }
	@ls -d $(TEST_KERNELS)/*[0-9]-amd64 >/dev/null 2>&1 || { $(call get,kernel get -cache $(TEST_KERNELS) linux-image-amd64); }
	@ls -d $(NEW_KERNELS)/*-cloud-amd64 >/dev/null 2>&1 || { $(call get,kernel get -cache $(NEW_KERNELS) linux-image-cloud-amd64/$$(. /etc/os-release; echo $$VERSION_CODENAME)-backports); }
	@for k in $(TEST_KERNELS)/* $(NEW_KERNELS)/*; do [ -e $$k/lib/modules/$${k##*/}/modules.dep ] || /sbin/depmod -b $$k $${k##*/}; done

## Stock kernels: the test binary runs where KVM can boot them, this host or an emulated one. E2E=regexp chooses.
E2E ?= .
e2e: test-kernels
	$(GO) test -c $(GOFLAGS_STATIC) -o $(OUT)/e2e.test ./e2e
	@.ci/e2e $(DRYDOCK) $(OUT)/e2e.test $(OUT) -test.v -test.timeout 40m -test.run '$(E2E)'

## Drydock beside QEMU with a guest in ring 3, interleaved: ROUNDS=9 ONLY=regexp.
ROUNDS ?= 9
ONLY   ?= .
bench: payload
	$(GO) test -run '^$$' -bench . -benchtime 0.3s ./virtio ./devices/virtionet ./net ./kvm ./vmm
	$(GO) run ./e2e/bench -rounds $(ROUNDS) -only '$(ONLY)'

## QEMU's own device tests, unmodified, against drydock-system-x86_64: RUNS=3 ONLY=regexp. Their program is built once, outside of this tree.
RUNS ?= 1
qos: setup-qos build
	@RUNS=$(RUNS) ONLY='$(ONLY)' e2e/qos/run $(abspath $(SYSTEM))

## QEMU and Drydock under the same seeded traffic, every answer compared: SEED=n RUNS=n ONLY=regexp.
diff: setup-demo build
	$(GO) run ./e2e/diff $(if $(SEED),-seed $(SEED)) -runs $(RUNS) -only '$(ONLY)'

## docs/CONFORMANCE.md from a run of the suite.
conformance: setup-build
	$(GO) test -count=1 ./e2e/conformance -args -write

## Every fuzz target for FUZZTIME.
FUZZTIME ?= 30s
fuzz: setup-build
	@grep -rl --include='*_test.go' '^func Fuzz' . | sort | while read f; do for t in $$(sed -n 's/^func \(Fuzz[A-Za-z]*\).*/\1/p' $$f); do \
	  echo "== $$t in $$(dirname $$f)"; $(GO) test -run '^$$' -fuzz "^$$t\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x $$(dirname $$f) || exit 1; done; done

setup-build setup-test setup-demo setup-qos: setup-%:
	@$(SETUP) $*

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
