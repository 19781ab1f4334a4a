package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rs/zerolog"
	"go.yaml.in/yaml/v3"

	"stimmbote/chat"
	"stimmbote/i18n"
	"stimmbote/store"
)

var errNoPassword = errors.New("without matrix.password nothing is worth keeping: an access token belongs to this machine alone")

// keyBackup is `stimmbote keyholder backup`: it writes a configuration with which the account goes on
// upon another machine. Keys of votes are not in it, nor is the database: whoever starts a machine from a
// copy of those has one that does not know which votes it gave its part of.
func keyBackup(ctx context.Context, cfg config, path string, stdout io.Writer) error {
	texts, err := i18n.Load(cfg.Language)
	if err != nil {
		return err
	}
	if cfg.Matrix.Password == "" {
		return errNoPassword
	}
	st, err := store.Look(cfg.Store.Dir, zerolog.Nop())
	if err != nil {
		return fmt.Errorf("before its first start there is nothing to keep: %w", err)
	}
	defer st.Close()
	recovery, err := chat.Recovery(ctx, st, store.LookVault(filepath.Join(cfg.Store.Dir, "keys")))
	if err != nil {
		return err
	}
	text, err := asBackup(cfg, recovery)
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already and stays as it is: name another file", path)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	_, err = file.Write(text)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	fmt.Fprintln(stdout, texts.Text("keyholder.backup", "file", path))
	return nil
}

// asBackup is a configuration that knows the account's recovery key.
func asBackup(cfg config, recovery string) ([]byte, error) {
	root := table{
		{"language", cfg.Language},
		{"matrix", table{
			{"homeserver", cfg.Matrix.Homeserver},
			{"user", cfg.Matrix.User},
			{"password", cfg.Matrix.Password},
			{"recovery_key", recovery},
			{"inviters", cfg.Matrix.Inviters},
		}.filled()},
		{"store", table{{"dir", cfg.Store.Dir}}},
		{"keyholder", table{
			{"owner", cfg.Keyholder.Owner},
			{"bot", cfg.Keyholder.Bot},
			{"min_ballots", cfg.Keyholder.MinBallots},
			{"page_hosts", cfg.Keyholder.PageHosts},
		}.filled()},
	}
	if cfg.Web.PublicURL != "" {
		root = append(root, entry{"web", table{
			{"public_url", cfg.Web.PublicURL},
			{"listen", cfg.Web.Listen},
			{"acme", cfg.Web.ACME},
			{"cert", cfg.Web.Cert},
			{"cert_key", cfg.Web.CertKey},
		}.filled()})
	}
	node := root.node()
	node.HeadComment = "Written by stimmbote keyholder backup: with this an empty machine goes on under the same account."
	var b bytes.Buffer
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	err := encoder.Encode(node)
	return b.Bytes(), errors.Join(err, encoder.Close())
}
