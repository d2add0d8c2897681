package dump

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
)

// The ways a file is refused.
var (
	ErrForeign = errors.New("is no export of telltale")
	ErrNewer   = errors.New("was written by a newer telltale")
	ErrTorn    = errors.New("is cut off before its end")
	ErrDamaged = errors.New("is damaged")
)

// maxLine is how long a record may be, bytes: one request may be a batch of 16 MiB.
const maxLine = 64 << 20

// Reader reads a file that Write wrote. It is for one goroutine.
type Reader struct {
	from  *bufio.Reader
	hash  hash.Hash
	line  []byte
	count uint64
	order order
	end   *End
}

// NewReader reads from the beginning of a file.
func NewReader(from io.Reader) *Reader {
	return &Reader{from: bufio.NewReaderSize(from, 64<<10), hash: sha256.New()}
}

// Next answers the next record between the first and the last line; io.EOF once all of the file
// was read, and is as it was written. What went before is to be thrown away where it answers
// another error: one of this package, or of the reader beneath.
func (r *Reader) Next() (Record, error) {
	if r.end != nil {
		return Record{}, io.EOF
	}
	if r.count == 0 {
		first, err := r.read()
		if err != nil {
			return first, r.foreign(err)
		}
		switch {
		case first.Export == nil || first.Export.Version < 1:
			return first, ErrForeign
		case first.Export.Version > version:
			return first, ErrNewer
		}
	}
	sum := r.hash.Sum(nil)
	record, err := r.read()
	if err != nil {
		return record, err
	}
	if record.End == nil {
		return record, r.order.check(record)
	}
	if err := r.order.end(); err != nil {
		return record, err
	}
	end := End{SHA256: hex.EncodeToString(sum), Records: r.count - 1}
	if want, err := json.Marshal(Record{End: &end}); err != nil || string(r.line) != string(want)+"\n" {
		return record, errors.Join(fmt.Errorf("%w: its SHA-256 is %s, not %.64q", ErrDamaged, end.SHA256, record.End.SHA256), err)
	}
	if _, err := r.from.ReadByte(); !errors.Is(err, io.EOF) {
		return record, errors.Join(fmt.Errorf("%w: something follows its end", ErrDamaged), err)
	}
	r.end = &end
	return Record{}, io.EOF
}

// End is how the file ended; nil before it was read to its end.
func (r *Reader) End() *End { return r.end }

// foreign says of a first line that cannot be read that the file is another's.
func (r *Reader) foreign(err error) error {
	if errors.Is(err, ErrDamaged) || errors.Is(err, ErrTorn) && !bytes.HasPrefix(r.line, []byte(`{"telltale`)) {
		return ErrForeign
	}
	return err
}

// read reads a line.
func (r *Reader) read() (record Record, err error) {
	for r.line = r.line[:0]; ; {
		var piece []byte
		piece, err = r.from.ReadSlice('\n')
		r.line = append(r.line, piece...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			break
		}
		if len(r.line) > maxLine || r.count == 0 {
			return record, fmt.Errorf("%w: a line is longer than any", ErrDamaged)
		}
	}
	if errors.Is(err, io.EOF) {
		return record, ErrTorn
	}
	if err != nil {
		return record, err
	}
	r.hash.Write(r.line)
	r.count++
	decoder := json.NewDecoder(bytes.NewReader(r.line))
	decoder.DisallowUnknownFields()
	if err = decoder.Decode(&record); err != nil { // which may be io.EOF, and is not that of the file
		return record, fmt.Errorf("%w: line %d: %v", ErrDamaged, r.count, err)
	}
	if rest := r.line[decoder.InputOffset():]; string(rest) != "\n" {
		return record, fmt.Errorf("%w: line %d goes on after its record", ErrDamaged, r.count)
	}
	return record, nil
}
