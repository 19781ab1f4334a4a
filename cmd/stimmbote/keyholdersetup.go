package main

import "strings"

const keyholderSetupUsage = `usage: stimmbote keyholder setup [--config FILE] [options]

Asks what a teller's machine needs, tries it, and writes the configuration. It never overwrites a
file. Without a terminal nothing is asked: each answer is an option here or an environment variable.

  --config FILE                   where to write the configuration (config.yaml)
  --language de|en                what the machine speaks        STIMMBOTE_LANGUAGE
  --server NAME                   the machine's Matrix ID, or the server's name or address
                                                                 STIMMBOTE_MATRIX_HOMESERVER
  --user NAME                     the account's name             STIMMBOTE_MATRIX_USER
` + accountUsage + `  --owner ID                      whose machine it is: the teller's Matrix ID
                                                                 STIMMBOTE_KEYHOLDER_OWNER
  --bot ID                        whose votes it holds keys of: the Matrix ID of the group's bot
                                                                 STIMMBOTE_KEYHOLDER_BOT
  --public-url URL                where browsers reach its ballot page, if it has one
                                                                 STIMMBOTE_WEB_PUBLIC_URL
  --certificate proxy|letsencrypt where this page gets its certificate: from a proxy in front of
                                  it, or from there, over port 443
  --store FOLDER                  for database and keys (data, beside the configuration)
                                                                 STIMMBOTE_STORE_DIR
`

// ownSentences are what a teller's machine says otherwise than the bot when it is set up.
var ownSentences = map[string]string{
	"setup.ask.public":  "setup.keyholder.public",
	"setup.ask.server":  "setup.keyholder.server",
	"setup.ask.way":     "setup.keyholder.way",
	"setup.next":        "setup.keyholder.next",
	"setup.ports.own":   "setup.keyholder.ports.own",
	"setup.ports.proxy": "setup.keyholder.ports.proxy",
}

// key is a sentence's, for what is being set up.
func (a *answers) key(usual string) string {
	if own := ownSentences[usual]; a.keyholder && own != "" {
		return own
	}
	return usual
}

// command is what was typed.
func (a *answers) command() string {
	if a.keyholder {
		return "keyholder setup"
	}
	return "setup"
}

// usualName is what the account is called where nobody says otherwise.
func (a *answers) usualName() string {
	owner, _, _ := strings.Cut(strings.TrimPrefix(a.owner, "@"), ":")
	if owner == "" {
		return "stimmbote"
	}
	return owner + "-keys"
}
