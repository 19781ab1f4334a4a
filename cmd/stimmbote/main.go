// Command stimmbote is the whole program: the bot, its pages and its media server in one
// process, and the tools that go with them.
//
//	stimmbote [run] [--config FILE]   run the bot
//	stimmbote setup                   ask what the bot needs, and write the configuration
//	stimmbote config check            show the configuration and what is wrong with it
//	stimmbote sfu                     serve meetings alone, without a bot
//	stimmbote verify FILE.bel         recheck a vote from its archive, offline
//	stimmbote ballot --link URL       seal a vote and hand it in, as the page behind the link does
//	stimmbote booth export FILE       write the ballot page, for another web space
//	stimmbote keyholder run           hold a key of a group's votes, as a teller's machine; also setup, status, backup
//	stimmbote version                 say which version this is
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // bot.timezone holds on machines without a database of zones, too

	"stimmbote/chat"
	"stimmbote/web"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // from here on a second signal ends the process at once
	os.Exit(dispatch(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

const usage = `usage:
  stimmbote [run] [--config FILE]   run the bot
  stimmbote setup [--config FILE]   ask what the bot needs, and write the configuration
  stimmbote config check [--config FILE]
                                    show the configuration that holds, and what is wrong with it
  stimmbote sfu --key KEY:SECRET    serve meetings alone, without a bot; alone it says what else it takes
  stimmbote verify FILE.bel [--tracker T]…
                                    recheck a vote from its archive, offline; alone it says what else it takes
  stimmbote ballot --link URL       seal a vote here and hand it in; alone it says what else it takes
  stimmbote booth export FILE       write the ballot page, to be served by another web space
  stimmbote keyholder run           hold a key of the votes of a group, as the machine of a teller; alone it
                                    says what else there is: setup, status, backup
  stimmbote version                 say which version this is
  stimmbote help                    say this
`

// Exit codes; verify has its own.
const (
	exitOK    = 0
	exitError = 1
	exitUsage = 2 // or the configuration is not in order
	exitLogin = 3 // the homeserver does not let the bot in: trying again at once is of no use
)

// dispatch runs a subcommand and returns the exit code.
func dispatch(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	command := "run"
	if len(args) > 0 && (len(args[0]) == 0 || args[0][0] != '-') {
		command, args = args[0], args[1:]
	} else if len(args) == 1 && (args[0] == "--help" || args[0] == "-h") {
		command = "help"
	}
	switch command {
	case "run":
		return run(ctx, args, stderr)
	case "setup":
		return setup(ctx, args, false, os.Stdin, stdout, stderr)
	case "config":
		return checkConfig(args, stdout, stderr)
	case "sfu":
		return sfu(ctx, args, stderr)
	case "verify":
		return verifyArchive(args, stdout, stderr)
	case "ballot":
		return ballot(ctx, args, os.Stdin, stdout, stderr)
	case "keyholder":
		return keys(ctx, args, stdout, stderr)
	case "booth":
		return booth(args, stdout, stderr)
	case "version":
		fmt.Fprintln(stdout, version())
		if hash := web.BoothHash(); hash != "" {
			fmt.Fprintln(stdout, "ballot page (SHA-256): "+hash)
		}
		return exitOK
	case "help":
		fmt.Fprint(stdout, usage)
		return exitOK
	default:
		fmt.Fprintf(stderr, "stimmbote: there is no command %q\n%s", command, usage)
		return exitUsage
	}
}

// run is `stimmbote run`.
func run(ctx context.Context, args []string, stderr io.Writer) int {
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, usage) }
	path := flags.String("config", usualConfig, "the configuration")
	if err := flags.Parse(args); err != nil {
		return exitUsage
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "stimmbote: run takes no %q\n%s", flags.Arg(0), usage)
		return exitUsage
	}
	cfg, err := loadConfig(*path, os.Environ())
	if err != nil {
		fmt.Fprintf(stderr, "stimmbote: %v\n", err)
		return exitUsage
	}
	if hint := openToOthers(*path); hint != "" {
		fmt.Fprintln(stderr, "stimmbote: "+hint)
	}
	if err := serve(ctx, cfg, stderr); err != nil {
		fmt.Fprintf(stderr, "stimmbote: %v\n", err)
		if errors.Is(err, chat.ErrLogin) {
			return exitLogin
		}
		return exitError
	}
	return exitOK
}
