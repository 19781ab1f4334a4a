package voting

import (
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"testing"
)

// motionOf is a motion on which an invalid ballot may be handed in.
func motionOf() Question {
	return Question{Kind: KindMotion, Text: "Shall we?", Options: []string{"Yes", "No", "Abstain"}, Invalid: true}
}

// counted is what came out of a motion.
func counted(entitled, yes, no, abstain, invalid int) *Count {
	return &Count{Entitled: entitled, Cast: yes + no + abstain + invalid, Parts: []Part{{Invalid: invalid, Votes: []int{yes, no, abstain}}}}
}

// The cases that courts and statutes decided.
func TestVerdictsOfCourts(t *testing.T) {
	for _, c := range []struct {
		name  string
		rule  Rule
		count *Count
		want  Outcome
	}{
		{"BGH II ZR 164/81: 8 present, 4:3:1, abstentions do not count", Usual(), counted(8, 4, 3, 1, 0), Adopted},
		{"BGH II ZR 164/81: invalid ballots do not count either", Usual(), counted(9, 4, 3, 1, 1), Adopted},
		{"the same where the statute counts abstentions", Rule{Majority: MajoritySimple, Base: BaseCast}, counted(8, 4, 3, 1, 0), Rejected},
		{"BGB 32(1): a tie rejects", Usual(), counted(8, 4, 4, 0, 0), Rejected},
		{"HGO 54: a tie rejects, whoever abstains", Usual(), counted(20, 1, 1, 18, 0), Rejected},
		{"HGO 54: majority of the votes given, abstentions not counted", Usual(), counted(20, 2, 1, 17, 0), Adopted},
		{"BGH II ZR 152/86: all who may vote, only where the statute says so", Rule{Majority: MajoritySimple, Base: BaseAll}, counted(20, 10, 0, 0, 0), Rejected},
		{"all who may vote, one more than half", Rule{Majority: MajoritySimple, Base: BaseAll}, counted(20, 11, 0, 0, 0), Adopted},
		{"BGB 33(1): three quarters of the votes given are enough", Rule{Majority: "3/4"}, counted(200, 75, 25, 40, 0), Adopted},
		{"BGB 33(1): one vote less is not", Rule{Majority: "3/4"}, counted(200, 74, 26, 0, 0), Rejected},
		{"BGB 41: three quarters dissolve", Rule{Majority: "3/4"}, counted(7, 5, 2, 0, 0), Rejected},
		{"BGB 33(1): the purpose is changed by all members", Rule{Majority: MajorityUnanimous, Base: BaseAll}, counted(7, 6, 0, 0, 0), Rejected},
		{"two thirds exactly", Rule{Majority: "2/3"}, counted(9, 6, 3, 0, 0), Adopted},
		{"two thirds of ten are seven", Rule{Majority: "2/3"}, counted(10, 6, 4, 0, 0), Rejected},
		{"four fifths", Rule{Majority: "4/5"}, counted(10, 8, 2, 0, 0), Adopted},
		{"KG 22 W 61/19: 79 of 172 are not more than half of them", Rule{Majority: MajorityAbsolute}, counted(172, 79, 60, 33, 0), Rejected},
		{"KG 22 W 61/19: with all the numbers it can be judged", Usual(), counted(172, 79, 60, 33, 0), Adopted},
		{"absolute is of all ballots where nothing else is said", Rule{Majority: MajorityAbsolute}, counted(10, 5, 1, 4, 0), Rejected},
		{"relative", Rule{Majority: MajorityRelative, Base: BaseAll}, counted(10, 2, 1, 4, 0), Adopted},
		{"relative tie", Rule{Majority: MajorityRelative}, counted(10, 2, 2, 4, 0), Rejected},
		{"nobody came", Usual(), counted(10, 0, 0, 0, 0), Rejected},
		{"nobody said yes, with one voice", Rule{Majority: MajorityUnanimous}, counted(10, 0, 0, 9, 0), Rejected},
		{"one yes among abstentions", Usual(), counted(100, 1, 0, 99, 0), Adopted},
		{"quorum of half", Rule{Majority: MajoritySimple, Quorum: Quorum{Num: 1, Den: 2}}, counted(21, 10, 0, 0, 0), NoQuorum},
		{"quorum of half reached by abstention and invalid", Rule{Majority: MajoritySimple, Quorum: Quorum{Num: 1, Den: 2}}, counted(21, 5, 0, 5, 1), Adopted},
		{"quorum in persons", Rule{Majority: MajoritySimple, Quorum: Quorum{Num: 7}}, counted(21, 6, 0, 0, 0), NoQuorum},
		{"quorum in persons reached", Rule{Majority: MajoritySimple, Quorum: Quorum{Num: 7}}, counted(21, 6, 1, 0, 0), Adopted},
	} {
		v, err := Judge(motionOf(), c.rule, c.count)
		if err != nil || v.Outcome != c.want {
			t.Errorf("%s: got %v, %v, want %s", c.name, v, err, c.want)
		}
	}
}

// Every count of up to five people, by every rule, against fractions.
func TestVerdictAgainstFractions(t *testing.T) {
	rules := []Rule{}
	for _, base := range []Base{"", BaseYesNo, BaseCast, BaseAll} {
		for _, m := range []Majority{MajoritySimple, MajorityAbsolute, MajorityRelative, MajorityUnanimous, "2/3", "3/4", "4/5", "501/1000"} {
			rules = append(rules, Rule{Majority: m, Base: base}, Rule{Majority: m, Base: base, Quorum: Quorum{Num: 2, Den: 3}})
		}
	}
	const most = 5
	seen := 0
	for code := range 6 * 6 * 6 * 6 * 6 {
		yes, no, abstain, invalid, absent := code%6, code/6%6, code/36%6, code/216%6, code/1296
		cast := yes + no + abstain + invalid
		if cast+absent > most {
			continue
		}
		c := counted(cast+absent, yes, no, abstain, invalid)
		for _, r := range rules {
			seen++
			v, err := Judge(motionOf(), r, c)
			if want := naive(r, c); err != nil || v.Outcome != want {
				t.Fatalf("%+v by %+v: got %v, %v, want %s", c, r, v, err, want)
			}
		}
	}
	if seen < 10_000 {
		t.Errorf("only %d verdicts", seen)
	}
}

// naive says the same as the rules in words, with fractions.
func naive(r Rule, c *Count) Outcome {
	votes := c.Parts[0].Votes
	if r.Quorum.Den > 0 && c.Cast*r.Quorum.Den < c.Entitled*r.Quorum.Num {
		return NoQuorum
	}
	if r.Majority == MajorityRelative {
		if votes[Yes] > votes[No] {
			return Adopted
		}
		return Rejected
	}
	of := votes[Yes] + votes[No]
	if r.Base == BaseCast || r.Base == "" && r.Majority == MajorityAbsolute {
		of = c.Cast
	} else if r.Base == BaseAll {
		of = c.Entitled
	}
	if votes[Yes] == 0 {
		return Rejected
	}
	part, half := big.NewRat(int64(votes[Yes]), int64(of)), big.NewRat(1, 2)
	reached := part.Cmp(half) > 0
	if r.Majority == MajorityUnanimous {
		reached = votes[Yes] == of
	} else if least, ok := new(big.Rat).SetString(string(r.Majority)); ok {
		reached = part.Cmp(least) >= 0
	}
	if reached {
		return Adopted
	}
	return Rejected
}

// Nothing is rounded, however many people there are.
func TestVerdictIsExact(t *testing.T) {
	const n = maxEntitled / 1000 * 999
	for _, c := range []struct {
		yes, no int
		want    Outcome
	}{{n / 3 * 2, n / 3, Adopted}, {n/3*2 - 1, n/3 + 1, Rejected}} {
		v, err := Judge(motionOf(), Rule{Majority: "2/3"}, counted(n, c.yes, c.no, 0, 0))
		if err != nil || v.Outcome != c.want || v.Judged[0].Needed != n/3*2 {
			t.Errorf("%d to %d: %v, %v, want %s", c.yes, c.no, v, err, c.want)
		}
	}
	if got := share(maxEntitled, 999, 1000); got != maxEntitled/1000*999+maxEntitled%1000*999/1000+1 {
		t.Errorf("999/1000 of %d: %d", maxEntitled, got)
	}
}

func TestVerdictShowsItsNumbers(t *testing.T) {
	r := Rule{Majority: "2/3", Quorum: Quorum{Num: 1, Den: 2}}
	v, err := Judge(motionOf(), r, counted(21, 7, 4, 2, 1))
	want := &Verdict{
		Outcome: Rejected, Rule: r, Base: BaseYesNo, Quorum: 11, Winners: []int{},
		Judged: []Judgment{{For: 7, Of: 11, Needed: 8}},
	}
	if err != nil || !reflect.DeepEqual(v, want) {
		t.Errorf("got %+v, %v, want %+v", v, err, want)
	}
	if v, err := Judge(motionOf(), Usual(), counted(8, 4, 4, 0, 0)); err != nil || !v.Tie {
		t.Errorf("a tie is not called one: %+v, %v", v, err)
	}
}

func TestParseRules(t *testing.T) {
	for text, want := range map[string]Majority{
		"simple": MajoritySimple, "Absolute": MajorityAbsolute, "relative": MajorityRelative, "2/3": "2/3", "4/6": "2/3", "75%": "3/4",
		"75 %": "3/4", "1/1": MajorityUnanimous, "100%": MajorityUnanimous, "unanimous": MajorityUnanimous, "51%": "51/100",
		"1/2": "", "50%": "", "3/2": "", "0/1": "", "-2/-3": "", "2/3/4": "", "2/3%": "", "": "", "most": "", "2": "", "1001/1002": "", "66.6%": "",
	} {
		if got, err := ParseMajority(text); got != want || (err == nil) != (want != "") || err != nil && !errors.Is(err, ErrRule) {
			t.Errorf("majority %q: got %q, %v", text, got, err)
		}
	}
	for text, want := range map[string]Quorum{
		"50%": {Num: 1, Den: 2}, "1/3": {Num: 1, Den: 3}, "7": {Num: 7}, "100%": {Num: 1, Den: 1}, "0": {}, "-1": {}, "": {}, "120%": {}, "all": {},
	} {
		if got, err := ParseQuorum(text); got != want || (err == nil) != (want != Quorum{}) {
			t.Errorf("quorum %q: got %v, %v", text, got, err)
		}
	}
}

func TestJudgeRefuses(t *testing.T) {
	short := counted(172, 79, 60, 33, 0)
	short.Parts[0].Votes = short.Parts[0].Votes[:1] // KG 22 W 61/19: neither no nor abstentions in the minutes
	for _, c := range []struct {
		name  string
		rule  Rule
		count *Count
		want  error
	}{
		{"KG 22 W 61/19: only the yes votes", Usual(), short, ErrNumbers},
		{"KG 22 W 61/19: the rest left out", Usual(), &Count{Entitled: 172, Cast: 172, Parts: []Part{{Votes: []int{79, 0, 0}}}}, ErrNumbers},
		{"more ballots than people", Usual(), counted(4, 3, 2, 0, 0), ErrNumbers},
		{"more votes than ballots", Usual(), &Count{Entitled: 9, Cast: 4, Parts: []Part{{Votes: []int{3, 2, 0}}}}, ErrNumbers},
		{"a negative number", Usual(), counted(9, 6, -1, 0, 0), ErrNumbers},
		{"a negative count", Usual(), counted(9, -1, 0, 0, 0), ErrNumbers},
		{"more invalid ones than ballots", Usual(), &Count{Entitled: 9, Cast: 4, Parts: []Part{{Invalid: 5, Votes: []int{0, 0, 0}}}}, ErrNumbers},
		{"more people than there are", Usual(), counted(maxEntitled+1, 1, 0, 0, 0), ErrNumbers},
		{"two questions", Usual(), &Count{Entitled: 9, Parts: make([]Part, 2)}, ErrNumbers},
		{"no majority", Rule{}, counted(9, 1, 0, 0, 0), ErrRule},
		{"half as a fraction", Rule{Majority: "1/2"}, counted(9, 1, 0, 0, 0), ErrRule},
		{"a fraction not in lowest terms", Rule{Majority: "4/6"}, counted(9, 1, 0, 0, 0), ErrRule},
		{"no base", Rule{Majority: "2/3", Base: "absent"}, counted(9, 1, 0, 0, 0), ErrRule},
		{"seats of a motion", Rule{Majority: "2/3", Seats: 1}, counted(9, 1, 0, 0, 0), ErrRule},
		{"more than all as quorum", Rule{Majority: "2/3", Quorum: Quorum{Num: 3, Den: 2}}, counted(9, 1, 0, 0, 0), ErrRule},
		{"negative quorum", Rule{Majority: "2/3", Quorum: Quorum{Num: -3}}, counted(9, 1, 0, 0, 0), ErrRule},
	} {
		if v, err := Judge(motionOf(), c.rule, c.count); !errors.Is(err, c.want) || v != nil {
			t.Errorf("%s: got %v, %v, want %v", c.name, v, err, c.want)
		}
	}
	q := motionOf()
	q.Invalid = false
	if v, err := Judge(q, Usual(), counted(9, 1, 0, 0, 1)); !errors.Is(err, ErrNumbers) {
		t.Errorf("invalid where there can be none: %v, %v", v, err)
	}
}

func ExampleJudge() {
	q := Question{Kind: KindMotion, Text: "Shall we adopt motion 12?", Options: []string{"Yes", "No", "Abstain"}}
	count, _ := q.Count(8, 8, [][]int{{4, 3, 1}})
	v, _ := Judge(q, Usual(), count)
	fmt.Println(v.Outcome, v.Judged[0].For, "of", v.Judged[0].Of)
	// Output: adopted 4 of 7
}
