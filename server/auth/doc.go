// Package auth says who asks, and so what they may: it reads what a request shows (a token
// of ours, a JWT, a cookie that holds one) and answers a Caller. It decides; the API refuses.
//
// It must not know metrics, rooms, routes or how an answer is written, nor how tokens are
// kept: it asks Tokens for them.
//
// # What holds
//
//   - A token is 256 random bits. Only its hash is kept, so that who reads the database
//     cannot use it; it is looked up by that hash, so that time tells nothing.
//   - A revoked token is unknown as soon as Reload has returned, and what lasts on it
//     (sockets, streams) is told by Caller.Ended. Watch reloads four times a second:
//     tokens are made and revoked by other processes.
//   - An algorithm follows from the key, never from the token (RFC 8725, section 3.1),
//     and no key is fetched from where a token says.
//   - A request names this machine where the server listens on it alone: a browser may be
//     lured to it under a foreign name (DNS rebinding).
package auth
