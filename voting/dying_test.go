package voting_test

import (
	"context"
	"errors"

	"stimmbote/store"
	"stimmbote/voting"
	"stimmbote/voting/box"
)

var errDied = errors.New("the process died here")

// mortal counts what is written through the ledger and the vault, and dies at one of these steps: from then
// on nothing works, as if the process were not there.
type mortal struct {
	at, steps int
}

func (m *mortal) dead() bool { return m.at > 0 && m.steps >= m.at }

func (m *mortal) step() error {
	if !m.dead() {
		m.steps++
	}
	if m.dead() {
		return errDied
	}
	return nil
}

// dyingLedger is the real ledger of a process that dies.
type dyingLedger struct {
	*store.Store
	m *mortal
}

// Tx dies before the transaction, before its commit or right after it, when nobody is told.
func (l dyingLedger) Tx(ctx context.Context, fn func(ctx context.Context) error) error {
	if err := l.m.step(); err != nil {
		return err
	}
	err := l.Store.Tx(ctx, func(ctx context.Context) error {
		if err := fn(ctx); err != nil {
			return err
		}
		return l.m.step()
	})
	if err != nil {
		return err
	}
	return l.m.step()
}

func (l dyingLedger) Scrub(ctx context.Context) error {
	return l.write(func() error { return l.Store.Scrub(ctx) })
}

// write does something and may die before.
func (l dyingLedger) write(do func() error) error {
	if err := l.m.step(); err != nil {
		return err
	}
	return do()
}

func (l dyingLedger) PutPoll(ctx context.Context, p *voting.Poll) error {
	return l.write(func() error { return l.Store.PutPoll(ctx, p) })
}

func (l dyingLedger) PutPaper(ctx context.Context, id voting.ID, name string, content []byte) error {
	return l.write(func() error { return l.Store.PutPaper(ctx, id, name, content) })
}

func (l dyingLedger) DropPaper(ctx context.Context, id voting.ID, name string) error {
	return l.write(func() error { return l.Store.DropPaper(ctx, id, name) })
}

func (l dyingLedger) PutRoll(ctx context.Context, poll string, members []string) error {
	return l.write(func() error { return l.Store.PutRoll(ctx, poll, members) })
}

func (l dyingLedger) PutTokens(ctx context.Context, poll string, sealed []byte) error {
	return l.write(func() error { return l.Store.PutTokens(ctx, poll, sealed) })
}

func (l dyingLedger) DropRoll(ctx context.Context, poll string) error {
	return l.write(func() error { return l.Store.DropRoll(ctx, poll) })
}

func (l dyingLedger) PutPlace(ctx context.Context, poll string, p box.Place) error {
	return l.write(func() error { return l.Store.PutPlace(ctx, poll, p) })
}

func (l dyingLedger) DropPlaces(ctx context.Context, poll string) error {
	return l.write(func() error { return l.Store.DropPlaces(ctx, poll) })
}

func (l dyingLedger) NextNumber(ctx context.Context, place voting.Place) (n int, err error) {
	err = l.write(func() (err error) { n, err = l.Store.NextNumber(ctx, place); return err })
	return n, err
}

// dyingVault is the real vault of a process that dies before or after it does something.
type dyingVault struct {
	*store.Vault
	m *mortal
}

func (v dyingVault) Create(name string) error {
	return v.both(func() error { return v.Vault.Create(name) })
}

func (v dyingVault) Remove(name string) error {
	return v.both(func() error { return v.Vault.Remove(name) })
}

func (v dyingVault) both(do func() error) error {
	if err := v.m.step(); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	return v.m.step()
}
