package verify

import (
	"fmt"
	"io"
	"regexp"

	"stimmbote/voting/belenios"
)

// finding is everything that is said of an archive. As JSON it is described in docs/poll-protocol.md: what is there
// keeps its name and meaning for as long as Format is 1.
type finding struct {
	Format int    `json:"format"`
	File   string `json:"file"`
	Exit   int    `json:"exit"`
	Status string `json:"status"`
	// Reason and Clause say what is wrong, and which section of the Belenios specification demands it.
	Reason string  `json:"reason,omitempty"`
	Clause string  `json:"clause,omitempty"`
	Checks []check `json:"checks"`

	Election  string     `json:"election_fingerprint,omitempty"`
	Roll      string     `json:"roll_hash,omitempty"`
	Authority string     `json:"credential_authority,omitempty"` // in elections that name no roll
	Closed    string     `json:"closed_hash,omitempty"`
	UUID      string     `json:"uuid,omitempty"`
	Group     string     `json:"group,omitempty"`
	Entitled  int        `json:"entitled"`
	Counted   int        `json:"counted"`
	Weight    int64      `json:"weight"`
	Questions []question `json:"questions,omitempty"`
	Trackers  []string   `json:"trackers,omitempty"`
}

type check struct {
	Name   string `json:"name"`
	Detail string `json:"detail"`
	OK     bool   `json:"ok"`
	about  string // what a comparison is about, as it was given
}

type question struct {
	Text    string   `json:"question"`
	Min     int      `json:"min"`
	Max     int      `json:"max"`
	Blank   *int     `json:"blank,omitempty"` // blank votes, where there can be some and there is a result
	Answers []answer `json:"answers"`
}

type answer struct {
	Text  string `json:"answer"`
	Votes *int   `json:"votes,omitempty"` // if there is a result
}

// statuses are the words for programs, words those for people.
var (
	statuses = map[belenios.Status]string{
		belenios.Complete: "valid", belenios.Invalid: "invalid", belenios.Unsupported: "unsupported", belenios.Incomplete: "incomplete",
	}
	words = map[string]string{
		"valid":       "valid and complete",
		"invalid":     "invalid",
		"unsupported": "cannot be checked",
		"incomplete":  "sound so far, but without a result",
	}
)

var hexHash = regexp.MustCompile(`^[0-9a-f]{64}$`)

func newFinding(file string, r *belenios.Report, err error) *finding {
	f := &finding{
		Format: 1, File: file, Election: r.Fingerprint, Closed: r.ClosedHash, UUID: r.UUID, Group: r.Group,
		Entitled: r.Entitled, Counted: r.Counted, Weight: r.Weight, Trackers: r.Trackers, Checks: []check{},
	}
	if hexHash.MatchString(r.RollHash) {
		f.Roll = r.RollHash
	} else { // other people's elections name a person where ours name the hash of the roll
		f.Authority = r.RollHash
	}
	for _, c := range r.Checks {
		f.Checks = append(f.Checks, check{Name: c.Name, Detail: c.Detail, OK: true})
	}
	for i, q := range r.Questions {
		var sums []int
		if r.Sums != nil {
			sums = r.Sums[i]
		}
		f.Questions = append(f.Questions, newQuestion(q, sums))
	}
	f.become(r.Status)
	if err != nil {
		f.Reason, f.Clause = err.Error(), belenios.Clause(err)
	}
	return f
}

func newQuestion(q belenios.Question, sums []int) question {
	out := question{Text: q.Text, Min: q.Min, Max: q.Max}
	if q.Blank && sums != nil {
		out.Blank, sums = &sums[0], sums[1:]
	}
	for i, text := range q.Answers {
		a := answer{Text: text}
		if sums != nil {
			a.Votes = &sums[i]
		}
		out.Answers = append(out.Answers, a)
	}
	return out
}

func (f *finding) become(s belenios.Status) { f.Exit, f.Status = int(s), statuses[s] }

// add notes a comparison. One that fails makes the archive invalid: it is not the one that was meant.
func (f *finding) add(name, detail string, ok bool) {
	f.Checks = append(f.Checks, check{Name: name, Detail: detail, OK: ok})
	if !ok {
		f.become(belenios.Invalid)
	}
}

// print says what was checked, then the three anchors that the group saw, then questions and result.
func (f *finding) print(w io.Writer) {
	for _, c := range f.Checks {
		mark := "ok  "
		if !c.OK {
			mark = "FAIL"
		}
		fmt.Fprintf(w, "%s  %s: %s\n", mark, c.Name, c.Detail)
	}
	f.printAnchors(w)
	if f.Reason != "" {
		fmt.Fprintf(w, "FAIL  %s", f.Reason)
		if f.Clause != "" {
			fmt.Fprintf(w, " (Belenios specification %s)", f.Clause)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "%s: %s\n", f.File, words[f.Status])
}

func (f *finding) printAnchors(w io.Writer) {
	if f.Election == "" {
		return
	}
	fmt.Fprintf(w, "election fingerprint: %s\n", f.Election)
	switch {
	case f.Roll != "":
		fmt.Fprintf(w, "roll hash: %s\n", f.Roll)
	case f.Authority != "":
		fmt.Fprintf(w, "roll hash: none, but a name: %q\n", f.Authority)
	default:
		fmt.Fprintln(w, "roll hash: none")
	}
	closed := f.Closed
	if closed == "" {
		closed = "none, ballots can still come"
	}
	fmt.Fprintf(w, "closed hash: %s\n", closed)
	fmt.Fprintln(w, "compare with the messages in your group that are not marked as edited")
	fmt.Fprintf(w, "entitled: %d, counted: %d", f.Entitled, f.Counted)
	if f.Weight != int64(f.Counted) {
		fmt.Fprintf(w, ", weight: %d", f.Weight)
	}
	fmt.Fprintln(w)
	for _, q := range f.Questions {
		q.print(w)
	}
}

func (q question) print(w io.Writer) {
	fmt.Fprintf(w, "question: %q\n", q.Text)
	if q.Blank != nil {
		fmt.Fprintf(w, "blank: %d\n", *q.Blank)
	}
	for _, a := range q.Answers {
		if a.Votes != nil {
			fmt.Fprintf(w, "%q: %d\n", a.Text, *a.Votes)
		}
	}
}
