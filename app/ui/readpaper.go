package ui

import (
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"

	"telltale/shared/board"
)

// read takes a text as a board under that id; what is wrong with it names the place.
func (p *paper) read(text, id string) {
	*p = paper{text: strings.TrimSpace(text)}
	if p.text == "" {
		return
	}
	var given struct {
		ID     string             `json:"id"`
		Title  string             `json:"title"`
		Range  board.Span         `json:"range"`
		Panels *[]json.RawMessage `json:"panels"`
	}
	if wrong := readStrict(p.text, &given, p.text); wrong != "" {
		p.wrong = wrong
		return
	}
	if given.Panels == nil {
		p.wrong = `A board has "panels": {"title": "Shop", "panels": []}`
		return
	}
	p.board = board.Board{ID: given.ID, Title: given.Title, Range: given.Range, Panels: []board.Panel{}}
	if board.CheckID(given.ID) != nil {
		p.board.ID = id
	}
	for i, each := range *given.Panels {
		var panel board.Panel
		if wrong := readStrict(string(each), &panel, p.text); wrong != "" {
			p.wrong = "Panel " + strconv.Itoa(i+1) + ": " + strings.ToLower(wrong[:1]) + wrong[1:]
			return
		}
		p.board.Panels = append(p.board.Panels, panel)
	}
	if err := p.board.Check(); err != nil {
		p.wrong = sentence(err)
	}
}

// readStrict reads JSON that has no field unknown to into. It answers what is wrong in a
// sentence, with the place in whole.
func readStrict(text string, into any, whole string) string {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if err == nil {
		if _, err := decoder.Token(); err != io.EOF {
			return "Something stands behind the board, " + placeIn(whole, int64(strings.Index(whole, text))+decoder.InputOffset())
		}
		return ""
	}
	from := int64(max(strings.Index(whole, text), 0))
	var syntax *json.SyntaxError
	var wrong *json.UnmarshalTypeError
	unknown, is := strings.CutPrefix(err.Error(), "json: unknown field ")
	switch {
	case is:
		return "The field " + unknown + " is not known here"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "The text ends too early, " + placeIn(whole, int64(len(whole)))
	case errors.As(err, &syntax):
		return capital(syntax.Error()) + ", " + placeIn(whole, from+syntax.Offset)
	case errors.As(err, &wrong):
		field := wrong.Field[strings.LastIndexByte(wrong.Field, '.')+1:]
		if field == "" {
			return "This is " + wrong.Value + ", " + placeIn(whole, from+wrong.Offset)
		}
		return "The field " + strconv.Quote(field) + " cannot be a " + wrong.Value + ", " + placeIn(whole, from+wrong.Offset)
	}
	return capital(strings.TrimPrefix(err.Error(), "json: "))
}

// placeIn names the line and column of a byte.
func placeIn(text string, at int64) string {
	before := text[:min(max(at, 0), int64(len(text)))]
	line := strings.Count(before, "\n") + 1
	column := len(before) - strings.LastIndexByte(before, '\n') - 1
	return "in line " + strconv.Itoa(line) + ", column " + strconv.Itoa(max(column, 1))
}
