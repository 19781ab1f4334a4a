package main

import "strings"

// nearest is which of the names somebody meant who wrote this one, or "" if none is near: it
// differs in few letters, or it is the same behind the section's name.
func nearest(name string, names []string) string {
	best, distance := "", max(1, len(name)/4)+1
	for _, candidate := range names {
		if d := letters(strings.ToLower(name), strings.ToLower(candidate)); d < distance {
			best, distance = candidate, d
		}
	}
	if best != "" {
		return best
	}
	last := name[strings.LastIndex(name, ".")+1:]
	for _, candidate := range names {
		if strings.HasSuffix(candidate, "."+last) {
			return candidate
		}
	}
	return ""
}

// letters counts how many letters have to be changed, added or left out to make a into b.
func letters(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		above := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := above
			if a[i] != b[j] {
				change++
			}
			above = row[j+1]
			row[j+1] = min(change, above+1, row[j]+1)
		}
	}
	return row[len(b)]
}
