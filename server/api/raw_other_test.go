//go:build !linux

package api

import "errors"

func writeFD(int, []byte) (int, error) { return 0, errors.ErrUnsupported }

func syncData(int) error { return errors.ErrUnsupported }

func holdsLittle(int) error { return errors.ErrUnsupported }
