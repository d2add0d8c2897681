package ui

import (
	"context"
	"errors"
	"time"

	"telltale/app/live"
	"telltale/shared/wire"
)

// staleAfter is how old a page may be before its board is asked for once there is contact.
const staleAfter = 5 * time.Second

// Boards has changed called when the board of an id may be another one than before, or
// what is said of it; "" where any may be. It takes the place of the one given before.
func (s *stage) Boards(changed func(id string)) { s.reboard = changed }

// boardChanged is called when a board is told to have changed, and when contact is back.
func (s *stage) boardChanged(id string) {
	if s.reboard != nil {
		s.reboard(id)
	}
}

// BoardView asks for a board.
func (s *stage) BoardView(id string) (wire.BoardView, error) {
	ctx, cancel := context.WithTimeout(s.ctx, 10*time.Second)
	defer cancel()
	return live.Browser{}.Board(ctx, id)
}

// BoardRows asks for the list of boards.
func (s *stage) BoardRows() ([]wire.BoardRow, error) {
	ctx, cancel := context.WithTimeout(s.ctx, 5*time.Second)
	defer cancel()
	return live.Browser{}.Boards(ctx)
}

// Markdown asks for the HTML of a text.
func (s *stage) Markdown(text string) (string, error) {
	ctx, cancel := context.WithTimeout(s.ctx, 10*time.Second)
	defer cancel()
	answer, err := live.Fetch(ctx, live.Request{Method: "POST", Path: "/api/v1/markdown", Body: text})
	if err == nil && answer.Status != 200 {
		err = errors.New(refusal(answer.Status, answer.Body, nil))
	}
	return answer.Body, err
}
