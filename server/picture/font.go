package picture

import (
	_ "embed"
	"fmt"
	"sync"

	"golang.org/x/image/font/sfnt"

	"telltale/shared/scene"
)

// The face that the page ships as WOFF2, by weight (SIL Open Font License, font/OFL.txt).
var (
	//go:embed font/plex-400.ttf
	plex400 []byte
	//go:embed font/plex-600.ttf
	plex600 []byte
)

// faces are parsed when first a letter is drawn. A font may be used by many at once.
var faces = sync.OnceValue(func() (parsed [2]*sfnt.Font) {
	for weight, file := range map[scene.Weight][]byte{scene.Regular: plex400, scene.Semibold: plex600} {
		face, err := sfnt.Parse(file)
		if err != nil {
			panic(fmt.Sprintf("picture: the font of weight %d: %v", weight, err)) // it is in the binary, and tested
		}
		parsed[weight] = face
	}
	return parsed
})
