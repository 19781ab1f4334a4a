package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"stimmbote/web"
)

const boothUsage = "usage: stimmbote booth export [--recount] FILE\n"

// booth is `stimmbote booth export`: it writes the ballot page, byte for byte as the bot serves it,
// so that somebody else can; with --recount the page that rechecks an archive. A file that is there
// already stays.
func booth(args []string, stdout, stderr io.Writer) int {
	page := web.Booth
	if len(args) == 3 && args[1] == "--recount" {
		page, args = web.Recount, []string{args[0], args[2]}
	}
	if len(args) != 2 || args[0] != "export" || args[1] == "" {
		fmt.Fprint(stderr, boothUsage)
		return exitUsage
	}
	html := page()
	if html == nil {
		fmt.Fprintln(stderr, "stimmbote: this program was built without that page")
		return exitError
	}
	return export(args[1], html, stdout, stderr)
}

func export(path string, page []byte, stdout, stderr io.Writer) int {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err == nil {
		_, err = file.Write(page)
		err = errors.Join(err, file.Close())
	}
	if errors.Is(err, fs.ErrExist) {
		fmt.Fprintf(stderr, "stimmbote: %s is there already and stays as it is: name another file\n", path)
		return exitError
	}
	if err != nil {
		fmt.Fprintf(stderr, "stimmbote: writing the page: %v\n", err)
		return exitError
	}
	fmt.Fprintf(stdout, "%s  %s\n", web.Sum(page), path)
	return exitOK
}
