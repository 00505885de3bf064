// Command liferooms-operator keeps trusts and hubs what their resources in Kubernetes say.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the first signal asks to stop; a second one stops at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// commands are all there is; each is a struct of its own whose fields are its flags.
type commands struct {
	LogFormat string `enum:"json,text" default:"json" help:"How log lines are written: ${enum}."`
	LogLevel  string `enum:"debug,info,warn,error" default:"info" help:"The least that is logged: ${enum}."`

	Run   runCommand   `cmd:"" default:"withargs" help:"Run the operator (what is done where no command is named)."`
	Drain drainCommand `cmd:"" help:"Before an uninstall: stop the operator and take its finalizers off, so that nothing is stranded."`
	Check checkCommand `cmd:"" help:"Check that the API answers and accepts the operator, and say what to mend."`
}

// run runs the command in args and gives the exit code: 0 well, 1 not well, 2 not understood.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var c commands
	exit := -1
	parser, err := kong.New(&c, kong.Name("liferooms-operator"),
		kong.Description("Keeps trusts and hubs of Life Rooms what their resources in Kubernetes say.\n\n"+
			"Every flag can be set by the environment variable that its help names."),
		kong.DefaultEnvars("LIFEROOMS_OPERATOR"), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Writers(stdout, stderr), kong.Exit(func(code int) { exit = code }),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.BindTo(stdout, (*io.Writer)(nil)))
	if err != nil {
		fmt.Fprintln(stderr, "liferooms-operator:", err)
		return 2
	}
	command, err := parser.Parse(args)
	if exit >= 0 { // help was asked for
		return exit
	}
	if err != nil {
		fmt.Fprintf(stderr, "liferooms-operator: %v\nTry: liferooms-operator --help\n", err)
		return 2
	}
	c.log(stderr)
	if err := command.Run(); err != nil {
		fmt.Fprintln(stderr, "liferooms-operator:", strings.ReplaceAll(err.Error(), "\n", "\n  "))
		return 1
	}
	return 0
}

// log sends what the operator and the libraries below it log to one place in one form.
func (c *commands) log(to io.Writer) {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.LogLevel)) // kong has checked it
	options := &slog.HandlerOptions{Level: level}
	var handler slog.Handler = slog.NewJSONHandler(to, options)
	if c.LogFormat == "text" {
		handler = slog.NewTextHandler(to, options)
	}
	slog.SetDefault(slog.New(handler))
	ctrl.SetLogger(logr.FromSlogHandler(handler))
}
