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
	return errors.Join(problems...)
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
