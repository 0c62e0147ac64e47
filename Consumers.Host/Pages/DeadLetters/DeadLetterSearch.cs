using Consumers.Core;
using Consumers.Host.DeadLetters;
using Microsoft.AspNetCore.Mvc;

namespace Consumers.Host.Pages.DeadLetters;

/// <summary>The filter of the dead letters page as it stands in the address. Without a state it is what is dead now.</summary>
internal sealed class DeadLetterSearch
{
    public const string AnyState = "any";

    public static readonly IReadOnlyList<(string Value, string Words)> Times = [("1h", "the last hour"), ("1d", "the last day"), ("7d", "the last 7 days"), ("30d", "the last 30 days")];

    [FromQuery(Name = "module")]
    public string? Module { get; set; }

    [FromQuery(Name = "type")]
    public string? Type { get; set; }

    [FromQuery(Name = "reason")]
    public string? Reason { get; set; }

    [FromQuery(Name = "cause")]
    public string? Cause { get; set; }

    [FromQuery(Name = "state")]
    public string? State { get; set; }

    [FromQuery(Name = "since")]
    public string? Since { get; set; }

    [FromQuery(Name = "from")]
    public string? From { get; set; }

    [FromQuery(Name = "to")]
    public string? To { get; set; }

    [FromQuery(Name = "text")]
    public string? Text { get; set; }

    [FromQuery(Name = "after")]
    public string? After { get; set; }

    /// <summary>Nothing but the state is chosen.</summary>
    public bool IsOpen => Query(null).Length == 0;

    /// <summary>What cannot be read counts for nothing. Times are whole milliseconds, so that an address can hold them.</summary>
    public DeadLetterFilter ToFilter(DateTimeOffset now)
    {
        DeadLetterState? state = State == AnyState ? null : DeadLetterStateNames.FromWire(State) ?? DeadLetterState.Dead;
        var ago = Or(Since) is { } since ? FilterText.Parse($"since:{since}", TaskHeaders.ReadTime(TaskHeaders.Format(now))!.Value).Filter?.From : null;
        return new(Or(Module), Or(Type), DeadReasons.All.FirstOrDefault(known => known == Or(Reason)), Or(Cause), state, TaskHeaders.ReadTime(Or(From)) ?? ago, TaskHeaders.ReadTime(Or(To)), Or(Text));
    }

    /// <summary>The query of another page of the same search.</summary>
    public string QueryFor(string? after) => QueryString.Create(Query(Or(State)).Concat(after is null ? [] : [KeyValuePair.Create("after", (string?)after)])).ToString();

    /// <summary>The same for what is dead: an operation takes nothing else.</summary>
    public string QueryForOperation(string kind) => QueryString.Create(Query(null).Prepend(KeyValuePair.Create("kind", (string?)kind))).ToString();

    private KeyValuePair<string, string?>[] Query(string? state) => [.. new Dictionary<string, string?>
    {
        ["module"] = Or(Module),
        ["type"] = Or(Type),
        ["reason"] = Or(Reason),
        ["cause"] = Or(Cause),
        ["state"] = state,
        ["since"] = Or(Since),
        ["from"] = Or(From),
        ["to"] = Or(To),
        ["text"] = Or(Text),
    }.Where(pair => pair.Value is not null)];

    private static string? Or(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
