using System.Runtime.InteropServices;
using Consumers.Host.Cli;

namespace Consumers.Host.Hosting;

/// <summary>The first Ctrl-C drains, by the generic host; the second, or SIGQUIT, leaves at once: the broker delivers what was not acknowledged again.</summary>
internal sealed class SecondInterrupt : IDisposable
{
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _quit;
    private int _interrupts;

    public SecondInterrupt()
    {
        // Counted here: whether the host has noticed the first one yet depends on who is told first.
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => LeaveIf(Interlocked.Increment(ref _interrupts) >= 2));
        _quit = PosixSignalRegistration.Create(PosixSignal.SIGQUIT, _ => LeaveIf(true));
    }

    public void Dispose()
    {
        _interrupt.Dispose();
        _quit.Dispose();
    }

    private static void LeaveIf(bool leave)
    {
        if (leave)
        {
            Environment.Exit(ExitCode.Interrupted);
        }
    }
}
