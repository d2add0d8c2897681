//go:build unix && !linux

package outlet

func enlarge(int) {}
