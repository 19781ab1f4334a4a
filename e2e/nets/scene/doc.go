// Package scene puts a server of meetings and people onto the machines of a lab, and lets the networks between them do
// what networks do: lose packets, be slow and narrow, refuse, change, break and come back. It says what the people
// noticed. The server may be ours or LiveKit's: both are asked the same.
package scene
