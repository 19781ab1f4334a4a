// Package media is the call server: rooms in which people see and hear each other, over LiveKit's client protocol and
// one UDP port.
//
// It guarantees that only a valid token lets anybody in or learn who is there, that one goroutine owns each room, and
// that everything it starts has ended when Run returns. Frames are encrypted from client to client: it forwards what it
// cannot read, and says truthfully whether a sender announced encryption. It keeps nothing on disk and writes no name,
// address or token into a log.
package media

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"regexp"
	"sync"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/webrtc/v4"
	"github.com/rs/zerolog"

	"stimmbote/media/forward"
)

// Config is the section media of the configuration.
type Config struct {
	// UDP is the address that all sound and pictures go through.
	UDP string `yaml:"udp"`
	// TCP is the address for those whose network lets no UDP through. Empty: none.
	TCP string `yaml:"tcp"`
	// TURN is the address for those who reach others through a relay only, on UDP and TCP. Empty: none.
	TURN string `yaml:"turn"`
	// IP is the address, or the name, under which others reach this one, where a router stands before it. Empty: the
	// machine's own, and what Options.Name leads to.
	IP string `yaml:"ip"`
	// STUN is a server that is asked for the address, where neither is known. Empty: nobody is asked.
	STUN string `yaml:"stun"`
}

// Defaults are used for what the configuration does not say.
func Defaults() Config { return Config{UDP: ":8481"} }

// hostName is one with a dot in it.
var hostName = regexp.MustCompile(`^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z][A-Za-z0-9-]+\.?$`)

// Validate returns everything that is wrong.
func (c Config) Validate() error {
	var udp, tcp, turn, ip, stun error
	if _, err := net.ResolveUDPAddr("udp", c.UDP); err != nil || c.UDP == "" {
		udp = fmt.Errorf("udp: %q is not an address with a port; try \":8481\"", c.UDP)
	}
	if _, err := net.ResolveTCPAddr("tcp", c.TCP); c.TCP != "" && err != nil {
		tcp = fmt.Errorf("tcp: %q is not an address with a port; try \":8481\", or \"\" for none", c.TCP)
	}
	if _, err := net.ResolveUDPAddr("udp", c.TURN); c.TURN != "" && err != nil {
		turn = fmt.Errorf("turn: %q is not an address with a port; try \":3478\", or \"\" for none", c.TURN)
	}
	if _, err := netip.ParseAddr(c.IP); c.IP != "" && err != nil && !hostName.MatchString(c.IP) {
		ip = fmt.Errorf("ip: %q is neither an address nor a name; try one like 203.0.113.7 or bot.example.org, or \"\"", c.IP)
	}
	if _, _, err := net.SplitHostPort(c.STUN); c.STUN != "" && err != nil {
		stun = fmt.Errorf("stun: %q is not a name with a port; try one like stun.example.org:3478, or \"\" for none", c.STUN)
	}
	return errors.Join(udp, tcp, turn, ip, stun)
}

// Options are what the program around the server gives it.
type Options struct {
	// Secret signs tokens: 32 random bytes. Tokens of another secret are refused.
	Secret []byte
	// Keys are the secrets of others who may make tokens, by the name that they put into them. May be nil.
	Keys map[string]string
	// Name is that under which members reach this machine: what it leads to is told to them as an address of this machine,
	// where the configuration has none. Empty: none.
	Name string
	// Secure is where clients come to the relay by TLS, at the port where they have come to Handler. The server closes it.
	// Nil: none.
	Secure net.Listener
	// Changed is told who is in a room whenever that changes, by one goroutine, with the newest state only. May be nil.
	Changed func(room string, present []Person)
	// Event is told what happens in rooms, in order, by one goroutine. May be nil.
	Event func(Event)
	// Tap sees every video packet that is forwarded. For tests.
	Tap forward.Tap
	// line may stand between the server and its port. For tests.
	line func(net.PacketConn) net.PacketConn
}

const (
	minSecret = 16
	maxRooms  = 1000
	maxChecks = maxRooms / 2     // of them: whoever has a link can open as many, and leaves room for calls
	silence   = 15 * time.Second // after which somebody is gone, whatever their connections say
)

// Reasons to refuse whoever comes.
var (
	errClosed       = errors.New("server is stopping")
	errTooManyRooms = errors.New("server has too many rooms")
)

// Server is the call server.
type Server struct {
	opt      Options
	log      zerolog.Logger
	udp      *net.UDPConn
	mux      *ice.UDPMuxDefault
	tcp      *ice.TCPMuxDefault   // nil if there is none
	turn     *turnServer          // nil if there is none
	keys     map[string]string    // secrets by the name of who signs with them
	issuer   string               // the name of this server itself
	settings webrtc.SettingEngine // of every peer connection
	public   netip.Addr           // configured: told instead of the machine's own; not valid if there is none
	outside  *outside
	cert     webrtc.Certificate
	counters forward.Counters
	ways     ways
	presence *presence
	events   *events
	silence  time.Duration
	joinFor  time.Duration
	many     int // people in a room above which only some voices are heard
	voices   int // how many

	mu       sync.Mutex
	rooms    map[string]*room
	ended    map[string]time.Time // rooms that were closed, and when
	closed   bool
	handlers sync.WaitGroup // connections
	running  sync.WaitGroup // rooms
}

// New opens the ports. Run must be called to close them.
func New(cfg Config, opt Options, log zerolog.Logger) (*Server, error) {
	if len(opt.Secret) < minSecret {
		return nil, fmt.Errorf("secret for tokens has %d bytes, needs %d", len(opt.Secret), minSecret)
	}
	s := &Server{
		opt: opt, log: log, presence: newPresence(), events: newEvents(), silence: silence, joinFor: joinFor, many: manyPeople, voices: manyVoices,
		rooms: map[string]*room{}, ended: map[string]time.Time{}, keys: map[string]string{}, issuer: issuer,
	}
	if _, theirs := opt.Keys[issuer]; theirs {
		s.issuer = issuer + ":" // KEY:SECRET names no key like that
	}
	name := opt.Name
	if s.public, _ = netip.ParseAddr(cfg.IP); !s.public.IsValid() && cfg.IP != "" {
		name = cfg.IP
	}
	if s.public.IsValid() {
		name, cfg.STUN = "", ""
	}
	s.outside = newOutside(name, cfg.STUN, log)
	maps.Copy(s.keys, opt.Keys)
	s.keys[s.issuer] = string(opt.Secret)
	err := s.open(cfg)
	if err == nil {
		err = s.share()
	}
	if err != nil {
		_ = s.shut()
		return nil, err
	}
	return s, nil
}

// Packets counts the media packets that came in and went out since the start.
func (s *Server) Packets() (in, out uint64) {
	return s.counters.In.Load(), s.counters.Out.Load()
}

// Present says who is in a room.
func (s *Server) Present(room string) []Person { return s.presence.get(room) }

// Run keeps the server going until ctx ends, then tells everybody, and returns when all is closed.
func (s *Server) Run(ctx context.Context) error {
	changed := s.opt.Changed
	if changed == nil {
		changed = func(string, []Person) {}
	}
	var notifier sync.WaitGroup
	told, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	notifier.Go(func() { s.presence.run(told, changed) })
	event := s.opt.Event
	if event == nil {
		event = func(Event) {}
	}
	notifier.Go(func() { s.events.run(told, event) })
	notifier.Go(func() { s.outside.run(told) })

	<-ctx.Done()
	s.mu.Lock()
	s.closed = true
	for _, r := range s.rooms {
		r.end()
	}
	s.mu.Unlock()
	s.handlers.Wait()
	s.running.Wait()
	stop()
	notifier.Wait()
	s.presence.flush(changed)
	if err := s.shut(); err != nil {
		return fmt.Errorf("closing ports of media: %w", err)
	}
	return nil
}

// enter finds or opens a room and keeps it open until leave.
func (s *Server) enter(name string) (*room, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.bars(name); err != nil {
		return nil, err
	}
	r := s.rooms[name]
	if r == nil {
		r = newRoom(s, name)
		s.rooms[name] = r
		s.running.Go(r.run)
	}
	r.users++
	s.handlers.Add(1)
	return r, nil
}

// bars says why a room can be neither found nor opened, nil if it can. The lock is held.
func (s *Server) bars(name string) error {
	switch {
	case s.closed:
		return errClosed
	case s.rooms[name] != nil:
		return nil
	case len(s.rooms) >= maxRooms, IsCheckRoom(name) && s.checks() >= maxChecks:
		return errTooManyRooms
	}
	return nil
}

// checks are how many rooms to try the network in are open. The lock is held.
func (s *Server) checks() (n int) {
	for name := range s.rooms {
		if IsCheckRoom(name) {
			n++
		}
	}
	return n
}

// keep keeps a room open until leave, for one who is already in.
func (s *Server) keep(r *room) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.users++
	s.handlers.Add(1)
}

// forget makes way for a fresh room of the same name.
func (s *Server) forget(r *room) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rooms[r.name] == r {
		delete(s.rooms, r.name)
	}
}

// leave lets a room close once nobody keeps it open.
func (s *Server) leave(r *room) {
	defer s.handlers.Done()
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.users--; r.users > 0 {
		return
	}
	if s.rooms[r.name] == r {
		delete(s.rooms, r.name)
	}
	r.end()
}
