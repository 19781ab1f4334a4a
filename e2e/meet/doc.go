// Package meet has the tests in which people meet: real browsers, and programs of others, on the media server alone.
package meet
