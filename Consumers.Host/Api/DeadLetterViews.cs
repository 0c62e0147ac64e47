using System.Text;
using System.Text.Json;
using Consumers.Core;
using Consumers.Host.DeadLetters;

namespace Consumers.Host.Api;

internal sealed record DeadLetterListView(IReadOnlyList<DeadLetterView> Items, string? Next);

/// <summary>One entry. Its members are those of the ledger's archive.</summary>
/// <param name="Id">Of the entry, not the task's.</param>
/// <param name="Times">How often it was dead-lettered: one more for every replay that failed again.</param>
/// <param name="State"><c>dead</c>, <c>replayed</c> or <c>discarded</c>.</param>
/// <param name="ReplayedAs">The id of the edited task that took its place.</param>
/// <param name="Operation">The last one that took it up.</param>
internal sealed record DeadLetterView(
    string Id, string Module, string Source, string? Origin, string? TaskId, string? Type, string? Key, int Series, string Reason, string Cause, string Error,
    int Attempts, int Times, DateTimeOffset? FirstFailureAt, DateTimeOffset DeadAt, string? ConsumerId, long BodyBytes, string State, string? ReplayedAs, string? Operation)
{
    /// <summary>Only of a single entry, or when bodies were asked for.</summary>
    public IReadOnlyList<HeaderView>? Headers { get; init; }

    /// <summary>The body where it is UTF-8; null when it is not, or was not asked for.</summary>
    public string? Body { get; init; }

    /// <summary>The body where it is not UTF-8.</summary>
    public string? BodyBase64 { get; init; }

    /// <summary>Why the body is no task; null when it is one, or was not asked for.</summary>
    public string? BodyFault { get; init; }

    public static DeadLetterView From(DeadLetterRow row) => new(
        row.Id, row.Module, row.Source, row.Origin, row.TaskId, row.Type, row.Key, row.Series, row.Reason, row.Cause, row.Error,
        row.Attempts, row.Times, row.FirstFailureAt, row.DeadAt, row.ConsumerId, row.BodyBytes, row.State.ToWire(), row.ReplayedAs, row.Operation);

    public static DeadLetterView From(DeadLetterDetails details)
    {
        var isText = System.Text.Unicode.Utf8.IsValid(details.Body.Span);
        return From(details.Row) with
        {
            Headers = [.. details.Headers.Select(header => new HeaderView(header.Key, header.Value))],
            Body = isText ? Encoding.UTF8.GetString(details.Body.Span) : null,
            BodyBase64 = isText ? null : Convert.ToBase64String(details.Body.Span),
            BodyFault = BodyView.Of(details.Body).Fault,
        };
    }
}

internal sealed record HeaderView(string Name, string Value);

internal sealed record CauseListView(IReadOnlyList<CauseView> Items);

/// <param name="Dead">Entries of it that are dead now.</param>
/// <param name="Recent">How many came in each of the last 24 hours, the oldest first.</param>
internal sealed record CauseView(
    string Id, string Module, string? Type, string Reason, string Error, string? Place, long Dead, long Replayed, long Discarded, DateTimeOffset FirstAt, DateTimeOffset LastAt, IReadOnlyList<int> Recent)
{
    public static CauseView From(DeadLetterCause cause) => new(
        cause.Id, cause.Module, cause.Type, cause.Reason, cause.Error, cause.Place, cause.Dead, cause.Replayed, cause.Discarded, cause.FirstAt, cause.LastAt, cause.Recent);
}

/// <summary>What to do, and with which: all dead ones that match a filter, or these by their ids; never both.</summary>
/// <param name="Kind"><c>replay</c> or <c>discard</c>.</param>
internal sealed record ChoiceBody(string? Kind, DeadLetterQuery? Filter, IReadOnlyList<string>? Ids);

/// <param name="Count">How many it would do.</param>
/// <param name="CutOff">Hand it back when you start it: what comes later stays out.</param>
/// <param name="ReplayedBefore">How many of these were replayed before, and failed again.</param>
/// <param name="Busy">How many match, but are in the hands of another operation.</param>
internal sealed record PreviewView(long Count, long CutOff, long ReplayedBefore, long Busy);

/// <param name="Operation">The operation's id, chosen by you: asked twice it is one. Absent: a new one.</param>
/// <param name="Payload">Another payload for its task: then it is replayed as a new task that is linked to the old one.</param>
/// <param name="Message">For a body that is no task: the whole message, mended.</param>
internal sealed record ReplayBody(string? Operation, string? By, string? Why, JsonElement Payload, JsonElement Message);

/// <param name="Operation">The operation's id, chosen by you: asked twice it is one. Absent: a new one.</param>
internal sealed record DiscardBody(string? Operation, string? By, string? Why);
