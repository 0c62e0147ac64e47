using Consumers.Core;

namespace Consumers.Host.Api;

/// <summary>Pauses and resumes for the API and the pages: says who asked, and answers in time when the ledger is away.</summary>
internal sealed partial class PauseSwitch(IPauses pauses, InstanceIdentity instance, TimeProvider time, ILogger<PauseSwitch> logger)
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Of a person's name, in characters.</summary>
    public const int MaxNameLength = 40;

    /// <summary>Of a reason, in characters.</summary>
    public const int MaxReasonLength = 200;

    public const string Page = "the page";
    public const string Api = "the API";

    /// <param name="type">Null for the whole module.</param>
    /// <param name="name">What the person calls themselves; nobody checks it.</param>
    /// <param name="door"><see cref="Page"/> or <see cref="Api"/>.</param>
    public Task<(PauseChange? Change, string? WhyNot)> PauseAsync(string module, string? type, string? name, string? why, string door, CancellationToken cancellationToken) =>
        ChangeAsync(pauses.PauseAsync, new PauseOrder(module, type, By(name, door, instance.Name), Clean(why, MaxReasonLength)), cancellationToken);

    /// <inheritdoc cref="PauseAsync" />
    public Task<(PauseChange? Change, string? WhyNot)> ResumeAsync(string module, string? type, string? name, string? why, string door, CancellationToken cancellationToken) =>
        ChangeAsync(pauses.ResumeAsync, new PauseOrder(module, type, By(name, door, instance.Name), Clean(why, MaxReasonLength)), cancellationToken);

    private async Task<(PauseChange? Change, string? WhyNot)> ChangeAsync(Func<PauseOrder, CancellationToken, ValueTask<PauseChange>> change, PauseOrder order, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            return (await change(order, either.Token), null);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Log.NotChanged(logger, order.Module, order.Type, e.Message);
            return (null, e is OperationCanceledException
                ? $"The ledger did not write within {Patience.TotalSeconds:0} s. Look whether it is paused, and ask again: asking twice does no harm."
                : $"The ledger could not write: {TaskHeaders.CleanError(e.Message)}");
        }
    }

    /// <summary>Who asked, as it stands in the audit.</summary>
    public static string By(string? name, string door, string instance) => $"{Clean(name, MaxNameLength) ?? "somebody"} through {door} of {instance}";

    /// <summary>What a person typed: on one line, no longer than it may be; null when it is nothing.</summary>
    public static string? Clean(string? text, int length)
    {
        var clean = TaskHeaders.CleanError(text ?? "").Trim();
        return clean.Length == 0 ? null : clean.Length <= length ? clean : TaskHeaders.CleanError(clean[..length]);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Did not pause or resume {Module} {TaskType}: {Why}")]
        public static partial void NotChanged(ILogger logger, string module, string? taskType, string why);
    }
}
