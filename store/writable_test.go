package store

import "testing"

func TestWritable(t *testing.T) {
	st := fresh(t)
	if err := st.Writable(t.Context()); err != nil {
		t.Fatal(err)
	}
	st.db.RawDB.SetMaxOpenConns(1) // what follows is said to the one connection that there is
	if _, err := st.db.Exec(t.Context(), "PRAGMA query_only = 1"); err != nil {
		t.Fatal(err)
	}
	if err := st.Writable(t.Context()); err == nil {
		t.Error("a database that cannot be written counts as writable")
	}
}
