using System.Data;
using System.Data.Common;
using Consumers.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Consumers.Ledger;

/// <summary>Operations as people start, change and see them. What is started is run by <see cref="OperationRunner"/>, here or in another process.</summary>
internal sealed class DeadLetterOperations(
    LedgerDatabase database, LedgerWriter writer, OperationRunner runner, IPauses pauses, IOptions<ConsumersOptions> options, TimeProvider time) : IDeadLetterOperations
{
    public const int MaxIdLength = 64;
    public const int MaxPage = 200;

    /// <summary>Named one by one; more are chosen by a filter.</summary>
    public const int MaxIds = 10_000;

    public async ValueTask<OperationPreview> PreviewAsync(OperationChoice choice, CancellationToken cancellationToken)
    {
        await using var context = database.CreateDbContext();
        await context.Database.OpenConnectionAsync(cancellationToken);
        var connection = context.Database.GetDbConnection();
        var cutOff = (await ReadAsync(connection, """SELECT COALESCE(MAX("Last"), 0) FROM "Sequences" WHERE "Name" = 'dead-letters' """, [], cancellationToken))[0];
        var matching = new DeadLetterChoice(choice, cutOff);
        var sums = await ReadAsync(
            connection,
            $"""
            SELECT COALESCE(SUM(NOT "Busy"), 0), COALESCE(SUM(NOT "Busy" AND "Times" > 1), 0), COALESCE(SUM("Busy"), 0)
            FROM (SELECT d."Times" AS "Times", {DeadLetterChoice.IsBusy} AS "Busy" FROM "DeadLetters" AS d WHERE {matching.Where})
            """,
            matching.Values,
            cancellationToken);
        return new OperationPreview(sums[0], cutOff, sums[1], sums[2]);
    }

    public async ValueTask<Operation> StartAsync(OperationOrder order, CancellationToken cancellationToken)
    {
        Check(order);
        var rate = order.Rate ?? (order.Choice.Kind == OperationKind.Replay ? options.Value.DeadLetters.ReplayRate : OperationOrder.HighestRate);
        var start = new OperationStart(order, new DeadLetterChoice(order.Choice, order.CutOff), rate, pauses.Current);
        return await AnswerAsync(await writer.RunAsync(start.Execute, isOutcome: true, cancellationToken), cancellationToken);
    }

    public async ValueTask<Operation> ReplayEditedAsync(string id, string deadLetterId, ReadOnlyMemory<byte> body, string by, string? why, CancellationToken cancellationToken)
    {
        CheckNames(id, by, why);
        await using var context = database.CreateDbContext();
        var replayOf = await context.DeadLetters.Where(letter => letter.Id == deadLetterId).Select(letter => letter.TaskId ?? letter.Id).FirstOrDefaultAsync(cancellationToken);
        var newId = Guid.CreateVersion7(time.GetUtcNow()).ToString();
        var edited = ReplayMessages.Edited(body, newId, replayOf ?? deadLetterId, options.Value.DefaultMaxRetries, out var type, out var wrong);
        Refuse(edited is null, $"The body is no task: {wrong}.");
        Refuse(edited!.Length > options.Value.MaxBodyBytes, $"The body has {edited.Length} bytes; at most {options.Value.MaxBodyBytes} are allowed (Consumers:MaxBodyBytes).");
        var start = new EditedStart(id, deadLetterId, new EditedTask(newId, type!, edited), by, why, pauses.Current);
        return await AnswerAsync(await writer.RunAsync(start.Execute, isOutcome: true, cancellationToken), cancellationToken);
    }

    public async ValueTask<Operation?> FindAsync(string id, CancellationToken cancellationToken)
    {
        await using var context = database.CreateDbContext();
        return (await Views(context.Operations.Where(operation => operation.Id == id)).FirstOrDefaultAsync(cancellationToken))?.ToOperation();
    }

    public async ValueTask<IReadOnlyList<Operation>> ListAsync(string? after, int limit, CancellationToken cancellationToken)
    {
        await using var context = database.CreateDbContext();
        var operations = context.Operations.AsQueryable();
        if (after is not null)
        {
            operations = operations.Where(operation => operation.Row < context.Operations.Where(last => last.Id == after).Select(last => last.Row).FirstOrDefault());
        }
        var found = await Views(operations.OrderByDescending(operation => operation.Row).Take(Math.Clamp(limit, 1, MaxPage))).ToListAsync(cancellationToken);
        return found.ConvertAll(view => view.ToOperation());
    }

    public async ValueTask<IReadOnlyList<OperationItem>> ItemsAsync(string id, OperationItemState? state, string? after, int limit, CancellationToken cancellationToken)
    {
        await using var context = database.CreateDbContext();
        var row = await context.Operations.Where(operation => operation.Id == id).Select(operation => operation.Row).FirstOrDefaultAsync(cancellationToken);
        var items = context.OperationItems.Where(item => item.Operation == row);
        if (state is { } wanted)
        {
            items = items.Where(item => item.State == wanted);
        }
        if (after is not null)
        {
            var position = await context.OperationItems
                .Where(item => item.Operation == row && context.DeadLetters.Any(letter => letter.Id == after && letter.Row == item.DeadLetterRow))
                .Select(item => item.Position)
                .FirstOrDefaultAsync(cancellationToken);
            items = items.Where(item => item.Position > position);
        }
        return await items.OrderBy(item => item.Position).Take(Math.Clamp(limit, 1, MaxPage))
            .Join(context.DeadLetters, item => item.DeadLetterRow, letter => letter.Row, (item, letter) => new { Item = item, letter.Id })
            .OrderBy(both => both.Item.Position)
            .Select(both => new OperationItem(both.Id, both.Item.TaskId, both.Item.State, both.Item.At, both.Item.Error))
            .ToListAsync(cancellationToken);
    }

    public async ValueTask<Operation?> ChangeAsync(string id, OperationChange change, string by, CancellationToken cancellationToken)
    {
        CheckNames(id, by, null);
        var audit = Guid.CreateVersion7(time.GetUtcNow()).ToString();
        var isThere = await writer.RunAsync(transaction => OperationChanges.Execute(transaction, id, change, by, audit), isOutcome: true, cancellationToken);
        runner.Wake();
        return isThere ? await FindAsync(id, cancellationToken) : null;
    }

    private async ValueTask<Operation> AnswerAsync(StartResult result, CancellationToken cancellationToken)
    {
        Refuse(result.Refusal is not null, result.Refusal ?? "");
        runner.Wake();
        await using var context = database.CreateDbContext();
        return (await Views(context.Operations.Where(operation => operation.Row == result.Row)).FirstAsync(cancellationToken)).ToOperation();
    }

    private static void Check(OperationOrder order)
    {
        CheckNames(order.Id, order.By, order.Why);
        Refuse(order.Choice.Filter is null == order.Choice.Ids is null, "Choose dead letters either by a filter or by their ids.");
        Refuse(order.Choice.Ids is { Count: > MaxIds }, $"At most {MaxIds} dead letters can be named; choose more by a filter.");
        Refuse(order.Rate is { } rate && !(rate >= OperationOrder.LowestRate && rate <= OperationOrder.HighestRate), "The rate must be 0.1 to 10000 a second.");
        Refuse(order.Canary < 0, "The canary must be 0, for none, or more.");
        Refuse(order.StopAtFailurePercent is < 1 or > 100, "The share of failures that stops it must be 1 to 100 percent.");
    }

    private static void CheckNames(string id, string by, string? why)
    {
        Refuse(id.Length > MaxIdLength || !TaskName.IsValid(id), $"The operation's id must be 1 to {MaxIdLength} characters of A-Z a-z 0-9 . _ : -");
        Refuse(by.Length is 0 or > PauseOrder.MaxByLength, $"Say who asks for it, in at most {PauseOrder.MaxByLength} characters.");
        Refuse(why is { Length: > TaskHeaders.MaxErrorLength }, $"The reason may have at most {TaskHeaders.MaxErrorLength} characters.");
    }

    private static void Refuse(bool isWrong, string why)
    {
        if (isWrong)
        {
            throw new OperationRefusedException(why);
        }
    }

    /// <summary>Without the edited body.</summary>
    private static IQueryable<OperationView> Views(IQueryable<OperationRecord> operations) => operations.Select(o => new OperationView(
        o.Id, o.Kind, o.State, o.Scope, o.Actor, o.Why, o.RateMilli, o.Canary, o.StopAtFailurePercent, o.Total, o.Waiting, o.Claimed, o.Published, o.Succeeded, o.FailedAgain, o.Discarded, o.Skipped,
        o.CreatedAt, o.EndedAt, o.Note, o.Runner));

    private static async Task<long[]> ReadAsync(DbConnection connection, string sql, List<object> values, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        for (var i = 0; i < values.Count; i++)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value, parameter.Direction) = ($"@c{i + 1}", values[i], ParameterDirection.Input);
            command.Parameters.Add(parameter);
        }
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return [.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetInt64)];
    }

    private sealed record OperationView(
        string Id, OperationKind Kind, OperationState State, string Scope, string Actor, string? Why, long RateMilli, int Canary, int StopAt, long Total, long Waiting, long Claimed, long Published,
        long Succeeded, long FailedAgain, long Discarded, long Skipped, DateTimeOffset CreatedAt, DateTimeOffset? EndedAt, string? Note, string? Runner)
    {
        public Operation ToOperation() => new(
            Id, Kind, State, Scope, Actor, Why, RateMilli / 1000.0, Canary, StopAt, Total, Waiting + Claimed, Published, Succeeded, FailedAgain, Discarded, Skipped, CreatedAt, EndedAt, Note, Runner);
    }
}
