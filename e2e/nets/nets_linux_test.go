package nets

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"stimmbote/e2e/nets/guest"
	"stimmbote/e2e/nets/lab"
	"stimmbote/e2e/nets/scene"
)

var all = flag.Bool("matrix", false, "try everything that networks do, not one of it")

var (
	forbidden error
	program   string // stimmbote
)

func TestMain(m *testing.M) {
	scene.Guest()
	asBrowser()
	asPages()
	flag.Parse()
	if forbidden = lab.Enter(); forbidden != nil {
		fmt.Println("note: networks of their own are not allowed here:", forbidden)
		fmt.Println("note: loss, the ways in and a change of network are tried on pion's virtual network alone, by the tests of package media")
		os.Exit(0)
	}
	dir, err := os.MkdirTemp("", "nets")
	if err == nil {
		program = filepath.Join(dir, "stimmbote")
		build := exec.Command("go", "build", "-o", program, "stimmbote/cmd/stimmbote")
		build.Stderr = os.Stderr
		err = build.Run()
	}
	code := 1
	if err != nil {
		fmt.Println("building the program:", err)
	} else {
		code = m.Run()
	}
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

const patience = time.Minute

// house is a server, and anna on a good line.
func house(t *testing.T) (*scene.Scene, *scene.Person) {
	t.Helper()
	sc, err := scene.New(scene.Ours(program), 1, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		sc.Close()
		if t.Failed() {
			t.Logf("the server's last words:\n%s", sc.Log())
		}
	})
	return sc, enters(t, sc, machine(t, sc, "", "198.51.100.2"), "anna")
}

func machine(t *testing.T, sc *scene.Scene, behind string, addresses ...string) *lab.Machine {
	t.Helper()
	m, err := sc.Machine(behind, addresses...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func enters(t *testing.T, sc *scene.Scene, m *lab.Machine, name string) *scene.Person {
	t.Helper()
	p, err := sc.Enter(m, name)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return p
}

// notices waits until somebody has noticed enough in one report.
func notices(t *testing.T, p *scene.Person, what string, enough func(guest.Report) bool) guest.Report {
	t.Helper()
	for end := time.Now().Add(patience); ; {
		r, err := p.Report()
		if err != nil {
			t.Fatal(err)
		}
		if enough(r) {
			return r
		}
		if time.Now().After(end) {
			t.Fatalf("not so: %s: %d of %d sounds unheard, silences %v, %d pictures, by %s", what, r.Unheard, r.Sounds, r.Silences, len(r.Frames), r.Way)
		}
		time.Sleep(2 * time.Second)
	}
}

// well is how a meeting should be, on a machine that may have other things to do: what is said is heard, and pictures move.
func well(r guest.Report) bool {
	return r.Sounds > 50 && r.Unheard*10 < r.Sounds && len(r.Frames)*1000 > r.Length*6
}

// At 5 % of packets lost on either way people hear and see each other.
func TestLoss(t *testing.T) {
	t.Parallel()
	sc, anna := house(t)
	m := machine(t, sc, "203.0.113.2", "192.168.1.2")
	rough := lab.Line{Loss: 0.05, Delay: 25 * time.Millisecond, Jitter: 5 * time.Millisecond}
	m.Up(rough)
	m.Down(rough)
	bernd := enters(t, sc, m, "bernd")
	enough := func(r guest.Report) bool {
		return r.Sounds > 50 && r.Unheard*8 < r.Sounds && len(r.Frames)*1000 > r.Length*6
	}
	for name, p := range map[string]*scene.Person{"anna": anna, "bernd": bernd} {
		notices(t, p, name+" hears and sees what comes through", enough)
	}
}

// Who has no UDP comes in by TCP, and who has 443 alone by the relay, on the way there.
func TestWaysIn(t *testing.T) {
	t.Parallel()
	sc, anna := house(t)
	for i, c := range []struct {
		name, way string
		firewall  lab.Firewall
	}{{"bernd", "tcp", lab.NoUDP}, {"clara", "turn", lab.Only(sc.Server.Ports...)}} {
		m := machine(t, sc, fmt.Sprintf("203.0.113.%d", i+2), "192.168.1.2")
		m.Guard(c.firewall)
		p := enters(t, sc, m, c.name)
		r := notices(t, p, c.name+" hears and sees all", well)
		if r.Way != c.way {
			t.Errorf("%s came by %s, not %s", c.name, r.Way, c.way)
		}
	}
	if r := notices(t, anna, "anna hears and sees all", well); r.Way != "udp" {
		t.Errorf("anna came by %s", r.Way)
	}
}

// Who comes into another network goes on there, as the same participant.
func TestChangeOfNetwork(t *testing.T) {
	t.Parallel()
	sc, anna := house(t)
	bernd := enters(t, sc, machine(t, sc, "", "203.0.113.2"), "bernd")
	for _, p := range []*scene.Person{anna, bernd} {
		notices(t, p, "all is well before", well)
	}
	if err := bernd.Change("203.0.113.77"); err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]*scene.Person{"anna": anna, "bernd": bernd} {
		r := notices(t, p, name+" hears and sees again", well)
		if r.Rejoined > 0 {
			t.Error("somebody had to come anew")
		}
	}
}

// Who has IPv6 alone and who has IPv4 alone meet, by UDP and by TCP.
func TestTwoFamilies(t *testing.T) {
	t.Parallel()
	sc, anna := house(t)
	six := func(o *guest.Options) { o.URL = sc.Server.URL6 }
	for i, c := range []struct {
		name, way string
		firewall  lab.Firewall
	}{{"bernd", "udp", nil}, {"clara", "tcp", lab.NoUDP}} {
		m := machine(t, sc, "", fmt.Sprintf("2001:db8:2::%d", i+2))
		m.Guard(c.firewall)
		p, err := sc.Enter(m, c.name, six)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if r := notices(t, p, c.name+" hears and sees all", well); r.Way != c.way {
			t.Errorf("%s came by %s, not %s", c.name, r.Way, c.way)
		}
	}
	notices(t, anna, "anna hears and sees all", well)
}

// Whatever a network does, people are in, hear each other for most of the time, and again when it is over. How well has
// limits, where there is time for it; how that compares with LiveKit's server, bench/nets measures.
func TestMatrix(t *testing.T) {
	t.Parallel()
	for i, c := range scene.Cases() {
		if !*all && c.Name != "loss 5 % in bursts of 5" {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			seed := uint64(3 * i)
			wrong := once(t, c, seed)
			if *all && len(wrong) > 0 { // a network may have bad luck, but not twice in three times
				t.Logf("twice more, because of %q", wrong)
				wrong = append(once(t, c, seed+1), once(t, c, seed+2)...)
			}
			for _, what := range wrong {
				t.Error(what)
			}
		})
	}
}

// once tries a case and says what was wrong: in the whole matrix whatever is beyond its limits, else, since other tests run at
// the same time, that people hear little.
func once(t *testing.T, c scene.Case, seed uint64) []string {
	f := scene.Try(scene.Ours(program), c, seed, t.TempDir())
	t.Logf("%+v", f)
	switch {
	case f.Error != "":
		return []string{f.Error}
	case *all:
		return c.Beyond(f)
	case max(f.Anna.Unheard, f.Bernd.Unheard) > 400:
		return []string{"people hear little"}
	}
	return nil
}
