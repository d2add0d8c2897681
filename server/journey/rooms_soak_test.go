package journey

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// hardship is how many clients say how many messages in one room while how often the
// server is killed and started again. The proxy between cuts each connection after a
// random number of bytes, of which mean is the average.
type hardship struct {
	clients, messages, kills int
	mean                     int
	seed                     uint64
	limit                    time.Duration
}

// TestAMessageIsSaidOnceWhateverIsCutOrKilled is what make soak runs in full size.
func TestAMessageIsSaidOnceWhateverIsCutOrKilled(t *testing.T) {
	hardship{clients: 20, messages: 2000, kills: 3, mean: 24 << 10, seed: 1, limit: 20 * time.Minute}.endure(t)
}

// row is a message as a room's history lists it.
type row struct {
	Seq     uint64
	Content string
	Sender  string
	Time    int64
}

// sum stands for a row: a hundred thousand of them a client are kept.
func (r row) sum() uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %d %s\x00%s", r.Seq, r.Time, r.Sender, r.Content)
	return h.Sum64()
}

func (h hardship) endure(t *testing.T) {
	t.Logf("seed %d: %d clients, %d messages, %d kills, connections cut after %d bytes on average", h.seed, h.clients, h.messages, h.kills, h.mean)
	s := quiet(t, "--room-retention", fmt.Sprint(2*h.messages))
	p := cutting(t, strings.TrimPrefix(s.url, "http://"), h.mean, h.seed)
	ctx, cancel := context.WithTimeout(t.Context(), h.limit)
	defer cancel()
	began := time.Now()

	// Every tenth client says its messages by HTTP; the others are members of the room.
	var acknowledged atomic.Int64
	members, posters := make([]*member, h.clients-h.clients/10), make([]*poster, h.clients/10)
	var all sync.WaitGroup
	share := func(i int) int { return h.messages*(i+1)/h.clients - h.messages*i/h.clients }
	for i := range h.clients {
		sp := speaker{name: fmt.Sprintf("c%d", i), url: "http://" + p.address, rand: rand.New(rand.NewPCG(h.seed, uint64(i))), seqs: make([]uint64, share(i)), done: &acknowledged}
		if i < len(members) {
			m := &member{speaker: sp, total: uint64(h.messages), dialler: dialler()}
			members[i] = m
			all.Go(func() { m.live(ctx) })
		} else {
			c := &poster{speaker: sp}
			posters[i-len(members)] = c
			all.Go(func() { c.live(ctx) })
		}
	}
	killed := s.killOften(ctx, h, &acknowledged, began)
	all.Wait()
	if killed != h.kills {
		t.Errorf("the server was killed %d times, want %d", killed, h.kills)
	}
	took := time.Since(began)

	var speakers []*speaker
	for _, m := range members {
		speakers = append(speakers, &m.speaker)
	}
	for _, c := range posters {
		speakers = append(speakers, &c.speaker)
	}
	history := s.history("soak")
	sums := checkHistory(t, history, speakers, h.messages)
	var heard, again, slow int
	for _, m := range members {
		m.check(t, sums)
		heard += len(m.log)
		again += m.joins - 1
		slow += m.slow
	}
	t.Logf("%d messages of %d clients in %v: %d deliveries, %d connections cut by the proxy, %d joins after a cut, %d messages sent again, %d times a member was closed as too slow",
		len(history), h.clients, took.Round(time.Millisecond), heard, p.cuts.Load(), again, resent(speakers), slow)
	if p.cuts.Load() < int64(h.clients) || again < h.clients {
		t.Errorf("only %d cuts and %d joins after one: that shows little", p.cuts.Load(), again)
	}
}

// killOften kills the server whenever another part of the messages is acknowledged.
func (s *server) killOften(ctx context.Context, h hardship, acknowledged *atomic.Int64, began time.Time) (n int) {
	for tick := time.Tick(2 * time.Millisecond); n < h.kills; {
		select {
		case <-tick:
		case <-ctx.Done():
			return n
		}
		if now := acknowledged.Load(); now >= int64(h.messages*(n+1)/(h.kills+1)) {
			s.kill()
			gone := time.Now()
			s.again()
			n++
			s.t.Logf("%v: killed with %d acknowledged, serves again after %v", time.Since(began).Round(time.Millisecond), now, time.Since(gone).Round(time.Millisecond))
		}
	}
	return n
}

// history is all of a room, page by page.
func (s *server) history(room string) []row {
	s.t.Helper()
	var pages [][]row
	for before := ""; ; {
		var page []row
		if err := json.Unmarshal([]byte(s.must("GET", "/api/v1/rooms/"+room+"/messages?limit=1000"+before, "")), &page); err != nil {
			s.t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		pages = append(pages, page)
		before = fmt.Sprintf("&before=%d", page[0].Seq)
	}
	slices.Reverse(pages)
	return slices.Concat(pages...)
}

// checkHistory finds every message once, where its sender was told it is.
func checkHistory(t *testing.T, history []row, speakers []*speaker, messages int) (sums []uint64) {
	t.Helper()
	if len(history) != messages {
		t.Errorf("the history has %d messages, want %d", len(history), messages)
	}
	at := map[string]uint64{} // the key of what was said, and its seq
	for i, r := range history {
		if r.Seq != uint64(i+1) {
			t.Fatalf("message %d of the history has seq %d", i+1, r.Seq)
		}
		key, _, _ := strings.Cut(r.Content, " ")
		if first, twice := at[key]; twice {
			t.Errorf("%s was said twice, as %d and %d", key, first, r.Seq)
		}
		at[key] = r.Seq
		sums = append(sums, r.sum())
	}
	for _, s := range speakers {
		for n, seq := range s.seqs {
			if seq == 0 || at[s.key(n)] != seq {
				t.Errorf("%s was acknowledged as %d and is %d in the history", s.key(n), seq, at[s.key(n)])
			}
		}
		for _, problem := range s.problems {
			t.Errorf("%s: %s", s.name, problem)
		}
	}
	return sums
}

func resent(speakers []*speaker) (n int) {
	for _, s := range speakers {
		n += s.resent
	}
	return n
}

// speaker is a client that has messages to say, and does not rest until each is
// acknowledged.
type speaker struct {
	name, url string
	rand      *rand.Rand
	seqs      []uint64 // of its messages, 0 until acknowledged
	sent      int      // those before were sent at least once
	resent    int
	done      *atomic.Int64
	problems  []string
}

func (s *speaker) problem(format string, about ...any) {
	if len(s.problems) < 5 {
		s.problems = append(s.problems, fmt.Sprintf(format, about...))
	}
}

func (s *speaker) key(n int) string { return fmt.Sprintf("%s-%d", s.name, n) }

// content is what message n says: its key and something of any length, the same
// whenever it is said.
func (s *speaker) content(n int) string {
	r := rand.New(rand.NewPCG(uint64(n), uint64(len(s.name))))
	filling := []string{"x", "é", "😀", `"`, "<b>", "\u2028", "\t", "\x1b[31m", "line\nbreak "}
	var b strings.Builder
	b.WriteString(s.key(n) + " ")
	for range r.IntN(40) {
		b.WriteString(filling[r.IntN(len(filling))])
	}
	return b.String()
}

func (s *speaker) acknowledge(n int, seq uint64) {
	switch {
	case n < 0 || n >= len(s.seqs):
		s.problem("message %d was acknowledged, of %d", n, len(s.seqs))
	case s.seqs[n] == 0:
		s.seqs[n] = seq
		s.done.Add(1)
	case s.seqs[n] != seq:
		s.problem("%s was acknowledged as %d, then as %d", s.key(n), s.seqs[n], seq)
	}
}

// rest waits a little before trying again.
func (s *speaker) rest(ctx context.Context) {
	select {
	case <-time.After(time.Duration(1+s.rand.IntN(40)) * time.Millisecond):
	case <-ctx.Done():
	}
}

// poster says its messages by POST, one after the other.
type poster struct{ speaker }

func (c *poster) live(ctx context.Context) {
	own := &http.Client{Transport: &http.Transport{}}
	defer own.CloseIdleConnections()
	for n := 0; n < len(c.seqs); {
		status, said, err := c.post(ctx, own, n)
		switch {
		case ctx.Err() != nil:
			c.problem("%d of its messages are not acknowledged in time", len(c.seqs)-n)
			return
		case err != nil || status >= http.StatusInternalServerError:
			c.resent++
			c.rest(ctx)
		case status != http.StatusOK || said.Messages != 1 || said.Room != "soak":
			c.problem("POST answers %d %+v", status, said)
			return
		default:
			c.acknowledge(n, said.Seq)
			n++
		}
	}
}

type posted struct {
	Room     string `json:"room_id"`
	Messages int
	Seq      uint64
}

func (c *poster) post(ctx context.Context, own *http.Client, n int) (status int, said posted, err error) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, "POST", c.url+"/r/soak", strings.NewReader(c.content(n)))
	if err != nil {
		return 0, said, err
	}
	request.Header.Set("Idempotency-Key", c.key(n))
	response, err := own.Do(request)
	if err != nil {
		return 0, said, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode == http.StatusOK {
		err = json.Unmarshal(text, &said)
	}
	return response.StatusCode, said, err
}

// member is in the room, over as many connections as it takes. Its log is what it
// heard, without a gap and nothing twice, over all of them.
type member struct {
	speaker
	total uint64
	log   []uint64 // sums; that of seq n stands at n - 1
	joins int
	slow  int   // times that the server gave it up
	open  []int // sent on this connection and not acknowledged

	dialler *http.Client
}

// cutShort is a client's connection that holds little, as a slow network does, and
// whose end is an error: the library takes some messages that io.EOF cuts off for
// whole ones.
type cutShort struct{ net.Conn }

func (c cutShort) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func dialler() *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		_ = conn.(*net.TCPConn).SetReadBuffer(held)
		return cutShort{conn}, nil
	}}}
}

// held is how many bytes a connection holds on each side of the proxy.
const held = 32 << 10

// window is how many messages a member sends before the first is acknowledged.
const window = 8

func (m *member) live(ctx context.Context) {
	for uint64(len(m.log)) < m.total || slices.Contains(m.seqs, 0) {
		if ctx.Err() != nil {
			m.problem("in time it heard %d of %d messages", len(m.log), m.total)
			return
		}
		if err := m.connection(ctx); err != nil {
			m.rest(ctx)
		}
	}
}

// connection lives until all is said and heard, or with an error.
func (m *member) connection(ctx context.Context) error {
	dialling, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	conn, _, err := websocket.Dial(dialling, m.url+"/ws", &websocket.DialOptions{HTTPClient: m.dialler})
	if err != nil {
		return err
	}
	defer conn.CloseNow()
	conn.SetReadLimit(1 << 20)
	join := fmt.Sprintf(`{"type":"join","room_id":"soak","user_id":%q,"since":%d}`, m.name, len(m.log))
	if err := conn.Write(ctx, websocket.MessageText, []byte(join)); err != nil {
		return err
	}
	for uint64(len(m.log)) < m.total || slices.Contains(m.seqs, 0) {
		_, message, err := conn.Read(ctx)
		if err != nil {
			return m.ended(ctx, err)
		}
		if err := m.hear(ctx, conn, message); err != nil {
			return err
		}
	}
	return nil
}

// ended judges why a connection ended: the proxy cuts, and on a machine that is so
// busy that a pong takes 10 s the server closes, as it has to.
func (m *member) ended(ctx context.Context, err error) error {
	switch code := websocket.CloseStatus(err); {
	case code == -1 || ctx.Err() != nil:
	case code == websocket.StatusPolicyViolation || code == websocket.StatusTryAgainLater:
		m.slow++
	default:
		m.problem("the server closed with %d", code)
	}
	return err
}

// heard is any message of the server.
type heard struct {
	Type, ID, Code, Detail string
	Room                   string `json:"room_id"`
	Sender, Content        string
	Seq, From, To          uint64
	Time                   int64
}

var errRefused = errors.New("the server could not")

func (m *member) hear(ctx context.Context, conn *websocket.Conn, message []byte) error {
	var h heard
	if err := json.Unmarshal(message, &h); err != nil {
		m.problem("%.200s: %v", message, err)
		return err
	}
	next := uint64(len(m.log)) + 1
	switch h.Type {
	case "joined":
		if m.joins++; h.Seq < next-1 {
			m.problem("the room is at %d, it was at %d", h.Seq, next-1)
		}
		return m.begin(ctx, conn)
	case "broadcast":
		return m.broadcast(ctx, conn, h)
	case "gap":
		if h.From != next || h.To < h.From {
			m.problem("after %d it was told of a gap from %d to %d", next-1, h.From, h.To)
		}
	case "error":
		if h.Code != "unavailable" {
			m.problem("%s: %s", h.Code, h.Detail)
		}
		return errRefused
	}
	return nil
}

// begin sends again what nobody acknowledged, and then more.
func (m *member) begin(ctx context.Context, conn *websocket.Conn) error {
	m.open = m.open[:0]
	for n := range m.sent {
		if m.seqs[n] == 0 {
			m.resent++
			if err := m.say(ctx, conn, n); err != nil {
				return err
			}
		}
	}
	return m.more(ctx, conn)
}

func (m *member) more(ctx context.Context, conn *websocket.Conn) error {
	for len(m.open) < window && m.sent < len(m.seqs) {
		m.sent++
		if err := m.say(ctx, conn, m.sent-1); err != nil {
			return err
		}
	}
	return nil
}

func (m *member) say(ctx context.Context, conn *websocket.Conn, n int) error {
	m.open = append(m.open, n)
	content, err := json.Marshal(m.content(n))
	if err != nil {
		return err
	}
	return conn.Write(ctx, websocket.MessageText, fmt.Appendf(nil, `{"type":"broadcast","id":"%d","room_id":"soak","key":%q,"content":%s}`, n, m.key(n), content))
}

// broadcast takes what comes next, and acknowledgements of what came long ago.
func (m *member) broadcast(ctx context.Context, conn *websocket.Conn, h heard) error {
	r := row{h.Seq, h.Content, h.Sender, h.Time}
	switch next := uint64(len(m.log)) + 1; {
	case h.Seq == next:
		m.log = append(m.log, r.sum())
	case h.Seq > next:
		m.problem("after %d came %d", next-1, h.Seq)
		return errRefused
	case h.ID == "":
		m.problem("%d came again after %d", h.Seq, next-1)
	case m.log[h.Seq-1] != r.sum():
		m.problem("%d is acknowledged otherwise than it was heard", h.Seq)
	}
	if h.ID == "" {
		return nil
	}
	at := slices.IndexFunc(m.open, func(n int) bool { return fmt.Sprint(n) == h.ID })
	if at < 0 || h.Sender != m.name || h.Content != m.content(m.open[max(at, 0)]) {
		m.problem("the answer %q to nothing it asked on this connection: %+v", h.ID, h)
		return nil
	}
	m.acknowledge(m.open[at], h.Seq)
	m.open = slices.Delete(m.open, at, at+1)
	return m.more(ctx, conn)
}

// check compares what it heard with the history.
func (m *member) check(t *testing.T, history []uint64) {
	t.Helper()
	if len(m.log) != len(history) {
		t.Errorf("%s heard %d messages, the history has %d", m.name, len(m.log), len(history))
	}
	for i := range min(len(m.log), len(history)) {
		if m.log[i] != history[i] {
			t.Errorf("%s heard message %d otherwise than the history has it", m.name, i+1)
			return
		}
	}
}

// proxy passes connections on and cuts each after random numbers of bytes.
type proxy struct {
	address string
	mean    int
	cuts    atomic.Int64
	mutex   sync.Mutex
	rand    *rand.Rand
}

func cutting(t *testing.T, to string, mean int, seed uint64) *proxy {
	t.Helper()
	p := &proxy{mean: mean, rand: rand.New(rand.NewPCG(seed, 0xc07))}
	p.address = relay(t, to, p.pass)
	return p
}

// lot draws when and how a connection ends: bytes down, bytes up (a client sends a
// tenth of what it gets), and whether by a reset.
func (p *proxy) lot() (down, up int64, reset bool) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	mean := float64(p.mean)
	return 1 + int64(mean*p.rand.ExpFloat64()), 1 + int64(mean/4*p.rand.ExpFloat64()), p.rand.IntN(2) == 0
}

func (p *proxy) pass(client, server *net.TCPConn) {
	_, _ = client.SetWriteBuffer(held), server.SetReadBuffer(held)
	down, up, reset := p.lot()
	var cut atomic.Bool
	end := sync.OnceFunc(func() {
		if reset && cut.Load() {
			_, _ = client.SetLinger(0), server.SetLinger(0)
		}
		_ = client.Close()
		_ = server.Close()
	})
	flow := func(to, from *net.TCPConn, bytes int64) {
		if n, _ := io.CopyN(to, from, bytes); n == bytes {
			cut.Store(true)
		}
		end()
	}
	var both sync.WaitGroup
	both.Go(func() { flow(client, server, down) })
	both.Go(func() { flow(server, client, up) })
	both.Wait()
	if cut.Load() {
		p.cuts.Add(1)
	}
}
