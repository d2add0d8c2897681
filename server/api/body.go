package api

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"

	"telltale/server/auth"
)

// Limits of bodies, in bytes, before and after decompression.
const (
	maxBody  = 1 << 20
	maxBatch = 16 << 20
	maxKey   = 255 // of an idempotency key
)

// readBody reads the whole body, of at most limit bytes before and after it is unpacked. What is
// not small waits until it may be held, which it is until the request's answer is done.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	most := limit
	switch {
	case r.ContentLength > limit:
		w.Header().Set("Connection", "close")
		return nil, &http.MaxBytesError{Limit: limit}
	case r.ContentLength >= 0:
		most = r.ContentLength
	}
	sent := http.MaxBytesReader(w, r.Body, limit)
	switch packed, err := isPacked(r); {
	case err != nil:
		return nil, err
	case packed:
		body, err := readAll(r, sent, most, limit)
		if err != nil {
			return nil, err
		}
		return unpack(r, body, limit)
	}
	return readAll(r, sent, most, 0)
}

// readAll reads what has at most so many bytes; of more than heldFirst it holds besides as many
// for what is made of it. What a client announces costs nothing before heldFreely of it has
// come, and a MiB until that has.
func readAll(r *http.Request, from io.Reader, most, besides int64) ([]byte, error) {
	body := make([]byte, 0, min(most+1, 512))
	for {
		if size := int64(cap(body)); int64(len(body)) == size {
			grown, err := 2*size, error(nil)
			switch {
			case size < heldFreely:
			case size <= heldFirst:
				first := min(most, heldFirst)
				grown, err = max(first, size)+1, holdFirst(r, first) // the end comes with a byte more
			default:
				grown, err = max(most, size)+1, holdAll(r, most+besides) // so that nothing is copied again
			}
			if err != nil {
				return nil, err
			}
			body = append(make([]byte, 0, grown), body...)
		}
		n, err := from.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case errors.Is(err, io.EOF):
			return body, nil
		case err != nil:
			return nil, bodyError(err, "the body could not be read to its end")
		}
	}
}

// unpack reads gzip twice: what it becomes is held only where it is not too much.
func unpack(r *http.Request, packed []byte, limit int64) ([]byte, error) {
	plain, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, bodyError(err, notGzip)
	}
	size, err := io.Copy(io.Discard, io.LimitReader(plain, limit+1))
	switch {
	case err != nil:
		return nil, bodyError(err, "the body could not be read to its end")
	case size > limit:
		return nil, &http.MaxBytesError{Limit: limit}
	case size > heldFreely && len(packed) <= heldFirst: // otherwise both are held already
		if err := holdAll(r, int64(len(packed))+size); err != nil {
			return nil, err
		}
	}
	body := make([]byte, size)
	if err := plain.Reset(bytes.NewReader(packed)); err != nil {
		return nil, bodyError(err, notGzip)
	}
	if _, err := io.ReadFull(plain, body); err != nil {
		return nil, bodyError(err, "the body could not be read to its end")
	}
	return body, nil
}

const notGzip = "the body is not gzip, as its Content-Encoding says"

// isPacked tells whether a body is gzip; what it is else, it is plain.
func isPacked(r *http.Request) (bool, error) {
	switch encoding := strings.ToLower(r.Header.Get("Content-Encoding")); encoding {
	case "", "identity":
		return false, nil
	case "gzip", "x-gzip":
		return true, nil
	default:
		return false, refuse(http.StatusUnsupportedMediaType, "the body's Content-Encoding is %.40q: send it plain or as gzip", encoding)
	}
}

// unpacked reads a body that lasts as it was before its Content-Encoding.
func unpacked(r *http.Request, body io.Reader) (io.Reader, error) {
	packed, err := isPacked(r)
	if err != nil || !packed {
		return body, err
	}
	plain, err := gzip.NewReader(body)
	if err != nil {
		return nil, bodyError(err, notGzip)
	}
	return plain, nil
}

func bodyError(err error, sentence string) error {
	var size *http.MaxBytesError
	switch {
	case errors.As(err, &size):
		return err
	case errors.Is(err, os.ErrDeadlineExceeded):
		return refuse(http.StatusRequestTimeout, "the body did not come in time: send it faster, or in pieces")
	}
	return refuse(http.StatusBadRequest, "%s", sentence)
}

// queryOf reads the query; what of it cannot be read is not passed over.
func queryOf(r *http.Request) (url.Values, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "the query cannot be read: %v", err)
	}
	return query, nil
}

// decodeJSON reads one JSON value that has no field unknown to into. Its error
// is a sentence that names the place.
func decodeJSON(body []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if err == nil {
		if _, err := decoder.Token(); err != io.EOF {
			return refuse(http.StatusBadRequest, "something stands behind the JSON value, at byte %d", decoder.InputOffset())
		}
		return nil
	}
	return jsonError(err, len(body))
}

// jsonError is a sentence that names the place in a text of size bytes.
func jsonError(err error, size int) error {
	var syntax *json.SyntaxError
	var wrong *json.UnmarshalTypeError
	switch unknown, is := strings.CutPrefix(err.Error(), "json: unknown field "); {
	case is:
		return refuse(http.StatusBadRequest, "the field %s is not known here", unknown)
	case errors.Is(err, io.EOF):
		return refuse(http.StatusBadRequest, "the body is empty: JSON is expected")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return refuse(http.StatusBadRequest, "the JSON ends too early, at byte %d", size)
	case errors.As(err, &syntax) && syntax.Offset >= int64(size) && strings.HasPrefix(syntax.Error(), "unexpected end"):
		return refuse(http.StatusBadRequest, "the JSON ends too early, at byte %d", size)
	case errors.As(err, &syntax):
		return refuse(http.StatusBadRequest, "not JSON at byte %d: %s", syntax.Offset, strings.TrimPrefix(syntax.Error(), "json: "))
	case errors.As(err, &wrong):
		return refuse(http.StatusBadRequest, "%s", typeError(wrong))
	}
	return refuse(http.StatusBadRequest, "%s", strings.TrimPrefix(err.Error(), "json: "))
}

func typeError(wrong *json.UnmarshalTypeError) string {
	// What is read here is flat: a dot comes from how a struct is made up.
	place := fmt.Sprintf("the field %q", wrong.Field[strings.LastIndexByte(wrong.Field, '.')+1:])
	if wrong.Field == "" {
		place = "the JSON value"
	}
	if reflect.PointerTo(wrong.Type).Implements(reflect.TypeFor[interface{ UnmarshalText([]byte) error }]()) {
		return fmt.Sprintf("%s is %s, which is not a string", place, article(wrong.Value))
	}
	wanted := map[reflect.Kind]string{reflect.Float64: "a finite number", reflect.Int64: "a whole number", reflect.Int: "a whole number", reflect.Bool: "true or false",
		reflect.Struct: "an object", reflect.Map: "an object", reflect.Slice: "an array"}[wrong.Type.Kind()]
	if wanted == "" {
		wanted = "a string" // a kind reads itself from one
	}
	return fmt.Sprintf("%s is %s, which is not %s", place, article(wrong.Value), wanted)
}

// article names a JSON value as a sentence does.
func article(value string) string {
	switch kind, literal, _ := strings.Cut(value, " "); {
	case literal != "":
		return literal
	case kind == "array" || kind == "object":
		return "an " + kind
	default:
		return "a " + kind
	}
}

// idempotency is the request's key, as it is kept, and the digest of all that the
// same key must come with again.
func idempotency(r *http.Request, body []byte) (key string, digest uint64, err error) {
	key = r.Header.Get("Idempotency-Key")
	if key == "" {
		return "", 0, nil
	}
	if len(key) > maxKey {
		return "", 0, refuse(http.StatusBadRequest, "the Idempotency-Key is longer than %d bytes", maxKey)
	}
	return scoped(callerOf(r), key), digestOf([]byte(r.Method), []byte(r.URL.EscapedPath()), []byte(r.URL.RawQuery), body), nil
}

// scoped keeps the keys of tokens apart.
func scoped(c auth.Caller, key string) string { return c.ID + "\x00" + key }

func digestOf(parts ...[]byte) uint64 {
	h := sha256.New()
	var length [8]byte
	for _, p := range parts {
		binary.BigEndian.PutUint64(length[:], uint64(len(p)))
		h.Write(length[:])
		h.Write(p)
	}
	return binary.BigEndian.Uint64(h.Sum(nil))
}

// sendJSON writes a value and a newline.
func sendJSON(w http.ResponseWriter, value any) error {
	return sendStatus(w, http.StatusOK, value)
}

// sendStatus is sendJSON with another status than 200.
func sendStatus(w http.ResponseWriter, status int, value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode an answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(shownJSON(body), '\n')) // the client has gone: nobody is left to tell
	return nil
}

// shownJSON escapes, in the strings of JSON that encoding/json has written, the characters that
// it leaves as they are and a terminal may obey, or show other text by than there is: those of
// the second set of control characters, and those that turn the direction of writing.
func shownJSON(text []byte) []byte {
	at := obeyed(text)
	if at < 0 {
		return text
	}
	shown := make([]byte, 0, len(text)+64)
	for at >= 0 {
		r, size := utf8.DecodeRune(text[at:])
		shown = fmt.Appendf(append(shown, text[:at]...), "\\u%04x", r)
		text = text[at+size:]
		at = obeyed(text)
	}
	return append(shown, text...)
}

// obeyed is where the first of these characters is; -1 for nowhere.
func obeyed(text []byte) int {
	for i, c := range text {
		switch c {
		case 0x7f:
			return i
		case 0xc2, 0xd8, 0xe2: // what they all begin with
			if r, _ := utf8.DecodeRune(text[i:]); r >= 0x80 && r < 0xa0 || unicode.Is(unicode.Bidi_Control, r) {
				return i
			}
		}
	}
	return -1
}
