package ui

import (
	"strconv"

	"telltale/shared/wire"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// mostMembers is how many names of a room's members are shown.
const mostMembers = 100

// Members is who is in a room. The stage keeps it; the server draws the first.
type Members struct {
	app.Compo
	Room  string
	Early RoomView
}

// Render draws the frame.
func (m *Members) Render() app.UI {
	return app.Div().Class("members").DataSet("room", attr(m.Room)).Body(
		app.H2().Body(app.Span().Text("Here now"), app.Span().Class("count").Text(countOf(m.Early.Users))),
		app.Ul().Class("names").Body(m.early()...),
		app.P().Class("rest").Text(restOf(m.Early.Users)),
	)
}

func (m *Members) early() []app.UI {
	if !app.IsServer {
		return nil
	}
	var names []app.UI
	for _, n := range namesOf(m.Early.Members, "") {
		names = append(names, app.Li().Class("h"+strconv.Itoa(n.Hue)).Body(
			app.Bdi().Text(n.Name), app.Span().Class("about").Text(n.About)))
	}
	return names
}

// name is a member as it stands in the list.
type name struct {
	Name  string `json:"n"`
	Hue   int    `json:"h"`
	About string `json:"a"`
}

// namesOf are the first members, the person who looks before all others.
func namesOf(members []wire.Member, me string) []name {
	names := make([]name, 0, min(len(members), mostMembers))
	add := func(m wire.Member) {
		n := name{Name: m.UserID, Hue: hue(m.UserID)}
		if m.UserID == me {
			n.About = "you"
		}
		if m.Connections > 1 {
			if n.About != "" {
				n.About += ", "
			}
			n.About += strconv.Itoa(m.Connections) + " screens"
		}
		names = append(names, n)
	}
	for _, m := range members {
		if m.UserID == me {
			add(m)
		}
	}
	for _, m := range members {
		if m.UserID != me && len(names) < mostMembers {
			add(m)
		}
	}
	return names
}

// countOf is how many are there. Nobody is not said: who looks is told of in a moment.
func countOf(users int) string {
	if users == 0 {
		return ""
	}
	return grouped(uint64(users))
}

// restOf says how many have no place in the list.
func restOf(users int) string {
	if users <= mostMembers {
		return ""
	}
	return "and " + grouped(uint64(users-mostMembers)) + " more"
}

// OnMount hands the list to the stage.
func (m *Members) OnMount(app.Context) {
	breathe()
	browser.MountMembers(m)
}

// OnUpdate tells the stage that it is another room's.
func (m *Members) OnUpdate(app.Context) { browser.UpdateMembers(m) }

// OnDismount takes it from the stage.
func (m *Members) OnDismount() {
	if browser != nil {
		browser.DismountMembers(m)
	}
}
