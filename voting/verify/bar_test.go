package verify

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"
)

// The bar moves on one line and leaves nothing behind.
func TestBar(t *testing.T) {
	var out bytes.Buffer
	b := &bar{w: &out}
	b.show(1, 4)
	b.show(2, 4) // too soon after the one before
	b.next = time.Time{}
	b.show(4, 4)
	b.end()
	parts := strings.Split(out.String(), "\r")
	if len(parts) != 5 || !strings.HasSuffix(parts[1], " 25 %") || !strings.HasSuffix(parts[2], "100 %") ||
		strings.TrimSpace(parts[3]) != "" || len(parts[3]) < len(parts[2]) || parts[4] != "" {
		t.Errorf("shown is %q", parts)
	}
}

// Where no terminal is nothing is shown.
func TestNoBarInFiles(t *testing.T) {
	file, err := os.Create(written(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, b := range []*bar{newBar(file), newBar(new(bytes.Buffer))} {
		b.show(1, 2)
		b.end()
	}
	if info, err := file.Stat(); err != nil || info.Size() != 0 {
		t.Errorf("%v, %v", info, err)
	}
}
