// Package callpage looks at the page of a call as people do who see little, use no mouse, or have a browser, a device
// or a network that does not do what it should.
package callpage
