package belenios

import (
	"bytes"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestForgedSetup forges what an election begins with. Where the ballots stay valid, all of the archive is otherwise
// as it must be.
func TestForgedSetup(t *testing.T) {
	p, l := closedPoll(t)
	g := p.election.g
	other := must(NewKey(rand.Reader, Ed25519))(t)
	otherPublic := must(other.public(rand.Reader))(t).PublicKey
	key := p.election.key.String()
	minus := func(s string) string { return p.outside(t, s) }
	const one = "0000000000000000000000000000000000000000000000000000000000000001"
	credential := p.public(t, 5).String()
	election := func(old, new string) func(t *testing.T, s *Setup) {
		return func(t *testing.T, s *Setup) { s.Election = replaced(t, s.Election, old, new) }
	}
	credentials := func(old, new string) func(t *testing.T, s *Setup) {
		return func(t *testing.T, s *Setup) { s.Credentials = replaced(t, s.Credentials, old, new) }
	}
	trustees := func(old, new string) func(t *testing.T, s *Setup) {
		return func(t *testing.T, s *Setup) { s.Trustees = replaced(t, s.Trustees, old, new) }
	}
	for _, c := range []struct {
		name string
		lie  func(t *testing.T, s *Setup)
		want error
	}{
		{"election key that is not the trustee's", election(key, otherPublic), ErrElectionKey},
		{"false proof of possession", func(t *testing.T, s *Setup) {
			pok := must(proveSecret(g, rand.Reader, must(other.exponent())(t), possession(g, p.election.key)))(t)
			s.Trustees = encode([]any{[]any{"Single", wireTrustee{Pok: pok.wire(), PublicKey: key}}})
		}, ErrPossession},
		{"proof of possession not reduced", func(t *testing.T, s *Setup) {
			var list [1][2]any
			w := wireTrustee{}
			list[0][1] = &w
			if err := decode(s.Trustees, &list); err != nil {
				t.Fatal(err)
			}
			w.Pok.Response = plus(w.Pok.Response, g.scalars().q)
			s.Trustees = encode(list)
		}, ErrNotReduced},
		{"trustee's key outside the group", func(t *testing.T, s *Setup) {
			s.Election = replaced(t, s.Election, key, minus(key))
			s.Trustees = evenPossession(t, p.keys[0], p.unchecked(t, minus(key)))
		}, ErrNotInGroup},
		{"election key outside the group", election(key, minus(key)), ErrNotInGroup},
		{"election key not reduced", election(key, p.notReduced(key)), ErrNotReduced},
		{"election key with a leading zero", election(`"`+key, `"0`+key), ErrNotCanonical},
		{"election key 1", election(key, one), ErrIdentity},
		{"trustee's key 1", trustees(key, one), ErrIdentity},
		{"no trustee", func(_ *testing.T, s *Setup) { s.Trustees = []byte(`[]`) }, ErrShape},
		{"unknown kind of trustee", trustees("Single", "Double"), ErrShape},
		{"trustee's fields swapped", func(t *testing.T, s *Setup) {
			i := bytes.Index(s.Trustees, []byte(`,"public_key"`))
			s.Trustees = []byte(`[["Single",{` + string(s.Trustees[i+1:len(s.Trustees)-3]) + `,` +
				string(s.Trustees[len(`[["Single",{`):i]) + `}]]`)
		}, ErrShape},
		{"malformed threshold trustees", func(_ *testing.T, s *Setup) { s.Trustees = []byte(`[["Pedersen",{}]]`) }, ErrShape},
		{"credential twice", func(t *testing.T, s *Setup) {
			s.Credentials = replaced(t, s.Credentials, `"`+credential+`"`, `"`+credential+`","`+credential+`"`)
		}, ErrDuplicateCredential},
		{"credential twice, once with a weight", func(t *testing.T, s *Setup) {
			s.Credentials = replaced(t, s.Credentials, `"`+credential+`"`, `"`+credential+`","`+credential+`,2"`)
		}, ErrDuplicateCredential},
		{"weight 0", credentials(credential, credential+",0"), ErrShape},
		{"weight below 0", credentials(credential, credential+",-1"), ErrShape},
		{"credential outside the group", credentials(credential, minus(credential)), ErrNotInGroup},
		{"credential not reduced", credentials(credential, p.notReduced(credential)), ErrNotReduced},
		{"credential with a leading zero", credentials(credential, "0"+credential), ErrNotCanonical},
		{"credential 1", credentials(credential, one), ErrIdentity},
		{"no credentials", func(_ *testing.T, s *Setup) { s.Credentials = []byte(`null`) }, ErrShape},
		{"credentials with a space", func(_ *testing.T, s *Setup) { s.Credentials = append([]byte(" "), s.Credentials...) }, ErrNotCanonical},
		{"version 0", election(`"version":1`, `"version":0`), ErrShape},
		{"version 1.0", election(`"version":1`, `"version":1.0`), ErrShape},
		{"a field more", election(`"version":1`, `"version":1,"weight":1`), ErrShape},
		{"a field twice", election(`"version":1`, `"version":1,"version":1`), ErrShape},
		{"a field after the last", election(RollHash(roll)+`"`, RollHash(roll)+`","weight":1`), ErrShape},
		{"a trustee's field after the last", trustees(`"}]]`, `","weight":1}]]`), ErrShape},
		{"a field less", election(`"description":"",`, ``), ErrShape},
		{"election with a space", election(`,"name"`, `, "name"`), ErrNotCanonical},
		{"no UTF-8", election("Motion", "Moti\xffn"), ErrShape},
		{"short uuid", election(p.election.uuid, "abcdefghijkmn"), ErrShape},
		{"uuid of other characters", election(p.election.uuid, "abcdefghijkmn/../x"), ErrShape},
		{"min above max", election(`"min":1`, `"min":2`), ErrShape},
		{"min as a text", election(`"min":1`, `"min":"1"`), ErrShape},
		{"no answers", election(`["Yes","No","Abstain"],"min":1`, `[],"min":0`), ErrShape},
		{"no questions", func(t *testing.T, s *Setup) {
			from, to := bytes.Index(s.Election, []byte(`"questions":[`)), bytes.Index(s.Election, []byte(`],"uuid"`))
			s.Election = append(s.Election[:from+len(`"questions":[`):from+len(`"questions":[`)], s.Election[to:]...)
		}, ErrShape},
		{"blank 0", election(`"min":1`, `"blank":0,"min":1`), ErrShape},
	} {
		t.Run(c.name, func(t *testing.T) {
			forged := *l
			c.lie(t, &forged.setup)
			if _, err := Open(forged.setup); !errors.Is(err, c.want) {
				t.Errorf("when it is opened: %v, want %v", err, c.want)
			}
			refused(t, forged.archive(), c.want)
		})
	}
}

// evenPossession proves possession of −X with the secret of X, which succeeds when the challenge is even.
func evenPossession(t testing.TB, k *Key, public element) []byte {
	t.Helper()
	for range 200 {
		pok := must(proveSecret(k.g, rand.Reader, must(k.exponent())(t), possession(k.g, public)))(t)
		if checkSecret(k.g, public, pok, possession(k.g, public)) {
			return encode([]any{[]any{"Single", wireTrustee{Pok: pok.wire(), PublicKey: public.String()}}})
		}
	}
	t.Fatal("no such proof in 200 attempts")
	return nil
}

// TestUnsupported: what cannot be checked is named and never passed over.
func TestUnsupported(t *testing.T) {
	p, l := closedPoll(t)
	credential := p.public(t, 5).String()
	for _, c := range []struct {
		names string
		lie   func(t *testing.T, s *Setup)
	}{
		{`group "RFC-3526-2048"`, changed(Ed25519, "RFC-3526-2048")},
		{"version 2", changed(`"version":1`, `"version":2`)},
		{"choosing more answers than there are", changed(`"max":1`, `"max":4`)},
		{"NonHomomorphic questions", changed(`"questions":[`, `"questions":[{"type":"NonHomomorphic","value":{"answers":["a"],"question":"?"}},`)},
		{"Lists questions", changed(`"questions":[`, `"questions":[{"type":"Lists","value":{"answers":[["a"]],"question":"?"}},`)},
		{"weights beyond 2^53", func(t *testing.T, s *Setup) {
			s.Credentials = replaced(t, s.Credentials, credential, credential+",9007199254740992")
		}},
		{"weights beyond 2^53", func(t *testing.T, s *Setup) {
			s.Credentials = replaced(t, s.Credentials, credential, credential+",123456789012345678901234567890")
		}},
	} {
		t.Run(c.names, func(t *testing.T) {
			forged := *l
			c.lie(t, &forged.setup)
			unsupported(t, forged.archive(), c.names)
		})
	}
	for name, names := range map[string]string{
		"shuffles-rfc3526": "RFC-3526-2048", "shuffles-ed25519": "NonHomomorphic",
	} {
		t.Run(name, func(t *testing.T) {
			raw := must(os.ReadFile(filepath.Join("testdata", "unsupported", name+".bel")))(t)
			unsupported(t, raw, names)
			raw[len(raw)/2] ^= 1
			if report, err := Verify(raw); report.Status != Invalid {
				t.Errorf("one bit flipped: status %d, error %v", report.Status, err)
			}
		})
	}
}

func changed(old, new string) func(t *testing.T, s *Setup) {
	return func(t *testing.T, s *Setup) { s.Election = replaced(t, s.Election, old, new) }
}

func unsupported(t *testing.T, archive []byte, names string) {
	t.Helper()
	report, err := Verify(archive)
	if report.Status != Unsupported || !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), names) {
		t.Errorf("status %d, error %v; want one that names %q", report.Status, err, names)
	}
}
