package scene

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/livekit/protocol/auth"

	"stimmbote/e2e/nets/guest"
	"stimmbote/e2e/nets/lab"
)

// asGuest is set for a program that has been started to be a guest.
const asGuest = "STIMMBOTE_GUEST"

// Guest runs this program as a guest, if it has been started to be one, and then never returns. It comes first in main.
func Guest() {
	if os.Getenv(asGuest) == "" {
		return
	}
	if err := guest.Command(os.Stdin, os.Stdout); err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

// Scene is a server and the people on it.
type Scene struct {
	Server  Server
	lab     *lab.Lab
	dir     string
	machine *lab.Machine
	program *running
	people  []*Person
}

// New starts a server in a lab of its own, with a folder for its files.
func New(s Server, seed uint64, dir string) (*Scene, error) {
	sc := &Scene{Server: s, lab: lab.New(seed), dir: dir}
	var err error
	if sc.machine, err = sc.lab.Machine(netip.Addr{}, serverAddress, serverAddress6); err == nil {
		err = certificate(dir)
	}
	if err == nil {
		sc.program, err = serve(sc.machine, s, dir)
	}
	if err != nil {
		sc.lab.Close()
		return nil, err
	}
	return sc, nil
}

// Close ends everything.
func (sc *Scene) Close() {
	for _, p := range sc.people {
		p.Leave()
	}
	sc.program.stop()
	sc.lab.Close()
}

// Log is what the server said in the end.
func (sc *Scene) Log() string { return sc.program.last() }

// Machine makes a machine with an address, or one for each family. If behind is not empty, a router hides it.
func (sc *Scene) Machine(behind string, addresses ...string) (*lab.Machine, error) {
	var outside netip.Addr
	if behind != "" {
		outside = netip.MustParseAddr(behind)
	}
	return sc.lab.Machine(outside, parse(addresses)...)
}

func parse(addresses []string) []netip.Addr {
	var list []netip.Addr
	for _, a := range addresses {
		list = append(list, netip.MustParseAddr(a))
	}
	return list
}

// Person is a guest on a machine.
type Person struct {
	Machine *lab.Machine
	program *running
	in      io.WriteCloser
	lines   chan string
	left    bool
}

// Enter lets somebody join from a machine, and waits until they are in.
func (sc *Scene) Enter(m *lab.Machine, name string, change ...func(*guest.Options)) (*Person, error) {
	return sc.EnterAs(asGuest, m, name, change...)
}

// EnterAs is Enter for another program than a guest that understands the same: this one, with a variable set in its
// environment.
func (sc *Scene) EnterAs(role string, m *lab.Machine, name string, change ...func(*guest.Options)) (*Person, error) {
	token, err := auth.NewAccessToken(key, secret).SetIdentity(name).SetValidFor(time.Hour).
		SetVideoGrant(&auth.VideoGrant{RoomJoin: true, Room: "lab"}).ToJWT()
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &Person{Machine: m, lines: make(chan string, 64)}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), role+"=1", "SSL_CERT_FILE="+filepath.Join(sc.dir, "cert.pem"))
	if p.in, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if p.program, err = start(m, cmd, func(line string) {
		select {
		case p.lines <- line:
		default:
		}
	}); err != nil {
		return nil, err
	}
	sc.people = append(sc.people, p)
	o := guest.Options{URL: sc.Server.URL, Token: token, Sends: true, Receives: true}
	for _, f := range change {
		f(&o)
	}
	options, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	if _, err := fmt.Fprintf(p.in, "%s\n", options); err != nil {
		return nil, err
	}
	return p, p.wait(func(line string) bool { return line == "joined" })
}

// wait waits for a line.
func (p *Person) wait(is func(line string) bool) error {
	clock := time.NewTimer(patience)
	defer clock.Stop()
	for {
		select {
		case line := <-p.lines:
			if is(line) {
				return nil
			}
			if line == "failed" {
				return errors.New("guest: " + p.program.last())
			}
		case <-clock.C:
			return errors.New("guest says nothing: " + p.program.last())
		}
	}
}

// Moved tells the person's program that the network is another one.
func (p *Person) Moved() error {
	_, err := io.WriteString(p.in, "moved\n")
	return err
}

// Report is what they have noticed since the last.
func (p *Person) Report() (r guest.Report, err error) {
	if _, err := io.WriteString(p.in, "report\n"); err != nil {
		return r, err
	}
	err = p.wait(func(line string) bool {
		return len(line) > 0 && line[0] == '{' && json.Unmarshal([]byte(line), &r) == nil
	})
	return r, err
}

// Leave lets them go.
func (p *Person) Leave() {
	if p.left || p.program == nil {
		return
	}
	p.left = true
	_ = p.in.Close()
	p.program.wait()
}

// Change gives the person's machine another address, as Wi-Fi and mobile data do, and tells their program.
func (p *Person) Change(addresses ...string) error {
	return errors.Join(p.Machine.Move(parse(addresses)...), p.Moved())
}
