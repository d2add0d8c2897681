// Package storetest enforces the contract of ledger.Store, ledger.Rooms, ledger.Runs and ledger.Boards, one
// subtest for each of its numbered lines, and the two laws over all of them:
// whatever happened, any history is the plain fold over the accepted samples, and
// any room is what was posted in it. Every store passes it unchanged. It knows
// stores by their contract alone.
package storetest
