using Consumers.Core;
using Microsoft.Extensions.Options;

namespace Consumers.Ledger;

/// <summary>The archive of dead letters in the ledger.</summary>
internal sealed class DeadLetterArchive(LedgerWriter writer, DeadLetterQueries queries, IOptions<ConsumersOptions> options, TimeProvider time) : IDeadLetterArchive
{
    public async ValueTask AddAsync(IReadOnlyList<DeadLetter> batch, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var letters = batch.Select(letter => ArchivedLetter.Of(letter, options.Value, now)).ToArray();
        // Durable as an outcome is: after this the broker forgets them.
        await writer.RunAsync(
            transaction =>
            {
                foreach (var letter in letters)
                {
                    ArchiveRows.Add(transaction, letter);
                }
                return true;
            },
            isOutcome: true,
            cancellationToken);
        Array.ForEach(letters, letter => letter.Release());
    }

    public ValueTask<DeadLetterPage> ListAsync(DeadLetterFilter filter, string? after, int limit, CancellationToken cancellationToken) => queries.ListAsync(filter, after, limit, cancellationToken);

    public ValueTask<DeadLetterDetails?> FindAsync(string id, CancellationToken cancellationToken) => queries.FindAsync(id, cancellationToken);

    public ValueTask<DeadLetterRow?> FindByTaskAsync(string module, string taskId, CancellationToken cancellationToken) => queries.FindByTaskAsync(module, taskId, cancellationToken);

    public ValueTask<IReadOnlyList<DeadLetterCause>> CausesAsync(DeadLetterFilter filter, int limit, CancellationToken cancellationToken) => queries.CausesAsync(filter, limit, cancellationToken);

    public ValueTask<IReadOnlyDictionary<DeadLetterState, long>> CountAsync(string? module, CancellationToken cancellationToken) => queries.CountAsync(module, cancellationToken);
}
