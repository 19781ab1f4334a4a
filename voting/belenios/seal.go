package belenios

import (
	"fmt"
	"io"

	"filippo.io/bigmod"
)

// Seal makes a ballot signed with the voter's secret credential. A vote has a list for each question, as Choose and
// BlankVote make it. What is voted for changes neither the time nor, but for the digits of random numbers, the length.
func (e *Election) Seal(rand io.Reader, credential string, vote [][]int) ([]byte, error) {
	return e.sealKeeping(rand, credential, vote, func([]opening) {})
}

// sealKeeping shows what only the sealer knows of each answer, before it is wiped.
func (e *Election) sealKeeping(rand io.Reader, credential string, vote [][]int, keep func([]opening)) ([]byte, error) {
	if len(vote) != len(e.questions) {
		return nil, fmt.Errorf("%d votes on %d questions: %w", len(vote), len(e.questions), ErrAnswer)
	}
	for i, q := range e.questions {
		if err := q.check(vote[i]); err != nil {
			return nil, fmt.Errorf("question %d: %w", i+1, err)
		}
	}
	secret, err := secretOf(e.g, e.uuid, credential)
	if err != nil {
		return nil, err
	}
	defer wipe(secret)
	return e.seal(rand, secret, vote, keep)
}

// seal makes the ballot of whoever knows the secret exponent of a credential.
func (e *Election) seal(rand io.Reader, secret *bigmod.Nat, vote [][]int, keep func([]opening)) ([]byte, error) {
	public := e.g.secretExp(e.g.generator(), secret).String()
	if _, ok := e.voters[public]; !ok {
		return nil, ErrUnknownCredential
	}
	w := wireBallot{ElectionUUID: e.uuid, ElectionHash: e.hash, Credential: public}
	for i, q := range e.questions {
		sealed, err := e.sealAnswer(rand, q, e.hash+"|"+public, vote[i], keep)
		if err != nil {
			return nil, err
		}
		w.Answers = append(w.Answers, sealed)
	}
	hash := w.unsignedHash()
	signature, err := proveSecret(e.g, rand, secret, "sig|"+hash)
	if err != nil {
		return nil, err
	}
	w.Signature = &wireSignature{Hash: hash, Proof: signature.wire()}
	return encode(w), nil
}

// sealAnswer encrypts one number for each slot of a question and proves what has to be, 4.11.1.
func (e *Election) sealAnswer(rand io.Reader, q Question, who string, vote []int, keep func([]opening)) (wireAnswer, error) {
	choices, known := make([]ciphertext, len(vote)), make([]opening, len(vote))
	defer func() {
		for _, o := range known {
			o.wipe()
		}
	}()
	for i, n := range vote {
		known[i].number = e.g.scalars().small(n)
		var err error
		if choices[i], known[i].randomness, err = encrypt(e.g, rand, e.key, known[i].number); err != nil {
			return wireAnswer{}, err
		}
	}
	keep(known)
	return e.proveAnswer(rand, q, who, choices, known)
}

// proveAnswer proves that each choice is 0 or 1, and that all together are as the question wants it. Election and
// credential are in all hashes, so that nobody can use another voter's choice.
func (e *Election) proveAnswer(rand io.Reader, q Question, who string, choices []ciphertext, known []opening) (
	w wireAnswer, err error,
) {
	w.Choices = wires(e.g, choices)
	w.IndividualProofs = make([][]wireProof, len(choices))
	for i, c := range choices {
		prefix := "prove|" + who + "|" + joined(w.Choices[i:i+1])
		if w.IndividualProofs[i], err = e.prove(rand, prefix, values(c, known[i], 0, 1)); err != nil {
			return wireAnswer{}, err
		}
	}
	who += "|" + joined(w.Choices)
	answers := choices
	if q.Blank {
		answers = choices[1:]
	}
	sum := total(e.g, answers)
	all := e.sumUp(known[len(known)-len(answers):])
	defer all.wipe()
	if !q.Blank {
		w.OverallProof, err = e.prove(rand, "prove|"+who+"|"+sum.String(), values(sum, all, q.Min, q.Max))
		return w, err
	}
	w.BlankProof, err = e.prove(rand, "bproof0|"+who, append(values(choices[0], known[0], 0, 0), values(sum, all, 0, 0)...))
	if err != nil {
		return wireAnswer{}, err
	}
	w.OverallProof, err = e.prove(rand, "bproof1|"+who,
		append(values(choices[0], known[0], 1, 1), values(sum, all, q.Min, q.Max)...))
	return w, err
}

// proven is a branch with what its prover knows.
type proven struct {
	branch
	opening
}

// values claims each number from least to most of a ciphertext.
func values(c ciphertext, o opening, least, most int) []proven {
	var all []proven
	for n := least; n <= most; n++ {
		all = append(all, proven{branch: branch{c: c, value: n}, opening: o})
	}
	return all
}

func (e *Election) prove(rand io.Reader, prefix string, all []proven) ([]wireProof, error) {
	d := disjunction{g: e.g, y: e.key, prefix: prefix}
	known := make([]opening, len(all))
	for i, p := range all {
		d.branches, known[i] = append(d.branches, p.branch), p.opening
	}
	proofs, err := d.prove(rand, known)
	if err != nil {
		return nil, err
	}
	return wireProofs(proofs), nil
}

// sumUp opens the product of choices.
func (e *Election) sumUp(known []opening) opening {
	s := e.g.scalars()
	sum := opening{number: s.small(0), randomness: s.small(0)}
	for _, o := range known {
		sum.number.Add(o.number, s.mod)
		sum.randomness.Add(o.randomness, s.mod)
	}
	return sum
}
