# Telltale. Needs Go; make test fetches the rest. "make" alone prints the targets.
.DEFAULT_GOAL := help
.PHONY: help run dev build wasm tools test wasm-test lint bench fuzz soak golden gallery size clean

# Version control stamps would change the wasm, and so every browser's cache, with each commit.
# Nothing is inlined in it: 173 KB less to fetch, while the longest frames of 16 charts at ten values a second take 11.7 ms instead of 11.0.
# Nor has it the half of go-app that serves pages, since net/http is 352 KB, nor what the app does not use and a phone waits for at its start:
# it is compiled with a copy of go-app in which app/goapp.go.txt stands for that, and which app/goapp.sed mends.
GOAPP = github.com/maxence-charriere/go-app/v10
WASM_BUILD = rm -rf bin/go-app && mkdir -p bin/go-app && go mod download $(GOAPP) && goapp="$$(go list -m -f '{{.Dir}}' $(GOAPP))" && \
	cp -R "$$goapp/go.mod" "$$goapp/pkg" bin/go-app && chmod -R u+w bin/go-app && \
	cp app/goapp.go.txt bin/go-app/pkg/app/http.go && (cd bin/go-app/pkg/app && rm resource.go crypto.go route.go && \
	for each in context.go state.go node.go engine.go js_wasm.go; do sed -f ../../../../app/goapp.sed $$each > $$each.new && mv $$each.new $$each || exit 1; done) && \
	cp go.mod bin/wasm.mod && cp go.sum bin/wasm.sum && go mod edit -replace $(GOAPP)=./bin/go-app bin/wasm.mod && \
	GOOS=js GOARCH=wasm go build -modfile=bin/wasm.mod -trimpath -buildvcs=false -gcflags=all=-l -ldflags="-s -w" -o bin/app.wasm ./app
# In bytes; of the browser app server/journey says how many it may have.
MOST_BINARY = 40000000
SERVER_BUILD = CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o bin/telltale ./server
# The wasm runner passes the whole environment to node, which has a small limit: only what Go needs goes in.
WASM_ENV = env -i PATH="$$PATH:$$(go env GOROOT)/lib/wasm" HOME="$$HOME" GOCACHE="$$(go env GOCACHE)" \
	GOMODCACHE="$$(go env GOMODCACHE)" GOPROXY="$$(go env GOPROXY)" GOFLAGS="$$(go env GOFLAGS)" GOOS=js GOARCH=wasm
# Packages that run in a browser, and so are checked for js/wasm as well.
BROWSER = ./app/... ./shared/...
AXE = .cache/node_modules/axe-core/axe.min.js
LIGHTHOUSE = .cache/node_modules/lighthouse/cli/index.js

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## build everything and serve on http://localhost:8082
	./bin/telltale serve

dev: ## serve, and rebuild and restart whenever a source changes (quick packing)
	@server= ; trap '[ -z "$$server" ] || kill $$server; exit 0' INT TERM; while :; do \
		mkdir -p bin; touch bin/.built; \
		if $(WASM_BUILD) && go run ./web/pack -quality 4 && $(SERVER_BUILD); then \
			[ -z "$$server" ] || { kill $$server; wait $$server; }; ./bin/telltale serve & server=$$!; fi; \
		until find app server shared web -newer bin/.built -type f -not -path 'web/dist/*' | grep -q .; do sleep 1; done; \
	done

build: wasm ## the one binary, with the browser app inside, at bin/telltale
	$(SERVER_BUILD)

wasm: ## the browser app, packed into web/dist
	@mkdir -p bin
	$(WASM_BUILD)
	go run ./web/pack

tools: $(AXE) $(LIGHTHOUSE)
	@command -v chromium >/dev/null || $(call apt,chromium)
	@command -v redis-server >/dev/null || $(call apt,redis-server)
	@command -v node >/dev/null || $(call apt,nodejs npm)

# Only as root, or through sudo.
apt = { s=; [ "$$(id -u)" = 0 ] || s=sudo; $$s apt-get update -q && $$s env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $(1); }

$(AXE) $(LIGHTHOUSE) &:
	@command -v npm >/dev/null || $(call apt,nodejs npm)
	npm install --prefix .cache --no-save --no-audit --no-fund --silent axe-core@4.10.3 lighthouse@12.8.2

test: tools build lint wasm-test ## everything that CI runs
	@size=$$(wc -c < bin/telltale); [ $$size -le $(MOST_BINARY) ] || { echo "bin/telltale has $$size bytes, $(MOST_BINARY) are the most"; exit 1; }
	go test -race -timeout 2h ./...

wasm-test: ## the tests of shared, under js/wasm
	$(WASM_ENV) go test ./shared/...

lint: ## formatting, vet and staticcheck for both targets, go.mod, outdated idioms
	@unformatted="$$(gofmt -s -l app server shared web)"; [ -z "$$unformatted" ] || { echo "gofmt -s these: $$unformatted"; exit 1; }
	go vet -tags soak,gallery ./...
	$(WASM_ENV) go vet $(BROWSER)
	check="$$(go tool -n staticcheck)" && "$$check" -tags soak,gallery ./... && $(WASM_ENV) "$$check" $(BROWSER)
	go mod tidy -diff
	go fix -diff ./...

bench: tools build ## every benchmark beside its rival
	go test -run '^$$' -bench . -benchmem -timeout 0 ./...
	@$(MAKE) --no-print-directory size

fuzz: ## every fuzz target for a while (FUZZTIME=30s each)
	@for dir in $$(go list -f '{{.ImportPath}}' ./...); do \
		for target in $$(go test -list '^Fuzz' $$dir | grep '^Fuzz'); do \
			echo "$$dir $$target"; go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(or $(FUZZTIME),30s) -fuzzminimizetime 100x $$dir || exit 1; done; done

soak: tools build ## a room of 200 clients, 100,000 messages, cuts and 20 kills, 1,000 runs and 25 kills (SEED=1); 200 faults of a Redis; 200 of it and of three processes with 50 clients each; 100 stores that move; a million of the page's connection and 400 in Chromium; a page with 30 panels for 10 minutes (SOAK=10m)
	go test -tags soak -count=1 -timeout 0 -v -run "^TestSoakRooms$$" ./server/journey -seed $(or $(SEED),1)
	go test -tags soak -count=1 -timeout 0 -v -run "^TestSoakRuns$$" ./server/journey -seed $(or $(SEED),1)
	go test -tags soak -count=1 -timeout 0 -v -run "^TestSoakRedis" ./server/store/redis
	go test -tags soak -count=1 -timeout 0 -v -run "^TestSoakStorm$$" ./server/journey -seed $(or $(SEED),1)
	go test -count=1 -timeout 0 -run "^TestAStoreThatMovedIsTheSameStore$$" ./server/store/dump -lives 50
	go test -count=1 -timeout 0 -v -run "^TestAFlood" ./server/journey -flood 10000
	go test -count=1 -timeout 0 -v -run "^TestNothingStaleLooksFresh$$" ./app/live -faults 1000000 -seed $(or $(SEED),1)
	go test -count=1 -timeout 0 -v -run "^TestAPageNeverLiesWhateverIsCut$$" ./server/journey -cuts 400 -seed $(or $(SEED),1)
	go test -tags soak -count=1 -timeout 0 -v -run "^TestSoak$$" ./server/journey -soak $(or $(SOAK),10m)

golden: ## write the golden pictures anew; look at what changed before committing
	go test ./shared/chart ./server/picture -run Golden -update

gallery: tools build ## screenshots of every page, size and theme in bin/gallery
	go test -tags gallery -count=1 -timeout 0 -v -run "^TestGallery$$" ./server/journey -gallery $(CURDIR)/bin/gallery

size: wasm ## bytes of the browser app, plain and packed, and of the binary
	$(SERVER_BUILD)
	@ls -l bin/app.wasm web/dist/app.wasm.br web/dist/app.wasm.gz bin/telltale | awk '{ printf "%-26s %10d bytes\n", $$NF, $$5 }'

clean: ## remove what make built
	rm -rf bin .cache
	find web/dist -mindepth 1 -not -name .keep -delete
