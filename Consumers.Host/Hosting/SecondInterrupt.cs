using System.Runtime.InteropServices;
using Consumers.Host.Cli;

namespace Consumers.Host.Hosting;

/// <summary>The first Ctrl-C drains, by the generic host; the second, or SIGQUIT, leaves at once: the broker delivers what was not acknowledged again.</summary>
internal static class SecondInterrupt
{
    public static IDisposable Watch(IServiceProvider services)
    {
        var lifetime = services.GetRequiredService<IHostApplicationLifetime>();
        var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => LeaveIf(lifetime.ApplicationStopping.IsCancellationRequested));
        var onQuit = PosixSignalRegistration.Create(PosixSignal.SIGQUIT, _ => LeaveIf(true));
        return new Both(onInterrupt, onQuit);
    }

    private static void LeaveIf(bool leave)
    {
        if (leave)
        {
            Environment.Exit(ExitCode.Interrupted);
        }
    }

    private sealed class Both(IDisposable first, IDisposable second) : IDisposable
    {
        public void Dispose()
        {
            first.Dispose();
            second.Dispose();
        }
    }
}
