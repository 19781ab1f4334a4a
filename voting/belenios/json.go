package belenios

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// encode writes compact JSON with fields in the order of the specification, 4.1.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("belenios: encoding: " + err.Error()) // the types here can always be encoded
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// decode reads JSON without free text, and only if encode would write it so: no space, no field moved, missing or
// added, no number written otherwise.
func decode(raw []byte, into any) error {
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("%w: %w", ErrShape, err)
	}
	if !bytes.Equal(encode(into), raw) {
		return ErrNotCanonical
	}
	return nil
}

// compact checks JSON that contains free text: everything but the spelling of the texts has one form. Fields are then
// read by object.
func compact(raw []byte) error {
	if !utf8.Valid(raw) || !json.Valid(raw) {
		return fmt.Errorf("%w: not JSON", ErrShape)
	}
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil || !bytes.Equal(b.Bytes(), raw) {
		return fmt.Errorf("%w: JSON is not compact", ErrNotCanonical)
	}
	return nil
}

// object splits compact JSON into exactly these fields in this order. A question mark before a name allows it to be
// missing.
func object(raw json.RawMessage, names ...string) (map[string]json.RawMessage, error) {
	rest, ok := bytes.CutPrefix(raw, []byte("{"))
	if !ok {
		return nil, fmt.Errorf("%w: no object", ErrShape)
	}
	fields := make(map[string]json.RawMessage, len(names))
	for _, name := range names {
		name, optional := strings.CutPrefix(name, "?")
		key := `"` + name + `":`
		if len(fields) > 0 {
			key = "," + key
		}
		after, found := bytes.CutPrefix(rest, []byte(key))
		if !found && optional {
			continue
		}
		if !found {
			return nil, fmt.Errorf("%w: field %q is not at its place", ErrShape, name)
		}
		var value json.RawMessage
		d := json.NewDecoder(bytes.NewReader(after))
		if err := d.Decode(&value); err != nil {
			return nil, fmt.Errorf("%w: field %q: %w", ErrShape, name, err)
		}
		fields[name], rest = value, after[len(value):]
	}
	if string(rest) != "}" {
		return nil, fmt.Errorf("%w: superfluous field", ErrShape)
	}
	return fields, nil
}

// list splits a JSON list.
func list(raw json.RawMessage) ([]json.RawMessage, error) {
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil || len(raw) == 0 || raw[0] != '[' {
		return nil, fmt.Errorf("%w: no list", ErrShape)
	}
	return items, nil
}

// text reads a JSON string.
func text(raw json.RawMessage) (string, error) {
	var s string
	if err := json.Unmarshal(raw, &s); err != nil || len(raw) == 0 || raw[0] != '"' {
		return "", fmt.Errorf("%w: no text", ErrShape)
	}
	return s, nil
}

// texts reads a list of JSON strings.
func texts(raw json.RawMessage) ([]string, error) {
	items, err := list(raw)
	if err != nil {
		return nil, err
	}
	all := make([]string, len(items))
	for i, item := range items {
		if all[i], err = text(item); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// small reads a small natural number in its one form.
func small(raw json.RawMessage) (int, error) {
	n, err := strconv.ParseUint(string(raw), 10, 30)
	if err != nil || strconv.FormatUint(n, 10) != string(raw) {
		return 0, fmt.Errorf("%w: no small number", ErrShape)
	}
	return int(n), nil
}
