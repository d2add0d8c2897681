package redis

import (
	"errors"
	"slices"
	"testing"
)

func TestEachServerOfAListProvesItsOwnName(t *testing.T) {
	for _, url := range []string{"rediss://a:1,rediss://b:2", "rediss://a:1,rediss://b:2?master_set=board"} {
		o, err := Dial(url)
		if err != nil || !slices.Equal(o.InitAddress, []string{"a:1", "b:2"}) {
			t.Fatalf("%s: %v, %v", url, o.InitAddress, err)
		}
		if o.TLSConfig == nil || o.TLSConfig.ServerName != "" || o.TLSConfig.InsecureSkipVerify {
			t.Errorf("%s: %+v", url, o.TLSConfig)
		}
		if o.Sentinel.MasterSet != "" && (o.Sentinel.TLSConfig != o.TLSConfig || o.Sentinel.Dialer.Timeout == 0) {
			t.Errorf("%s: sentinels are asked in the clear, or for ever: %+v", url, o.Sentinel)
		}
	}
	if _, err := Dial("http://a"); !errors.Is(err, ErrURL) {
		t.Errorf("of another kind: %v", err)
	}
}

// TestOneListSpeaksOneWay would fail where part of a list were reached in the clear.
func TestOneListSpeaksOneWay(t *testing.T) {
	for _, url := range []string{"redis://a,rediss://b", "rediss://a,redis://b"} {
		if _, err := Dial(url); !errors.Is(err, ErrURL) {
			t.Errorf("%s: %v", url, err)
		}
	}
}
