package belenios

// Signed says whose ballot it is, once the form, the numbers and the signature were found right: nobody without the
// voter's secret credential comes that far. It costs a small part of CheckBallot, which looks at everything, and serves
// to turn strangers away at little cost.
func (e *Election) Signed(raw []byte) (publicCredential string, err error) {
	b, err := e.parseBallot(raw)
	if err != nil {
		return "", err
	}
	h := &hashes{g: e.g}
	h.expectSecret(ErrSignature, b.voter.key, b.signature, "sig|"+b.signed)
	if err := h.check(); err != nil {
		return "", err
	}
	return b.voter.credential, nil
}

// Longest is more than any ballot of the election has bytes: what is longer is refused unread.
func (e *Election) Longest() int { return e.longest() }

// Papers are the texts that the election was read from, byte for byte.
func (e *Election) Papers() Setup { return e.setup }
