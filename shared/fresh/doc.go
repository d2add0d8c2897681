// Package fresh is the one rule of how far a shown value may be trusted. The server
// knows when a value was last written, a screen when it last heard of the server; both
// ask Of, and draw what it answers. It must not know clocks, panels or colours.
//
// Invariant: with the same now, a value does not become fresher by being older, by being
// heard of longer ago, or by a shorter promise.
package fresh
