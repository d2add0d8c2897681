// Package tokens keeps tokens and the audit, access.Store, in a small SQLite database of
// its own beside the large one.
//
// Of its own, because `telltale token` changes it beside a running server, whose large
// database no other process may open: its commits bypass SQLite's own syncing. This one is
// plain SQLite with synchronous=FULL, which several processes may write; both are rare
// writers. It must not know metrics or rooms, nor who asks.
package tokens
