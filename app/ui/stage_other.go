//go:build !js

package ui

// stageCard is what the browser keeps of a card; the server keeps nothing.
type stageCard struct{}
