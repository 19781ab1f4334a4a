package belenios

import (
	"crypto/subtle"
	"io"

	"filippo.io/bigmod"
)

// Seal makes a ballot for one answer, counted from 0, signed with the voter's secret credential. Which answer it is
// changes neither the time nor the length.
func (e *Election) Seal(rand io.Reader, credential string, answer int) ([]byte, error) {
	if answer < 0 || answer >= len(e.question.answers) {
		return nil, ErrAnswer
	}
	secret, err := secretOf(e.g, e.uuid, credential)
	if err != nil {
		return nil, err
	}
	defer wipe(secret)
	return e.seal(rand, secret, answer)
}

// seal makes the ballot of whoever knows the secret exponent of a credential.
func (e *Election) seal(rand io.Reader, secret *bigmod.Nat, answer int) ([]byte, error) {
	public := e.g.secretExp(e.g.generator(), secret)
	if _, ok := e.credentials[public.String()]; !ok {
		return nil, ErrUnknownCredential
	}
	w := wireBallot{ElectionUUID: e.uuid, ElectionHash: e.hash, Credential: public.String()}
	sealed, err := e.sealAnswer(rand, public, answer)
	if err != nil {
		return nil, err
	}
	w.Answers = []wireAnswer{sealed}
	hash := w.unsignedHash()
	signature, err := proveSecret(e.g, rand, secret, "sig|"+hash)
	if err != nil {
		return nil, err
	}
	w.Signature = &wireSignature{Hash: hash, Proof: signature.wire()}
	return encode(w), nil
}

// sealAnswer encrypts one choice for each answer and proves that each is 0 or 1 and that they add up to one, 4.11.1.
func (e *Election) sealAnswer(rand io.Reader, public element, answer int) (wireAnswer, error) {
	s := e.g.scalars()
	n := len(e.question.answers)
	choices, individual := make([]ciphertext, n), make([][]wireProof, n)
	sum := s.bit(0) // of the randomness
	defer wipe(sum)
	for j := range n {
		m := subtle.ConstantTimeEq(int32(j), int32(answer))
		var r *bigmod.Nat
		var err error
		if choices[j], r, err = encrypt(e.g, rand, e.key, m); err != nil {
			return wireAnswer{}, err
		}
		proofs, err := e.choiceProof(public, choices[j]).prove(rand, r, m)
		sum.Add(r, s.mod)
		wipe(r)
		if err != nil {
			return wireAnswer{}, err
		}
		individual[j] = wireProofs(proofs)
	}
	overall, err := e.sumProof(public, choices).prove(rand, sum, 0)
	if err != nil {
		return wireAnswer{}, err
	}
	return wireAnswer{Choices: wires(choices), IndividualProofs: individual, OverallProof: wireProofs(overall)}, nil
}

func wireProofs(proofs []proof) []wireProof {
	w := make([]wireProof, len(proofs))
	for i, p := range proofs {
		w[i] = p.wire()
	}
	return w
}
