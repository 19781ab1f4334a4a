package world

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/template"
	"time"
)

// serverName is the name behind the colon of every user of a world.
const serverName = "localhost"

// Homeserver is a Dendrite or a Synapse of one world's own. It keeps its data
// and its address when it is stopped and started again.
type Homeserver struct {
	URL    string
	Secret string // of the registration API

	dir     string
	addr    string
	command func() *exec.Cmd // what Start starts
	child   *child
}

// buildHomeserver has the go command build the pinned Dendrite, or find it in
// its build cache, and says so when it takes longer than a moment.
func buildHomeserver(ctx context.Context, repo string, say func(string)) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "tool", "-n", "dendrite")
	cmd.Dir = filepath.Join(repo, "e2e", "homeserver")
	// The flags of the caller are for the bot: with others the same server
	// would be built a second time.
	cmd.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	stop := patience(say, "building the homeserver, Dendrite (the first time about two minutes)")
	err := cmd.Run()
	stop()
	if err != nil {
		return "", fmt.Errorf("building the homeserver: %w\n%s", err, errs.String())
	}
	return strings.TrimSpace(out.String()), nil
}

// patience says what is going on if it still goes on after three seconds, and
// from then on every ten seconds for how long. The returned function ends it.
func patience(say func(string), what string) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	began := time.Now()
	go func() {
		defer close(ended)
		wait := 3 * time.Second
		for first := true; ; first = false {
			select {
			case <-done:
				return
			case <-time.After(wait):
			}
			if first {
				say(what)
			} else {
				say(fmt.Sprintf("still at it after %d s", int(time.Since(began).Seconds())))
			}
			wait = 10 * time.Second
		}
	}()
	return func() { close(done); <-ended }
}

// newHomeserver makes the folder of a homeserver that was never started.
func newHomeserver(dir string) (*Homeserver, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the homeserver's folder: %w", err)
	}
	addr, err := FreeAddress("tcp")
	if err != nil {
		return nil, err
	}
	return &Homeserver{URL: "http://" + addr, Secret: randomHex(16), dir: dir, addr: addr}, nil
}

// newDendrite writes what a Dendrite needs.
func newDendrite(binary, dir string) (*Homeserver, error) {
	h, err := newHomeserver(dir)
	if err != nil {
		return nil, err
	}
	h.command = func() *exec.Cmd {
		return exec.Command(binary, "-config", "dendrite.yaml", "-http-bind-address", h.addr)
	}
	seed := make([]byte, 32)
	rand.Read(seed)
	key := pem.EncodeToMemory(&pem.Block{
		Type: "MATRIX PRIVATE KEY", Headers: map[string]string{"Key-ID": "ed25519:world"}, Bytes: seed,
	})
	var config bytes.Buffer
	err = homeserverConfig.Execute(&config, map[string]any{
		"Name": serverName, "Dir": dir, "URL": h.URL, "Secret": h.Secret, "DB": homeserverDBs,
	})
	if err != nil {
		return nil, fmt.Errorf("writing the homeserver's configuration: %w", err)
	}
	return h, errors.Join(
		os.WriteFile(filepath.Join(dir, "key.pem"), key, 0o600),
		os.WriteFile(filepath.Join(dir, "dendrite.yaml"), config.Bytes(), 0o600),
	)
}

// homeserverDBs are the sections with a database file of their own.
var homeserverDBs = []string{"key_server", "relay_api", "mscs"}

// Federation can reach no address. Presence and search are work for nothing.
var homeserverConfig = template.Must(template.New("dendrite.yaml").Parse(`version: 2
global:
  server_name: {{.Name}}
  private_key: {{.Dir}}/key.pem
  well_known_client_name: {{.URL}}
  trusted_third_party_id_servers: []
  jetstream: {storage_path: {{.Dir}}/jetstream}
client_api:
  registration_disabled: true
  registration_shared_secret: {{.Secret}}
  guests_disabled: true
  rate_limiting: {enabled: false}
federation_api:
  database: {connection_string: "file:{{.Dir}}/federation_api.db"}
  key_perspectives: []
  deny_networks: [0.0.0.0/0, "::/0"]
  allow_networks: []
media_api:
  database: {connection_string: "file:{{.Dir}}/media_api.db"}
  base_path: {{.Dir}}/media
room_server:
  database: {connection_string: "file:{{.Dir}}/room_server.db"}
  default_room_version: "11"
user_api:
  account_database: {connection_string: "file:{{.Dir}}/user_api.db"}
  bcrypt_cost: 4
sync_api:
  database: {connection_string: "file:{{.Dir}}/sync_api.db"}
  search: {enabled: false}
{{- range .DB}}
{{.}}:
  database: {connection_string: "file:{{$.Dir}}/{{.}}.db"}
{{- end}}
logging:
- {type: std, level: warn}
`))

// Start starts the homeserver and returns when it answers.
func (h *Homeserver) Start(ctx context.Context) error {
	if h.child.running() {
		return errors.New("the homeserver is running already")
	}
	cmd := h.command()
	cmd.Dir = h.dir
	c, err := startChild(cmd, filepath.Join(h.dir, "log"))
	if err != nil {
		return fmt.Errorf("starting the homeserver: %w", err)
	}
	h.child = c
	if err := c.answers(ctx, h.URL+"/_matrix/client/versions", 2*patientFor); err != nil {
		c.stop()
		return fmt.Errorf("starting the homeserver: %w", err)
	}
	return nil
}

// Stop stops the homeserver in good order. Stopping a stopped one is nothing.
func (h *Homeserver) Stop() {
	if h != nil {
		h.child.stop()
	}
}

// Pid is the number of the homeserver's process.
func (h *Homeserver) Pid() int { return h.child.cmd.Process.Pid }

func randomHex(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return hex.EncodeToString(b)
}
