using Consumers.Core;
using Consumers.Host.Cli;
using Consumers.Host.Hosting;

namespace Consumers.Host.Doctor;

/// <summary>One run of <c>consumers doctor</c>: the host is put together as <c>run</c> would, and not started; then everything that it would use is looked at.</summary>
internal sealed class DoctorCommand(RunSettings settings, bool deep, TimeSpan timeout, TimeProvider time)
{
    private static readonly TimeSpan Goodbye = TimeSpan.FromSeconds(1);

    /// <exception cref="CliException">The configuration is wrong: there is nothing to look at.</exception>
    public async Task<DoctorReport> LookAsync(CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        WebApplication app;
        try
        {
            app = ConsumersHost.Create(settings with { IsSilent = true });
            HostRun.Validate(app.Services);
        }
        catch (Exception e) when (StartFailure.Describe(e) is { } failure)
        {
            throw new CliException(failure.ExitCode, failure.Text, e);
        }
        var instance = app.Services.GetRequiredService<InstanceIdentity>();
        ICheckup[] own =
        [
            new ListeningCheckup(app.Configuration, instance),
            new SettingsCheckup(app.Services),
            new TelemetryCheckup(app.Configuration),
        ];
        var secrets = new Secrets(app.Configuration);
        var diagnoses = await DoctorRun.LookAsync([.. app.Services.GetServices<ICheckup>(), .. own], deep, timeout, time, cancellationToken);
        try
        {
            // A client that is still trying would hold up the end.
            await app.DisposeAsync().AsTask().WaitAsync(Goodbye, time, CancellationToken.None);
        }
        catch (TimeoutException)
        {
        }
        return new DoctorReport(diagnoses, secrets, instance.Name, time.GetElapsedTime(started));
    }
}
