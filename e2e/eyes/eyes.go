// Package eyes is what tests do in front of a page of the program: they read it, and change what the server says to it.
package eyes

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"stimmbote/e2e/browser"
)

// patience is how long a page may take to show something, on a machine that others use as well.
const patience = 40 * time.Second

// Must fails the test on an error.
func Must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// Sees waits until a text is on the page.
func Sees(t testing.TB, tab *browser.Tab, text string) {
	t.Helper()
	Holds(t, tab, "document.body?.innerText.includes("+Quoted(text)+")", text)
}

// Holds waits until a condition in the page holds.
func Holds(t testing.TB, tab *browser.Tab, condition, what string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	look := "({ holds: !!(" + condition + "), text: document.body?.innerText })" // there is none while the next page comes
	Must(0, browser.Until(ctx, func() (string, error) {
		seen, err := browser.Evaluate[struct {
			Holds bool
			Text  string
		}](tab, look)
		if seen.Holds || err != nil {
			return "", err
		}
		return "there is no " + what + " on " + seen.Text, nil
	}))(t)
}

// Quoted is a text as scripts write it.
func Quoted(text string) string {
	b, _ := json.Marshal(text) // a string always can
	return string(b)
}

// Told is what the server says to a question of the page, for a test to change.
func Told(r *http.Request, honest http.Handler) map[string]any {
	recorded := httptest.NewRecorder()
	honest.ServeHTTP(recorded, r)
	said := make(map[string]any)
	_ = json.NewDecoder(recorded.Body).Decode(&said) // an answer of another kind is changed as an empty one
	return said
}
