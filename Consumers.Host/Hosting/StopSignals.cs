using System.Runtime.InteropServices;
using Consumers.Core;

namespace Consumers.Host.Hosting;

/// <summary>Notes which signal stops this process, for its receipt; what the signal does is the generic host's.</summary>
internal sealed class StopSignals(FlightRecorder flights) : IDisposable
{
    private readonly PosixSignalRegistration[] _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => flights.Because("SIGTERM")),
        PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => flights.Because("SIGINT")),
    ];

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }
    }
}
