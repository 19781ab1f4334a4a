package bot

import (
	"slices"
	"testing"

	"stimmbote/media"
	"stimmbote/store"
	"stimmbote/voting"
)

// seat is somebody in the group's call: a member by their own link, or a guest.
func (w *world) seat(c *store.Call, name string, guest bool) media.Person {
	w.t.Helper()
	who := media.Bearer{Name: name, Badge: media.Guest}
	if !guest {
		badge, err := w.bot.badge(c, user(name))
		if err != nil {
			w.t.Fatal(err)
		}
		if who, err = w.bot.Badge(w.t.Context(), *c, badge); err != nil || who.Name == "" {
			w.t.Fatalf("the badge of %s: %+v, %v", name, who, err)
		}
	}
	return media.Person{Identity: who.NewIdentity(), Name: who.Name}
}

// inCallAre has these members and guests be in the group's call, and nobody else.
func (w *world) inCallAre(members, guests []string) {
	w.t.Helper()
	c, err := w.store.CallByRoom(w.t.Context(), group)
	if err != nil || c == nil {
		w.t.Fatalf("the group's call: %v, %v", c, err)
	}
	var people []media.Person
	for _, name := range members {
		people = append(people, w.seat(c, name, false))
	}
	for _, name := range guests {
		people = append(people, w.seat(c, name, true))
	}
	w.bot.CallChanged(c.MediaRoom(), people)
	w.now = w.now.Add(cardPause)
	w.settle()
	w.new()
}

// The roll can be those who are in the call: members by their own link. The others are named before the vote opens.
func TestRollOfTheCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.says("chair", "!vote Shall we? --who call")
	w.expect(`^None of the members is in the call by their own link`, "group")
	w.says("chair", "!call")
	w.new()
	w.inCallAre([]string{"anna", "anna", "bernd", "clara", "deniz", "chair"}, []string{"Gustav <b>", "eva"})
	w.says("chair", "!vote Shall we? --who call")
	w.expect(`(?s)5 members are entitled to vote: Anna, Bernd, Chair, Clara, Deniz\nEntitled are the members who are in the call by their own link\.\n⚠️ In the call as guests, and not counted: Gustav <b>, eva\.`, "group")

	// Who comes in before the start is on the roll as well, and who loses the connection stays.
	w.inCallAre([]string{"anna", "eva"}, nil)
	w.says("chair", "start")
	fresh := w.new()
	if find(fresh, "group", `^More members are in the call now`) == nil || find(fresh, "group", `6 members are entitled`) == nil {
		t.Errorf("another came:\n%s", list(fresh))
	}
	w.restart()
	w.inCallAre([]string{"bernd"}, nil)
	w.says("chair", "start")
	w.expect(`\nEntitled are those who were in the call: 6 people\.`, "anna", "eva")
	if p := w.poll(); p.State != voting.StateOpen || !p.Terms.InCall || len(p.Roll) != 6 {
		t.Errorf("%+v", p)
	}
	w.says("chair", "!cancel")
	w.new()
	w.says("chair", "change --who members")
	w.expect(`6 members are entitled`, "group")
	if p := w.poll(); p.Terms.InCall || p.Terms.Picked {
		t.Errorf("still of the call: %+v", p.Terms)
	}
}

// A majority of those present is of those who were in the call at the opening, and of who voted besides.
func TestOfThosePresent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "de")
	w.says("chair", "!abstimmung Machen wir das? --von anwesenden")
	w.expect(`^Kein Mitglied ist mit seinem eigenen Link im Gespräch, also ist niemand anwesend\.`, "group")
	w.says("chair", "!treffen")
	w.new()
	w.inCallAre([]string{"chair", "deniz", "eva"}, []string{"Gustav"})
	w.says("chair", "!abstimmung Machen wir das? --von anwesenden")
	w.expect(`(?s)Regel: angenommen, wenn mehr als die Hälfte der Anwesenden \(auch Enthaltungen zählen\) Ja sind\..*6 Mitglieder: .*Anwesend ist, wer beim Öffnen .*, gerade 3 Mitglieder, und wer abstimmt\.\n⚠️ Als Gast im Gespräch und nicht mitgezählt: Gustav\.`, "group")
	w.inCallAre(nil, []string{"Gustav"})
	w.says("chair", "start")
	w.expect(`also ist niemand anwesend`, "group")
	w.inCallAre([]string{"chair", "deniz", "eva"}, nil)
	w.says("chair", "start")
	w.expect(`(?s)Die Abstimmung läuft.*Anwesend: 3 Mitglieder, und wer außerdem abstimmt`, "group")

	// They go, and others vote: present are these six.
	w.inCallAre(nil, nil)
	for i, name := range []string{"anna", "bernd", "clara", "deniz", "chair"} {
		w.tells(name, []string{"ja", "ja", "ja", "nein", "enthaltung"}[i])
	}
	w.closes("chair")
	fresh := w.new()
	if find(fresh, "group", `(?s)abgelehnt.*Anwesend: 6\nNötig: 4 Ja von 6`) == nil {
		t.Errorf("result:\n%s", list(fresh))
	}
}

// A mark says nothing to others, stays over a restart, and ends with the link.
func TestMarks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.says("chair", "!call")
	c, err := w.store.CallByRoom(t.Context(), group)
	if err != nil {
		t.Fatal(err)
	}
	annas := media.MarkOf(w.seat(c, "anna", false).Identity)
	if bernds := media.MarkOf(w.seat(c, "bernd", false).Identity); len(annas) != 16 || annas == bernds {
		t.Errorf("marks %q and %q", annas, bernds)
	}
	forged := media.Person{Identity: "guest." + annas + ".X", Name: "Anna"}
	w.bot.CallChanged(c.MediaRoom(), []media.Person{forged, {Identity: "member.X", Name: "of before"}, {Identity: "", Name: ""}})
	if with, without, err := w.bot.attending(t.Context(), group); err != nil || len(with) > 0 || !slices.Equal(without, []string{"Anna"}) {
		t.Errorf("attending %v, %v, %v", with, without, err)
	}
	w.restart()
	if after := media.MarkOf(w.seat(c, "anna", false).Identity); after != annas {
		t.Error("another mark after a restart")
	}
	w.says("chair", "!call link new")
	if c, err = w.store.CallByRoom(t.Context(), group); err != nil {
		t.Fatal(err)
	}
	if after := media.MarkOf(w.seat(c, "anna", false).Identity); after == annas {
		t.Error("the same mark by a new link")
	}
}
