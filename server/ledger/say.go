package ledger

import (
	"context"
	"errors"

	"telltale/shared/room"
	"telltale/shared/run"
)

// utterance is what one caller has said: a post, or a report where there is one.
type utterance struct {
	post   Post
	report *Report
}

func (u utterance) weight() int {
	if u.report != nil {
		return u.report.weight()
	}
	return u.post.weight()
}

// saying is a commit of utterances as the store takes it: each is one post or several.
type saying struct {
	posts   []Post
	answers []Posted             // one for each post
	states  map[string]run.State // of runs, as reported in this commit
}

// Post says the lines in the room, all of them or none, and returns once they are
// durable and told. Its error means what Apply's does; a post that the store
// refuses has the reason in Posted.Err. Lines longer together than MaxPostBytes
// are one commit all the same: who has more to say says it in several posts.
func (l *Ledger) Post(ctx context.Context, p Post) (Posted, error) {
	return l.posts.do(ctx, utterance{post: p})
}

// Report keeps the run as it stands and says its lines, by Run.By, in its own room
// and, where it names one, in that, all in one commit. A report that ends the run
// has run.Sender say so in both rooms, after its lines.
// Posted is what became of it in the run's own room; where the other can take
// nothing, it is passed over. Its error means what Apply's does.
func (l *Ledger) Report(ctx context.Context, r Report) (Posted, error) {
	return l.posts.do(ctx, utterance{report: &r})
}

// write has the store keep a commit.
func (l *Ledger) write(batch []utterance) ([]Posted, error) {
	s := &l.saying
	s.posts, s.states = s.posts[:0], nil
	first := make([]int, len(batch)) // the place of its first post, of each
	for i, u := range batch {
		first[i] = len(s.posts)
		if u.report == nil {
			s.posts = append(s.posts, u.post)
			continue
		}
		ending, err := l.ending(u.report.Run)
		if err != nil {
			clear(s.posts)
			return nil, err
		}
		s.posts = u.report.posts(s.posts, ending)
	}
	var err error
	s.answers, err = l.store.Post(context.Background(), s.posts)
	if err != nil {
		clear(s.posts)
		return nil, err
	}
	answers := make([]Posted, len(batch))
	for i := range batch {
		answers[i] = s.answers[first[i]]
	}
	return answers, nil
}

// ending is what is said of a run's end; "" where this report does not end it.
func (l *Ledger) ending(r run.Run) (string, error) {
	s := &l.saying
	before, known := s.states[r.ID]
	if !known {
		if !r.State.Final() {
			return "", nil
		}
		kept, _, err := l.store.Run(context.Background(), r.ID)
		if err != nil && !errors.Is(err, ErrNoRun) {
			return "", err
		}
		before = kept.State
	}
	if before.Settled() {
		return "", nil
	}
	if s.states == nil {
		s.states = map[string]run.State{}
	}
	s.states[r.ID] = r.State
	if before == r.State {
		return "", nil
	}
	return r.Ending(), nil
}

// say tells the messages of a commit.
func (l *Ledger) say([]utterance, []Posted) {
	for i, p := range l.saying.posts {
		answer := l.saying.answers[i]
		if answer.Err != nil || answer.Repeat {
			continue
		}
		for k, line := range p.Lines {
			// Without Raw, which nobody is told live.
			l.messages = append(l.messages, room.Message{Room: p.Room, Seq: answer.First + uint64(k), Time: answer.Time,
				Sender: p.Sender, Stream: line.Stream, Content: line.Content, Open: line.Open})
		}
	}
	if len(l.messages) > 0 {
		l.publisher.Say(l.messages)
	}
	clear(l.messages) // holds no content longer than it is told
	clear(l.saying.posts)
	l.messages = l.messages[:0]
}
