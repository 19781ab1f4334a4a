package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"stimmbote/chat"
	"stimmbote/i18n"
)

// accountUsage are the ways into an account.
const accountUsage = `  one of these, each a file with the secret in it (or the variable with the secret itself,
  without _FILE):
  --password-file FILE            the account's password         STIMMBOTE_MATRIX_PASSWORD_FILE
  --access-token-file FILE        a token of a fresh device      STIMMBOTE_MATRIX_ACCESS_TOKEN_FILE
  --registration-token-file FILE  makes the account              STIMMBOTE_SETUP_REGISTRATION_TOKEN_FILE
  --shared-secret-file FILE       makes the account on your own server (its
                                  registration_shared_secret)    STIMMBOTE_SETUP_SHARED_SECRET_FILE
`

const setupUsage = `usage: stimmbote setup [--config FILE] [options]

Asks what the bot needs, tries it, and writes the configuration. It never overwrites a file.
Without a terminal nothing is asked: each answer is an option here or an environment variable.

  --config FILE                   where to write the configuration (config.yaml)
  --language de|en                what the bot speaks            STIMMBOTE_LANGUAGE
  --server NAME                   the bot's Matrix ID, or the server's name or address
                                                                 STIMMBOTE_MATRIX_HOMESERVER
  --user NAME                     the account's name             STIMMBOTE_MATRIX_USER
` + accountUsage + `  --contact TEXT                  whom members may ask: name, telephone
                                                                 STIMMBOTE_BOT_CONTACT
  --admin ID                      who is told when something is wrong: a Matrix ID
                                                                 STIMMBOTE_BOT_ADMIN
  --public-url URL                where the pages of calls are reached
                                                                 STIMMBOTE_WEB_PUBLIC_URL
  --certificate proxy|letsencrypt where these pages get their certificate: from a proxy in
                                  front of them, or from there, over port 443
  --store FOLDER                  for database and keys (data, beside the configuration)
                                                                 STIMMBOTE_STORE_DIR
`

// setupVariables are read by setup only.
var setupVariables = []string{
	"STIMMBOTE_SETUP_REGISTRATION_TOKEN", "STIMMBOTE_SETUP_REGISTRATION_TOKEN_FILE",
	"STIMMBOTE_SETUP_SHARED_SECRET", "STIMMBOTE_SETUP_SHARED_SECRET_FILE",
}

// way is how the bot gets into its account.
type way int

const (
	byPassword way = iota + 1
	byToken
	byRegistrationToken
	bySharedSecret
)

// key is the way in the catalogue of sentences.
func (w way) key() string {
	return [...]string{byPassword: "password", byToken: "token", byRegistrationToken: "registration-token", bySharedSecret: "secret"}[w]
}

// answers are what setup knows so far.
type answers struct {
	config                                                string
	language, server, user, contact, admin, public, store string
	certificate                                           string
	keyholder                                             bool   // a teller's machine is set up, not the bot
	owner, bot                                            string // of a teller's machine
	way                                                   way
	secret                                                string // of the way: password, token, …
	secretFile                                            string // where it was read from; "" is nowhere
}

// setup is `stimmbote setup`, or with keyholder `stimmbote keyholder setup`. Exit codes: 0 written,
// 1 something is in the way, 2 wrong usage.
func setup(ctx context.Context, args []string, keyholder bool, stdin io.Reader, stdout, stderr io.Writer) int {
	texts, err := i18n.Load(spoken())
	if err != nil {
		fmt.Fprintf(stderr, "stimmbote: %v\n", err)
		return exitError
	}
	a, code := readAnswers(args, keyholder, os.Getenv, stderr)
	if code != exitOK {
		return code
	}
	d := newDialog(ctx, stdin, stdout, texts)
	client := &http.Client{Timeout: 30 * time.Second}
	err = arrange(ctx, d, a, client)
	if o, ok := errors.AsType[*chat.Obstacle](err); ok {
		fmt.Fprintf(stderr, "stimmbote: %s\n", d.texts.Text(o.Key, o.Args...))
		if o.Key == "setup.obstacle.missing" || o.Key == "setup.obstacle.exists" {
			return exitUsage
		}
		return exitError
	}
	if err != nil {
		fmt.Fprintf(stderr, "stimmbote: %v\n", err)
		return exitError
	}
	return exitOK
}

// readAnswers takes what options and environment say; options win.
func readAnswers(args []string, keyholder bool, env func(string) string, stderr io.Writer) (*answers, int) {
	a, use := &answers{keyholder: keyholder}, setupUsage
	flags := flag.NewFlagSet("setup", flag.ContinueOnError)
	flags.SetOutput(stderr)
	if keyholder {
		use = keyholderSetupUsage
		flags.StringVar(&a.owner, "owner", env("STIMMBOTE_KEYHOLDER_OWNER"), "")
		flags.StringVar(&a.bot, "bot", env("STIMMBOTE_KEYHOLDER_BOT"), "")
	} else {
		flags.StringVar(&a.contact, "contact", env("STIMMBOTE_BOT_CONTACT"), "")
		flags.StringVar(&a.admin, "admin", env("STIMMBOTE_BOT_ADMIN"), "")
	}
	flags.Usage = func() { fmt.Fprint(stderr, use) }
	flags.StringVar(&a.config, "config", usualConfig, "")
	flags.StringVar(&a.language, "language", env("STIMMBOTE_LANGUAGE"), "")
	flags.StringVar(&a.server, "server", env("STIMMBOTE_MATRIX_HOMESERVER"), "")
	flags.StringVar(&a.user, "user", env("STIMMBOTE_MATRIX_USER"), "")
	flags.StringVar(&a.public, "public-url", env("STIMMBOTE_WEB_PUBLIC_URL"), "")
	flags.StringVar(&a.certificate, "certificate", env("STIMMBOTE_WEB_ACME"), "")
	flags.StringVar(&a.store, "store", env("STIMMBOTE_STORE_DIR"), "")
	secrets := []struct {
		way       way
		flag, env string
		file      string
	}{
		{byPassword, "password-file", "STIMMBOTE_MATRIX_PASSWORD", ""},
		{byToken, "access-token-file", "STIMMBOTE_MATRIX_ACCESS_TOKEN", ""},
		{byRegistrationToken, "registration-token-file", "STIMMBOTE_SETUP_REGISTRATION_TOKEN", ""},
		{bySharedSecret, "shared-secret-file", "STIMMBOTE_SETUP_SHARED_SECRET", ""},
	}
	for i := range secrets {
		flags.StringVar(&secrets[i].file, secrets[i].flag, env(secrets[i].env+"_FILE"), "")
	}
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return nil, exitUsage
	case err != nil:
		return nil, exitUsage
	case flags.NArg() > 0:
		fmt.Fprintf(stderr, "stimmbote: setup takes no %q\n%s", flags.Arg(0), use)
		return nil, exitUsage
	}
	for _, s := range secrets {
		value := env(s.env)
		if s.file == "" && value == "" {
			continue
		}
		if a.way != 0 {
			fmt.Fprintf(stderr, "stimmbote: --%s or %s is one way into the account too many; give one\n", s.flag, s.env)
			return nil, exitUsage
		}
		a.way, a.secret = s.way, value
		if s.file == "" {
			continue
		}
		secret, err := readSecret(s.file)
		if err != nil {
			fmt.Fprintf(stderr, "stimmbote: --%s: %v\n", s.flag, err)
			return nil, exitUsage
		}
		if a.secret, a.secretFile, err = secret, s.file, nil; !filepath.IsAbs(s.file) {
			if a.secretFile, err = filepath.Abs(s.file); err != nil {
				fmt.Fprintf(stderr, "stimmbote: --%s: %v\n", s.flag, err)
				return nil, exitUsage
			}
		}
	}
	return a, exitOK
}

// arrange asks what is not known yet, tries it, and writes the file.
func arrange(ctx context.Context, d *dialog, a *answers, client *http.Client) error {
	if err := d.language(a); err != nil {
		return err
	}
	file, err := newConfigFile(a.config)
	if err != nil {
		return err
	}
	defer file.discard()
	if d.live {
		d.say("setup.welcome", "file", a.config)
	}
	hs, err := d.server(ctx, a, client)
	if err != nil {
		return err
	}
	if err := d.others(a); err != nil {
		return err
	}
	if err := d.certificate(a); err != nil {
		return err
	}
	login, err := d.account(ctx, a, hs)
	if err != nil {
		return err
	}
	if err := file.write(a, login); err != nil {
		return err
	}
	d.say("setup.written", "file", a.config)
	d.reach(ctx, a)
	d.say(a.key("setup.next"), "file", a.config, "user", login.user, "owner", a.owner)
	if !a.keyholder { // a machine says little
		d.say("setup.limits", "command", liftCommand(login.homeserver, login.user))
	}
	return nil
}

// liftCommand is what an administrator of a Synapse types so that the bot may write as fast as it
// has to.
func liftCommand(homeserver, user string) string {
	return strings.Join([]string{
		`curl -X POST -H "Authorization: Bearer ADMIN_TOKEN" -d '{"messages_per_second":0,"burst_count":0}'`,
		homeserver + "/_synapse/admin/v1/users/" + user + "/override_ratelimit",
	}, " ")
}
