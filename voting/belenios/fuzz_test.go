package belenios

import (
	"bytes"
	"os"
	"testing"
)

// FuzzVerify: no archive makes Verify panic, and what is not refused is written as it was read.
func FuzzVerify(f *testing.F) {
	whole := must(os.ReadFile("testdata/ZFVjR4vdaD787z.bel"))(f)
	opened := rechain(fixtureLinks(f)[:1])
	for _, seed := range [][]byte{nil, whole, opened, whole[:1024], whole[:5000], make([]byte, 1024)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, archive []byte) {
		report, err := Verify(archive)
		if report == nil {
			t.Fatal("no report")
		}
		if sound := report.Status == Complete || report.Status == Incomplete; sound != (err == nil) {
			t.Errorf("status %d with error %v", report.Status, err)
		}
		records, err := readRecords(archive)
		if err != nil {
			return
		}
		var again bytes.Buffer
		if err := (&chain{records: records}).write(&again, stampOf(t, archive)); err != nil || !bytes.Equal(again.Bytes(), archive) {
			t.Error("not written as it was read")
		}
	})
}

// fixtureLinks are the events of the fixture: the same in every process that takes part in fuzzing.
func fixtureLinks(t testing.TB) []link {
	t.Helper()
	raw := must(os.ReadFile("testdata/ZFVjR4vdaD787z.bel"))(t)
	return linksOf(t, &chain{records: must(readRecords(raw))(t)})
}

// FuzzChain puts a forged text into each place of a sound archive and repairs names, hashes and references, so that
// they do not stand in the way.
func FuzzChain(f *testing.F) {
	links := fixtureLinks(f)
	for i, one := range links {
		for j, body := range one.data {
			f.Add(i, j, body)
		}
	}
	f.Add(0, 0, []byte(`{"version":1}`))
	f.Add(0, 1, []byte(`[["Single",{"pok":null,"public_key":null}]]`))
	f.Add(0, 2, []byte(`[null]`))
	f.Add(10, 0, []byte(`{"result":[[null]]}`))
	f.Add(9, 0, []byte(`{"decryption_factors":[null],"decryption_proofs":[null]}`))
	f.Add(2, 0, []byte(`{"answers":[{"choices":null}]}`))
	f.Fuzz(func(t *testing.T, i, j int, body []byte) {
		if i < 0 || i >= len(links) || j < 0 || j >= len(links[i].data) {
			return
		}
		changed := !bytes.Equal(body, links[i].data[j])
		all := append([]link(nil), links...)
		data := append([][]byte(nil), all[i].data...)
		data[j], all[i].data = body, data
		if last := len(data) - 1; j < last { // the last record refers to those before it
			data[last] = bytes.Replace(data[last], []byte(hexHash(links[i].data[j])), []byte(hexHash(body)), 1)
		}
		report, err := Verify(rechain(all))
		if (report.Status == Complete) != (err == nil) {
			t.Errorf("event %d, record %d: status %d, error %v", i, j, report.Status, err)
		}
		// Trustees' names and the order of credentials are free.
		free := i == 0 && (j == 1 || j == 2)
		if err == nil && changed && !free || err != nil && !changed {
			t.Errorf("event %d, record %d: changed %t, error %v", i, j, changed, err)
		}
	})
}

// FuzzBallot: what parses is written as it was read.
func FuzzBallot(f *testing.F) {
	links := fixtureLinks(f)
	setup := links[0].data
	e := must(Open(Setup{Election: setup[0], Trustees: setup[1], Credentials: setup[2]}))(f)
	f.Add([]byte(nil))
	f.Add(links[1].data[0])
	f.Add([]byte(`{"election_uuid":"x","election_hash":"","credential":"","answers":null}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, err := e.CheckBallot(raw)
		var w wireBallot
		if bad := decode(raw, &w); bad != nil {
			if err == nil {
				t.Errorf("accepted though %v", bad)
			}
			return
		}
		if !bytes.Equal(encode(w), raw) {
			t.Error("not written as it was read")
		}
	})
}
