//go:build race

package media

// underRace says that the race detector looks on.
const underRace = true
