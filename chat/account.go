package chat

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"
	"maunium.net/go/mautrix/synapseadmin"
)

// typeRegistrationToken is the step of a registration that asks for a token of the server's.
const typeRegistrationToken mautrix.AuthType = "m.login.registration_token"

// SharedSecret is the option of a homeserver's configuration with which its administrators make
// accounts.
const SharedSecret = "registration_shared_secret"

// Homeserver is a server that was found and asked, before the bot has an account there. Its
// methods make an account or look at one; every error is an [*Obstacle]. It is used by those who
// set the bot up, and keeps nothing.
type Homeserver struct {
	URL       string // as a client uses it
	Local     string // the part of a Matrix ID before the colon, if one was typed
	Passwords bool   // it lets accounts in by password

	client *http.Client
}

// FindHomeserver finds the server of a Matrix ID or of a server's name, as clients do, or takes a
// web address as it is, and asks it what it can.
func FindHomeserver(ctx context.Context, client *http.Client, typed string) (*Homeserver, error) {
	h := &Homeserver{client: client}
	typed = strings.TrimRight(strings.TrimSpace(typed), "/")
	name := typed
	if strings.HasPrefix(typed, "@") {
		var err error
		if h.Local, name, err = id.UserID(typed).Parse(); err != nil {
			return nil, &Obstacle{Key: "setup.obstacle.address", Args: []any{"typed", typed}, Err: err}
		}
	}
	if u, err := url.Parse(name); err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" {
		h.URL = name
		return h, h.ask(ctx)
	}
	if u, err := url.Parse("https://" + name); err != nil || u.Host != name || name == "" || u.User != nil {
		return nil, &Obstacle{Key: "setup.obstacle.address", Args: []any{"typed", typed}, Err: err}
	}
	h.URL = "https://" + name
	known, err := mautrix.DiscoverClientAPIWithClient(ctx, client, name)
	if err != nil {
		return nil, &Obstacle{Key: "setup.obstacle.well-known", Args: []any{"server", name, "reason", reason(err)}, Err: err}
	}
	if known != nil && known.Homeserver.BaseURL != "" {
		h.URL = strings.TrimRight(known.Homeserver.BaseURL, "/")
	}
	return h, h.ask(ctx)
}

// ask learns what the server can.
func (h *Homeserver) ask(ctx context.Context) error {
	client, err := h.as("", "")
	if err != nil {
		return &Obstacle{Key: "setup.obstacle.address", Args: []any{"typed", h.URL}, Err: err}
	}
	versions, err := client.Versions(ctx)
	if answered(err) || err == nil && len(versions.Versions) == 0 {
		return &Obstacle{Key: "setup.obstacle.other-server", Args: []any{"url", h.URL}, Err: err}
	}
	if err != nil {
		return h.obstacle(err, "")
	}
	flows, err := client.GetLoginFlows(ctx)
	if err != nil && !answered(err) {
		return h.obstacle(err, "")
	}
	h.Passwords = err == nil && flows.HasFlow(mautrix.AuthTypePassword)
	return nil
}

// as is a client of this server.
func (h *Homeserver) as(user id.UserID, token string) (*mautrix.Client, error) {
	client, err := mautrix.NewClient(h.URL, user, token)
	if err != nil {
		return nil, fmt.Errorf("homeserver %s: %w", h.URL, err)
	}
	client.Client, client.UserAgent, client.Log = h.client, "stimmbote", zerolog.Nop()
	return client, nil
}

// ByPassword checks an account's password and returns its full Matrix ID. It leaves no device
// behind.
func (h *Homeserver) ByPassword(ctx context.Context, user, password string) (id string, err error) {
	client, err := h.as("", "")
	if err != nil {
		return "", h.obstacle(err, "")
	}
	_, err = client.Login(ctx, &mautrix.ReqLogin{
		Type:                     mautrix.AuthTypePassword,
		Identifier:               mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: user},
		Password:                 password,
		InitialDeviceDisplayName: deviceName,
		StoreCredentials:         true,
	})
	if err != nil {
		return "", h.obstacle(err, "setup.obstacle.password", "user", user)
	}
	taken := h.signed(ctx, client)
	if _, err := client.Logout(ctx); err != nil {
		return "", h.obstacle(err, "setup.obstacle.refused")
	}
	return client.UserID.String(), taken
}

// ByToken checks an access token and returns whose it is. Its device must be a fresh one.
func (h *Homeserver) ByToken(ctx context.Context, token string) (id string, err error) {
	client, err := h.as("", token)
	if err != nil {
		return "", h.obstacle(err, "")
	}
	fresh, err := freshDevice(ctx, client)
	switch {
	case errors.Is(err, mautrix.MUnknownToken):
		return "", &Obstacle{Key: "setup.obstacle.token", Args: []any{"url", h.URL}, Err: err}
	case err != nil:
		return "", h.obstacle(err, "setup.obstacle.refused")
	case client.DeviceID == "":
		return "", &Obstacle{Key: "setup.obstacle.token-without-device"}
	case !fresh:
		return "", &Obstacle{Key: "setup.obstacle.token-used", Args: []any{"device", client.DeviceID}}
	}
	return client.UserID.String(), h.signed(ctx, client)
}

// freshDevice asks whose the client's token is and whether its device has never encrypted.
func freshDevice(ctx context.Context, client *mautrix.Client) (bool, error) {
	who, err := client.Whoami(ctx)
	if err != nil {
		return false, fmt.Errorf("asking the homeserver whose token this is: %w", err)
	}
	client.UserID, client.DeviceID = who.UserID, who.DeviceID
	keys, err := client.QueryKeys(ctx, &mautrix.ReqQueryKeys{DeviceKeys: mautrix.DeviceKeysRequest{who.UserID: {}}})
	if err != nil {
		return false, fmt.Errorf("asking for the bot's own keys: %w", err)
	}
	_, used := keys.DeviceKeys[who.UserID][who.DeviceID]
	return !used, nil
}

// signed refuses an account that somebody has signed already: the bot could not sign its device.
func (h *Homeserver) signed(ctx context.Context, client *mautrix.Client) error {
	keys, err := client.QueryKeys(ctx, &mautrix.ReqQueryKeys{DeviceKeys: mautrix.DeviceKeysRequest{client.UserID: {}}})
	if err != nil {
		return h.obstacle(err, "setup.obstacle.refused")
	}
	if _, ok := keys.MasterKeys[client.UserID]; ok {
		return &Obstacle{Key: "setup.obstacle.signed", Args: []any{"user", client.UserID}}
	}
	return nil
}

// RegisterByToken makes an account with a token that the server's administrators gave out.
func (h *Homeserver) RegisterByToken(ctx context.Context, user, password, token string) (id string, err error) {
	client, err := h.as("", "")
	if err != nil {
		return "", h.obstacle(err, "")
	}
	req := mautrix.ReqRegister[any]{Username: user, Password: password, InhibitLogin: true}
	done, steps, err := client.Register(ctx, &req)
	if err != nil {
		return "", h.notRegistered(err, user)
	}
	if done != nil { // it wanted no token at all
		return done.UserID.String(), nil
	}
	flow := slices.IndexFunc(steps.Flows, func(f mautrix.UIAFlow) bool {
		return !slices.ContainsFunc(f.Stages, func(s mautrix.AuthType) bool {
			return s != typeRegistrationToken && s != mautrix.AuthTypeDummy
		})
	})
	if flow < 0 {
		return "", &Obstacle{Key: "setup.obstacle.steps", Args: []any{"url", h.URL}}
	}
	for _, stage := range steps.Flows[flow].Stages {
		auth := map[string]any{"type": stage, "session": steps.Session}
		if stage == typeRegistrationToken {
			auth["token"] = token
		}
		req.Auth = auth
		done, next, err := client.Register(ctx, &req)
		switch {
		case err != nil && stage == typeRegistrationToken && httpCode(err) == http.StatusUnauthorized:
			return "", &Obstacle{Key: "setup.obstacle.registration-token", Args: []any{"url", h.URL}, Err: err}
		case err != nil:
			return "", h.notRegistered(err, user)
		case done != nil:
			return done.UserID.String(), nil
		}
		steps.Session = next.Session
	}
	return "", &Obstacle{Key: "setup.obstacle.steps", Args: []any{"url", h.URL}}
}

// RegisterBySecret makes an account with the secret that the server's own administrators have.
func (h *Homeserver) RegisterBySecret(ctx context.Context, user, password, secret string) (id string, err error) {
	client, err := h.as("", "")
	if err != nil {
		return "", h.obstacle(err, "")
	}
	admin := &synapseadmin.Client{Client: client}
	nonce, err := admin.GetRegisterNonce(ctx)
	if err != nil {
		return "", h.obstacle(err, "setup.obstacle.no-secret-here", "option", SharedSecret)
	}
	made, err := admin.SharedSecretRegister(ctx, secret, synapseadmin.ReqSharedSecretRegister{
		Username: user, Password: password, Nonce: nonce,
	})
	if httpCode(err) == http.StatusForbidden {
		return "", &Obstacle{Key: "setup.obstacle.secret", Args: []any{"option", SharedSecret}, Err: err}
	}
	if err != nil {
		return "", h.notRegistered(err, user)
	}
	login, err := h.as(made.UserID, made.AccessToken)
	if err != nil {
		return "", h.obstacle(err, "")
	}
	if _, err := login.Logout(ctx); err != nil { // the bot makes a device of its own
		return "", h.obstacle(err, "setup.obstacle.refused")
	}
	return made.UserID.String(), nil
}

// notRegistered says why an account was not made.
func (h *Homeserver) notRegistered(err error, user string) error {
	switch {
	case errors.Is(err, mautrix.MUserInUse):
		return &Obstacle{Key: "setup.obstacle.name-taken", Args: []any{"user", user}, Err: err}
	case errors.Is(err, mautrix.MInvalidUsername), errors.Is(err, mautrix.MExclusive):
		return h.obstacle(err, "setup.obstacle.name", "user", user)
	case errors.Is(err, mautrix.MForbidden):
		return h.obstacle(err, "setup.obstacle.closed")
	}
	return h.obstacle(err, "setup.obstacle.refused")
}
