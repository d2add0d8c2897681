package journey

import (
	"io"
	"net/http"
	"testing"
)

func TestWhatIsToldOfTheAPIGoesOutPacked(t *testing.T) {
	s := quiet(t)
	for _, path := range []string{"/api/v1/openapi.json", "/api/docs"} {
		ask := func(accept string) (*http.Response, string) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			if accept != "" {
				r.Header.Set("Accept-Encoding", accept)
			}
			client := &http.Client{Transport: &http.Transport{DisableCompression: accept != "", DisableKeepAlives: true}}
			answer, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			body, err := io.ReadAll(answer.Body)
			if err != nil {
				t.Fatal(err)
			}
			return answer, string(body)
		}
		unpacked, plain := ask("identity")
		packed, small := ask("br, gzip")
		if asIs, unpackedHere := ask(""); !asIs.Uncompressed || unpackedHere != plain {
			t.Errorf("%s: packed it is something else", path)
		}
		for _, answer := range []*http.Response{unpacked, packed} {
			if answer.StatusCode != 200 || answer.Header.Get("Content-Type") == "" || answer.Header.Get("Vary") != "Accept-Encoding" {
				t.Errorf("%s: %d, %v", path, answer.StatusCode, answer.Header)
			}
		}
		if unpacked.Header.Get("Content-Encoding") != "" || packed.Header.Get("Content-Encoding") != "gzip" || len(small) > len(plain)/4 {
			t.Errorf("%s: %d bytes and %d, %v", path, len(plain), len(small), packed.Header)
		}
		t.Log(path, len(plain), len(small))
	}
}
