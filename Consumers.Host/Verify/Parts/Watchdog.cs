using System.Diagnostics;

namespace Consumers.Host.Verify;

/// <summary>
/// Ends everything that a run started when the run itself is killed: a shell that reads from this process until there is nobody left to read from. It lives outside the mark,
/// hears no Ctrl-C, and after an orderly end finds nothing to do.
/// </summary>
internal sealed class Watchdog : IDisposable
{
    /// <summary>$1 is what the environment must hold, $2 the folder that goes with the processes.</summary>
    private const string Script = """
        trap '' INT TERM HUP
        while read -r _; do :; done
        for _ in 1 2 3 4 5 6 7 8 9 10; do
          any=
          for environ in /proc/[0-9]*/environ; do
            if tr '\0' '\n' < "$environ" 2>/dev/null | grep -qxF "$1"; then
              pid=${environ#/proc/}; kill -9 "${pid%/environ}" 2>/dev/null; any=1
            fi
          done
          [ -z "$any" ] && break
        done
        [ -n "$2" ] && rm -rf -- "$2"
        """;

    private readonly Process _shell;

    /// <param name="folder">Removed when this process dies before it disposes of the watchdog.</param>
    public Watchdog(RunMark mark, string folder)
    {
        _shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", Script, "watchdog", $"{RunMark.Variable}={mark.Value}", folder])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        })!;
    }

    /// <summary>Called off: what is there may stay.</summary>
    public void Dispose()
    {
        _shell.Kill();
        _shell.WaitForExit();
        _shell.Dispose();
    }
}
