// Package journey holds no code of the program, only tests that use it as people do: the real binary on free ports
// with a folder of its own, curl's requests from outside, and Chromium looking at the pages.
//
// A journey must not reach into the program: what it cannot see by HTTP, a socket, the screen or a signal does not exist.
// It fails by itself on any error in the browser's console and on any request to another host than the server under test.
//
// A journey waits for the state that its next step needs, never for a time, and says of none how long it may take without
// allowing for a busy machine (atMost, slower). With -slow 4 pages run four times slower: what assumes a quick one fails there.
//
// It needs the browser app (make build), Chromium, axe-core and Lighthouse; make test fetches and builds them.
package journey
