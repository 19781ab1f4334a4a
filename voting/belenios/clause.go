package belenios

import "errors"

// clauses are where the specification says what was not held. What is not in it is demanded by this package alone.
var clauses = []struct {
	clause  string
	reasons []error
}{
	{"4.1", []error{ErrNotCanonical, ErrShape, ErrNotReduced}},
	{"4.4", []error{
		ErrTruncated, ErrRecord, ErrName, ErrTrailing, ErrStray, ErrParent, ErrHeight, ErrPayload, ErrOrder,
	}},
	{"4.19", []error{ErrShuffle}},
	{"5", []error{ErrNotInGroup}},
	{"4.5", []error{ErrPossession, ErrIdentity}},
	{"4.6.1", []error{ErrSignedMessage}},
	{"4.6.2", []error{ErrContext}},
	{"4.6.6", []error{ErrVerificationKey}},
	{"3.1.1", []error{ErrElectionKey}},
	{"3.1", []error{ErrDuplicateCredential}},
	{"4.17", []error{ErrOtherElection, ErrUnknownCredential}},
	{"3.5.1", []error{ErrRepeated}},
	{"4.16", []error{ErrSignedHash, ErrSignature}},
	{"4.12", []error{ErrChoiceProof}},
	{"4.11.1", []error{ErrSumProof}},
	{"4.13", []error{ErrBlankProof}},
	{"4.18", []error{ErrCount, ErrTally}},
	{"4.20", []error{ErrOwner, ErrShare}},
	{"4.21", []error{ErrMissingShares, ErrResultRange, ErrResult}},
}

// Clause names the section of the Belenios specification that an error of Verify is about, or is empty.
func Clause(err error) string {
	for _, c := range clauses {
		for _, reason := range c.reasons {
			if errors.Is(err, reason) {
				return c.clause
			}
		}
	}
	return ""
}
