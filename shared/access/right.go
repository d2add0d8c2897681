package access

// Right is what a scope gives.
type Right string

// The rights. Each is given over names: of metrics, rooms, boards and commands.
const (
	Read  Right = "read"  // look: at values and history, a room's lines, a board, a command's runs
	Write Right = "write" // change a metric's value, and declare it
	Room  Right = "room"  // speak in a room, and read it
	Run   Right = "run"   // start, stop and report a command's runs, and read them
	Board Right = "board" // save and delete a board, order screens about, and read it
	Admin Right = "admin" // everything
)

var rights = [...]Right{Read, Write, Room, Run, Board, Admin}

// Class is what a name names. A metric and a room may have the same name; a scope of
// read is about whatever has it.
type Class uint8

// The classes. None is of what concerns no single name.
const (
	None Class = iota
	Metrics
	Rooms
	Boards
	Commands
)

// readers tells which right besides Read and Admin lets its owner read a class.
var readers = [...]Right{Rooms: Room, Boards: Board, Commands: Run}

// Need is one thing that a request asks for.
type Need struct {
	Right Right
	Class Class
	Name  string // "" with None, and where every name of the class is meant
}
