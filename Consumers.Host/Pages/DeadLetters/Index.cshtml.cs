using Consumers.Core;
using Consumers.Host.Api;
using Consumers.Host.DeadLetters;
using Consumers.Host.Monitoring;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Consumers.Host.Pages.DeadLetters;

/// <summary>What was given up on: the causes first, then every one.</summary>
internal sealed class IndexModel(DeadLetterReads reads, FleetWatch watch, TimeProvider time) : PageModel
{
    public const int PageSize = 50;

    private const int MostCauses = 20;

    [BindProperty(SupportsGet = true)]
    public DeadLetterSearch Search { get; set; } = new();

    public DeadLetterFilter Filter { get; private set; } = new();

    public Known<DeadLetterPage> Found { get; private set; } = null!;

    public Known<IReadOnlyList<DeadLetterCause>> Causes { get; private set; } = null!;

    public Known<IReadOnlyDictionary<DeadLetterState, long>> Counts { get; private set; } = null!;

    /// <summary>Those that are not over yet, of the last few.</summary>
    public IReadOnlyList<Operation> Running { get; private set; } = [];

    /// <summary>The newest of all, whatever became of it.</summary>
    public DeadLetterRow? Last { get; private set; }

    public IEnumerable<string> Modules => watch.Transports.Select(transport => transport.Module);

    public long? Dead => Counts.Value?.GetValueOrDefault(DeadLetterState.Dead);

    public bool IsWell => Dead == 0;

    public string Sentence => Counts.IsKnown
        ? Dead > 0 ? $"{Words.Count(Dead.Value, "dead letter waits", "dead letters wait")} for somebody to look at {(Dead == 1 ? "it" : "them")}{Reasons}."
            : Last is { } last ? $"No dead letters. The last one came {Words.Duration(time.GetUtcNow() - last.DeadAt)} ago, and has been seen to."
            : "No dead letters, and there never were any: every task ended well so far."
        : $"The number of dead letters is unknown: {Counts.WhyUnknown}.";

    /// <summary>The same filter as the API takes it.</summary>
    public string ExportQuery(string format) => DeadLetterQuery.ToQuery(Filter, ("format", format));

    private string Reasons => Causes is { IsKnown: true, Value.Count: > 0 } && Search.IsOpen
        ? $", of {(Causes.Value.Count == MostCauses ? "at least " : "")}{Words.Count(Causes.Value.Count(cause => cause.Dead > 0), "cause", "causes")}"
        : "";

    public async Task OnGetAsync(CancellationToken cancellationToken)
    {
        Filter = Search.ToFilter(time.GetUtcNow());
        var causes = reads.CausesAsync(Filter with { From = null, To = null, Text = null }, MostCauses, cancellationToken);
        var found = reads.ListAsync(Filter, Search.After, PageSize, cancellationToken);
        var operations = reads.OperationsAsync(null, 20, cancellationToken);
        Counts = await reads.CountAsync(null, cancellationToken);
        (Causes, Found) = (await causes, await found);
        Running = [.. (await operations).Value?.Where(operation => !operation.State.IsOver()) ?? []];
        Last = IsWell && Search.IsOpen ? (await reads.ListAsync(new DeadLetterFilter(), null, 1, cancellationToken)).Value?.Items.FirstOrDefault() : null;
    }
}
