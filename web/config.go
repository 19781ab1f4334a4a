package web

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

// Config is the section "web" of the configuration.
type Config struct {
	Listen    string `yaml:"listen"`     // address and port of the web server
	PublicURL string `yaml:"public_url"` // what links begin with; empty: the bot makes no links

	Cert    string `yaml:"cert"`     // file with the certificate, for browsers that come without a proxy between; empty: none
	CertKey string `yaml:"cert_key"` // file with its key
	ACME    string `yaml:"acme"`     // who issues a certificate instead: "letsencrypt", or an authority's directory; empty: nobody

	ImprintURL string `yaml:"imprint_url"` // who is behind the pages, at the foot of each
	PrivacyURL string `yaml:"privacy_url"` // what becomes of people's data, at the foot of each
}

// Defaults is the configuration that an empty section means.
func Defaults() Config { return Config{Listen: "127.0.0.1:8480"} }

// Validate returns every problem of the section, each with what to try.
func (c Config) Validate() error {
	var problems []error
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		problems = append(problems, fmt.Errorf("listen: %q is not an address and a port, try 127.0.0.1:8480", c.Listen))
	}
	if err := checkPublic(c.PublicURL); err != nil {
		problems = append(problems, err)
	}
	if (c.Cert == "") != (c.CertKey == "") {
		problems = append(problems, errors.New("cert: a certificate needs its key and a key its certificate, set cert and cert_key to two files, or neither"))
	}
	problems = append(problems, c.checkACME(), checkLink("imprint_url", c.ImprintURL), checkLink("privacy_url", c.PrivacyURL))
	return errors.Join(problems...)
}

// checkACME accepts an authority where there is a name that it can issue a certificate for.
func (c Config) checkACME() error {
	host := c.Host()
	switch u, err := url.Parse(c.ACME); {
	case c.ACME == "":
		return nil
	case c.ACME != "letsencrypt" && (err != nil || u.Scheme != "https" || u.Host == ""):
		return fmt.Errorf("acme: %q is no authority, try letsencrypt, or the address of its directory", c.ACME)
	case c.Cert != "":
		return errors.New("acme: there is a certificate in cert already, set one of the two")
	case !strings.HasPrefix(c.PublicURL, "https://") || !strings.Contains(host, ".") || net.ParseIP(host) != nil:
		return fmt.Errorf("acme: a certificate needs a name, and public_url is %q; try https://bot.example.org", c.PublicURL)
	}
	return nil
}

// Host is the name that browsers reach the pages by; empty if there is none.
func (c Config) Host() string {
	u, err := url.Parse(c.PublicURL)
	if err != nil || isLocal(u.Hostname()) {
		return ""
	}
	return u.Hostname()
}

// Public says whether the pages are for others than this machine.
func (c Config) Public() bool {
	u, err := url.Parse(c.PublicURL)
	return err == nil && c.PublicURL != "" && !isLocal(u.Hostname())
}

// endsTLS says whether browsers come without a proxy between, which would see to it that they use https.
func (c Config) endsTLS() bool { return c.Cert != "" || c.ACME != "" }

// checkLink accepts the address of a page, or none.
func checkLink(key, link string) error {
	if u, err := url.Parse(link); link != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "") {
		return fmt.Errorf("%s: %q is not a web address, try https://example.org/%s", key, link, key[:7])
	}
	return nil
}

// isLocal says whether a host is this machine.
func isLocal(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// checkPublic accepts what a link can begin with: scheme and host, nothing behind them.
func checkPublic(public string) error {
	if public == "" {
		return nil
	}
	u, err := url.Parse(public)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
		return fmt.Errorf("public_url: %q is not a web address, try https://bot.example.org", public)
	}
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return fmt.Errorf("public_url: %q must end after the host, try %s://%s", public, u.Scheme, u.Host)
	}
	return nil
}
