package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"stimmbote/i18n"
	"stimmbote/keyholder"
	"stimmbote/store"
	"stimmbote/web"
)

// keyStatus is `stimmbote keyholder status`: it says what the machine holds, whether it runs or not. It
// only looks, and shows nothing that the group does not know.
func keyStatus(ctx context.Context, cfg config, stdout io.Writer) error {
	texts, err := i18n.Load(cfg.Language)
	if err != nil {
		return err
	}
	say := func(key string, args ...any) { fmt.Fprintln(stdout, texts.Text("keyholder.status."+key, args...)) }
	say("who", "owner", cfg.Keyholder.Owner, "user", cfg.Matrix.User, "bot", cfg.Keyholder.Bot)
	runs, err := store.InUse(cfg.Store.Dir)
	if err != nil {
		return err
	}
	if !runs {
		say("stopped")
	} else if age, err := lastSync(ctx, cfg.Ops.Listen); err != nil {
		say("runs", "reason", err)
	} else {
		say("synced", "seconds", int(age.Seconds()))
	}
	if booth := boothOf(cfg.Web); booth == "" {
		say("page.none")
	} else if page, err := ownFetcher(cfg.Web).Fetch(ctx, booth); err != nil {
		say("page.away", "url", booth, "reason", err)
	} else if web.Sum(page) != web.BoothHash() {
		say("page.wrong", "url", booth)
	} else {
		say("page.up", "url", booth)
	}
	return heldVotes(ctx, cfg.Store.Dir, texts, stdout)
}

// ownFetcher gets the machine's own page, wherever it is.
func ownFetcher(cfg web.Config) *keyholder.Fetcher {
	var hosts []string
	if u, err := url.Parse(cfg.PublicURL); err == nil {
		hosts = append(hosts, u.Hostname())
	}
	return keyholder.NewFetcher(hosts)
}

// heldVotes lists the votes of the machine: the open ones, and how many are over.
func heldVotes(ctx context.Context, dir string, texts *i18n.Texts, stdout io.Writer) error {
	st, err := store.Look(dir, zerolog.Nop())
	if errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintln(stdout, texts.Text("keyholder.status.never"))
		return nil
	}
	if err != nil {
		return err
	}
	defer st.Close()
	all, err := st.HeldAll(ctx)
	if err != nil {
		return err
	}
	over, keys := 0, store.LookVault(filepath.Join(dir, "keys"))
	for _, h := range all {
		s, err := keyholder.Stand(h, keys)
		if err != nil {
			return err
		}
		if s.Over {
			over++
			continue
		}
		at := ""
		if !s.At.IsZero() {
			at = s.At.Local().Format(time.DateTime)
		}
		fmt.Fprintln(stdout, texts.Text("keyholder.status.vote", "question", s.Question, "key", texts.Text("keyholder.status."+s.Key)))
		fmt.Fprintln(stdout, "  "+texts.Text("keyholder.waits."+s.Waits, "at", at))
	}
	fmt.Fprintln(stdout, texts.Text("keyholder.status.over", "open", len(all)-over, "over", over))
	return nil
}

// lastSync asks the running program when the homeserver last answered it.
func lastSync(ctx context.Context, address string) (time.Duration, error) {
	if address == "" {
		return 0, errors.New("ops.listen is empty")
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/metrics", nil)
	if err != nil {
		return 0, fmt.Errorf("asking at ops.listen: %w", err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, fmt.Errorf("asking at ops.listen: %w", err)
	}
	defer answer.Body.Close()
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		if value, found := strings.CutPrefix(lines.Text(), "stimmbote_sync_age_seconds "); found {
			seconds, err := strconv.ParseFloat(value, 64)
			return time.Duration(seconds * float64(time.Second)), err
		}
	}
	return 0, errors.New("the homeserver has not answered yet")
}
