package world

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1" // the registration API is defined with it
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
)

// account is what a homeserver answers to a registration.
type account struct {
	UserID   string `json:"user_id"`
	Token    string `json:"access_token"`
	DeviceID string `json:"device_id"`
}

// Account makes an account for somebody whose client is not the world's.
func (h *Homeserver) Account(ctx context.Context, name string) (user, password string, err error) {
	password = randomHex(8)
	a, err := h.register(ctx, name+"-"+randomHex(3), password)
	if err != nil {
		return "", "", err
	}
	if err := call(ctx, http.MethodPost, h.URL+"/_matrix/client/v3/logout?access_token="+a.Token, struct{}{}, &struct{}{}); err != nil {
		return "", "", fmt.Errorf("logging %s out: %w", name, err)
	}
	return a.UserID, password, nil
}

// register makes a user by the homeserver's shared secret.
func (h *Homeserver) register(ctx context.Context, name, password string) (account, error) {
	var start struct{ Nonce string }
	url := h.URL + "/_synapse/admin/v1/register"
	if err := call(ctx, http.MethodGet, url, nil, &start); err != nil {
		return account{}, fmt.Errorf("registering %s: %w", name, err)
	}
	mac := hmac.New(sha1.New, []byte(h.Secret))
	fmt.Fprintf(mac, "%s\x00%s\x00%s\x00notadmin", start.Nonce, name, password)
	var a account
	err := call(ctx, http.MethodPost, url, map[string]any{
		"nonce": start.Nonce, "username": name, "password": password, "admin": false,
		"mac": hex.EncodeToString(mac.Sum(nil)),
	}, &a)
	if err != nil {
		return account{}, fmt.Errorf("registering %s: %w", name, err)
	}
	return a, nil
}

// call makes one JSON request.
func call(ctx context.Context, method, url string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", url, resp.Status)
	}
	return json.NewDecoder(resp.Body).Decode(out)
}
