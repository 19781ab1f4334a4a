package attacker

import (
	"database/sql"
	"fmt"
	"strings"

	_ "github.com/mattn/go-sqlite3" // which the backups are of
)

// row is a row of a table, by column.
type row struct {
	table  string
	order  int
	values map[string]any
	text   string // all of them
}

// rows are all rows of a database, as far as it can be read.
func rows(backup string) []row {
	db, err := sql.Open("sqlite3", "file:"+backup)
	if err != nil {
		return nil
	}
	defer db.Close()
	var all []row
	for _, name := range read(db, "sqlite_master", `SELECT name FROM sqlite_master WHERE type = 'table'`) {
		table := fmt.Sprint(name.values["name"])
		all = append(all, read(db, table, fmt.Sprintf(`SELECT * FROM %q`, table))...)
	}
	return all
}

func read(db *sql.DB, table, query string) []row {
	found, err := db.Query(query)
	if err != nil {
		return nil
	}
	defer found.Close()
	columns, err := found.Columns()
	if err != nil {
		return nil
	}
	var all []row
	for found.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if found.Scan(into...) != nil {
			break
		}
		r := row{table: table, order: len(all), values: make(map[string]any)}
		var text strings.Builder
		for i, column := range columns {
			r.values[column] = values[i]
			if b, ok := values[i].([]byte); ok {
				values[i] = string(b)
			}
			fmt.Fprintln(&text, values[i])
		}
		r.text = text.String()
		all = append(all, r)
	}
	return all
}

// rows are the numbers in each row that names a voter and a poll, how long what else it has is, and where it lies:
// in the first backup in which it is seen, and in the last.
func (f *features) rows(backup int, all []row) {
	for _, r := range all {
		for i, p := range f.polls {
			voter, about := f.about(r, p)
			if !about {
				continue
			}
			kind := fmt.Sprint(r.table, " ", r.values["kind"], r.values["name"])
			numbers := map[string]float64{"order": float64(r.order), "time": float64(backup)}
			for column, value := range r.values {
				switch value := value.(type) {
				case int64:
					numbers[column] = float64(value)
				case string:
					numbers[column] = float64(len(value))
				case []byte:
					numbers[column] = float64(len(value))
				}
			}
			for column, value := range numbers {
				f.first(i, voter, value, "first "+kind+" "+column)
				f.note(i, voter, value, "last "+kind+" "+column)
			}
		}
	}
}

// about says whom a row is about, if that is one voter of a poll.
func (f *features) about(r row, p Poll) (voter int, about bool) {
	names := func(marks []string) bool {
		for _, mark := range marks {
			if mark != "" && strings.Contains(r.text, mark) {
				return true
			}
		}
		return false
	}
	poll := strings.Contains(r.text, p.ID)
	voter = only(len(p.Voters), func(n int) bool {
		here, anywhere := p.Voters[n].marks()
		return names(here) || poll && names(anywhere)
	})
	return voter, voter != unknown
}
