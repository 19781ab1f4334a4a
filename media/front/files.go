package front

import (
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"time"
)

// Files uses a certificate, with all that vouch for it, and its key, from two files in PEM. When they are renewed, the new
// ones are used from the next connection on; the old ones go on for as long as the new ones cannot be read.
func Files(cert, key string) (*tls.Config, error) {
	f := &files{cert: cert, key: key}
	if err := f.load(); err != nil {
		return nil, fmt.Errorf("reading certificate %s with key %s: %w", cert, key, err)
	}
	return &tls.Config{GetCertificate: f.get, MinVersion: tls.VersionTLS12}, nil
}

type files struct {
	cert, key string

	mu    sync.Mutex
	pair  tls.Certificate
	times [2]time.Time // of the files
}

// load reads the files if they have changed.
func (f *files) load() error {
	var times [2]time.Time
	for i, name := range []string{f.cert, f.key} {
		about, err := os.Stat(name)
		if err != nil {
			return err
		}
		times[i] = about.ModTime()
	}
	if times == f.times {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return err
	}
	f.pair, f.times = pair, times
	return nil
}

func (f *files) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	_ = f.load()
	pair := f.pair
	return &pair, nil
}
