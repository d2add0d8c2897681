package main

import "bytes"

// tight takes out of a page what go-app writes to lay its source out: a line break and blanks between two tags. The
// browser app builds the same elements with nothing between them, and in a line of output, whose blanks are kept, they
// would be seen until it does.
//
// An element's text stands right behind its tag, with "<" and ">" escaped, and a line break in an attribute is escaped
// too: so what lies between the tags of two elements is never anybody's text, and what lies between the two tags of one is.
func tight(page []byte) []byte {
	kept := make([]byte, 0, len(page))
	for {
		tag := bytes.IndexByte(page, '>') + 1
		kept, page = append(kept, page[:tag]...), page[tag:]
		if tag == 0 {
			return append(kept, page...)
		}
		if blank := bytes.TrimLeft(page, " \n"); len(blank) < len(page) && page[0] == '\n' && bytes.HasPrefix(blank, []byte("<")) && !closes(blank, kept) {
			page = blank
		}
	}
}

// closes tells whether a page goes on with the end of the element that what is before it has just begun.
func closes(rest, before []byte) bool {
	name, ends := bytes.CutPrefix(rest, []byte("</"))
	name, _, _ = bytes.Cut(name, []byte(">"))
	begun := before[bytes.LastIndexByte(before, '<')+1 : len(before)-1]
	begun, _, _ = bytes.Cut(begun, []byte(" "))
	return ends && bytes.Equal(begun, name)
}
