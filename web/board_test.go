package web

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"stimmbote/voting"
	"stimmbote/voting/belenios"
)

// board is what the board says now.
func (o *office) board() map[string]any {
	o.t.Helper()
	status, body, headers := ask(o.t, o.Server, "GET", "/p/"+string(o.poll.ID)+"/board.json", "", "")
	var got map[string]any
	if err := json.Unmarshal([]byte(body), &got); err != nil || status != http.StatusOK || headers.Get("Access-Control-Allow-Origin") != "*" {
		o.t.Fatalf("%d %s %v", status, body, err)
	}
	for _, m := range people() {
		if strings.Contains(body, string(m)) {
			o.t.Errorf("the board names %s: %s", m, body)
		}
	}
	return got
}

// The board shows counts while the vote is open, then the ballots, then what came out of them.
func TestBoard(t *testing.T) {
	o := newOffice(t, voting.Terms{})
	archive := "/p/" + string(o.poll.ID) + "/" + string(o.poll.ID) + ".bel"
	trackers := make(map[string]bool)
	for i, m := range people() {
		_, got := o.send(o.sealed(m, min(i/3, 1)))
		trackers[got["tracker"].(string)] = true
	}
	got := o.board()
	if got["state"] != "open" || got["cast"] != 5. || got["entitled"] != 5. || got["fingerprint"] != o.poll.Fingerprint ||
		got["roll_hash"] != o.poll.RollHash || got["closed_hash"] != "" || got["ballots"] != nil || got["questions"] != nil || got["archive"] != nil {
		t.Errorf("while it is open: %v", got)
	}
	if status, _, _ := ask(t, o.Server, "GET", archive, "", ""); status != http.StatusNotFound {
		t.Errorf("an archive of an open vote: %d", status)
	}
	closed, err := o.Close(t.Context(), o.poll.ID, opened.Add(time.Hour))
	must(t, err)
	got = o.board()
	ballots, _ := got["ballots"].([]any)
	if got["state"] != "closed" || got["closed_hash"] != closed.ClosedHash || len(ballots) != 5 || got["questions"] != nil {
		t.Fatalf("after the close: %v", got)
	}
	for _, one := range ballots {
		ballot := one.(map[string]any)
		if tracker := ballot["tracker"].(string); !trackers[tracker] || ballot["code"] != belenios.Code(tracker) ||
			ballot["words"].(map[string]any)["de"].([]any)[0] != voting.Words(tracker, "de")[0] {
			t.Errorf("a ballot %v", ballot)
		}
	}
	_, want, err := o.Tally(t.Context(), o.poll.ID, opened.Add(time.Hour))
	must(t, err)
	for _, end := range []func() error{func() error { return nil }, func() error { return o.Forget(t.Context(), o.poll.ID) }} {
		must(t, end())
		got = o.board()
		numbers, _ := json.Marshal(got["questions"])
		const sums = `[{"answers":[{"answer":"Yes","votes":3},{"answer":"No","votes":2},{"answer":"Abstain","votes":0}],"invalid":0,"question":"Shall we?"}]`
		if string(numbers) != sums || got["verdict"] != "adopted" || got["archive"] != archive || got["entitled"] != 5. || len(got["ballots"].([]any)) != 5 {
			t.Errorf("after the count: %s %v", numbers, got)
		}
		status, body, headers := ask(t, o.Server, "GET", archive, "", "")
		if status != http.StatusOK || body != string(want) || !strings.Contains(headers.Get("Content-Disposition"), "attachment") {
			t.Errorf("the archive: %d %v", status, headers)
		}
	}
	for _, path := range []string{
		"/p/" + string(o.poll.ID) + "/other.bel", "/p/" + string(o.poll.ID) + "/9JceC2rDy9oJ7dXPfJug61.bel",
		"/p/9JceC2rDy9oJ7dXPfJug61/9JceC2rDy9oJ7dXPfJug61.bel", "/p/9JceC2rDy9oJ7dXPfJug61/board.json", "/p/x/board.json",
	} {
		if status, _, _ := ask(t, o.Server, "GET", path, "", ""); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
}

// An open vote and a draft have no board.
func TestNoBoard(t *testing.T) {
	o := newOffice(t, voting.Terms{})
	open := o.open(voting.Terms{Level: voting.Open})
	draft, err := o.Draft(t.Context(), voting.Draft{
		Place: "!group:x", Asker: "@anna:x", Question: "And then?", Answers: []string{"Yes", "No", "Abstain"}, Roll: people(),
	})
	must(t, err)
	for _, p := range []*voting.Poll{open, draft} {
		if status, body, _ := ask(t, o.Server, "GET", "/p/"+string(p.ID)+"/board.json", "", ""); status != http.StatusNotFound {
			t.Errorf("%s: %d %s", p.State, status, body)
		}
	}
}
