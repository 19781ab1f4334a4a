//go:build !hostiletest

package main

import "stimmbote/chat"

// lying tells the truth: only a build for tests can lie.
func lying(h chat.Handler) chat.Handler { return h }
