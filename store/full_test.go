package store

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

// A database without room says so in its own words, and goes on when there is room.
func TestFull(t *testing.T) {
	s := fresh(t)
	ctx := t.Context()
	s.DB().RawDB.SetMaxOpenConns(1) // the limit holds for a connection
	limit := func(pages int) {
		t.Helper()
		if _, err := s.DB().Exec(ctx, fmt.Sprintf("PRAGMA max_page_count=%d", pages)); err != nil {
			t.Fatal(err)
		}
	}
	write := func(key string) error {
		return s.Tx(ctx, func(ctx context.Context) error {
			return s.PutSetting(ctx, "!room", key, string(make([]byte, 1<<20)))
		})
	}
	limit(1) // as many as there are
	if err := write("a"); !Full(err) || !Failed(err) {
		t.Errorf("no room: %v", err)
	}
	limit(100_000)
	if err := write("b"); err != nil {
		t.Errorf("room again: %v", err)
	}
	if got, err := s.Setting(ctx, "!room", "a"); got != "" || err != nil {
		t.Errorf("what there was no room for: %d bytes, %v", len(got), err)
	}
	if Full(nil) || Full(errors.New("another")) || Failed(nil) || Failed(errors.New("another")) {
		t.Error("another error is taken for a full disk")
	}
}
