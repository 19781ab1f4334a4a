// Package tellers holds votes whose keys several machines hold: the bot and the machines of two
// tellers, each a process and an account of its own, on a real homeserver.
package tellers
