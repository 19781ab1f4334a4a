package store

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// column is how docs/secrecy.md names a column, in the rows of its tables.
var column = regexp.MustCompile("`([a-z_]+\\.[a-z_]+)`")

// Whoever adds a column decides what it may reveal and until when, and writes it down.
func TestSecrecyNamesEveryColumn(t *testing.T) {
	text, err := os.ReadFile("../docs/secrecy.md")
	check(t, err)
	var named []string
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		cells := strings.Split(line, "|")
		if len(cells) != 5 || strings.TrimSpace(cells[2]) == "" || strings.TrimSpace(cells[3]) == "" {
			t.Errorf("this row does not say what it may reveal and until when: %s", line)
			continue
		}
		for _, match := range column.FindAllStringSubmatch(cells[1], -1) {
			named = append(named, match[1])
		}
	}
	slices.Sort(named)
	real := columns(t)
	for _, c := range real {
		if !slices.Contains(named, c) {
			t.Errorf("docs/secrecy.md does not say what %s may reveal", c)
		}
	}
	for i, c := range named {
		if !slices.Contains(real, c) {
			t.Errorf("docs/secrecy.md names %s, which there is not", c)
		}
		if i > 0 && named[i-1] == c {
			t.Errorf("docs/secrecy.md names %s twice", c)
		}
	}
}

// columns are all columns of a fresh database, as table.column.
func columns(t *testing.T) []string {
	t.Helper()
	rows, err := fresh(t).DB().Query(t.Context(), `
		SELECT m.name || '.' || c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' ORDER BY 1`)
	check(t, err)
	defer rows.Close()
	var all []string
	for rows.Next() {
		var name string
		check(t, rows.Scan(&name))
		all = append(all, name)
	}
	check(t, rows.Err())
	if len(all) < 50 {
		t.Fatalf("only %d columns", len(all))
	}
	return all
}
