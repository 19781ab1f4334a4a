// Package call holds the tests of meetings as a group has them: from !call in an encrypted room on a real homeserver,
// by the program as it is run, to tabs of real browsers.
package call
