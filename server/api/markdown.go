package api

import (
	"net/http"
	"strings"

	"telltale/server/markdown"
	"telltale/shared/board"
)

// postMarkdown makes of a text the HTML that a text panel would show.
func (a *API) postMarkdown(w http.ResponseWriter, r *http.Request) error {
	text, err := readBody(w, r, board.MaxText)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	_, _ = w.Write([]byte(markdown.HTML(strings.ToValidUTF8(string(text), "\uFFFD"))))
	return nil
}

// texts are the text panels of a board as HTML, by their ids; nil where there are none.
func texts(of board.Board) (made map[string]string) {
	for _, p := range of.Panels {
		if p.Kind == board.Text {
			if made == nil {
				made = map[string]string{}
			}
			made[p.ID] = markdown.HTML(p.Text)
		}
	}
	return made
}
