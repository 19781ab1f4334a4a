package chat

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"maunium.net/go/mautrix"
)

// The kinds of homeservers whose limits the bot knows how to lift.
const (
	Synapse  = "synapse"
	Dendrite = "dendrite"
)

// LiftLimits says of which kind the homeserver is, empty if it is another one, and what lifts its limits for
// the bot: a command for whoever has an administrator's token, or lines for the homeserver's configuration.
func (l *Line) LiftLimits(ctx context.Context) (kind, command string, err error) {
	if ctx, err = l.online(ctx); err != nil {
		return "", "", err
	}
	kind = l.serverKind(ctx)
	switch kind {
	case Dendrite:
		return kind, fmt.Sprintf("client_api:\n  rate_limiting:\n    exempt_user_ids: [%q]", l.me), nil
	default:
		// Servers that speak Synapse's language of administration are the rule.
		where := strings.TrimSuffix(l.client.HomeserverURL.String(), "/") + "/_synapse/admin/v1/users/" + url.PathEscape(l.me.String()) + "/override_ratelimit"
		return kind, `curl -X POST -H "Authorization: Bearer ADMIN_TOKEN" -d '{"messages_per_second":0,"burst_count":0}' '` + where + `'`, nil
	}
}

// serverKind asks the homeserver what it is, first as other servers ask, then by what only one of them has.
func (l *Line) serverKind(ctx context.Context) string {
	ctx = mautrix.WithMaxRetries(ctx, 0)
	var about struct {
		Server struct {
			Name string `json:"name"`
		} `json:"server"`
	}
	if l.asks(ctx, "/_matrix/federation/v1/version", &about) {
		switch name := strings.ToLower(about.Server.Name); name {
		case Synapse, Dendrite:
			return name
		}
		return ""
	}
	var anything struct{}
	switch {
	case l.asks(ctx, "/_synapse/admin/v1/server_version", &anything):
		return Synapse
	case l.asks(ctx, "/_dendrite/monitor/up", &anything):
		return Dendrite
	}
	return ""
}

// asks fetches something that needs no token.
func (l *Line) asks(ctx context.Context, path string, answer any) bool {
	where := *l.client.HomeserverURL
	where.Path = strings.TrimSuffix(where.Path, "/") + path
	_, err := l.client.MakeFullRequest(ctx, mautrix.FullRequest{
		Method: http.MethodGet, URL: where.String(), ResponseJSON: answer,
	})
	return err == nil
}

// sayLimited tells the handler, once in the life of the process, that the homeserver limits the bot.
func (l *Line) sayLimited(ctx context.Context) {
	l.saidLimited.Do(func() {
		kind, command, err := l.LiftLimits(ctx)
		if err != nil {
			return
		}
		l.pace.mu.Lock()
		l.pace.synapse = kind == Synapse
		l.pace.mu.Unlock()
		n := Notice{Kind: Limited, ID: time.Now().UTC().Format("2006-01-02"), To: command}
		if err := l.notice(ctx, n); err != nil && ctx.Err() == nil {
			l.log.Error().Err(err).Msg("Nobody was told that the homeserver limits the bot")
		}
	})
}
