using Consumers.Core;

namespace Consumers.Host.Api;

/// <summary>Starts and changes operations for the API and the pages: says who asked, and answers in time when the ledger is away.</summary>
internal sealed partial class OperationSwitch(IDeadLetterOperations operations, InstanceIdentity instance, TimeProvider time, ILogger<OperationSwitch> logger)
{
    /// <summary>A preview may look at every entry that matches.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>Ids that one choice may name.</summary>
    public const int MostIds = 10_000;

    public const double MinRate = 0.1;
    public const double MaxRate = 10_000;

    /// <summary>For whoever does not bring an id: one of its own for every intent.</summary>
    public static string NewId() => $"op-{Guid.NewGuid().ToString("N")[..12]}";

    public Task<Answer<OperationPreview>> PreviewAsync(OperationChoice choice, CancellationToken cancellationToken) =>
        AskAsync("preview", async token => (OperationPreview?)await operations.PreviewAsync(choice, token), cancellationToken);

    /// <summary>Null when there is none, or it cannot be read.</summary>
    public async Task<Operation?> FindAsync(string id, CancellationToken cancellationToken) =>
        (await AskAsync($"find {id}", async token => await operations.FindAsync(id, token), cancellationToken)).Value;

    /// <param name="door"><see cref="PauseSwitch.Page"/> or <see cref="PauseSwitch.Api"/>.</param>
    public Task<Answer<Operation>> StartAsync(OperationOrder order, string door, CancellationToken cancellationToken) =>
        AskAsync($"start {order.Id}", async token => (Operation?)await operations.StartAsync(order with { By = By(order.By, door), Why = PauseSwitch.Clean(order.Why, PauseSwitch.MaxReasonLength) }, token), cancellationToken);

    public Task<Answer<Operation>> ReplayEditedAsync(string id, string deadLetterId, ReadOnlyMemory<byte> body, string? name, string? why, string door, CancellationToken cancellationToken) =>
        AskAsync($"start {id}", async token => (Operation?)await operations.ReplayEditedAsync(id, deadLetterId, body, By(name, door), PauseSwitch.Clean(why, PauseSwitch.MaxReasonLength), token), cancellationToken);

    /// <summary>The answer's value is null when there is no such operation.</summary>
    public Task<Answer<Operation>> ChangeAsync(string id, OperationChange change, string? name, string door, CancellationToken cancellationToken) =>
        AskAsync($"change {id}", async token => await operations.ChangeAsync(id, change, By(name, door), token), cancellationToken);

    private async Task<Answer<T>> AskAsync<T>(string what, Func<CancellationToken, Task<T?>> ask, CancellationToken cancellationToken) where T : class
    {
        using var timeout = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            return new(await Task.Run(() => ask(either.Token), either.Token).WaitAsync(Patience, time, cancellationToken), null, IsRefused: false);
        }
        catch (OperationRefusedException e)
        {
            return new(null, TaskHeaders.CleanError(e.Message), IsRefused: true);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Log.NotDone(logger, what, e.Message);
            return new(null, e is OperationCanceledException or TimeoutException
                ? $"The ledger did not answer within {Patience.TotalSeconds:0} s. Ask again with the same operation's id: it starts once."
                : $"The ledger could not do it: {TaskHeaders.CleanError(e.Message)}", IsRefused: false);
        }
    }

    private string By(string? name, string door) => PauseSwitch.By(name, door, instance.Name);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Did not {What}: {Why}")]
        public static partial void NotDone(ILogger logger, string what, string why);
    }
}

/// <param name="WhyNot">Null when it was done.</param>
/// <param name="IsRefused">It cannot be done as asked; otherwise the same may succeed later.</param>
internal sealed record Answer<T>(T? Value, string? WhyNot, bool IsRefused) where T : class;
