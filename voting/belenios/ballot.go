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
		BlankProof       []wireProof      `json:"blank_proof,omitempty"`
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

// ballot is a parsed ballot: of the right shape and its numbers reduced.
type ballot struct {
	voter     voter
	answers   []answer
	signed    string // the hash that the signature is about
	signature proof
}

// answer is the answer to one question.
type answer struct {
	sealed     []sealed
	choices    []ciphertext // what was sealed, once it was shown to lie in the group
	individual [][]proof
	overall    []proof
	blank      []proof
}

// zeroOrOne is how many branches the proof of a choice has, and blankOrNone the blank proof.
const zeroOrOne, blankOrNone = 2, 2

// CheckBallot checks everything that can be known of one ballot and says whose it is.
func (e *Election) CheckBallot(raw []byte) (publicCredential string, err error) {
	b, err := e.checkBallot(raw)
	if err != nil {
		return "", err
	}
	return b.voter.credential, nil
}

func (e *Election) checkBallot(raw []byte) (*ballot, error) {
	b, err := e.parseBallot(raw)
	if err != nil {
		return nil, err
	}
	h := &hashes{g: e.g}
	h.expectSecret(ErrSignature, b.voter.key, b.signature, "sig|"+b.signed)
	for i := range b.answers {
		if err := e.expectAnswer(h, e.questions[i], b.voter, &b.answers[i]); err != nil {
			return nil, fmt.Errorf("answer %d: %w", i+1, err)
		}
	}
	if err := h.check(); err != nil {
		return nil, err
	}
	return b, nil
}

// parseBallot checks shape and numbers, to which election the ballot belongs and that its credential is listed.
func (e *Election) parseBallot(raw []byte) (*ballot, error) {
	if len(raw) > e.longest() {
		return nil, fmt.Errorf("%w: %d bytes", ErrShape, len(raw))
	}
	var w wireBallot
	if err := decode(raw, &w); err != nil {
		return nil, err
	}
	if w.ElectionUUID != e.uuid || w.ElectionHash != e.hash {
		return nil, ErrOtherElection
	}
	voter, ok := e.voters[w.Credential]
	if !ok {
		return nil, ErrUnknownCredential
	}
	if w.Signature == nil {
		return nil, fmt.Errorf("%w: no signature", ErrShape)
	}
	if len(w.Answers) != len(e.questions) {
		return nil, fmt.Errorf("%w: %d answers to %d questions", ErrShape, len(w.Answers), len(e.questions))
	}
	b := &ballot{voter: voter, signed: w.Signature.Hash, answers: make([]answer, len(w.Answers))}
	var err error
	for i, q := range e.questions {
		if b.answers[i], err = parseAnswer(e.g, q, w.Answers[i]); err != nil {
			return nil, fmt.Errorf("answer %d: %w", i+1, err)
		}
	}
	if b.signature, err = parseProof(e.g, w.Signature.Proof); err != nil {
		return nil, fmt.Errorf("signature: %w", err)
	}
	if b.signed != w.unsignedHash() {
		return nil, ErrSignedHash
	}
	return b, nil
}

// longest is more than any ballot of the election has bytes: what is longer need not be looked at.
func (e *Election) longest() int {
	const rest, choice, branch = 4096, 2048, 256 // elements have up to 617 digits, and each choice a proof with two branches
	n := rest
	for _, q := range e.questions {
		n += q.Slots()*choice + (q.branches()+blankOrNone)*branch
	}
	return n
}

func parseAnswer(g group, q Question, w wireAnswer) (a answer, err error) {
	n := q.Slots()
	if len(w.Choices) != n || len(w.IndividualProofs) != n {
		return answer{}, fmt.Errorf("%w: %d choices and %d proofs for %d",
			ErrShape, len(w.Choices), len(w.IndividualProofs), n)
	}
	a.sealed, a.individual = make([]sealed, n), make([][]proof, n)
	for i := range n {
		if a.sealed[i], err = readCiphertext(g, w.Choices[i]); err != nil {
			return answer{}, fmt.Errorf("choice %d: %w", i+1, err)
		}
		if a.individual[i], err = parseProofs(g, w.IndividualProofs[i], zeroOrOne); err != nil {
			return answer{}, fmt.Errorf("proof of choice %d: %w", i+1, err)
		}
	}
	if a.overall, err = parseProofs(g, w.OverallProof, q.branches()); err != nil {
		return answer{}, fmt.Errorf("overall proof: %w", err)
	}
	blanks := 0
	if q.Blank {
		blanks = blankOrNone
	}
	if a.blank, err = parseProofs(g, w.BlankProof, blanks); err != nil {
		return answer{}, fmt.Errorf("blank proof: %w", err)
	}
	return a, nil
}

// expectAnswer shows that the choices lie in the group, and adds what must come out if each is 0 or 1 and all together
// are as the question wants it.
func (e *Election) expectAnswer(h *hashes, q Question, v voter, a *answer) error {
	who := e.hash + "|" + v.credential
	a.choices = make([]ciphertext, len(a.sealed))
	var first []proof // everything that is proved of the blank choice
	if q.Blank {
		first = []proof{a.blank[0], a.overall[0]}
	}
	var blank raised
	for i, c := range a.sealed {
		proofs := a.individual[i]
		all := challenges(proofs)
		if i == 0 {
			all = append(all, challenges(first)...)
		}
		r, err := admit(e.g, c, all)
		if err != nil {
			return fmt.Errorf("choice %d: %w", i+1, err)
		}
		if i == 0 {
			blank = r.from(zeroOrOne)
		}
		a.choices[i] = r.ciphertext
		h.expectDisjunction(fmt.Errorf("choice %d: %w", i+1, ErrChoiceProof), e.bases(),
			"prove|"+who+"|"+r.String(), shownAll(r, proofs, 0))
	}
	who += "|" + joined(wires(e.g, a.choices))
	if !q.Blank {
		sum := raise(e.g, total(e.g, a.choices), challenges(a.overall))
		h.expectDisjunction(ErrSumProof, e.bases(), "prove|"+who+"|"+sum.String(), shownAll(sum, a.overall, q.Min))
		return nil
	}
	sum := raise(e.g, total(e.g, a.choices[1:]), append(challenges(a.overall[1:]), a.blank[1].challenge))
	h.expectDisjunction(ErrBlankProof, e.bases(), "bproof0|"+who,
		append(shownAll(blank, a.blank[:1], 0), shownAll(sum.from(len(a.overall)-1), a.blank[1:], 0)...))
	h.expectDisjunction(ErrSumProof, e.bases(), "bproof1|"+who,
		append(shownAll(blank.from(1), a.overall[:1], 1), shownAll(sum, a.overall[1:], q.Min)...))
	return nil
}

// total is the product of choices: the encryption of their sum.
func total(g group, choices []ciphertext) ciphertext {
	sum := zero(g)
	for _, c := range choices {
		sum = add(g, sum, c)
	}
	return sum
}

// joined is how choices go into hashes.
func joined(choices []wireCiphertext) string {
	all := make([]string, len(choices))
	for i, c := range choices {
		all[i] = c.Alpha + "," + c.Beta
	}
	return strings.Join(all, ",")
}
