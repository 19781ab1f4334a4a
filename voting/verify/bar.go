package verify

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// bar shows on a terminal how far the work is, and nothing elsewhere.
type bar struct {
	w     io.Writer // nil if it is no terminal
	next  time.Time
	shown bool
}

const (
	barWidth = 40
	barPause = 100 * time.Millisecond
)

func newBar(w io.Writer) *bar {
	file, ok := w.(*os.File)
	if !ok {
		return new(bar)
	}
	info, err := file.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return new(bar)
	}
	return &bar{w: w, next: time.Now().Add(barPause)}
}

// show draws it anew, now and then.
func (b *bar) show(done, size int64) {
	if b.w == nil || size == 0 || time.Now().Before(b.next) {
		return
	}
	b.next, b.shown = time.Now().Add(barPause), true
	full := int(done * barWidth / size)
	fmt.Fprintf(b.w, "\r[%s%s] %3d %%", strings.Repeat("#", full), strings.Repeat(" ", barWidth-full), done*100/size)
}

// end takes it away.
func (b *bar) end() {
	if b.shown {
		fmt.Fprintf(b.w, "\r%s\r", strings.Repeat(" ", barWidth+8))
	}
}
