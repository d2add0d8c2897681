package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// claim makes the data folder, checks that it can be written and keeps other servers out until release. A server that
// was killed leaves no claim behind. Other verbs may work beside it: the claim is between servers only.
func claim(folder string) (release func(), err error) {
	refuse := func(why string, cause error) error {
		return &sentence{text: fmt.Sprintf("the data folder %s %s", folder, why), code: 1, cause: cause}
	}
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return nil, refuse("cannot be made: give one that can be written with --data", err)
	}
	lock := flock.New(filepath.Join(folder, "serve.lock"), flock.SetPermissions(0o600))
	claimed, err := lock.TryLock()
	if err != nil {
		return nil, refuse("cannot be written: change its permissions, or give another with --data", err)
	}
	if !claimed {
		return nil, refuse("is used by another telltale: stop it, or give another with --data", nil)
	}
	return func() { _ = lock.Unlock() }, nil
}
