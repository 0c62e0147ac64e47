namespace Consumers.Host.Hosting;

/// <summary>
/// Maps pages and API beside the rest of the start: finding the pages alone takes as long as opening the ledger. The server starts after all services, and these only when everything is mapped.
/// </summary>
internal sealed class EndpointMapping : IHostedLifecycleService
{
    private Task _mapped = Task.CompletedTask;

    /// <param name="map">Runs on another thread; what it throws stops the start.</param>
    public void Begin(Action map) => _mapped = Task.Run(map);

    public Task StartingAsync(CancellationToken cancellationToken) => _mapped;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
