package world

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/template"
)

// ErrNoSynapse says that this machine has no Synapse and cannot get one.
var ErrNoSynapse = errors.New("there is no Synapse for this machine")

// synapse makes the homeserver that most of the field has.
func (w *World) synapse(ctx context.Context, dir string) error {
	root, err := findSynapse(ctx, w.Repo, w.options.Say)
	if err != nil {
		return err
	}
	w.Homeserver, err = newSynapse(root, dir, w.options.Limits)
	return err
}

// findSynapse is the folder of Synapse, which is fetched if it is not there yet.
func findSynapse(ctx context.Context, repo string, say func(string)) (root string, err error) {
	cmd := exec.CommandContext(ctx, filepath.Join(repo, "tools", "synapse.sh"))
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	stop := patience(say, "fetching Synapse (75 MB, the first time)")
	err = cmd.Run()
	stop()
	if err != nil {
		return "", fmt.Errorf("fetching Synapse: %w\n%s", err, errs.String())
	}
	if root = strings.TrimSpace(out.String()); root == "" {
		return "", fmt.Errorf("%w: %s", ErrNoSynapse, strings.TrimSpace(errs.String()))
	}
	return root, nil
}

// newSynapse writes what a Synapse needs that lies in root with all its libraries.
func newSynapse(root, dir string, limits bool) (*Homeserver, error) {
	h, err := newHomeserver(dir)
	if err != nil {
		return nil, err
	}
	// Its own loader finds its own libraries: the machine's may be years older.
	loaders, err := filepath.Glob(filepath.Join(root, "usr", "lib*", "ld-linux-*.so.*"))
	if err != nil || len(loaders) == 0 {
		return nil, fmt.Errorf("%s holds no loader (remove it, and it is fetched anew): %w", root, errors.Join(err, ErrNoSynapse))
	}
	libraries, err := filepath.Glob(filepath.Join(root, "usr", "lib", "*", "libc.so.6"))
	if err != nil || len(libraries) == 0 {
		return nil, fmt.Errorf("%s holds no libc (remove it, and it is fetched anew): %w", root, errors.Join(err, ErrNoSynapse))
	}
	h.command = func() *exec.Cmd {
		cmd := exec.Command(loaders[0], "--library-path", filepath.Dir(libraries[0]),
			filepath.Join(root, "usr", "bin", "python3"), "-m", "synapse.app.homeserver", "-c", "homeserver.yaml")
		cmd.Env = append(os.Environ(), "PYTHONHOME="+filepath.Join(root, "usr"),
			"PYTHONPATH="+filepath.Join(root, "usr", "lib", "python3", "dist-packages"), "LANG=C.UTF-8")
		return cmd
	}
	_, port, _ := strings.Cut(h.addr, ":")
	var config bytes.Buffer
	err = synapseConfig.Execute(&config, map[string]any{"Name": serverName, "Dir": dir, "Port": port, "Secret": h.Secret, "Limits": limits})
	if err != nil {
		return nil, fmt.Errorf("writing Synapse's configuration: %w", err)
	}
	seed := make([]byte, 32)
	rand.Read(seed)
	key := "ed25519 a_world " + base64.RawStdEncoding.EncodeToString(seed) + "\n"
	return h, errors.Join(
		os.WriteFile(filepath.Join(dir, "signing.key"), []byte(key), 0o600),
		os.WriteFile(filepath.Join(dir, "log.yaml"), []byte(synapseLog), 0o600),
		os.WriteFile(filepath.Join(dir, "homeserver.yaml"), config.Bytes(), 0o600),
	)
}

// Nobody is federated with, and logging in is never limited: a world's people all
// come at once. Everything else is as Synapse has it, with its limits or without.
var synapseConfig = template.Must(template.New("homeserver.yaml").Parse(`server_name: {{.Name}}
listeners:
- {port: {{.Port}}, type: http, tls: false, bind_addresses: [127.0.0.1], resources: [{names: [client]}]}
database: {name: sqlite3, args: {database: {{.Dir}}/homeserver.db}}
media_store_path: {{.Dir}}/media
log_config: {{.Dir}}/log.yaml
signing_key_path: {{.Dir}}/signing.key
registration_shared_secret: {{.Secret}}
macaroon_secret_key: {{.Secret}}
form_secret: {{.Secret}}
report_stats: false
trusted_key_servers: []
federation_domain_whitelist: []
presence: {enabled: false}
bcrypt_rounds: 4
rc_login:
  address: {per_second: 1000, burst_count: 1000}
  account: {per_second: 1000, burst_count: 1000}
{{- if not .Limits}}
rc_message: {per_second: 1000, burst_count: 1000}
rc_room_creation: {per_second: 1000, burst_count: 1000}
rc_joins: {local: {per_second: 1000, burst_count: 1000}}
rc_joins_per_room: {per_second: 1000, burst_count: 1000}
rc_invites:
  per_room: {per_second: 1000, burst_count: 1000}
  per_user: {per_second: 1000, burst_count: 1000}
  per_issuer: {per_second: 1000, burst_count: 1000}
{{- end}}
`))

const synapseLog = `version: 1
handlers: {console: {class: logging.StreamHandler}}
root: {level: WARNING, handlers: [console]}
`
