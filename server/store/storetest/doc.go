// Package storetest enforces the contract of ledger.Store, one subtest for each
// of its numbered lines, and the one law over all of them: whatever happened, any
// history is the plain fold over the accepted samples. Every store passes it
// unchanged. It knows stores by their contract alone.
package storetest
