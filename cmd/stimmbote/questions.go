package main

import (
	"fmt"
	"path/filepath"
)

// question is one that has nothing to do with the account.
type question struct {
	answer         *string
	key, otherwise string
	needed         string // the option that answers it, if it may not stay empty
	complete       func(string) string
	check          func(string) error
}

// questions are those that others asks.
func (a *answers) questions(beside string) []question {
	public := question{&a.public, a.key("setup.ask.public"), "", "", withScheme, isPublic}
	folder := question{&a.store, "setup.ask.store", beside, "", nil, nil}
	if a.keyholder {
		return []question{
			{&a.owner, "setup.ask.owner", "", "--owner", nil, isMatrixID},
			{&a.bot, "setup.ask.bot", "", "--bot", nil, isMatrixID},
			public, folder,
		}
	}
	return []question{
		{&a.contact, "setup.ask.contact", "", "", nil, nil},
		{&a.admin, "setup.ask.admin", "", "", nil, isMatrixID},
		public, folder,
	}
}

// others asks what has nothing to do with the account. Each may stay empty, unless it is needed.
func (d *dialog) others(a *answers) error {
	beside, err := filepath.Abs(filepath.Join(filepath.Dir(a.config), defaults().Store.Dir))
	if err != nil {
		return fmt.Errorf("finding the folder of %s: %w", a.config, err)
	}
	for _, q := range a.questions(beside) {
		for d.live && *q.answer == "" {
			if *q.answer, err = d.ask(q.key, q.otherwise); err != nil {
				return err
			}
			if *q.answer == "" && q.needed == "" {
				break
			}
			if q.complete != nil {
				*q.answer = q.complete(*q.answer)
			}
			if q.check == nil || q.check(*q.answer) == nil {
				break
			}
			if err := d.tell(q.check(*q.answer)); err != nil {
				return err
			}
			*q.answer = ""
		}
		if *q.answer == "" {
			*q.answer = q.otherwise
		}
		if *q.answer == "" && q.needed != "" {
			return missing(q.needed)
		}
		if q.check != nil && *q.answer != "" {
			if err := q.check(*q.answer); err != nil {
				return err
			}
		}
	}
	return nil
}
