package belenios

import (
	"fmt"
	"io"
	"math/big"
	"strings"

	"filippo.io/bigmod"
)

// proof answers a challenge (specification, 4.3).
type proof struct{ challenge, response *big.Int }

type wireProof struct {
	Challenge string `json:"challenge"`
	Response  string `json:"response"`
}

func (p proof) wire() wireProof {
	return wireProof{Challenge: p.challenge.String(), Response: p.response.String()}
}

func wireProofs(proofs []proof) []wireProof {
	w := make([]wireProof, len(proofs))
	for i, p := range proofs {
		w[i] = p.wire()
	}
	return w
}

func parseProof(g group, w wireProof) (proof, error) {
	c, err := g.scalars().parse(w.Challenge)
	if err != nil {
		return proof{}, fmt.Errorf("challenge: %w", err)
	}
	r, err := g.scalars().parse(w.Response)
	if err != nil {
		return proof{}, fmt.Errorf("response: %w", err)
	}
	return proof{challenge: c, response: r}, nil
}

// parseProofs reads exactly n proofs.
func parseProofs(g group, ws []wireProof, n int) ([]proof, error) {
	if len(ws) != n {
		return nil, fmt.Errorf("%d proofs instead of %d: %w", len(ws), n, ErrShape)
	}
	proofs := make([]proof, n)
	for i, w := range ws {
		var err error
		if proofs[i], err = parseProof(g, w); err != nil {
			return nil, err
		}
	}
	return proofs, nil
}

// hashes are what proofs come down to: a hash over a text and commitments is the challenge. They are collected, because
// it costs less to write all commitments at once.
type hashes struct {
	g           group
	commitments []element
	wanted      []wantedHash
}

type wantedHash struct {
	prefix    string
	from, to  int // the commitments
	challenge *big.Int
	failure   error
}

// expect adds a hash; failure says what is wrong if it does not come out.
func (h *hashes) expect(failure error, challenge *big.Int, prefix string, commitments ...element) {
	from := len(h.commitments)
	h.commitments = append(h.commitments, commitments...)
	h.wanted = append(h.wanted, wantedHash{
		prefix: prefix, from: from, to: len(h.commitments), challenge: challenge, failure: failure,
	})
}

// check computes all hashes and returns the failure of the first that does not come out.
func (h *hashes) check() error {
	written := h.g.write(h.commitments)
	for _, w := range h.wanted {
		if hashOf(h.g, w.prefix, written[w.from:w.to]).Cmp(w.challenge) != 0 {
			return w.failure
		}
	}
	return nil
}

// hashOf is the hash of a text and commitments, modulo q.
func hashOf(g group, prefix string, commitments []string) *big.Int {
	return g.scalars().hash(prefix + "|" + strings.Join(commitments, ","))
}

// proveSecret shows that x with X = g^x is known, over the hash of a text and the commitment. The proof of possession
// (4.5), signed messages (4.6.1) and the ballot's signature (4.16) differ only in that text.
func proveSecret(g group, rand io.Reader, x *bigmod.Nat, prefix string) (proof, error) {
	s := g.scalars()
	w, err := s.random(rand)
	if err != nil {
		return proof{}, err
	}
	defer wipe(w)
	c := hashOf(g, prefix, []string{g.secretExp(g.generator(), w).String()})
	return proof{challenge: c, response: s.response(w, x, c)}, nil
}

// expectSecret adds what must come out if the prover knew the x of X = g^x.
func (h *hashes) expectSecret(failure error, x element, p proof, prefix string) {
	g := h.g
	a := g.mul(g.table(g.generator()).exp(p.response), power(g, x, p.challenge))
	h.expect(failure, p.challenge, prefix, a)
}

func checkSecret(g group, x element, p proof, prefix string) bool {
	h := &hashes{g: g}
	h.expectSecret(ErrPossession, x, p, prefix)
	return h.check() == nil
}

// proveShare shows that factor = alpha^x for the x of X = g^x (4.20). The prefix names election and X.
func proveShare(g group, rand io.Reader, x *bigmod.Nat, alpha element, prefix string) (proof, error) {
	s := g.scalars()
	w, err := s.random(rand)
	if err != nil {
		return proof{}, err
	}
	defer wipe(w)
	c := hashOf(g, prefix, g.write([]element{g.secretExp(g.generator(), w), g.secretExp(alpha, w)}))
	return proof{challenge: c, response: s.response(w, x, c)}, nil
}

// expectShare adds what must come out if factor = alpha^x for the x of X = g^x.
func (h *hashes) expectShare(failure error, x, alpha, factor element, p proof, prefix string) {
	g := h.g
	a := g.mul(g.table(g.generator()).exp(p.response), power(g, x, p.challenge))
	b := g.mul(power(g, alpha, p.response), power(g, factor, p.challenge))
	h.expect(failure, p.challenge, prefix, a, b)
}
