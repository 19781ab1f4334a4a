package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/mattn/go-isatty"

	"stimmbote/chat"
	"stimmbote/i18n"
)

// errEnded means that nobody answers any more.
var errEnded = &chat.Obstacle{Key: "setup.obstacle.ended"}

// dialog asks the person at the terminal. Where there is none it asks nothing, and what is
// missing is an obstacle.
type dialog struct {
	ctx   context.Context
	out   io.Writer
	texts *i18n.Texts
	live  bool
	lines <-chan string
	echo  func(on bool) // what is typed is shown or not

	lookup func(ctx context.Context, name string) (addresses []string, err error)
}

// newDialog asks on a terminal, if in is one.
func newDialog(ctx context.Context, in io.Reader, out io.Writer, texts *i18n.Texts) *dialog {
	d := &dialog{ctx: ctx, out: out, texts: texts, echo: func(bool) {}, lookup: net.DefaultResolver.LookupHost}
	file, ok := in.(*os.File)
	if !ok || !isatty.IsTerminal(file.Fd()) {
		return d
	}
	d.listen(in)
	d.echo = func(on bool) {
		mode := map[bool]string{true: "echo", false: "-echo"}[on]
		stty := exec.CommandContext(context.WithoutCancel(ctx), "stty", mode)
		stty.Stdin = file
		_ = stty.Run() // then it is shown, which is no reason to stop
	}
	return d
}

// listen reads lines as they are typed. The goroutine ends with the input, which for a terminal is
// the end of the program: nobody can wake up a reader of one.
func (d *dialog) listen(in io.Reader) {
	lines := make(chan string)
	d.live, d.lines = true, lines
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(in); scanner.Scan(); {
			lines <- scanner.Text()
		}
	}()
}

func (d *dialog) say(key string, args ...any) {
	fmt.Fprintln(d.out, d.texts.Text(key, args...))
}

// read is the next line that is typed.
func (d *dialog) read() (string, error) {
	select {
	case line, ok := <-d.lines:
		if !ok {
			return "", errEnded
		}
		return strings.TrimSpace(line), nil
	case <-d.ctx.Done():
		return "", errEnded
	}
}

// ask asks for a line; an empty one is what stands in brackets.
func (d *dialog) ask(key, otherwise string, args ...any) (string, error) {
	fmt.Fprintf(d.out, "\n%s\n", d.texts.Text(key, args...))
	if otherwise != "" {
		fmt.Fprintf(d.out, "[%s] ", otherwise)
	}
	fmt.Fprint(d.out, "> ")
	line, err := d.read()
	if line == "" {
		line = otherwise
	}
	return line, err
}

// askSecret asks for a line that is not shown while it is typed.
func (d *dialog) askSecret(key string) (string, error) {
	d.echo(false)
	defer func() { d.echo(true); fmt.Fprintln(d.out) }()
	return d.ask(key, "", "option", chat.SharedSecret)
}

// missing says which option or variable answers what cannot be asked.
func missing(what string) error {
	return &chat.Obstacle{Key: "setup.obstacle.missing", Args: []any{"options", what}}
}

// tell shows what is in the way, so that the question can be asked again; without a terminal, and
// where it is no obstacle, the error stays one.
func (d *dialog) tell(err error) error {
	o, ok := errors.AsType[*chat.Obstacle](err)
	if !ok || !d.live || d.ctx.Err() != nil {
		return err
	}
	d.say(o.Key, o.Args...)
	return nil
}

// language finds out what the bot is to speak; so does the dialog, if somebody said so.
func (d *dialog) language(a *answers) error {
	for d.live && !slices.Contains(i18n.Languages, a.language) {
		var err error
		if a.language, err = d.ask("setup.ask.language", d.texts.Language()); err != nil {
			return err
		}
		a.language = strings.ToLower(a.language)
	}
	if a.language == "" { // nobody to ask
		a.language = defaults().Language
		return nil
	}
	texts, err := i18n.Load(a.language)
	if err != nil {
		return err
	}
	d.texts = texts
	return nil
}

// server finds the homeserver.
func (d *dialog) server(ctx context.Context, a *answers, client *http.Client) (*chat.Homeserver, error) {
	for {
		if a.server == "" && strings.HasPrefix(a.user, "@") {
			a.server = a.user
		}
		if a.server == "" && !d.live {
			return nil, missing("--server, --user")
		}
		if a.server == "" {
			var err error
			if a.server, err = d.ask(a.key("setup.ask.server"), ""); err != nil {
				return nil, err
			}
		}
		hs, err := chat.FindHomeserver(ctx, client, a.server)
		if err == nil {
			d.say("setup.found", "url", hs.URL)
			return hs, nil
		}
		if err := d.tell(err); err != nil {
			return nil, err
		}
		a.server = ""
	}
}

func isMatrixID(typed string) error {
	if local, server, ok := strings.Cut(typed, ":"); ok && strings.HasPrefix(local, "@") && len(local) > 1 && server != "" {
		return nil
	}
	return &chat.Obstacle{Key: "setup.obstacle.matrix-id", Args: []any{"typed", typed}}
}

// withScheme makes an address of a name alone.
func withScheme(typed string) string {
	if strings.Contains(typed, "://") {
		return typed
	}
	return "https://" + typed
}

func isPublic(typed string) error {
	c := defaults().Web
	if c.PublicURL = typed; c.Validate() == nil {
		return nil
	}
	return &chat.Obstacle{Key: "setup.obstacle.public", Args: []any{"typed", typed}}
}

// account finds or makes the bot's account.
func (d *dialog) account(ctx context.Context, a *answers, hs *chat.Homeserver) (login, error) {
	if a.user == "" {
		a.user = hs.Local
	}
	if a.way == 0 && !d.live {
		return login{}, missing("--password-file, --access-token-file, --registration-token-file, --shared-secret-file")
	}
	if d.live && a.way == 0 && !hs.Passwords {
		d.say("setup.no-passwords", "url", hs.URL)
	}
	for {
		if err := d.wayIn(a); err != nil {
			return login{}, err
		}
		l, err := enter(ctx, a, hs)
		if err == nil {
			d.say("setup.entered."+a.way.key(), "user", l.user)
			return l, nil
		}
		if err := d.tell(err); err != nil {
			return login{}, err
		}
		a.way, a.user, a.secret, a.secretFile = 0, "", "", ""
	}
}

// wayIn asks how the bot gets into its account, and for what that needs.
func (d *dialog) wayIn(a *answers) error {
	for a.way == 0 {
		typed, err := d.ask(a.key("setup.ask.way"), "", "option", chat.SharedSecret)
		if err != nil {
			return err
		}
		if len(typed) == 1 && typed >= "1" && typed <= "4" {
			a.way = way(typed[0] - '0')
		} else {
			d.say("setup.ask.way.again")
		}
	}
	if a.user == "" && a.way != byToken {
		if !d.live {
			a.user = a.usualName()
		} else if err := d.askInto(&a.user, "setup.ask.user", a.usualName()); err != nil {
			return err
		}
	}
	for a.secret == "" {
		var err error
		if a.secret, err = d.askSecret("setup.ask." + a.way.key()); err != nil {
			return err
		}
	}
	return nil
}

func (d *dialog) askInto(answer *string, key, otherwise string) (err error) {
	*answer, err = d.ask(key, otherwise)
	return err
}

// enter tries the way in. An account that is made gets a password that nobody has to know.
func enter(ctx context.Context, a *answers, hs *chat.Homeserver) (login, error) {
	l := login{homeserver: hs.URL, key: "password", secret: a.secret, file: a.secretFile}
	local, _, _ := strings.Cut(strings.TrimPrefix(a.user, "@"), ":")
	var err error
	switch a.way {
	case byPassword:
		l.user, err = hs.ByPassword(ctx, a.user, a.secret)
		return l, err
	case byToken:
		l.key = "access_token"
		l.user, err = hs.ByToken(ctx, a.secret)
		return l, err
	}
	l.secret, l.file = rand.Text(), ""
	if a.way == byRegistrationToken {
		l.user, err = hs.RegisterByToken(ctx, local, l.secret, a.secret)
	} else {
		l.user, err = hs.RegisterBySecret(ctx, local, l.secret, a.secret)
	}
	if err != nil {
		return login{}, err
	}
	_, err = hs.ByPassword(ctx, l.user, l.secret)
	return l, err
}
