package board

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// Name is what a person calls a panel.
func (p Panel) Name() string {
	switch {
	case p.Title != "":
		return p.Title
	case len(p.Queries) > 0:
		return p.Queries[0].Metric
	case p.Room != "":
		return p.Room
	case p.Command != "":
		return p.Command
	}
	return p.ID
}

// Changes says in words what was done to make after of before, each a part of a
// sentence: "added “CPU”". Panels are told apart by their ids. None means the same document.
func Changes(before, after Board) []string {
	var said []string
	if before.Title != after.Title {
		said = append(said, "renamed the board to "+quote(after.Title))
	}
	if before.Range != after.Range {
		said = append(said, "changed the range it opens with")
	}
	var common []int // places in before, of panels that both have, in after's order
	for _, p := range after.Panels {
		if at := before.Find(p.ID); at < 0 {
			said = append(said, "added "+quote(p.Name()))
		} else {
			common = append(common, at)
		}
	}
	for _, p := range before.Panels {
		if after.Find(p.ID) < 0 {
			said = append(said, "removed "+quote(p.Name()))
		}
	}
	for _, p := range after.Panels {
		if at := before.Find(p.ID); at >= 0 {
			if fields := differ(before.Panels[at], p); len(fields) > 0 {
				said = append(said, "changed "+quote(before.Panels[at].Name())+": "+strings.Join(fields, ", "))
			}
		}
	}
	stay := rising(common)
	for _, at := range common {
		if !slices.Contains(stay, at) {
			said = append(said, "moved "+quote(before.Panels[at].Name()))
		}
	}
	return said
}

// quote calls a thing by its name, or by what it is where it has none.
func quote(name string) string {
	if name == "" {
		return "nothing"
	}
	return "“" + name + "”"
}

// differ names what differs between two states of a panel.
func differ(a, b Panel) (fields []string) {
	say := func(same bool, what string) {
		if !same {
			fields = append(fields, what)
		}
	}
	say(a.Title == b.Title, "title "+quote(b.Title))
	say(a.Kind == b.Kind, "kind "+string(b.Kind))
	say(max(a.W, 1) == max(b.W, 1) && max(a.H, 1) == max(b.H, 1), "size "+strconv.Itoa(max(b.W, 1))+" × "+strconv.Itoa(max(b.H, 1)))
	say(slices.Equal(a.Queries, b.Queries), "metrics")
	say(a.Room == b.Room, "room")
	say(a.Command == b.Command, "command")
	say(a.Text == b.Text, "text")
	say(a.Unit == b.Unit, "unit")
	say(same(a.Min, b.Min) && same(a.Max, b.Max), "scale")
	say(slices.Equal(a.Thresholds, b.Thresholds), "thresholds")
	say(a.Every == b.Every, "promised age")
	say(a.Stacked == b.Stacked && a.Buttons == b.Buttons && a.Each == b.Each, "how it is drawn")
	if len(fields) == 0 && !samePanel(a, b) {
		fields = append(fields, "details")
	}
	return fields
}

func same(a, b *float64) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }

func samePanel(a, b Panel) bool {
	mine, _ := json.Marshal(a)
	theirs, _ := json.Marshal(b)
	return string(mine) == string(theirs)
}

// rising is a longest part of numbers, in their order, that only rises: the panels that need not have been moved.
func rising(numbers []int) []int {
	length, before := make([]int, len(numbers)), make([]int, len(numbers))
	last := -1
	for i, n := range numbers {
		length[i], before[i] = 1, -1
		for j := range i {
			if numbers[j] < n && length[j] >= length[i] {
				length[i], before[i] = length[j]+1, j
			}
		}
		if last < 0 || length[i] > length[last] {
			last = i
		}
	}
	var stay []int
	for ; last >= 0; last = before[last] {
		stay = append(stay, numbers[last])
	}
	slices.Reverse(stay)
	return stay
}
