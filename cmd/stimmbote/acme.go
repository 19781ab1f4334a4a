package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"stimmbote/web"
)

// letsEncrypt is the short name of the usual certificate authority.
const letsEncrypt = "letsencrypt"

// retries are how long to wait after each failure to get a certificate. Authorities turn away whoever asks more often.
var retries = []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour}

// answersWithin is how long an authority may take for one answer.
const answersWithin = 15 * time.Second

// soonOver is from how long before its end a certificate that was not renewed is worth a warning.
const soonOver = 10 * 24 * time.Hour

// issued is the certificate of one name, from an authority that is asked by ACME over the same port (TLS-ALPN-01). It is
// got and renewed beside everything else: no browser waits in a handshake for an authority. Certificate and the key of
// the account are kept in a folder that nobody else may read.
type issued struct {
	host    string
	manager *autocert.Manager
	ready   atomic.Bool
	ended   chan struct{} // nobody is asked any more
	log     zerolog.Logger
}

// newIssued prepares for a certificate of the name in the pages' address.
func newIssued(cfg web.Config, dir string, log zerolog.Logger) (*issued, error) {
	folder := filepath.Join(dir, "certificates")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder for certificates: %w", err)
	}
	i := &issued{host: cfg.Host(), log: log, ended: make(chan struct{})}
	i.manager = &autocert.Manager{
		Prompt: autocert.AcceptTOS, Cache: autocert.DirCache(folder), HostPolicy: autocert.HostWhitelist(i.host), Client: &acme.Client{HTTPClient: &http.Client{Transport: i, Timeout: answersWithin}},
	}
	if cfg.ACME != letsEncrypt {
		i.manager.Client.DirectoryURL = cfg.ACME
	}
	return i, nil
}

// config is for the port that the authority and everybody else connect to.
func (i *issued) config() *tls.Config {
	return &tls.Config{GetCertificate: i.get, NextProtos: []string{acme.ALPNProto}, MinVersion: tls.VersionTLS12}
}

// RoundTrip asks the authority. When the program stops, the next answer is waited for at most.
func (i *issued) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case <-i.ended:
		return nil, context.Canceled
	default:
		return http.DefaultTransport.RoundTrip(r)
	}
}

var errNotYet = errors.New("there is no certificate yet")

// get answers the authority's question, and else gives what there is.
func (i *issued) get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if len(hello.SupportedProtos) == 1 && hello.SupportedProtos[0] == acme.ALPNProto {
		return i.manager.GetCertificate(hello)
	}
	if !i.ready.Load() {
		return nil, errNotYet
	}
	return i.certificate()
}

// certificate is the one that is kept, or a new one.
func (i *issued) certificate() (*tls.Certificate, error) {
	return i.manager.GetCertificate(&tls.ClientHelloInfo{
		ServerName: i.host, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256},
		SignatureSchemes: []tls.SignatureScheme{tls.ECDSAWithP256AndSHA256}, SupportedCurves: []tls.CurveID{tls.CurveP256},
	})
}

// Run gets the certificate, until ctx ends, and looks every day whether it is being renewed.
func (i *issued) Run(ctx context.Context) error {
	defer context.AfterFunc(ctx, func() { close(i.ended) })()
	for failures := 0; ; {
		wait := 24 * time.Hour
		cert, err := i.certificate()
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !i.ready.Load():
			wait = retries[min(failures, len(retries)-1)]
			failures++
			i.log.Warn().Err(err).Str("name", i.host).Stringer("again_in", wait).
				Msg("No certificate yet: the name has to lead to this machine, and port 443 of it to web.listen")
		case err != nil || over(cert).Before(time.Now().Add(soonOver)):
			i.log.Warn().Err(err).Str("name", i.host).Msg("The certificate is not being renewed")
		case !i.ready.Swap(true):
			i.log.Info().Str("name", i.host).Time("until", over(cert)).Msg("The certificate is there")
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

// over is when a certificate ends.
func over(cert *tls.Certificate) time.Time {
	leaf := cert.Leaf
	if leaf == nil {
		var err error
		if leaf, err = x509.ParseCertificate(cert.Certificate[0]); err != nil {
			return time.Time{}
		}
	}
	return leaf.NotAfter
}
