// Package access says what a caller may do: rights, scopes, and the records of tokens and
// of who changed what. It must not know where tokens are kept, how one is shown, or what
// a route is.
//
// Invariants:
//   - Scopes that were parsed print to text that parses to the same.
//   - No scope gives less because another stands beside it.
package access
