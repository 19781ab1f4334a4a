package web

import (
	"net/http"
	"regexp"

	"stimmbote/voting"
	"stimmbote/voting/belenios"
)

// archiveName is what the file for rechecking a poll is called: its name and an ending.
var archiveName = regexp.MustCompile(`^([1-9A-HJ-NP-Za-km-z]{14,64})\.bel$`)

// boards are the routes of the board: what everybody may know of a poll who knows its name. It
// names nobody.
func (s *Server) boards(mux *http.ServeMux) {
	mux.HandleFunc("GET /p/{poll}", s.files.show("board.html", pollName))
	mux.HandleFunc("GET /p/{poll}/board.json", s.shared(s.showBoard))
	mux.HandleFunc("GET /p/{poll}/{file}", s.shared(s.showArchive))
	mux.HandleFunc("GET /recount", s.files.show("recount.html", nil))
	mux.HandleFunc("GET /recount/about.json", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]any{"format": 1, "imprint": s.cfg.ImprintURL, "privacy": s.cfg.PrivacyURL})
	})
}

// boardBallot is one ballot on the board, as whoever cast it finds it.
type boardBallot struct {
	Tracker string              `json:"tracker"`
	Code    string              `json:"code"`
	Words   map[string][]string `json:"words"`
}

// boardQuestion is what came out of one question.
type boardQuestion struct {
	Question string        `json:"question"`
	Answers  []boardAnswer `json:"answers"`
	Invalid  int           `json:"invalid"`
}

type boardAnswer struct {
	Answer string `json:"answer"`
	Votes  int    `json:"votes"`
}

// showBoard says how a poll stands: while it is open only how many ballots there are and what fixes
// the election, then which ballots, then what came out.
func (s *Server) showBoard(w http.ResponseWriter, r *http.Request) {
	sheet, ok := s.sheet(w, r)
	if !ok {
		return
	}
	board := map[string]any{
		"format": 1, "id": sheet.ID, "state": sheet.State, "number": sheet.Number, "kind": sheet.Asked.Kind, "title": sheet.Asked.Text,
		"group": sheet.Group, "language": sheet.Language, "familiar": sheet.Familiar, "contact": sheet.Contact,
		"level": sheet.Level, "rehearsal": sheet.Terms.Rehearsal, "final": sheet.Terms.NoRevote, "sealed": sheet.Terms.OnlySealed,
		"opened": instant(sheet.Opened), "ends": instant(sheet.Ends), "closed": instant(sheet.Closed),
		"cast": sheet.Cast, "entitled": sheet.Entitled,
		"fingerprint": sheet.Fingerprint, "roll_hash": sheet.RollHash, "closed_hash": sheet.ClosedHash, "booth": BoothHash(),
		"imprint": s.cfg.ImprintURL, "privacy": s.cfg.PrivacyURL,
	}
	if sheet.Trackers != nil {
		ballots := make([]boardBallot, len(sheet.Trackers))
		for i, tracker := range sheet.Trackers {
			ballots[i] = boardBallot{Tracker: tracker, Code: belenios.Code(tracker), Words: checkWords(tracker)}
		}
		board["ballots"] = ballots
	}
	if sheet.Result != nil && sheet.Result.Count != nil && sheet.Result.Verdict != nil {
		board["questions"], board["verdict"], board["winners"] = questionsOf(sheet), sheet.Result.Verdict.Outcome, winnersOf(sheet)
		if !sheet.Terms.Rehearsal {
			board["archive"] = "/p/" + string(sheet.ID) + "/" + string(sheet.ID) + ".bel"
		}
	}
	answer(w, http.StatusOK, board)
}

// questionsOf are the numbers, question by question.
func questionsOf(sheet *voting.Sheet) []boardQuestion {
	var all []boardQuestion
	for i, q := range sheet.Asked.Sealed() {
		if i >= len(sheet.Result.Count.Parts) {
			break
		}
		part := sheet.Result.Count.Parts[i]
		one := boardQuestion{Question: q.Text, Invalid: part.Invalid, Answers: []boardAnswer{}}
		for j, votes := range part.Votes {
			one.Answers = append(one.Answers, boardAnswer{Answer: q.Answers[j], Votes: votes})
		}
		all = append(all, one)
	}
	return all
}

// winnersOf are those who are elected, by name.
func winnersOf(sheet *voting.Sheet) []string {
	names := []string{}
	for _, i := range sheet.Result.Verdict.Winners {
		if i >= 0 && i < len(sheet.Asked.Options) {
			names = append(names, sheet.Asked.Options[i])
		}
	}
	return names
}

// showArchive sends the file from which a poll is rechecked, as it is in the group.
func (s *Server) showArchive(w http.ResponseWriter, r *http.Request) {
	name := archiveName.FindStringSubmatch(r.PathValue("file"))
	if name == nil || name[1] != r.PathValue("poll") {
		s.declineAs(w, r, http.StatusNotFound, "web.ballot.unknown")
		return
	}
	archive, err := s.opt.Polls.Archive(r.Context(), voting.ID(name[1]))
	if err == nil && archive == nil {
		err = voting.ErrUnknown
	}
	if err != nil {
		s.decline(w, r, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/x-tar")
	h.Set("Content-Disposition", `attachment; filename="`+name[0]+`"`)
	w.Write(archive)
}
