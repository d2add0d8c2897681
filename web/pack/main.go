// Pack writes what the browser is given, packed, to web/dist, from where package web embeds it:
//
//	go run ./web/pack -wasm bin/app.wasm
//
// Every style, script, picture and font below web/ and the wasm app become name.br (brotli, best quality) and
// name.gz, or stay as they are where packing gains nothing, and contents.json lists them. A file whose
// bytes have not changed since the last run is not packed again: brotli at its best takes most of a
// minute for the wasm. Brotli and gzip come from Go, so that no tool has to be installed.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/andybalholm/brotli"
)

func main() {
	sources := flag.String("web", "web", "the folder that holds styles, scripts, icons and fonts")
	wasm := flag.String("wasm", "bin/app.wasm", "the wasm app")
	quality := flag.Int("quality", brotli.BestCompression, "brotli quality, 0 to 11")
	flag.Parse()
	if err := pack(*sources, *wasm, *quality); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}
