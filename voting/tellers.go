package voting

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"stimmbote/voting/belenios"
	"stimmbote/voting/words"
)

// Teller is somebody whose machine holds a key of a vote too.
type Teller struct {
	Owner   Member
	Account string // of the machine, in the group
}

// Tellers are those of a vote, in the order of their keys: as text, so that terms can be compared. Empty:
// the bot has the only key.
type Tellers string

// The fewest and the most tellers that a vote may have besides the bot.
const (
	fewestTellers = 2
	mostTellers   = 3
)

// TellersOf writes tellers down.
func TellersOf(all []Teller) Tellers {
	lines := make([]string, len(all))
	for i, t := range all {
		lines[i] = string(t.Owner) + " " + t.Account
	}
	return Tellers(strings.Join(lines, "\n"))
}

// All are the tellers.
func (t Tellers) All() []Teller {
	if t == "" {
		return nil
	}
	var all []Teller
	for line := range strings.Lines(string(t)) {
		owner, account, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		all = append(all, Teller{Owner: Member(owner), Account: account})
	}
	return all
}

// Owner is the place of an account among the owners of keys: 1 is the bot. It is 0 if it has none.
func (t Tellers) Owner(account string) int {
	i := slices.IndexFunc(t.All(), func(t Teller) bool { return t.Account == account })
	if i < 0 {
		return 0
	}
	return i + 2
}

// Has says whether somebody is one of them.
func (t Tellers) Has(owner Member) bool {
	return slices.ContainsFunc(t.All(), func(t Teller) bool { return t.Owner == owner })
}

// Check refuses tellers that cannot be: too few, too many, one twice, or none named.
func (t Tellers) Check() error {
	all := t.All()
	if n := len(all); n < fewestTellers || n > mostTellers {
		return fmt.Errorf("%d tellers: %w", n, ErrTerms)
	}
	seen := make(map[string]bool)
	for _, one := range all {
		if one.Owner == "" || one.Account == "" || seen[string(one.Owner)] || seen[one.Account] || strings.ContainsAny(one.Account, " \t\r") {
			return fmt.Errorf("teller %q with %q: %w", one.Owner, one.Account, ErrTerms)
		}
		seen[string(one.Owner)], seen[one.Account] = true, true
	}
	return nil
}

// TellersLast is how long a vote with tellers is open where nobody says otherwise.
const TellersLast = 15 * time.Minute

// ParametersOf are those of the election that asks a question of such a roll. Whoever has a key in it
// computes them anew.
func ParametersOf(id ID, group string, q Question, rollHash string) belenios.Parameters {
	return belenios.Parameters{
		UUID: string(id), Group: group, Name: q.Text, Questions: q.Sealed(),
		Administrator: "Stimmbote", CredentialAuthority: rollHash,
	}
}

// Said is a fingerprint in six words of a language, for people who compare.
func Said(fingerprint, language string) string {
	hash, err := base64.RawURLEncoding.DecodeString(fingerprint)
	if err != nil || len(hash) < 16 {
		return ""
	}
	first, second := binary.BigEndian.Uint64(hash)>>(64-words.Bits), binary.BigEndian.Uint64(hash[8:])>>(64-words.Bits)
	return strings.Join(append(words.Say(first, language), words.Say(second, language)...), "-")
}
