package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
)

// knownTags is the list of WOFF2 §4.1, by index.
var knownTags = [...]string{
	"cmap", "head", "hhea", "hmtx", "maxp", "name", "OS/2", "post", "cvt ", "fpgm", "glyf", "loca", "prep", "CFF ", "VORG", "EBDT",
	"EBLC", "gasp", "hdmx", "kern", "LTSH", "PCLT", "VDMX", "vhea", "vmtx", "BASE", "GDEF", "GPOS", "GSUB", "EBSC", "JSTF", "MATH",
	"CBDT", "CBLC", "COLR", "CPAL", "SVG ", "sbix", "acnt", "avar", "bdat", "bloc", "bsln", "cvar", "fdsc", "feat", "fmtx", "fvar",
	"gvar", "hsty", "just", "lcar", "mort", "morx", "opbd", "prop", "trak", "Zapf", "Silf", "Glat", "Gloc", "Feat", "Sill",
}

var errShort = errors.New("the font ends early")

type table struct {
	data        []byte
	transformed bool
}

// readTables unpacks a WOFF2 file (one font, no collection) into its tables.
func readTables(file []byte) (map[string]table, error) {
	if len(file) < 48 || string(file[:4]) != "wOF2" {
		return nil, errors.New("not a WOFF2 font")
	}
	type entry struct {
		tag         string
		size        int
		transformed bool
	}
	var entries []entry
	rest := file[48:]
	for range binary.BigEndian.Uint16(file[12:]) {
		if len(rest) < 5 {
			return nil, errShort
		}
		flags := rest[0]
		rest = rest[1:]
		e := entry{}
		if index := int(flags & 63); index < len(knownTags) {
			e.tag = knownTags[index]
		} else {
			e.tag, rest = string(rest[:4]), rest[4:]
		}
		var err error
		if e.size, rest, err = base128(rest); err != nil {
			return nil, err
		}
		// Version 3 means "as it is" for glyf and loca, 0 for all others (WOFF2 §4.1).
		version := flags >> 6
		e.transformed = version != 0
		if e.tag == "glyf" || e.tag == "loca" {
			e.transformed = version != 3
		}
		if e.transformed {
			if e.size, rest, err = base128(rest); err != nil {
				return nil, err
			}
		}
		entries = append(entries, e)
	}
	stream, err := io.ReadAll(brotli.NewReader(bytes.NewReader(rest)))
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	tables := map[string]table{}
	for _, e := range entries {
		if len(stream) < e.size {
			return nil, errShort
		}
		tables[e.tag] = table{stream[:e.size], e.transformed}
		stream = stream[e.size:]
	}
	return tables, nil
}

// base128 reads a UIntBase128 (WOFF2 §4.1).
func base128(b []byte) (int, []byte, error) {
	value := 0
	for i := range min(5, len(b)) {
		value = value<<7 | int(b[i]&127)
		if b[i]&128 == 0 {
			return value, b[i+1:], nil
		}
	}
	return 0, nil, errShort
}

// readAdvances returns the advance of each character in thousandths of the font size.
func readAdvances(file []byte) (map[rune]uint16, error) {
	tables, err := readTables(file)
	if err != nil {
		return nil, err
	}
	head, hhea, hmtx, cmap := tables["head"].data, tables["hhea"].data, tables["hmtx"].data, tables["cmap"].data
	if len(head) < 20 || len(hhea) < 36 {
		return nil, errShort
	}
	unitsPerEm := int(binary.BigEndian.Uint16(head[18:]))
	count := int(binary.BigEndian.Uint16(hhea[34:]))
	widths, stride := hmtx, 4
	if tables["hmtx"].transformed { // a flag byte, then the advances alone (WOFF2 §5.4)
		widths, stride = hmtx[1:], 2
	}
	if count == 0 || len(widths) < count*stride {
		return nil, errShort
	}
	glyphs, err := readCharacters(cmap)
	if err != nil {
		return nil, err
	}
	advances := make(map[rune]uint16, len(glyphs))
	for r, glyph := range glyphs {
		width := int(binary.BigEndian.Uint16(widths[min(glyph, count-1)*stride:]))
		advances[r] = uint16((width*1000 + unitsPerEm/2) / unitsPerEm)
	}
	return advances, nil
}

// readCharacters reads the format 4 subtable of a cmap (OpenType, "cmap"): character to glyph.
func readCharacters(cmap []byte) (map[rune]int, error) {
	u16 := binary.BigEndian.Uint16
	if len(cmap) < 4 {
		return nil, errShort
	}
	for i := range int(u16(cmap[2:])) {
		if len(cmap) < 4+8*(i+1) {
			return nil, errShort
		}
		sub := cmap[min(int(binary.BigEndian.Uint32(cmap[4+8*i+4:])), len(cmap)):]
		if len(sub) < 16 || u16(sub) != 4 {
			continue
		}
		size := int(u16(sub[6:]))
		if len(sub) < 16+4*size {
			return nil, errShort
		}
		glyphs := map[rune]int{}
		ends, starts, deltas, offsets := sub[14:], sub[16+size:], sub[16+2*size:], sub[16+3*size:]
		for k := 0; k < size; k += 2 {
			for c := int(u16(starts[k:])); c <= int(u16(ends[k:])) && c != 0xFFFF; c++ {
				glyph := c
				if offset := int(u16(offsets[k:])); offset != 0 {
					at := k + offset + 2*(c-int(u16(starts[k:])))
					if len(offsets) < at+2 {
						return nil, errShort
					}
					if glyph = int(u16(offsets[at:])); glyph == 0 {
						continue
					}
				}
				glyphs[rune(c)] = (glyph + int(u16(deltas[k:]))) & 0xFFFF
			}
		}
		return glyphs, nil
	}
	return nil, errors.New("no format 4 character table")
}
