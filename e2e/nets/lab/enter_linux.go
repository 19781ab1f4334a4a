package lab

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// inside is set for a program that has been started again to be allowed.
const inside = "STIMMBOTE_LAB"

// Enter sees to it that this program may make machines. Where only those may who have a user namespace, it starts the
// program again in one, and never returns. The error says that neither is allowed.
func Enter() error {
	err := allowed()
	if err == nil || os.Getenv(inside) != "" {
		return err
	}
	again := exec.Command("/proc/self/exe", os.Args[1:]...)
	again.Stdin, again.Stdout, again.Stderr = os.Stdin, os.Stdout, os.Stderr
	again.Env = append(os.Environ(), inside+"=1")
	again.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	var code *exec.ExitError
	switch failed := again.Run(); {
	case failed == nil:
		os.Exit(0)
	case errors.As(failed, &code):
		os.Exit(code.ExitCode())
	default:
		err = fmt.Errorf("%w; and in a user namespace: %w", err, failed)
	}
	return err
}

// allowed tries it.
func allowed() error {
	tried := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends
		m := &Machine{}
		err := m.begin()
		if m.tun != nil {
			_ = m.tun.Close()
		}
		tried <- err
	}()
	return <-tried
}
