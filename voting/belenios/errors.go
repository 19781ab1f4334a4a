package belenios

import "errors"

// Reasons why something is refused. Each check has its own value; what is wrong where is wrapped around it.
var (
	// ErrUnreadable is returned for bytes that are no Belenios archive at all.
	ErrUnreadable = errors.New("not a Belenios archive")
	// ErrRead is returned where a file cannot be read.
	ErrRead = errors.New("reading the archive")
	// ErrUnsupported is returned for what may be sound but cannot be checked here.
	ErrUnsupported = errors.New("not supported")

	// ErrTruncated is returned for an archive that ends in the middle of a record.
	ErrTruncated = errors.New("archive is cut short")
	// ErrRecord is returned for a record whose header or padding is not exactly as it must be.
	ErrRecord = errors.New("record header or padding is not in its one form")
	// ErrName is returned for a record whose name is not the hash of its contents.
	ErrName = errors.New("file name is not the hash of the contents")
	// ErrTrailing is returned for whatever follows the end of an archive.
	ErrTrailing = errors.New("something follows the end of the archive")
	// ErrStray is returned for records that the next event does not ask for, or that it lacks.
	ErrStray = errors.New("records do not fit the event that follows them")
	// ErrParent is returned for an event that does not continue the one before it.
	ErrParent = errors.New("parent is not the hash of the previous event")
	// ErrHeight is returned for an event that is not numbered one above the previous one.
	ErrHeight = errors.New("height is not one more than the previous event's")
	// ErrPayload is returned for a reference to another record than the one it must point at.
	ErrPayload = errors.New("reference does not name the record that belongs here")
	// ErrOrder is returned for an event that may not stand at its place.
	ErrOrder = errors.New("event is not allowed here")
	// ErrShuffle is returned for shuffles in an election that adds ballots up.
	ErrShuffle = errors.New("shuffles have no place in a homomorphic election")

	// ErrNotCanonical is returned for JSON or a number that is not written in its one form.
	ErrNotCanonical = errors.New("not written in its one canonical form")
	// ErrShape is returned for a structure with missing, superfluous or wrongly counted parts.
	ErrShape = errors.New("structure does not have the required parts")
	// ErrNotReduced is returned for a number beyond its modulus.
	ErrNotReduced = errors.New("number is not reduced")
	// ErrNotInGroup is returned for a number that is no member of the group.
	ErrNotInGroup = errors.New("element does not lie in the group")
	// ErrIdentity is returned for a key or credential whose secret everybody knows.
	ErrIdentity = errors.New("key is the neutral element")

	// ErrCredential is returned for a secret credential that is not written as one.
	ErrCredential = errors.New("malformed credential")
	// ErrKey is returned for bytes that are no private key, and for an erased one.
	ErrKey = errors.New("malformed private key")
	// ErrAnswer is returned when the chosen answer does not exist.
	ErrAnswer = errors.New("no such answer")

	// ErrDuplicateCredential is returned for a public credential that is listed twice.
	ErrDuplicateCredential = errors.New("public credential is listed twice")
	// ErrPossession is returned for a trustee's key without a valid proof that its secret is known.
	ErrPossession = errors.New("proof of possession of a trustee's key is false")
	// ErrSeed is returned for what is no seed of a trustee.
	ErrSeed = errors.New("malformed seed")
	// ErrContext is returned for a certificate that was made for another group of trustees, or another place in it.
	ErrContext = errors.New("certificate is for another ceremony or place")
	// ErrSignedMessage is returned for a message that was not signed by the trustee who should have.
	ErrSignedMessage = errors.New("message was not signed by this trustee")
	// ErrRecipient is returned for a message that was made for another trustee.
	ErrRecipient = errors.New("message is for another recipient")
	// ErrSealed is returned for an encrypted message that cannot be opened.
	ErrSealed = errors.New("encrypted message cannot be opened")
	// ErrStranger is returned when a trustee's own certificate is not among those of the ceremony.
	ErrStranger = errors.New("own certificate is not in this ceremony")
	// ErrCommitment is returned when a trustee shows other coefficients than those they committed to.
	ErrCommitment = errors.New("coefficients are not those that were committed to")
	// ErrSecret is returned for a secret share that does not lie on its sender's polynomial.
	ErrSecret = errors.New("secret does not lie on the sender's polynomial")
	// ErrVerificationKey is returned for a trustee's key that does not come from the polynomials.
	ErrVerificationKey = errors.New("verification key does not come from the polynomials")
	// ErrElectionKey is returned when the election's key is not the product of the trustees' keys.
	ErrElectionKey = errors.New("election key is not the product of the trustees' keys")

	// ErrOtherElection is returned for a ballot that was made for another election.
	ErrOtherElection = errors.New("ballot belongs to another election")
	// ErrOtherVote is returned for a test envelope whose ballot has something else in it than it says.
	ErrOtherVote = errors.New("something else was sealed")
	// ErrUnknownCredential is returned for a credential that is not on the election's list.
	ErrUnknownCredential = errors.New("credential is not on the list")
	// ErrRepeated is returned for a ballot that occurs twice.
	ErrRepeated = errors.New("ballot occurs twice")
	// ErrSignedHash is returned when a signature is about other contents than the ballot's.
	ErrSignedHash = errors.New("signature is not about this ballot")
	// ErrSignature is returned for a ballot that was not signed with its voter's key.
	ErrSignature = errors.New("signature was not made with the voter's key")
	// ErrChoiceProof is returned for a choice that is not proved to be 0 or 1 by this voter.
	ErrChoiceProof = errors.New("proof that a choice is 0 or 1 is false")
	// ErrSumProof is returned for a ballot not proved to choose as many answers as the question allows.
	ErrSumProof = errors.New("proof of how many answers are chosen is false")
	// ErrBlankProof is returned for a ballot that may be blank and choose answers all the same.
	ErrBlankProof = errors.New("proof that a blank vote chooses nothing is false")
	// ErrOneEach is returned when a credential has several ballots where there may be one.
	ErrOneEach = errors.New("more than one ballot of a credential")

	// ErrCount is returned when a tally states another number of ballots than there are.
	ErrCount = errors.New("number of tallied ballots is wrong")
	// ErrTally is returned when a tally is not the product of the counted ballots.
	ErrTally = errors.New("encrypted tally is not the product of the counted ballots")
	// ErrOwner is returned for a share of nobody, or of somebody who gave one already.
	ErrOwner = errors.New("share is of no trustee, or of one who gave another")
	// ErrMissingShares is returned where a sum cannot be opened yet.
	ErrMissingShares = errors.New("shares of some trustees are missing")
	// ErrShare is returned for a share without a valid proof.
	ErrShare = errors.New("proof of a decryption share is false")
	// ErrResultRange is returned for a result below zero or above the number of ballots.
	ErrResultRange = errors.New("result is out of range")
	// ErrResult is returned for a result that is not what the tally decrypts to.
	ErrResult = errors.New("result is not what the tally decrypts to")
)
