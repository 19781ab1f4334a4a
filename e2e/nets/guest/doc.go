// Package guest is somebody in a meeting, for tries on bad networks: it speaks LiveKit's client protocol with two peer
// connections as a page does, sends sound and a picture in three layers, hears and sees others, comes back when the network
// changes, and says what a person would have noticed: silence, and pictures that stand still.
//
// What it sends is no real sound or picture, but says of itself when it was sent and what it depends on. It runs as a
// program of its own, because it has to be in another network than whoever watches it; both have one clock.
package guest

import "time"

// What is sent.
const (
	soundEvery   = 20 * time.Millisecond
	soundSize    = 80 // bytes: 32 kbit/s
	pictureEvery = time.Second / 15
)

// layers are the pictures, the smallest first.
var layers = []layer{{"q", 320, 180, 100_000}, {"h", 640, 360, 300_000}, {"f", 1280, 720, 1_200_000}}

type layer struct {
	rid           string
	width, height uint32
	rate          int // bit/s
}

// Options say who comes, and where to.
type Options struct {
	URL      string // wss://…, without a path
	Token    string
	Sends    bool
	Receives bool
	Adapts   bool // sends fewer layers where the line seems to carry no more
	Blind    bool // sends no picture
	Here     bool // the server is on this machine and can be reached there only
}

// Report is what a guest has noticed since the last one. All times are in milliseconds since then.
type Report struct {
	Took     int       `json:"took"`              // for joining
	Way      string    `json:"way"`               // udp, tcp, or turn and how
	Resumed  int       `json:"resumed,omitempty"` // times
	Rejoined int       `json:"rejoined,omitempty"`
	Length   int       `json:"length"`
	Sounds   int       `json:"sounds"` // that should have been heard
	Unheard  int       `json:"unheard"`
	Silences []Silence `json:"silences,omitempty"` // three and more in a row
	Frames   []Frame   `json:"frames,omitempty"`   // that were shown
	Target   int       `json:"target,omitempty"`   // bit/s that the guest thinks it can send
}

// Silence is one that a person hears.
type Silence struct{ At, Ms int }

// Frame is a picture that was shown.
type Frame struct{ At, Layer int }
