package store

import (
	"context"
	"database/sql"
	"errors"

	"stimmbote/voting"
)

const (
	putPaperQuery = `
		INSERT INTO paper (poll, name, content) VALUES ($1, $2, $3)
		ON CONFLICT (poll, name) DO UPDATE SET content = excluded.content`
	paperQuery     = `SELECT content FROM paper WHERE poll = $1 AND name = $2`
	dropPaperQuery = `DELETE FROM paper WHERE poll = $1 AND name = $2`
)

// PutPaper keeps a paper of a poll byte for byte.
func (s *Store) PutPaper(ctx context.Context, poll voting.ID, name string, content []byte) error {
	_, err := s.db.Exec(ctx, putPaperQuery, poll, name, content)
	return err
}

// Paper is a paper of a poll, nil if there is none.
func (s *Store) Paper(ctx context.Context, poll voting.ID, name string) ([]byte, error) {
	var content []byte
	err := s.db.QueryRow(ctx, paperQuery, poll, name).Scan(&content)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return content, err
}

// DropPaper deletes a paper of a poll.
func (s *Store) DropPaper(ctx context.Context, poll voting.ID, name string) error {
	_, err := s.db.Exec(ctx, dropPaperQuery, poll, name)
	return err
}
