package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

const (
	getSetting = `SELECT value FROM setting WHERE scope=$1 AND name=$2`
	putSetting = `INSERT INTO setting (scope, name, value) VALUES ($1, $2, $3)
		ON CONFLICT (scope, name) DO UPDATE SET value=excluded.value`
	settingsNamed = `SELECT scope, value FROM setting WHERE name=$1`
	dropSetting   = `DELETE FROM setting WHERE scope=$1 AND name=$2`
	// What the new room has already stays as it is.
	moveSettings = `INSERT INTO setting (scope, name, value) SELECT $2, name, value FROM setting WHERE scope=$1
		ON CONFLICT (scope, name) DO NOTHING`
	dropSettings = `DELETE FROM setting WHERE scope=$1`
)

// Setting is what a scope, a room or a person, wants otherwise than the configuration; empty if
// nothing.
func (s *Store) Setting(ctx context.Context, scope, name string) (string, error) {
	var value string
	err := s.db.QueryRow(ctx, getSetting, scope, name).Scan(&value)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("reading setting %s: %w", name, err)
	}
	return value, nil
}

// PutSetting keeps a setting of a scope. An empty value takes it away.
func (s *Store) PutSetting(ctx context.Context, scope, name, value string) error {
	var err error
	if value == "" {
		_, err = s.db.Exec(ctx, dropSetting, scope, name)
	} else {
		_, err = s.db.Exec(ctx, putSetting, scope, name, value)
	}
	if err != nil {
		return fmt.Errorf("writing setting %s: %w", name, err)
	}
	return nil
}

// SettingsNamed returns every setting of a name, by its scope.
func (s *Store) SettingsNamed(ctx context.Context, name string) (map[string]string, error) {
	rows, err := s.db.Query(ctx, settingsNamed, name)
	if err != nil {
		return nil, fmt.Errorf("listing settings %s: %w", name, err)
	}
	defer rows.Close()
	all := make(map[string]string)
	for rows.Next() {
		var scope, value string
		if err := rows.Scan(&scope, &value); err != nil {
			return nil, fmt.Errorf("listing settings %s: %w", name, err)
		}
		all[scope] = value
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("listing settings %s: %w", name, err)
	}
	return all, nil
}

// MoveSettings gives the settings of one scope to another. It belongs into a transaction.
func (s *Store) MoveSettings(ctx context.Context, from, to string) error {
	if _, err := s.db.Exec(ctx, moveSettings, from, to); err != nil {
		return fmt.Errorf("moving the settings of %s: %w", from, err)
	}
	if _, err := s.db.Exec(ctx, dropSettings, from); err != nil {
		return fmt.Errorf("dropping the settings of %s: %w", from, err)
	}
	return nil
}
