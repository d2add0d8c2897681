// Package web holds what the browser is given besides pages: the wasm app, styles, scripts, icons and
// the font, packed with brotli and gzip when the program was built (see web/pack) and embedded in it.
//
// It must not know pages, metrics or the API. It knows files, their hashes and how to send them.
//
// Invariants: a packed file's hash is of its unpacked bytes; a URL that carries the right hash (?v=) never
// changes its content, so it may be kept for ever; any other URL is revalidated by ETag. Everything is
// read once at start, later calls need no lock.
//
// Besides the service worker's template, only dist/ is embedded, as all:dist: a fresh clone, where dist holds one empty file, compiles, and
// Built says false. Embedding the sources as well was rejected: two answers to one URL.
package web
