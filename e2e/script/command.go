package script

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// commandFor is how long a command of a script may take.
const commandFor = 5 * time.Minute

// command runs a line for the shell in the world's folder.
func (p *player) command(ctx context.Context, line Line) error {
	text, err := p.fill(line.Text, asItIs)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, commandFor)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", text)
	cmd.Dir, cmd.Env = p.world.Dir, p.world.Environ()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that all of it can be ended
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	said := strings.TrimRight(string(out), "\n")
	if said != "" {
		fmt.Fprintf(p.out, "    %s\n", indent(said, "    "))
	}
	_, exited := errors.AsType[*exec.ExitError](err)
	switch {
	case ctx.Err() != nil:
		return &unmet{fmt.Sprintf("the command to end within %s", commandFor), said}
	case err != nil && !exited:
		return fmt.Errorf("running bash: %w", err)
	case err != nil && line.Kind == Succeeds:
		return &unmet{"exit status 0", fmt.Sprintf("%s\n%s", err, said)}
	case err == nil && line.Kind == Fails:
		return &unmet{"an exit status other than 0", "exit status 0\n" + said}
	}
	return nil
}
