package belenios

import (
	"fmt"
	"strings"
)

// The wire forms of a ballot (specification, 4.11.1, 4.16 and 4.17).
type (
	wireBallot struct {
		ElectionUUID string         `json:"election_uuid"`
		ElectionHash string         `json:"election_hash"`
		Credential   string         `json:"credential"`
		Answers      []wireAnswer   `json:"answers"`
		Signature    *wireSignature `json:"signature,omitempty"`
	}
	wireAnswer struct {
		Choices          []wireCiphertext `json:"choices"`
		IndividualProofs [][]wireProof    `json:"individual_proofs"`
		OverallProof     []wireProof      `json:"overall_proof"`
	}
	wireSignature struct {
		Hash  string    `json:"hash"`
		Proof wireProof `json:"proof"`
	}
)

// unsignedHash is what a signature is about: the hash of the ballot without it.
func (w wireBallot) unsignedHash() string {
	w.Signature = nil
	return compactHash(encode(w))
}

// ballot is a parsed ballot: of the right shape, its numbers reduced and its elements in the group.
type ballot struct {
	credential element
	choices    []ciphertext
	individual [][]proof
	overall    []proof
	signed     string // the hash that the signature is about
	signature  proof
}

// The two statements that an answer proves, 4.11.1.
var (
	zeroOrOne  = []int{0, 1}
	exactlyOne = []int{1}
)

// CheckBallot checks everything that can be known of one ballot and says whose it is.
func (e *Election) CheckBallot(raw []byte) (publicCredential string, err error) {
	b, err := e.checkBallot(raw)
	if err != nil {
		return "", err
	}
	return b.credential.String(), nil
}

func (e *Election) checkBallot(raw []byte) (*ballot, error) {
	b, err := e.parseBallot(raw)
	if err != nil {
		return nil, err
	}
	if !checkSecret(e.g, b.credential, b.signature, "sig|"+b.signed) {
		return nil, ErrSignature
	}
	for i, c := range b.choices {
		if !e.choiceProof(b.credential, c).check(b.individual[i]) {
			return nil, fmt.Errorf("choice %d: %w", i+1, ErrChoiceProof)
		}
	}
	if !e.sumProof(b.credential, b.choices).check(b.overall) {
		return nil, ErrSumProof
	}
	return b, nil
}

// parseBallot checks shape and numbers, to which election the ballot belongs and that its credential is listed.
func (e *Election) parseBallot(raw []byte) (*ballot, error) {
	var w wireBallot
	if err := decode(raw, &w); err != nil {
		return nil, err
	}
	if w.ElectionUUID != e.uuid || w.ElectionHash != e.hash {
		return nil, ErrOtherElection
	}
	credential, ok := e.credentials[w.Credential]
	if !ok {
		return nil, ErrUnknownCredential
	}
	if w.Signature == nil {
		return nil, fmt.Errorf("%w: no signature", ErrShape)
	}
	if len(w.Answers) != 1 {
		return nil, fmt.Errorf("%w: %d answers to one question", ErrShape, len(w.Answers))
	}
	b := &ballot{credential: credential, signed: w.Signature.Hash}
	if err := b.parseAnswer(e.g, w.Answers[0], len(e.question.answers)); err != nil {
		return nil, err
	}
	var err error
	if b.signature, err = parseProof(e.g, w.Signature.Proof); err != nil {
		return nil, fmt.Errorf("signature: %w", err)
	}
	if b.signed != w.unsignedHash() {
		return nil, ErrSignedHash
	}
	return b, nil
}

func (b *ballot) parseAnswer(g group, w wireAnswer, n int) (err error) {
	if len(w.Choices) != n || len(w.IndividualProofs) != n {
		return fmt.Errorf("%w: %d choices and %d proofs for %d answers",
			ErrShape, len(w.Choices), len(w.IndividualProofs), n)
	}
	b.choices, b.individual = make([]ciphertext, n), make([][]proof, n)
	for i := range n {
		if b.choices[i], err = parseCiphertext(g, w.Choices[i]); err != nil {
			return fmt.Errorf("choice %d: %w", i+1, err)
		}
		if b.individual[i], err = parseProofs(g, w.IndividualProofs[i], len(zeroOrOne)); err != nil {
			return fmt.Errorf("proof of choice %d: %w", i+1, err)
		}
	}
	if b.overall, err = parseProofs(g, w.OverallProof, len(exactlyOne)); err != nil {
		return fmt.Errorf("overall proof: %w", err)
	}
	return nil
}

// choiceProof states that a choice is 0 or 1. Election and credential are in the context, so that nobody can use
// another voter's choice.
func (e *Election) choiceProof(credential element, c ciphertext) interval {
	return interval{g: e.g, y: e.key, context: e.hash + "|" + credential.String(), c: c, values: zeroOrOne}
}

// sumProof states that the choices add up to one. All of them are in the context.
func (e *Election) sumProof(credential element, choices []ciphertext) interval {
	sum, all := zero(e.g), make([]string, len(choices))
	for i, c := range choices {
		sum, all[i] = add(e.g, sum, c), c.String()
	}
	context := e.hash + "|" + credential.String() + "|" + strings.Join(all, ",")
	return interval{g: e.g, y: e.key, context: context, c: sum, values: exactlyOne}
}
