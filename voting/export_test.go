package voting

// What the tests of whole polls use as well.
var (
	Rechecked  = rechecked
	NewerTools = newerTools
)
