// Package faults stands between a bot and its homeserver and lets things go wrong: answers that are
// refused, broken or lost, for any request that a test chooses. What it lets through it changes in
// nothing.
package faults

import (
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"sync"
)

// Fault is what happens to a request.
type Fault string

// The faults that a network and a homeserver have in store.
const (
	None       Fault = ""
	Limited    Fault = "429, time in the body"
	LimitedToo Fault = "429, time in the header"
	BadGateway Fault = "502 with a web page"
	Lost       Fault = "done, but the answer is lost"
	Cut        Fault = "never arrives"
)

// All are the faults.
var All = []Fault{Limited, LimitedToo, BadGateway, Lost, Cut}

// Proxy is the way to a homeserver.
type Proxy struct {
	URL string

	server *httptest.Server
	onward http.Handler

	mu   sync.Mutex
	rule func(endpoint string, n int) Fault
	seen map[string]int // requests by endpoint
	hits map[string]int // faults by endpoint
}

// New listens on this machine. Until there is a rule nothing goes wrong.
func New(homeserver string) (*Proxy, error) {
	target, err := url.Parse(homeserver)
	if err != nil {
		return nil, err
	}
	onward := httputil.NewSingleHostReverseProxy(target)
	onward.ErrorLog = log.New(io.Discard, "", 0)
	onward.FlushInterval = -1
	p := &Proxy{onward: onward, seen: map[string]int{}, hits: map[string]int{}, rule: func(string, int) Fault { return None }}
	p.server = httptest.NewUnstartedServer(p)
	p.server.Config.ErrorLog = onward.ErrorLog
	p.server.Start()
	p.URL = p.server.URL
	return p, nil
}

// Close stops listening.
func (p *Proxy) Close() {
	p.server.CloseClientConnections()
	p.server.Close()
}

// Rule decides from now on: it is asked with the endpoint and how many requests to it there were
// since, this one included.
func (p *Proxy) Rule(rule func(endpoint string, n int) Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rule = rule
	clear(p.seen)
}

// Hits are how often something went wrong, by endpoint.
func (p *Proxy) Hits() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	hits := make(map[string]int, len(p.hits))
	maps.Copy(hits, p.hits)
	return hits
}

// variable are the parts of a path that differ from request to request.
var variable = regexp.MustCompile(`/(rooms|join|user|profile|presence)/[^/]+|/(send|redact|sendToDevice|state|account_data)(/.*)`)

// Endpoint names what a request is for: its path without what changes.
func Endpoint(r *http.Request) string {
	path := regexp.MustCompile(`^/_matrix/(client|media)/(v\d+|r0|unstable)`).ReplaceAllString(r.URL.Path, "")
	return r.Method + " " + variable.ReplaceAllStringFunc(path, func(part string) string {
		m := variable.FindStringSubmatch(part)
		if m[1] != "" {
			return "/" + m[1] + "/…"
		}
		return "/" + m[2]
	})
}

// ServeHTTP is the way of one request.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch p.judge(Endpoint(r)) {
	case Limited:
		refuse(w, http.StatusTooManyRequests, `{"errcode":"M_LIMIT_EXCEEDED","error":"Too many requests","retry_after_ms":300}`)
	case LimitedToo:
		w.Header().Set("Retry-After", "1")
		refuse(w, http.StatusTooManyRequests, `{"errcode":"M_LIMIT_EXCEEDED","error":"Too many requests"}`)
	case BadGateway:
		w.Header().Set("Content-Type", "text/html")
		refuse(w, http.StatusBadGateway, `<html><body><h1>502 Bad Gateway</h1></body></html>`)
	case Lost:
		p.onward.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	case Cut:
		panic(http.ErrAbortHandler)
	default:
		p.onward.ServeHTTP(w, r)
	}
}

func (p *Proxy) judge(endpoint string) Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen[endpoint]++
	fault := p.rule(endpoint, p.seen[endpoint])
	if fault != None {
		p.hits[endpoint]++
	}
	return fault
}

func refuse(w http.ResponseWriter, code int, body string) {
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(code)
	_, _ = io.WriteString(w, body)
}
