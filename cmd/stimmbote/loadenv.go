package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// readEnv takes what the environment says. A variable that begins as ours do and is none of
// them is an error, as an unknown key of the file is.
func (l *loaded) readEnv(environ []string) {
	set := make(map[string]string)
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, envPrefix) {
			set[name] = value
		}
	}
	known := slices.Concat(otherVariables, setupVariables)
	for _, o := range l.options {
		known = append(known, o.env())
		if o.secret {
			known = append(known, o.env()+strings.ToUpper(fileSuffix))
			l.readEnvSecret(o, set)
			continue
		}
		if value, ok := set[o.env()]; ok {
			o.origin, o.wrong = o.env(), false
			if err := o.setText(value); err != nil {
				l.wrong(o, o.env(), err.Error())
			}
		}
	}
	names := make([]string, 0, len(set))
	for name := range set {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if !slices.Contains(known, name) {
			l.unknown("environment", "variable", known, name)
		}
	}
}

// anyOurs says whether a variable of ours is set.
func anyOurs(environ []string) bool {
	return slices.ContainsFunc(environ, func(entry string) bool { return strings.HasPrefix(entry, envPrefix) })
}

// readEnvSecret takes a secret or the name of its file; either replaces what the file said.
func (l *loaded) readEnvSecret(o *option, set map[string]string) {
	value, given := set[o.env()]
	name := o.env() + strings.ToUpper(fileSuffix)
	file, named := set[name]
	named = named && file != ""
	switch {
	case given && value != "" && named:
		l.wrong(o, o.env(), "is set together with "+name+"; set one of them")
	case named:
		o.value.SetString("")
		l.nameFile(o, name, file)
	case given:
		o.origin, o.file = o.env(), ""
		o.value.SetString(value)
	}
}

// readSecrets reads the files that hold secrets.
func (l *loaded) readSecrets() {
	for _, o := range l.options {
		if o.file == "" || o.wrong {
			continue
		}
		if !o.value.IsZero() {
			l.wrong(o, o.origin, "is set itself and by "+o.key+fileSuffix+" as well; keep one of them")
			continue
		}
		secret, err := readSecret(o.file)
		if err != nil {
			l.wrong(o, o.origin, err.Error())
			continue
		}
		o.value.SetString(secret)
		o.origin += ", file " + o.file
	}
}

// readSecret reads a secret from a file; a line break behind it is not part of it.
func readSecret(path string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("%w; it must be there and readable for this user", err)
	}
	secret := strings.TrimRight(string(data), "\r\n")
	if secret == "" {
		return "", fmt.Errorf("the file %s is empty", path)
	}
	return secret, nil
}
