package dump

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
)

// version is that of the form; a reader takes no newer one.
const version = 1

// Put takes a record, of which it keeps nothing.
type Put func(Record) error

// Source gives all its records but those that begin and end a file.
type Source func(ctx context.Context, put Put) error

// Write writes what the sources give as one file, and answers its end.
func Write(ctx context.Context, to io.Writer, sources ...Source) (End, error) {
	w := writer{to: to, hash: sha256.New()}
	w.json = json.NewEncoder(&w.line)
	w.json.SetEscapeHTML(false)
	if err := w.put(Record{Export: &Export{version}}); err != nil {
		return End{}, err
	}
	for _, source := range sources {
		if err := source(ctx, func(r Record) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return w.put(r)
		}); err != nil {
			return End{}, err
		}
	}
	end := End{SHA256: hex.EncodeToString(w.hash.Sum(nil)), Records: w.records}
	return end, w.put(Record{End: &end})
}

// Sum is the end of the file that Write would write.
func Sum(ctx context.Context, sources ...Source) (End, error) {
	return Write(ctx, io.Discard, sources...)
}

type writer struct {
	to      io.Writer
	hash    hash.Hash
	line    bytes.Buffer
	json    *json.Encoder
	records uint64
}

func (w *writer) put(r Record) error {
	w.line.Reset()
	if err := w.json.Encode(r); err != nil {
		return fmt.Errorf("write a record: %w", err)
	}
	if w.line.Len() > maxLine {
		return fmt.Errorf("write a record: it has %d bytes", w.line.Len())
	}
	w.records++
	w.hash.Write(w.line.Bytes())
	_, err := w.to.Write(w.line.Bytes())
	return err
}
