// Package markdown makes HTML of the Markdown that people put on boards, safe to be
// shown to anybody: CommonMark and the tables, strike-through, task lists and bare links
// of GitHub's, by goldmark; then through a list of elements and attributes that may
// remain, by bluemonday. It must not know who asks, nor what a board is.
//
// Invariants:
//   - No HTML of the author's own is passed on, and nothing that runs, asks for
//     anything, or leaves its place on the page: no image, style, class, id or form.
//   - A link leads to http, https, mailto, or a path or fragment of this server, opens
//     what it leads to without a word of where it stood (noopener, noreferrer), and is
//     not to be followed by machines.
//   - The time and the memory taken grow with the text alone, which callers bound.
//
// Two steps rather than one: the first writes no HTML that was in the text, the second
// would let none of it through that is not on the list, should the first be wrong.
package markdown
