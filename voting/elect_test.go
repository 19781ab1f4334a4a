package voting

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
)

func options(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("option %d", i)
	}
	return names
}

// oneOf is a count of votes for one of several, the rest of the ballots invalid.
func oneOf(entitled, cast int, votes ...int) *Count {
	invalid := cast
	for _, n := range votes {
		invalid -= n
	}
	return &Count{Entitled: entitled, Cast: cast, Parts: []Part{{Invalid: invalid, Votes: votes}}}
}

// upTo is a count of ballots with up to so many votes each.
func upTo(cast int, votes ...int) *Count {
	return &Count{Entitled: cast, Cast: cast, Parts: []Part{{Votes: votes}}}
}

// singly is yes, no, abstain for each candidate, in one line.
func singly(cast int, votes ...int) *Count {
	c := &Count{Entitled: cast, Cast: cast}
	for part := range slices.Chunk(votes, 3) {
		c.Parts = append(c.Parts, Part{Votes: part, Invalid: cast - part[0] - part[1] - part[2]})
	}
	return c
}

func TestElections(t *testing.T) {
	simple, relative := Rule{Majority: MajoritySimple, Seats: 1}, Rule{Majority: MajorityRelative, Seats: 1}
	last := func(r Rule) Rule { r.RunOff = true; return r }
	seats := func(n int, r Rule) Rule { r.Seats = n; return r }
	choice := func(n int) Question { return Question{Kind: KindChoice, Options: options(n), Invalid: true} }
	abstain := func(n int) Question {
		return Question{Kind: KindChoice, Options: options(n + 1), Abstain: true, Invalid: true}
	}
	several := func(n int) Question {
		return Question{Kind: KindSeveral, Options: options(n), Most: n, Invalid: true}
	}
	each := func(n int) Question {
		return Question{Kind: KindSingly, Options: options(n), Answers: []string{"Yes", "No", "Abstain"}, Invalid: true}
	}
	for _, c := range []struct {
		name           string
		q              Question
		r              Rule
		count          *Count
		want           Outcome
		winners, again []int
		tie            bool
	}{
		{"OLG München 31 Wx 81/07: 14 of 39 are no simple majority", choice(4), simple, oneOf(39, 39, 8, 8, 14, 9), RunOff, nil, []int{2, 3}, false},
		{"OLG München 31 Wx 81/07: the same by the most votes", choice(4), relative, oneOf(39, 39, 8, 8, 14, 9), Elected, []int{2}, nil, false},
		{"more than half of the valid ballots", choice(3), simple, oneOf(20, 10, 5, 3, 1), Elected, []int{0}, nil, false},
		{"half of them is not", choice(3), simple, oneOf(20, 10, 5, 3, 2), RunOff, nil, []int{0, 1}, false},
		{"abstentions do not count", abstain(2), simple, oneOf(20, 10, 3, 2, 5), Elected, []int{0}, nil, false},
		{"abstentions count where they are to", abstain(2), Rule{Majority: MajorityAbsolute, Seats: 1}, oneOf(20, 10, 3, 2, 5), RunOff, nil, []int{0, 1}, false},
		{"abstaining wins nothing", abstain(2), relative, oneOf(20, 10, 1, 2, 7), Elected, []int{1}, nil, false},
		{"two thirds", choice(2), Rule{Majority: "2/3", Seats: 1}, oneOf(9, 9, 6, 3), Elected, []int{0}, nil, false},
		{"equal for the second place", choice(4), simple, oneOf(30, 30, 14, 7, 7, 2), RunOff, nil, []int{0, 1, 2}, false},
		{"nobody without a vote", choice(3), Rule{Majority: MajoritySimple, Base: BaseAll, Seats: 1}, oneOf(30, 10, 0, 10, 0), RunOff, nil, []int{1}, false},
		{"equal for the first", choice(3), relative, oneOf(12, 12, 5, 5, 2), RunOff, nil, []int{0, 1}, true},
		{"no vote at all", choice(3), simple, oneOf(12, 0, 0, 0, 0), Vacant, nil, nil, false},
		{"USV Halle: equal in the run-off, so the lot", choice(2), last(relative), oneOf(12, 12, 6, 6), Lot, nil, []int{0, 1}, true},
		{"the same by another majority", choice(2), last(simple), oneOf(12, 12, 6, 6), Lot, nil, []int{0, 1}, true},
		{"the run-off decides", choice(2), last(relative), oneOf(12, 12, 6, 5), Elected, []int{0}, nil, false},
		{"the run-off does not reach what it has to", choice(2), last(Rule{Majority: MajoritySimple, Base: BaseAll, Seats: 1}), oneOf(12, 9, 5, 4), Vacant, nil, nil, false},
		{"no quorum", choice(2), Rule{Majority: MajorityRelative, Seats: 1, Quorum: Quorum{Num: 1, Den: 2}}, oneOf(12, 5, 4, 1), NoQuorum, nil, nil, false},

		{"two seats by the most votes", several(4), seats(2, relative), upTo(10, 4, 7, 9, 1), Elected, []int{2, 1}, nil, false},
		{"equal for the last seat", several(4), seats(2, relative), upTo(10, 5, 9, 5, 1), RunOff, []int{1}, []int{0, 2}, true},
		{"equal, but seats for all", several(4), seats(3, relative), upTo(10, 5, 9, 5, 1), Elected, []int{1, 0, 2}, nil, false},
		{"a majority of the ballots for each", several(5), seats(3, simple), upTo(10, 6, 9, 5, 3, 2), RunOff, []int{1, 0}, []int{2, 3}, false},
		{"more have it than there are seats", several(4), seats(2, simple), upTo(10, 6, 9, 8, 7), Elected, []int{1, 2}, nil, false},
		{"fewer candidates left than places in the run-off", several(3), seats(3, simple), upTo(10, 6, 9, 5), RunOff, []int{1, 0}, []int{2}, false},
		{"seats that nobody wants", several(3), seats(3, relative), upTo(10, 6, 9, 0), Vacant, []int{1, 0}, nil, false},
		{"equal for two of three seats", several(4), last(seats(3, relative)), upTo(10, 9, 4, 4, 4), Lot, []int{0}, []int{1, 2, 3}, true},

		{"BGH II ZR 164/81 in an election: 4:3:1", each(1), simple, singly(8, 4, 3, 1), Elected, []int{0}, nil, false},
		{"one by one, a tie is no majority", each(2), seats(2, simple), singly(8, 4, 4, 0, 5, 3, 0), Vacant, []int{1}, nil, false},
		{"all who have the majority", each(3), seats(0, simple), singly(8, 4, 3, 1, 6, 1, 1, 3, 5, 0), Elected, []int{1, 0}, nil, false},
		{"those with more votes first", each(3), seats(1, simple), singly(8, 4, 3, 1, 6, 1, 1, 3, 5, 0), Elected, []int{1}, nil, false},
		{"equal for the seat", each(3), seats(1, simple), singly(8, 5, 3, 0, 5, 1, 2, 3, 5, 0), RunOff, nil, []int{0, 1}, true},
		{"more yes than no", each(2), seats(0, relative), singly(8, 2, 1, 5, 1, 1, 6), Elected, []int{0}, nil, false},
		{"voted down alike in the run-off: no lot", each(2), last(seats(1, simple)), singly(8, 3, 5, 0, 3, 4, 1), Vacant, nil, nil, false},
		{"better than another, but without the majority: no lot", several(4), last(seats(2, simple)), upTo(4, 2, 1, 1, 0), Vacant, nil, nil, false},
		{"nobody has it", each(2), seats(0, simple), singly(8, 2, 3, 3, 1, 1, 6), Vacant, nil, nil, false},
	} {
		v, err := Judge(c.q, c.r, c.count)
		if err != nil || v.Outcome != c.want || !slices.Equal(v.Winners, c.winners) || !slices.Equal(v.Again, c.again) || v.Tie != c.tie {
			t.Errorf("%s: got %v (tie %v), %v", c.name, v, v != nil && v.Tie, err)
		}
	}
}

func TestNextIsTheRunOff(t *testing.T) {
	three := Question{Kind: KindChoice, Text: "Who?", Options: []string{"Anna", "Ben", "Cem", "Abstain"}, Abstain: true, Invalid: true}
	for _, c := range []struct {
		name  string
		q     Question
		r     Rule
		count *Count
		want  Question
		seats int
	}{
		{
			"of two", three,
			Rule{Majority: MajoritySimple, Seats: 1},
			oneOf(20, 12, 2, 5, 4, 1),
			Question{Kind: KindChoice, Text: "Who?", Options: []string{"Ben", "Cem", "Abstain"}, Abstain: true, Invalid: true},
			1,
		},
		{
			"for two seats",
			Question{Kind: KindSeveral, Text: "Who?", Options: []string{"Anna", "Ben", "Cem", "Dora"}, Most: 4},
			Rule{Majority: MajoritySimple, Seats: 2},
			upTo(10, 1, 5, 4, 3),
			Question{Kind: KindSeveral, Text: "Who?", Options: []string{"Ben", "Cem", "Dora", "Anna"}, Most: 2},
			2,
		},
		{
			"of one",
			Question{Kind: KindChoice, Text: "Who?", Options: []string{"Anna", "Ben"}},
			Rule{Majority: "2/3", Base: BaseAll, Seats: 1},
			oneOf(20, 12, 12, 0),
			Question{Kind: KindSingly, Text: "Who?", Options: []string{"Anna"}},
			1,
		},
	} {
		v, err := Judge(c.q, c.r, c.count)
		if err != nil {
			t.Fatal(err)
		}
		q, r := v.Next(c.q)
		want := Rule{Majority: MajorityRelative, Base: v.Base, Seats: c.seats, RunOff: true}
		if !reflect.DeepEqual(q, c.want) || r != want {
			t.Errorf("%s: got %+v by %+v", c.name, q, r)
		}
	}
}

// What holds of every election with up to four candidates, whatever the rule: every count of up
// to four votes each, one to three seats, before and in a run-off.
func TestEveryElection(t *testing.T) {
	const candidates, most = 4, 4
	q := Question{Kind: KindSeveral, Options: options(candidates), Most: candidates, Invalid: true}
	seen := map[Outcome]int{}
	for code := range 625 {
		votes := []int{code % 5, code / 5 % 5, code / 25 % 5, code / 125}
		for _, m := range []Majority{MajorityRelative, MajoritySimple, "3/4"} {
			for seats := 1; seats <= 3; seats++ {
				for _, last := range []bool{false, true} {
					r := Rule{Majority: m, Seats: seats, RunOff: last}
					v, err := Judge(q, r, upTo(most, votes...))
					if err != nil {
						t.Fatal(err)
					}
					seen[v.Outcome]++
					if wrong := unfair(v, r); wrong != "" {
						t.Fatalf("%v by %+v: %v: %s", votes, r, v, wrong)
					}
					if wrong := partial(t, q, r, votes, v); wrong != "" {
						t.Fatalf("%v by %+v: %v: %s", votes, r, v, wrong)
					}
				}
			}
		}
	}
	for _, o := range []Outcome{Elected, RunOff, Lot, Vacant} {
		if seen[o] == 0 {
			t.Errorf("no election ended in %s", o)
		}
	}
}

// unfair says what is wrong with a verdict in itself.
func unfair(v *Verdict, r Rule) string {
	in := func(i int, list []int) bool { return slices.Contains(list, i) }
	for i, one := range v.Judged {
		switch won, again := in(i, v.Winners), in(i, v.Again); {
		case won && again:
			return "somebody is elected and has to run again"
		case won && !one.Reached:
			return "somebody is elected without the majority"
		case again && one.For == 0:
			return "somebody without a vote has to run again"
		}
		for j, other := range v.Judged {
			switch {
			case in(j, v.Winners) && !in(i, v.Winners) && one.For >= other.For:
				return "somebody with as many votes as one who is elected is not"
			case in(j, v.Again) && !in(i, v.Again) && !in(i, v.Winners) && one.For >= other.For:
				return "somebody with as many votes as one who runs again does not"
			}
		}
	}
	want := Elected
	switch {
	case v.Open > 0 && len(v.Again) == 0:
		want = Vacant
	case v.Open > 0 && r.RunOff:
		want = Lot
	case v.Open > 0:
		want = RunOff
	}
	switch {
	case v.Outcome != want:
		return "the word is " + string(v.Outcome) + " and not " + string(want)
	case v.Open != r.Seats-len(v.Winners) || v.Open < 0:
		return "the seats do not sum up"
	case v.Open == 0 && len(v.Again) > 0:
		return "a run-off for no seat"
	case v.Outcome == Lot && len(v.Again) <= v.Open:
		return "a lot between those who all find a seat"
	}
	return ""
}

// partial says whether it matters in which order the candidates stand.
func partial(t *testing.T, q Question, r Rule, votes []int, v *Verdict) string {
	t.Helper()
	turned := slices.Clone(votes)
	slices.Reverse(turned)
	other, err := Judge(q, r, upTo(4, turned...))
	if err != nil {
		t.Fatal(err)
	}
	back := func(list []int) []int {
		var turned []int
		for _, i := range list {
			turned = append(turned, len(votes)-1-i)
		}
		return slices.Sorted(slices.Values(turned))
	}
	if other.Outcome != v.Outcome || !slices.Equal(back(other.Winners), slices.Sorted(slices.Values(v.Winners))) ||
		!slices.Equal(back(other.Again), slices.Sorted(slices.Values(v.Again))) {
		return "in the other order it is " + other.String()
	}
	return ""
}
