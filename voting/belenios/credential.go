package belenios

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"filippo.io/bigmod"
)

const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// groups of a credential's 22 characters (specification, 4.8)
var credentialGroups = []int{5, 6, 5, 6}

// NewUUID draws the name of an election.
func NewUUID(rand io.Reader) (string, error) { return randomBase58(rand, 22) }

// NewCredential draws the secret with which one voter votes: 128 bits in the form XXXXX-XXXXXX-XXXXX-XXXXXX.
func NewCredential(rand io.Reader) (string, error) {
	s, err := randomBase58(rand, 22)
	if err != nil {
		return "", err
	}
	parts := make([]string, len(credentialGroups))
	for i, n := range credentialGroups {
		parts[i], s = s[:n], s[n:]
	}
	return strings.Join(parts, "-"), nil
}

// PublicCredential is what is published in place of a secret credential; it differs in each election.
func PublicCredential(group, uuid, credential string) (string, error) {
	g, err := groupNamed(group)
	if err != nil {
		return "", err
	}
	x, err := secretOf(g, uuid, credential)
	if err != nil {
		return "", err
	}
	defer wipe(x)
	return g.secretExp(g.generator(), x).String(), nil
}

// secretOf derives the exponent of a credential (specification, 4.8): 512 bits of two hashes, modulo q. Credentials of
// tools before version 2.3 are understood too, and never made: theirs is what PBKDF2 makes of the text.
func secretOf(g group, uuid, credential string) (*bigmod.Nat, error) {
	if err := checkUUID(uuid); err != nil {
		return nil, err
	}
	if isOldCredential(credential) {
		return oldSecret(g, uuid, credential)
	}
	if !isCredential(credential) {
		return nil, ErrCredential
	}
	var b [64]byte
	defer clear(b[:])
	for i, part := range [][]byte{b[:32], b[32:]} {
		h := sha256.Sum256(fmt.Appendf(nil, "derive_credential|%s|%d|%s", uuid, i, credential))
		copy(part, h[:])
	}
	return g.scalars().reduce(&b), nil
}

// oldRounds is how often PBKDF2 hashes.
const oldRounds = 1000

func oldSecret(g group, uuid, credential string) (*bigmod.Nat, error) {
	key, err := pbkdf2.Key(sha256.New, credential, []byte(uuid), oldRounds, sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("deriving from an old credential: %w", err)
	}
	defer clear(key)
	var b [64]byte
	defer clear(b[:])
	copy(b[32:], key)
	return g.scalars().reduce(&b), nil
}

// oldGroups of a credential's 15 characters, the last of which is a checksum.
var oldGroups = []int{3, 3, 3, 3, 3}

func isOldCredential(s string) bool {
	if !isGrouped(s, oldGroups) {
		return false
	}
	const modulus = 53
	digits := strings.ReplaceAll(s, "-", "")
	rest := 0
	for _, c := range []byte(digits[:14]) {
		rest = (rest*len(base58) + strings.IndexByte(base58, c)) % modulus
	}
	return digits[14] == base58[modulus-rest]
}

func isCredential(s string) bool { return isGrouped(s, credentialGroups) }

// isGrouped says whether a text is so many characters of base 58 in each group, with dashes between them.
func isGrouped(s string, groups []int) bool {
	parts := strings.Split(s, "-")
	if len(parts) != len(groups) {
		return false
	}
	for i, n := range groups {
		if len(parts[i]) != n || !isBase58(parts[i]) {
			return false
		}
	}
	return true
}

func isBase58(s string) bool {
	for _, c := range []byte(s) {
		if strings.IndexByte(base58, c) < 0 {
			return false
		}
	}
	return true
}

// checkUUID: at least 14 characters of base 58 (specification, 4.2).
func checkUUID(s string) error {
	if len(s) < 14 || len(s) > 100 || !isBase58(s) {
		return fmt.Errorf("uuid %.40q: %w", s, ErrShape)
	}
	return nil
}

// randomBase58 draws each character evenly: bytes above the largest multiple of 58 are drawn anew.
func randomBase58(rand io.Reader, n int) (string, error) {
	out, b := make([]byte, 0, n), make([]byte, 1)
	for len(out) < n {
		if _, err := io.ReadFull(rand, b); err != nil {
			return "", fmt.Errorf("drawing a random character: %w", err)
		}
		if int(b[0]) < 256/58*58 {
			out = append(out, base58[int(b[0])%58])
		}
	}
	return string(out), nil
}

// hexHash is SHA-256 in hexadecimal, the names of records.
func hexHash(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}
