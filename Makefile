# Each target sets up what it needs. The text after "##" is what `make help` prints.

PLUGIN    := bin/pulumi-resource-aliyun-live
NATIVE    := bin/native/pulumi-resource-aliyun-live
SIMULATOR := tests/LiveSimulator/bin/Release/net10.0/live-simulator
HARNESS   := tests/EngineHarness/bin/Release/net10.0/EngineHarness.dll
EXAMPLE   := examples/yaml/relay-live
PORT      := 7788
SOLUTION  := pulumi-aliyun-live.slnx
QUIET     := --nologo --verbosity quiet
# Says nothing but warnings and errors (`dotnet build` always adds a summary).
BUILD     := dotnet msbuild $(SOLUTION) -restore -property:Configuration=Release -nologo -verbosity:quiet
TESTS     := tests/Provider.Tests/bin/Release/net10.0/Provider.Tests -noLogo -noColor -showLiveOutput
SOURCES   := schema.json global.json Directory.Build.props Directory.Packages.props \
             $(shell find provider \( -name bin -o -name obj \) -prune -o -type f -print)

# Stops with one line where the machine lacks a tool that cannot be installed from here.
require    = $(eval lack := $(shell sh eng/require $(1)))$(if $(lack),$(error $(lack)))

# Nothing that only concerns the tools: no greetings, no telemetry, no colours in logs, no processes left behind.
export DOTNET_NOLOGO := 1
export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_GENERATE_ASPNET_CERTIFICATE := false
export DOTNET_CLI_WORKLOAD_UPDATE_NOTIFY_DISABLE := 1
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT := 1
export DOTNET_CLI_USE_MSBUILD_SERVER := 0
export MSBUILDDISABLENODEREUSE := 1
export MSBUILDTERMINALLOGGER := off
export UseSharedCompilation := false

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help build native install dist docs bench demo test test-native test-fast soak fuzz load lint format simulator clean solution dotnet node

help: ## print this list
	@awk -F ': .*## ' '/^[a-z-]+:.* ## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile

build: $(PLUGIN) ## publish the plugin for this machine: one self-contained file, bin/pulumi-resource-aliyun-live

native: $(NATIVE) ## publish it as native code, which starts faster and needs less memory: bin/native (NATIVE_FRAMEWORK=net10.0)
	@sh eng/native-size $(NATIVE) $$(find obj/native -name 'pulumi-*.map.xml')

install: $(PLUGIN) ## put the plugin into the folder of the Pulumi CLI (PULUMI_HOME, default ~/.pulumi)
	@sh eng/install $(PLUGIN)

dist: dotnet ## build release archives with checksums and bills of materials: dist/
	@sh eng/dist dist

demo: solution $(PLUGIN) ## take a relay task and a monitor session through a whole life, against a local simulator
	@dotnet $(HARNESS) demo --program $(EXAMPLE) --plugin $(PLUGIN) --simulator $(SIMULATOR)

test: node solution $(PLUGIN) tests/Interop/node_modules/.package-lock.json ## run every test: .NET, the published plugin, the official Node client
	@sh eng/test all

test-native: node solution $(NATIVE) tests/Interop/node_modules/.package-lock.json ## run the tests of the process and of the wire on the native plugin
	@sh eng/test native

test-fast: solution ## run the .NET tests alone, without publishing the plugin and without Node
	@sh eng/test dotnet

bench: solution $(PLUGIN) ## measure start, memory, calls, refresh, up and destroy; written to bench/results.md too (ARGS='start calls refresh stack')
	@sh eng/bench $(ARGS)

soak: solution $(PLUGIN) ## run the tests under faults at length: 50 plugin processes on one account, then 50,000 random programs
	@ALIYUN_LIVE_PLUGIN="$$PWD/$(PLUGIN)" FAULT_PROCESSES=50 $(TESTS) -class '*.SharedAccountProcessTests'
	@FAULT_PROGRAMS=50000 $(TESTS) -class '*.FaultProgramTests'

lint: dotnet ## check format and style, and build everything with warnings as errors
	@echo "Building with every analyzer ..." >&2
	@$(BUILD) -property:ArtifactsPath="$$PWD/obj/lint" -property:UseArtifactsOutput=true -warnaserror
	@echo "Checking the format ..." >&2
	@dotnet restore $(SOLUTION) $(QUIET)
	@dotnet format whitespace $(SOLUTION) --verify-no-changes --no-restore --verbosity quiet

format: dotnet ## rewrite all sources in the project's format
	@dotnet restore $(SOLUTION) $(QUIET)
	@dotnet format $(SOLUTION) --no-restore --verbosity quiet

docs: ## write the tables of docs/ from schema.json
	$(call require,node)
	@node eng/docs.js

simulator: dotnet ## run the local ApsaraVideo Live, with its console for a browser, until Ctrl-C (PORT=7788, ARGS='--set Name=Value')
	@dotnet msbuild tests/LiveSimulator -restore -property:Configuration=Release -property:RunAnalyzers=false -nologo -verbosity:quiet
	@exec $(SIMULATOR) --port $(PORT) $(ARGS)

fuzz: node $(PLUGIN) tests/Interop/node_modules/.package-lock.json ## throw hostile input at the published plugin (MINUTES=10, SEED=number)
	@cd tests/Interop && node fuzz/run.js $(or $(MINUTES),10) $(SEED)

load: node $(PLUGIN) tests/Interop/node_modules/.package-lock.json ## measure calls a second, their time, and memory over many calls (CALLS=1000000)
	@cd tests/Interop && node load/run.js $(CALLS)

clean: ## remove everything that was built or installed here
	@rm -rf bin dist obj provider/bin provider/obj tests/*/bin tests/*/obj tests/Interop/node_modules

# Published apart from the other builds (its own folder for intermediate files), so that neither undoes the other's restore.
$(PLUGIN): $(SOURCES)
	$(call require,dotnet)
	@echo "Publishing the plugin (the first time this also downloads the .NET runtime it carries) ..." >&2
	@rid=$$(sh eng/rid) && dotnet publish provider --configuration Release --runtime "$$rid" -property:RunAnalyzers=false \
	  --artifacts-path obj/publish --output bin $(QUIET)
	@touch $@

$(NATIVE): $(SOURCES)
	$(call require,dotnet)
	@sh eng/native provider $(@D)
	@touch $@

# Without analyzers, which cost as much time as everything else: they run in `make lint`, and in builds without make.
solution: dotnet
	@echo "Building ..." >&2
	@$(BUILD) -property:RunAnalyzers=false

tests/Interop/node_modules/.package-lock.json: tests/Interop/package.json tests/Interop/package-lock.json
	@echo "Installing the official Node client ..." >&2
	@cd tests/Interop && npm ci --omit=dev --no-audit --no-fund --ignore-scripts --loglevel=error >/dev/null
	@touch $@

dotnet:
	$(call require,dotnet)

node:
	$(call require,dotnet node)
