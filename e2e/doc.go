// Package e2e holds the tests that need everything at once: a real homeserver,
// the real program, real encrypting clients, a real browser. The stories that
// people can read are in testdata; what no story can tell (a message that is not
// encrypted, a process that dies at a certain line) is told in Go.
package e2e
