package journey

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"
	gorilla "github.com/gorilla/websocket"
)

// theEnd is said last.
const theEnd = "the end"

// oddities are contents that clients get wrong: nothing at all, quotes and escapes,
// what HTML or an event stream would take for its own, other newlines, the longest.
var oddities = []string{
	"", " ", `"quoted" \ back`, "<script>alert(1)</script> & more", "tab\tescape\x1b[31mred", "nul\x00", "two\nlines", "\n", "ends\n\n",
	"data: x", "id: 7", ": comment", "é 😀 \u2028 \u2029 \ufeff \ufffd \U0010ffff", "windows\r\nand\rmac", strings.Repeat("longest ", 512),
}

// spoken is a client that is in the room by a socket, whoever wrote it.
type spoken interface {
	say(message string) error
	hear() ([]byte, error)
}

type byCoder struct {
	ctx context.Context
	*websocket.Conn
}

func (c byCoder) say(message string) error {
	return c.Write(c.ctx, websocket.MessageText, []byte(message))
}

func (c byCoder) hear() ([]byte, error) {
	_, message, err := c.Read(c.ctx)
	return message, err
}

type byGorilla struct{ *gorilla.Conn }

func (c byGorilla) say(message string) error {
	return c.WriteMessage(gorilla.TextMessage, []byte(message))
}

func (c byGorilla) hear() ([]byte, error) {
	_, message, err := c.ReadMessage()
	return message, err
}

// Two implementations of WebSocket and curl, by text and by events, come while the
// room is spoken in: each hears what the history has, the same messages, in the same
// order, byte for byte but for what a terminal would obey.
func TestEveryClientHearsTheSameRoom(t *testing.T) {
	s := quiet(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*wait)
	defer cancel()
	dial := func() byCoder {
		c, _, err := websocket.Dial(ctx, s.url+"/ws", nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.CloseNow() })
		c.SetReadLimit(1 << 20)
		return byCoder{ctx, c}
	}
	dialGorilla := func() byGorilla {
		c, _, err := gorilla.DefaultDialer.DialContext(ctx, strings.Replace(s.url, "http", "ws", 1)+"/ws", nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		deadline, _ := ctx.Deadline()
		_ = c.SetReadDeadline(deadline)
		return byGorilla{c}
	}

	// What is there before anybody comes.
	alice, bob := dial(), dialGorilla()
	early := talk(t, alice, "alice", 1)
	early = append(early, talk(t, bob, "bob", 1)...)

	var rows [2][]row
	var text, late string
	var events, resumed []row
	var all, ready sync.WaitGroup
	for i, c := range []spoken{dial(), dialGorilla()} {
		ready.Add(1)
		all.Go(func() { rows[i] = listen(t, c, fmt.Sprintf("listener%d", i), `"all"`, ready.Done) })
	}
	ready.Add(4)
	all.Go(func() { text = curlText(ctx, t, s.url+"/r/agree?since=all", ready.Done) })
	all.Go(func() { late = curlText(ctx, t, s.url+"/r/agree", ready.Done) })
	all.Go(func() { events = curlEvents(ctx, t, s.url+"/r/agree?since=all", "", ready.Done) })
	all.Go(func() { resumed = curlEvents(ctx, t, s.url+"/r/agree", "7", ready.Done) })
	ready.Wait()

	// And what is said while they listen.
	var speaking sync.WaitGroup
	speaking.Go(func() { talk(t, alice, "alice", 6) })
	speaking.Go(func() { talk(t, bob, "bob", 6) })
	speaking.Go(func() {
		for i := range 60 {
			s.must("POST", "/r/agree", fmt.Sprintf("posted %d\n", i))
		}
	})
	speaking.Go(func() { uploads(ctx, t, s.url+"/r/agree") })
	speaking.Wait()
	s.must("POST", "/r/agree", theEnd)
	all.Wait()

	history := s.history("agree")
	if want := 2*7*len(oddities) + 60 + 100 + 1; len(history) != want {
		t.Errorf("the history has %d messages, want %d", len(history), want)
	}
	for i, c := range early {
		if history[i].Content != c {
			t.Errorf("message %d is %q, and was %q when it was said", i+1, history[i].Content, c)
		}
	}
	for i, name := range []string{"coder's", "gorilla's"} {
		same(t, name+" WebSocket", rows[i], history)
	}
	var lines strings.Builder
	var asEvents []row
	// As text, for a terminal, a NUL is left out and a colour ends with its line.
	asShown := strings.NewReplacer("nul\x00", "nul", "\x1b[31mred", "\x1b[31mred\x1b[0m")
	for _, r := range history {
		lines.WriteString(asShown.Replace(r.Content) + "\n")
		asEvents = append(asEvents, row{Seq: r.Seq, Content: strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(r.Content)})
	}
	if text != lines.String() {
		t.Errorf("curl heard %d bytes, want %d", len(text), lines.Len())
	}
	if !strings.HasSuffix(lines.String(), late) || strings.Count(late, "posted ") != 60 {
		t.Errorf("curl without since heard something else than what was new: %.200q", late)
	}
	same(t, "curl's event stream", events, asEvents)
	same(t, "curl's event stream after event 7", resumed, asEvents[7:])
}

// same compares what was heard with what was said.
func same(t *testing.T, who string, heard, said []row) {
	t.Helper()
	if !slices.Equal(heard, said) {
		for i := range min(len(heard), len(said)) {
			if heard[i] != said[i] {
				t.Errorf("%s heard %+v, said was %+v", who, heard[i], said[i])
				return
			}
		}
		t.Errorf("%s heard %d messages, said were %d", who, len(heard), len(said))
	}
}

// talk joins, says all oddities again and again, and waits for each to come back.
func talk(t *testing.T, c spoken, user string, times int) (said []string) {
	if err := c.say(fmt.Sprintf(`{"type":"join","room_id":"agree","user_id":%q}`, user)); err != nil {
		t.Error(err)
		return nil
	}
	for n := range times * len(oddities) {
		content, _ := json.Marshal(oddities[n%len(oddities)]) // a string cannot fail
		if err := c.say(fmt.Sprintf(`{"type":"broadcast","id":"%d","room_id":"agree","content":%s}`, n, content)); err != nil {
			t.Error(err)
			return nil
		}
		for id := ""; id != fmt.Sprint(n); {
			message, err := c.hear()
			var h heard
			if err == nil {
				err = json.Unmarshal(message, &h)
			}
			if err != nil || h.Type == "error" {
				t.Errorf("%s after %d: %v %s", user, n, err, message)
				return nil
			}
			if id = h.ID; id != "" && h.Content != oddities[n%len(oddities)] {
				t.Errorf("%s said %q, which came back as %q", user, oddities[n%len(oddities)], h.Content)
			}
		}
		said = append(said, oddities[n%len(oddities)])
	}
	return said
}

// listen joins and hears all until the end.
func listen(t *testing.T, c spoken, user, since string, joined func()) (rows []row) {
	joined = sync.OnceFunc(joined)
	defer joined()
	if err := c.say(fmt.Sprintf(`{"type":"join","room_id":"agree","user_id":%q,"since":%s}`, user, since)); err != nil {
		t.Error(err)
		return nil
	}
	for {
		message, err := c.hear()
		var h heard
		if err == nil {
			err = json.Unmarshal(message, &h)
		}
		if err != nil {
			t.Errorf("%s: %v", user, err)
			return rows
		}
		switch h.Type {
		case "joined":
			joined()
		case "broadcast":
			rows = append(rows, row{h.Seq, h.Content, h.Sender, h.Time})
			if h.Content == theEnd {
				return rows
			}
		case "gap", "error", "goodbye":
			t.Errorf("%s: %s", user, message)
		}
	}
}

// curl runs curl -N and hands its output over. Its -v says when the answer's header
// has come: with --include it keeps that back until something follows.
func curl(ctx context.Context, t *testing.T, url string, headers []string, begun func(), read func(*bufio.Reader)) {
	begun = sync.OnceFunc(begun)
	defer begun()
	args := []string{"-sSNv", url}
	for _, h := range headers {
		args = append(args, "-H", h)
	}
	command := exec.CommandContext(ctx, "curl", args...)
	out, err := command.StdoutPipe()
	if err != nil {
		t.Error(err)
		return
	}
	says, err := command.StderrPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		t.Error(err)
		return
	}
	defer func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	}()
	told := bufio.NewScanner(says)
	for told.Scan() && strings.TrimSpace(told.Text()) != "<" {
		if strings.HasPrefix(told.Text(), "< HTTP/") && !strings.Contains(told.Text(), strconv.Itoa(http.StatusOK)) {
			t.Errorf("curl %s: %s", url, told.Text())
		}
	}
	begun()
	go func() { _, _ = io.Copy(io.Discard, says) }()
	read(bufio.NewReader(out))
}

func curlText(ctx context.Context, t *testing.T, url string, begun func()) string {
	var text strings.Builder
	curl(ctx, t, url, nil, begun, func(answer *bufio.Reader) {
		for !strings.HasSuffix(text.String(), "\n"+theEnd+"\n") {
			line, err := answer.ReadString('\n')
			text.WriteString(line)
			if err != nil {
				t.Errorf("after %d bytes: %v", text.Len(), err)
				return
			}
		}
	})
	return text.String()
}

// curlEvents reads as the HTML standard has it, section 9.2.6.
func curlEvents(ctx context.Context, t *testing.T, url, last string, begun func()) (rows []row) {
	headers := []string{"Accept: text/event-stream"}
	if last != "" {
		headers = append(headers, "Last-Event-ID: "+last)
	}
	curl(ctx, t, url, headers, begun, func(answer *bufio.Reader) {
		var id uint64
		var data []string
		for len(rows) == 0 || rows[len(rows)-1].Content != theEnd {
			line, err := answer.ReadString('\n')
			if err != nil {
				t.Errorf("after %d events: %v", len(rows), err)
				return
			}
			line = strings.TrimSuffix(line, "\n")
			field, value, _ := strings.Cut(line, ":")
			value = strings.TrimPrefix(value, " ")
			switch {
			case line == "" && data != nil:
				rows = append(rows, row{Seq: id, Content: strings.Join(data, "\n")})
				data = nil
			case field == "id":
				id, _ = strconv.ParseUint(value, 10, 64)
			case field == "data":
				data = append(data, value)
			case field == "event":
				t.Errorf("unexpected %s", line)
			}
		}
	})
	return rows
}

// uploads says 100 lines by curl -T -, as they come.
func uploads(ctx context.Context, t *testing.T, url string) {
	command := exec.CommandContext(ctx, "curl", "-sS", "-T", "-", url)
	in, err := command.StdinPipe()
	if err != nil {
		t.Error(err)
		return
	}
	go func() {
		defer in.Close()
		for i := range 100 {
			if _, err := io.WriteString(in, fmt.Sprintf("line %d\n", i)); err != nil {
				return
			}
		}
	}()
	answer, err := command.CombinedOutput()
	var said posted
	if err != nil || json.Unmarshal(answer, &said) != nil || said.Messages != 100 || said.Room != "agree" || said.Seq == 0 {
		t.Errorf("curl -T - says %s, %v", answer, err)
	}
}
