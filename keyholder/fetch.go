package keyholder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"
)

// What is not fetched.
var (
	ErrAddress  = errors.New("not an address that is looked at: it takes https and a public address, or a host that keyholder.page_hosts names")
	ErrLongPage = errors.New("the page is longer than a ballot page can be")
)

const (
	mostPage      = 4 << 20          // bytes
	pageWithin    = 10 * time.Second // from the name to the last byte
	mostRedirects = 3
)

// Fetcher gets ballot pages whose addresses the bot names, with no cookie and nothing cached. The bot may
// name any: only what is public on the Internet is reached, by https, and what the machine's owner named.
type Fetcher struct {
	hosts  []string
	client *http.Client
}

// NewFetcher is a fetcher that also reaches hosts that the machine's owner named, wherever they are and
// without https.
func NewFetcher(hosts []string) *Fetcher {
	f := &Fetcher{hosts: hosts}
	named, others := &net.Dialer{}, &net.Dialer{Control: onlyPublic}
	f.client = &http.Client{
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > mostRedirects {
				return ErrAddress
			}
			return f.check(r.URL)
		},
		Transport: &http.Transport{ // no proxy: it would reach what the machine must not
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				if host, _, err := net.SplitHostPort(address); err == nil && f.named(host) {
					return named.DialContext(ctx, network, address)
				}
				return others.DialContext(ctx, network, address)
			},
			DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10, ForceAttemptHTTP2: true,
		},
	}
	return f
}

// Fetch gets a page.
func (f *Fetcher) Fetch(ctx context.Context, address string) ([]byte, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAddress, err)
	}
	if err := f.check(u); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, pageWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("asking for a page: %w", err)
	}
	answer, err := f.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("asking for a page: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("asking for a page: %s", answer.Status)
	}
	page, err := io.ReadAll(io.LimitReader(answer.Body, mostPage+1))
	if err != nil {
		return nil, fmt.Errorf("reading a page: %w", err)
	}
	if len(page) > mostPage {
		return nil, ErrLongPage
	}
	return page, nil
}

// check says whether an address may be asked at all. Where its name leads is looked at when it is dialled.
func (f *Fetcher) check(u *url.URL) error {
	if u.User != nil || u.Hostname() == "" || u.Scheme != "https" && (u.Scheme != "http" || !f.named(u.Hostname())) {
		return ErrAddress
	}
	return nil
}

func (f *Fetcher) named(host string) bool {
	return slices.ContainsFunc(f.hosts, func(named string) bool { return strings.EqualFold(named, host) })
}

// onlyPublic refuses to connect to an address that is not public, whatever name led to it.
func onlyPublic(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !public(at.Addr()) {
		return ErrAddress
	}
	return nil
}

// special are blocks that are no public hosts, besides those that [netip] knows: carriers' own, for
// examples and measurements, and such as have an IPv4 address in them that may be private.
var special = func() (all []netip.Prefix) {
	for block := range strings.FieldsSeq(`0.0.0.0/8 100.64.0.0/10 192.0.0.0/24 192.0.2.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24
		240.0.0.0/4 ::/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 2002::/16 3fff::/20 fec0::/10`) {
		all = append(all, netip.MustParsePrefix(block))
	}
	return all
}()

func public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	return a.IsGlobalUnicast() && !a.IsPrivate() && !slices.ContainsFunc(special, func(block netip.Prefix) bool { return block.Contains(a) })
}
