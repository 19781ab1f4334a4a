// Package acme tests that the program gets its certificate from an authority, and keeps it: the program as it is run,
// and Pebble, the authority that Let's Encrypt made for such tests, which really connects to the port it vouches for.
package acme
