package belenios

import (
	"bytes"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
)

// closedPoll is a poll with its ballots and an honest archive in the making.
func closedPoll(t testing.TB) (*poll, *lie) {
	t.Helper()
	p := newPoll(t)
	return p, p.around(t, p.ballots(t)...)
}

func TestForgedTally(t *testing.T) {
	p, _ := closedPoll(t)
	g := p.election.g
	ballots := p.ballots(t)
	q := g.scalars().q
	var honest []*ballot
	for _, raw := range ballots {
		honest = append(honest, must(p.election.checkBallot(raw))(t))
	}
	factor := func(l *lie) *string { return &l.shares[0].Factors[0][0] }
	for _, c := range []struct {
		name string
		lie  func(t *testing.T, l *lie)
		want error
	}{
		{"one yes added to the tally, opened anew", func(t *testing.T, l *lie) {
			a := p.election.newAdder()
			for _, b := range honest {
				a.add(b)
			}
			a.sums[0][0].beta = g.mul(a.sums[0][0].beta, g.generator())
			l.open(t, p, a.sum())
		}, ErrTally},
		{"tally with a space", func(_ *testing.T, l *lie) { l.sum = append([]byte(" "), l.sum...) }, ErrTally},
		{"number of tallied ballots", func(_ *testing.T, l *lie) { l.sized.NumTallied++ }, ErrCount},
		{"total weight", func(_ *testing.T, l *lie) { l.sized.TotalWeight-- }, ErrCount},
		{"a factor that makes one more yes", func(t *testing.T, l *lie) {
			f := factor(l)
			*f = g.div(p.unchecked(t, *f), g.generator()).String()
			l.result = []byte(`{"result":[[4,1,1]]}`)
		}, ErrShare},
		{"shares of two answers swapped", func(_ *testing.T, l *lie) {
			l.shares[0].Factors[0][0], l.shares[0].Factors[0][1] = l.shares[0].Factors[0][1], l.shares[0].Factors[0][0]
		}, ErrShare},
		{"factor outside the group", func(t *testing.T, l *lie) {
			f := factor(l)
			*f = p.outside(t, *f)
		}, ErrNotInGroup},
		{"factor not reduced", func(_ *testing.T, l *lie) {
			f := factor(l)
			*f = p.notReduced(*f)
		}, ErrNotReduced},
		{"response of a share not reduced", func(_ *testing.T, l *lie) {
			r := &l.shares[0].Proofs[0][1].Response
			*r = plus(*r, q)
		}, ErrNotReduced},
		{"response of a share with a leading zero", func(_ *testing.T, l *lie) {
			r := &l.shares[0].Proofs[0][1].Response
			*r = "0" + *r
		}, ErrNotCanonical},
		{"factor more", func(_ *testing.T, l *lie) {
			l.shares[0].Factors[0] = append(l.shares[0].Factors[0], l.shares[0].Factors[0][0])
		}, ErrShape},
		{"proof more", func(_ *testing.T, l *lie) {
			l.shares[0].Proofs[0] = append(l.shares[0].Proofs[0], l.shares[0].Proofs[0][0])
		}, ErrShape},
		{"proofs of two questions", func(_ *testing.T, l *lie) {
			l.shares[0].Proofs = append(l.shares[0].Proofs, l.shares[0].Proofs[0])
		}, ErrShape},
		{"factors of two questions", func(_ *testing.T, l *lie) {
			l.shares[0].Factors = append(l.shares[0].Factors, l.shares[0].Factors[0])
		}, ErrShape},
		{"share of trustee 0", func(_ *testing.T, l *lie) { l.owned[0].Owner = 0 }, ErrOwner},
		{"share of trustee 2 of 1", func(_ *testing.T, l *lie) { l.owned[0].Owner = 2 }, ErrOwner},
		{"result", func(_ *testing.T, l *lie) { l.result = []byte(`{"result":[[2,2,1]]}`) }, ErrResult},
		{"result plus q", func(_ *testing.T, l *lie) {
			l.result = []byte(`{"result":[["` + plus("3", q) + `",1,1]]}`)
		}, ErrResultRange},
		{"result minus q", func(_ *testing.T, l *lie) {
			l.result = []byte(`{"result":[["` + plus("3", new(big.Int).Neg(q)) + `",1,1]]}`)
		}, ErrResultRange},
		{"endless result", func(_ *testing.T, l *lie) {
			l.result = []byte(`{"result":[["` + strings.Repeat("9", 1<<20) + `",1,1]]}`)
		}, ErrResultRange},
		{"result as a text", func(_ *testing.T, l *lie) { l.result = []byte(`{"result":[["3",1,1]]}`) }, ErrNotCanonical},
		{"result as a fraction", func(_ *testing.T, l *lie) { l.result = []byte(`{"result":[[3.0,1,1]]}`) }, ErrNotCanonical},
		{"result with an answer more", func(_ *testing.T, l *lie) { l.result = []byte(`{"result":[[3,1,1,0]]}`) }, ErrShape},
		{"result with an answer less", func(_ *testing.T, l *lie) { l.result = []byte(`{"result":[[3,1]]}`) }, ErrShape},
		{"result of two questions", func(_ *testing.T, l *lie) { l.result = []byte(`{"result":[[3,1,1],[]]}`) }, ErrShape},
		{"result with a space", func(_ *testing.T, l *lie) { l.result = []byte(`{"result":[[3, 1,1]]}`) }, ErrNotCanonical},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := p.around(t, ballots...)
			c.lie(t, l)
			refused(t, l.archive(), c.want)
		})
	}
}

func TestForgedChain(t *testing.T) {
	_, l := closedPoll(t)
	links := linksOf(t, l.chain())
	const ballot, end, tally, share, result = 2, 6, 7, 8, 9
	hash := hexHash([]byte("something else"))
	height := func(n int) *int { return &n }
	none := ""
	change := func(i int, f func(l *link)) func() []byte {
		return func() []byte {
			all := slices.Clone(links)
			f(&all[i])
			return rechain(all)
		}
	}
	without := func(from, to int) func() []byte {
		return func() []byte { return rechain(slices.Delete(slices.Clone(links), from, to)) }
	}
	inserted := func(at int, more ...link) func() []byte {
		return func() []byte { return rechain(slices.Insert(slices.Clone(links), at, more...)) }
	}
	for _, c := range []struct {
		name    string
		archive func() []byte
		want    error
	}{
		{"parent", change(ballot, func(l *link) { l.parent = &hash }), ErrParent},
		{"parent left out", change(ballot, func(l *link) { l.parent = &none }), ErrParent},
		{"parent of the first", change(0, func(l *link) { l.parent = &hash }), ErrParent},
		{"height", change(ballot, func(l *link) { l.height = height(5) }), ErrHeight},
		{"height of the first", change(0, func(l *link) { l.height = height(1) }), ErrHeight},
		{"payload", change(ballot, func(l *link) { l.payload = &hash }), ErrPayload},
		{"payload left out", change(tally, func(l *link) { l.payload = &none }), ErrPayload},
		{"payload of the end", change(end, func(l *link) { l.payload = &hash }), ErrPayload},
		{"record more", change(ballot, func(l *link) { l.data = append([][]byte{[]byte(`{}`)}, l.data...) }), ErrStray},
		{"record of the tally missing", change(tally, func(l *link) { l.data = l.data[1:] }), ErrStray},
		{"setup names another election", change(0, func(l *link) {
			l.data = slices.Clone(l.data)
			l.data[3] = bytes.Replace(l.data[3], []byte(hexHash(l.data[0])), []byte(hash), 1)
		}), ErrPayload},
		{"tally names another sum", change(tally, func(l *link) {
			l.data = slices.Clone(l.data)
			l.data[1] = bytes.Replace(l.data[1], []byte(hexHash(l.data[0])), []byte(hash), 1)
		}), ErrPayload},
		{"owner names another share", change(share, func(l *link) {
			l.data = slices.Clone(l.data)
			l.data[1] = bytes.Replace(l.data[1], []byte(hexHash(l.data[0])), []byte(hash), 1)
		}), ErrPayload},
		{"tally with swapped fields", change(tally, func(l *link) {
			l.data = slices.Clone(l.data)
			l.data[1] = []byte(`{"total_weight":5,"num_tallied":5,"encrypted_tally":"` + hexHash(l.data[0]) + `"}`)
		}), ErrNotCanonical},
		{"result without share", without(share, result), ErrOrder},
		{"result without tally and share", without(tally, result), ErrOrder},
		{"share without tally", without(tally, share), ErrOrder},
		{"tally without the end of ballots", without(end, tally), ErrOrder},
		{"no setup", without(0, 1), ErrOrder},
		{"two setups", inserted(1, links[0]), ErrOrder},
		{"two ends", inserted(end, links[end]), ErrOrder},
		{"two tallies", inserted(share, links[tally]), ErrOrder},
		{"two shares of one trustee", inserted(share, links[share]), ErrOwner},
		{"ballot after the end", inserted(tally, links[ballot]), ErrOrder},
		{"shuffle", inserted(share, link{kind: "Shuffle", data: [][]byte{[]byte(`{}`), []byte(`{}`)}}, link{kind: "EndShuffles"}), ErrShuffle},
		{"end of shuffles", inserted(share, link{kind: "EndShuffles"}), ErrShuffle},
		{"unknown event", inserted(share, link{kind: "Recount"}), ErrOrder},
		{"unknown event as the last", func() []byte {
			return rechain(append(slices.Clone(links[:tally]), link{kind: "Recount"}))
		}, ErrOrder},
		{"two results", inserted(result, links[result]), ErrTrailing},
		{"event after the result", func() []byte { return rechain(append(slices.Clone(links), link{kind: "EndBallots"})) }, ErrTrailing},
	} {
		t.Run(c.name, func(t *testing.T) { refused(t, c.archive(), c.want) })
	}
}

func TestForgedRecords(t *testing.T) {
	_, l := closedPoll(t)
	honest := l.archive()
	records := l.chain().records
	last := len(records) - 1
	stamp := at.Unix()
	first := len(tarRecord(headerName, encode(wireHeader{Version: 1, Timestamp: "1795602580"}), stamp))
	written := func(change func(all []record)) []byte {
		all := slices.Clone(records)
		change(all)
		return written(&chain{records: all})
	}
	headed := func(head string) []byte {
		return append(tarRecord(headerName, []byte(head), stamp), honest[first:]...)
	}
	flipped := func(i int) []byte {
		b := bytes.Clone(honest)
		b[i] ^= 1
		return b
	}
	header := func(i, size int, later int64) []byte {
		return tarHeader(records[i].name, len(records[i].body)+size, stamp+later)
	}
	more := func(b ...byte) []byte { return append(bytes.Clone(honest), b...) }
	for _, c := range []struct {
		name    string
		archive []byte
		want    error
	}{
		{"file name of data", written(func(all []record) { all[2].name = hexHash(nil) + dataSuffix }), ErrName},
		{"file name of an event", written(func(all []record) { all[4].name = hexHash(nil) + eventSuffix }), ErrName},
		{"contents under the old name", written(func(all []record) { all[5].body = []byte(`{}`) }), ErrName},
		{"other kind of name", written(func(all []record) { all[2].name = hexHash(all[2].body) + ".json" }), ErrName},
		{"no name", written(func(all []record) { all[2].name = "" }), ErrName},
		{"event called data", written(func(all []record) { all[last].name = hexHash(all[last].body) + dataSuffix }), ErrStray},
		{"trailing record", more(tarRecord(hexHash([]byte(`{}`))+dataSuffix, []byte(`{}`), stamp)...), ErrTrailing},
		{"trailing empty blocks", more(make([]byte, 1024)...), ErrTrailing},
		{"trailing byte", more('x'), ErrTruncated},
		{"cut in a record's contents", honest[:len(honest)-100], ErrTruncated},
		{"cut in a header", honest[:first+100], ErrTruncated},
		{"cut in the first header", honest[:100], ErrTruncated},
		{"nothing but the header", honest[:first], ErrTruncated},
		{"cut between data and event", honest[:bytes.Index(honest, []byte(records[last].name))], ErrStray},
		{"mode", flipped(first + 106), ErrRecord},
		{"checksum", flipped(first + 150), ErrRecord},
		{"unused part of a header", flipped(first + 400), ErrRecord},
		{"padding", flipped(first - 1), ErrRecord},
		{"size one more", bytes.Replace(honest, header(0, 0, 0), header(0, 1, 0), 1), ErrName},
		{"size no number", bytes.Replace(honest, header(0, 0, 0), replaced(t, header(0, 0, 0), "0000000\x00"+
			fmt.Sprintf("%011o", len(records[0].body)), "0000000\x00"+"0000000009x"), 1), ErrRecord},
		{"time of one record", bytes.Replace(honest, header(0, 0, 0), header(0, 0, 1), 1), ErrRecord},
		{"time of all records", headed(`{"version":1,"timestamp":"1795602581"}`), ErrRecord},
		{"timestamp as a number", headed(`{"version":1,"timestamp":1795602580}`), ErrShape},
		{"timestamp with a zero", headed(`{"version":1,"timestamp":"01795602580"}`), ErrShape},
		{"version 0", headed(`{"version":0,"timestamp":"1795602580"}`), ErrShape},
		{"header with a space", headed(`{"version":1, "timestamp":"1795602580"}`), ErrNotCanonical},
	} {
		t.Run(c.name, func(t *testing.T) { refused(t, c.archive, c.want) })
	}
}

// TestEveryCut: however much of an archive is missing, it is never valid and complete.
func TestEveryCut(t *testing.T) {
	p := newPoll(t)
	honest := p.around(t, p.ballots(t)[:2]...).archive()
	sound := 0
	for n := 0; n < len(honest); n += blockSize / 2 {
		report, err := Verify(honest[:n])
		switch {
		case report.Status == Complete:
			t.Errorf("cut at %d of %d: complete", n, len(honest))
		case err == nil && report.Status == Incomplete:
			sound++
		case err == nil:
			t.Errorf("cut at %d: status %d without an error", n, report.Status)
		}
	}
	if want := 6; sound != want { // after setup, two ballots, their end, the tally and the share
		t.Errorf("%d cuts are sound so far, want %d", sound, want)
	}
}
