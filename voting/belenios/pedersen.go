package belenios

import (
	"encoding/json"
	"fmt"
	"math/big"
)

// wireThreshold is what is published of a ceremony (specification, 4.6.7). Signatures are not in the dialect before
// version 2.5.1 of the tools.
type wireThreshold struct {
	Threshold        int               `json:"threshold"`
	Certs            []wireSigned      `json:"certs"`
	Coefexps         []wireSigned      `json:"coefexps"`
	Signatures       []wireProof       `json:"signatures,omitempty"`
	VerificationKeys []json.RawMessage `json:"verification_keys"`
}

type (
	wireCoefexps struct {
		Coefexps []string `json:"coefexps"`
	}
	wireCerts struct {
		Certs    []wireSigned `json:"certs"`
		Coefexps []string     `json:"coefexps"`
	}
)

// openPedersen reads the parameters of trustees of whom some are enough, and checks everything that was said in their
// ceremony: certificates, polynomials, that each signed all certificates with their polynomial, and that each knows the
// secret that the polynomials give them.
func openPedersen(g group, raw []byte) (trustee, error) {
	fields, err := object(raw, "threshold", "certs", "coefexps", "?signatures", "verification_keys")
	if err != nil {
		return trustee{}, err
	}
	var w wireThreshold
	if w.Threshold, err = small(fields["threshold"]); err != nil {
		return trustee{}, err
	}
	if err := decode(fields["certs"], &w.Certs); err != nil {
		return trustee{}, fmt.Errorf("certificates: %w", err)
	}
	if err := decode(fields["coefexps"], &w.Coefexps); err != nil {
		return trustee{}, fmt.Errorf("coefficients: %w", err)
	}
	old := fields["signatures"] == nil
	if !old {
		if err := decode(fields["signatures"], &w.Signatures); err != nil {
			return trustee{}, fmt.Errorf("signatures: %w", err)
		}
	}
	if w.VerificationKeys, err = list(fields["verification_keys"]); err != nil {
		return trustee{}, fmt.Errorf("verification keys: %w", err)
	}
	return w.open(g, old)
}

// maxTrustees bounds the work of checking polynomials, which grows with the square of the number of trustees.
const maxTrustees = 256

func (w wireThreshold) open(g group, old bool) (trustee, error) {
	n := len(w.Certs)
	if n > maxTrustees {
		return trustee{}, fmt.Errorf("%w: %d trustees together", ErrUnsupported, n)
	}
	if w.Threshold < 1 || w.Threshold > n || len(w.Coefexps) != n || len(w.VerificationKeys) != n ||
		!old && len(w.Signatures) != n {
		return trustee{}, fmt.Errorf("%w: %d of %d trustees", ErrShape, w.Threshold, n)
	}
	certs, err := openCertificates(g, w.Certs, w.Threshold, old)
	if err != nil {
		return trustee{}, err
	}
	polynomials := make([][]element, n)
	for i, c := range certs {
		var signature *wireProof
		if !old {
			signature = &w.Signatures[i]
		}
		if polynomials[i], err = openPolynomial(g, c, w.Certs, w.Coefexps[i], signature, w.Threshold); err != nil {
			return trustee{}, fmt.Errorf("polynomial %d: %w", i+1, err)
		}
	}
	sum := sumOfPolynomials(g, polynomials)
	t := trustee{threshold: w.Threshold, product: sum[0], pedersen: true, old: old}
	for i, raw := range w.VerificationKeys {
		key, err := openVerificationKey(g, raw, certs[i], old)
		if err == nil && !g.same(key, valueAt(g, sum, i+1)) {
			err = ErrVerificationKey
		}
		if err != nil {
			return trustee{}, fmt.Errorf("verification key %d: %w", i+1, err)
		}
		t.keys = append(t.keys, key)
	}
	return t, nil
}

// openCertificates checks the certificates of all trustees, in order.
func openCertificates(g group, ws []wireSigned, threshold int, old bool) ([]certificate, error) {
	certs := make([]certificate, len(ws))
	for i, w := range ws {
		var err error
		context := wireContext{Group: g.name(), Size: len(ws), Threshold: threshold, Index: i + 1}
		if certs[i], err = openCertificate(g, w, context, old); err != nil {
			return nil, fmt.Errorf("certificate %d: %w", i+1, err)
		}
	}
	return certs, nil
}

// openPolynomial checks what a trustee says of their polynomial: g to the power of each coefficient (4.6.4).
func openPolynomial(g group, c certificate, certs []wireSigned, w wireSigned, signature *wireProof, threshold int) (
	[]element, error,
) {
	var said wireCoefexps
	if err := decode([]byte(w.Message), &said); err != nil {
		return nil, err
	}
	if len(said.Coefexps) != threshold {
		return nil, fmt.Errorf("%w: %d coefficients", ErrShape, len(said.Coefexps))
	}
	coefficients := make([]element, threshold)
	for k, s := range said.Coefexps {
		var err error
		if coefficients[k], err = parse(g, s); err != nil {
			return nil, fmt.Errorf("coefficient %d: %w", k, err)
		}
	}
	if err := checkSigned(g, c.verification, w); err != nil {
		return nil, err
	}
	if signature == nil {
		return coefficients, nil
	}
	whole := wireSigned{Message: certsText(certs, said.Coefexps), Signature: *signature}
	if err := checkSigned(g, c.verification, whole); err != nil {
		return nil, fmt.Errorf("with the certificates: %w", err)
	}
	return coefficients, nil
}

// certsText is what binds a polynomial to all certificates (4.6.4).
func certsText(certs []wireSigned, coefexps []string) string {
	return "certs_sig|" + string(encode(wireCerts{Certs: certs, Coefexps: coefexps}))
}

func openVerificationKey(g group, raw []byte, c certificate, old bool) (element, error) {
	key, signature, err := openPublic(g, raw)
	if err != nil {
		return nil, err
	}
	if (signature == nil) != old {
		return nil, fmt.Errorf("%w: signature", ErrShape)
	}
	if signature == nil {
		return key, nil
	}
	return key, checkSigned(g, c.verification, wireSigned{Message: key.String(), Signature: *signature})
}

// sumOfPolynomials adds polynomials up, in the exponent.
func sumOfPolynomials(g group, polynomials [][]element) []element {
	sum := make([]element, len(polynomials[0]))
	for k := range sum {
		sum[k] = g.identity()
		for _, p := range polynomials {
			sum[k] = g.mul(sum[k], p[k])
		}
	}
	return sum
}

// valueAt is the value of a polynomial at a small number, in the exponent.
func valueAt(g group, coefficients []element, x int) element {
	value, at := g.identity(), big.NewInt(int64(x))
	for k := len(coefficients) - 1; k >= 0; k-- {
		value = g.mul(power(g, value, at), coefficients[k])
	}
	return value
}
