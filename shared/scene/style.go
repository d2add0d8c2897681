package scene

// Weight is a weight of the shipped font.
type Weight uint8

const (
	Regular  Weight = iota // 400
	Semibold               // 600
)

// Align says which part of a text lies at its x.
type Align uint8

const (
	Left   Align = iota // its first letter's left side
	Center              // its middle
	Right               // its last letter's right side
)

// Baseline says which part of a text lies at its y: the foot of its letters, the
// middle of its capitals and figures, or their top.
type Baseline uint8

const (
	Foot   Baseline = iota // what letters stand on
	Middle                 // of capitals and figures
	Top                    // of capitals and figures
)

// Style is how a text looks. Size is in pixels.
type Style struct {
	Role     Role
	Size     float64
	Weight   Weight
	Align    Align
	Baseline Baseline
}

// Role is what something drawn stands for; a [Palette] gives it a colour.
type Role uint8

const (
	Ink       Role = iota // the value itself, titles
	Muted                 // labels, secondary text
	Grid                  // hairlines behind the drawing
	Axis                  // the zero line
	Surface               // what the chart lies on
	Ground                // what cards lie on
	Edge                  // around a card
	Accent                // the one colour of the house
	Good                  // a value as it should be
	Warn                  // one to watch
	Bad                   // one that somebody has to do something about
	GoodFill              // the ground of values that are good
	WarnFill              // of values to watch
	BadFill               // of values that somebody has to do something about
	Stale                 // a drawing whose values are out of date
	StaleFill             // an area whose values are out of date
	firstSeries
)

// SeriesCount is how many colours there are for series; the next one is the first again.
const SeriesCount = 8

// RoleCount is the number of roles: the length of a [Palette].
const RoleCount = int(firstSeries) + 2*SeriesCount

// Series is the role of the line of the n-th series, from 0.
func Series(n int) Role { return firstSeries + Role(uint(n)%SeriesCount) }

// SeriesFill is the role of the area under the n-th series, from 0.
func SeriesFill(n int) Role { return Series(n) + SeriesCount }

// roleNames are the names of the CSS variables, by role.
var roleNames = [RoleCount]string{
	"ink", "muted", "grid", "axis", "surface", "ground", "line", "accent", "good", "warn", "bad", "good-fill", "warn-fill", "bad-fill", "stale", "stale-fill",
	"s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7",
	"f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7",
}
