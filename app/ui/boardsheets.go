package ui

import (
	"strings"

	"telltale/shared/access"
	"telltale/shared/board"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// clashLeaf shows what I did and what somebody else did since I began, and how to lose neither.
func (d *desk) clashLeaf() app.UI {
	c := d.clash
	if c == nil {
		return app.Div()
	}
	mine := board.Changes(d.base, d.history.Now())
	copied := app.Div().Class("copy-as").Body(
		&Field{ID: "copy-id", Of: d.opened, Label: "Keep mine as a copy, called", Value: d.copyID(), Wrong: c.wrongID, Take: func(_ app.Context, v string) { c.copyID = strings.TrimSpace(v) }},
		does("clash-copy", "full", "Save a copy", d.onCopyMine))
	if c.problem != "" {
		return leaf("This board was not saved", d.onShut, []app.UI{
			app.P().Class("clash-why").Text(c.problem),
			app.P().Class("hint").Text("Your changes are kept on this machine until they are saved."),
			copied,
		}, does("clash-stay", "plain", "Go on editing", d.onShut))
	}
	theirs, gone := board.Changes(d.base, c.theirs), c.revision == ""
	side := func(title string, said []string, none string) app.UI {
		var items []app.UI
		for i, each := range said {
			if i == mostSaid {
				items = append(items, app.Li().Text("and more"))
				break
			}
			items = append(items, app.Li().Text(each))
		}
		if len(items) == 0 {
			items = []app.UI{app.Li().Text(none)}
		}
		return app.Elem("section").Class("clash-side").Body(app.Elem("h3").Text(title), app.Ul().Body(items...))
	}
	they := side("Somebody else", theirs, "saved the same again")
	if gone {
		they = side("Somebody else", []string{"deleted the board"}, "")
	}
	return leaf("Somebody else has changed this board", d.onShut, []app.UI{
		app.P().Text("It was saved by somebody else after you began. Nothing is lost: choose what becomes of both."),
		app.Div().Class("clash-sides").Body(side("You", mine, "changed nothing"), they),
		copied,
	},
		app.If(!gone, func() app.UI { return does("clash-theirs", "plain", "Take theirs", d.onTheirs) }),
		does("clash-over", "danger plain", "Save mine over theirs", d.onOverwrite))
}

// mostSaid is how many changes of one side are said.
const mostSaid = 12

func (d *desk) onTheirs(ctx app.Context, _ app.Event)    { d.takeTheirs(ctx) }
func (d *desk) onOverwrite(ctx app.Context, _ app.Event) { d.overwrite(ctx) }

func (d *desk) copyID() string {
	if d.clash.copyID == "" {
		d.clash.copyID = board.NewID(d.base.ID+"-mine", func(string) bool { return false })
	}
	return d.clash.copyID
}

func (d *desk) onCopyMine(ctx app.Context, _ app.Event) {
	mine := d.history.Now()
	mine.ID = d.copyID()
	if err := board.CheckID(mine.ID); err != nil {
		d.clash.wrongID = sentence(err)
		return
	}
	d.copyTo(ctx, mine, false)
}

// leaveLeaf asks what becomes of changes that are not saved.
func (d *desk) leaveLeaf() app.UI {
	return leaf("Your changes are not saved", d.onShut, []app.UI{
		said(board.Changes(d.base, d.history.Now())),
		app.P().Class("hint").Text("You can also leave them for later: this machine keeps them."),
	},
		does("leave-drop", "danger plain", "Discard them", d.onDiscard), does("leave-later", "plain", "Leave for later", d.onLater), does("leave-save", "full", "Save", d.onSaveAndLeave))
}

func said(changes []string) app.UI {
	var items []app.UI
	for i, each := range changes {
		if i == mostSaid {
			items = append(items, app.Li().Text("and more"))
			break
		}
		items = append(items, app.Li().Text(each))
	}
	return app.Ul().Class("said-changes").Body(items...)
}

func (d *desk) onDiscard(ctx app.Context, _ app.Event) {
	away := d.away
	d.unsaved = false
	d.shutDialog(ctx)
	d.end(ctx)
	goOn(ctx, away)
}

func (d *desk) onLater(ctx app.Context, _ app.Event) {
	away := d.away
	d.shutDialog(ctx)
	d.back(ctx)
	d.kept = true
	goOn(ctx, away)
}

func (d *desk) onSaveAndLeave(ctx app.Context, _ app.Event) {
	away := d.away
	d.shutDialog(ctx)
	d.put(ctx, d.history.Now(), d.condition(), func(ctx app.Context) {
		d.end(ctx)
		goOn(ctx, away)
	})
}

func goOn(ctx app.Context, away string) {
	if away != "" {
		ctx.Navigate(away)
	}
}

// deleteLeaf asks before a board is deleted.
func (d *desk) deleteLeaf() app.UI {
	b := d.page.at.board
	if _, builtin := board.Builtin(b.ID); builtin {
		return leaf("Back to the board as it was at first?", d.onShut, []app.UI{
			app.P().Text("What was arranged here is deleted, for everybody. Save it as a file first if it may be wanted again."),
		}, does("delete-stay", "plain", "Cancel", d.onShut), does("delete-do", "danger fill", "Reset", d.onDelete))
	}
	return leaf("Delete "+titleOf(b)+"?", d.onShut, []app.UI{
		app.P().Text("The board is deleted for everybody. The metrics and rooms it shows stay. Save it as a file first if it may be wanted again."),
	}, does("delete-stay", "plain", "Cancel", d.onShut), does("delete-do", "danger fill", "Delete", d.onDelete))
}

func (d *desk) onDelete(ctx app.Context, _ app.Event) {
	d.shutDialog(ctx)
	d.forget(ctx)
}

func titleOf(b board.Board) string {
	if b.Title != "" {
		return b.Title
	}
	return b.ID
}

// newBoard is a board that is about to be made.
type newBoard struct {
	why, note string // the dialog's heading, and what it says
	title, id string
	named     bool // the person has written the id
	from      board.Board
	copied    bool // from is what is edited
	wrong     string
}

// askNew asks for the name of a new board.
func (d *desk) askNew(ctx app.Context) {
	if !d.page.has(access.Board) {
		return
	}
	d.fresh = &newBoard{why: "A new board"}
	d.show(ctx, "new")
}

// askCopy asks for the name of a copy of the board that is shown.
func (d *desk) askCopy(why, note string) {
	b := d.now()
	b.Panels = b.Expand(d.page.first.Metrics)
	b.Panels = b.Panels[:min(len(b.Panels), board.MaxPanels)]
	for i, p := range b.Panels { // a metric's name is no id
		if board.CheckID(p.ID) != nil {
			b.Panels[i].ID = b.NewID(p)
		}
	}
	d.fresh = &newBoard{why: why, note: note, from: b, copied: true, title: titleOf(b) + " (copy)", id: board.NewID(b.ID+"-copy", func(string) bool { return false })}
	d.show(d.ctx, "new")
}

func (d *desk) newLeaf() app.UI {
	n := d.fresh
	if n == nil {
		return app.Div()
	}
	return leaf(n.why, d.onShut, []app.UI{
		app.If(n.note != "", func() app.UI { return app.P().Text(n.note) }),
		&Field{ID: "new-title", Of: d.opened, Label: "Title", Value: n.title, Enter: d.onMake, Take: func(_ app.Context, v string) { n.title = v }},
		&Field{ID: "new-id", Of: d.opened, Label: "Name in its address", Value: n.id, Hint: "/b/" + n.address(), Wrong: n.wrong, Enter: d.onMake, Take: func(_ app.Context, v string) {
			n.id, n.named, n.wrong = strings.TrimSpace(v), strings.TrimSpace(v) != "", ""
		}},
	}, does("new-stay", "plain", "Cancel", d.onShut), does("new-do", "full", "Make it", d.onMake))
}

// address is the id that the board will have; "" before it has a title.
func (n *newBoard) address() string {
	if n.id != "" {
		return n.id
	}
	if strings.TrimSpace(n.title) == "" {
		return ""
	}
	return board.NewID(strings.ToLower(n.title), func(string) bool { return false })
}

func (d *desk) onMake(ctx app.Context, _ app.Event) {
	n := d.fresh
	switch {
	case n == nil: // it has been made since
		return
	case n.address() == "":
		n.wrong = "Give it a title, or a name"
		return
	}
	b := n.from
	b.ID, b.Title = n.address(), strings.TrimSpace(n.title)
	if b.Panels == nil {
		b.Panels = []board.Panel{}
	}
	if err := b.Check(); err != nil {
		n.wrong = sentence(err)
		return
	}
	d.copyTo(ctx, b, true)
}
