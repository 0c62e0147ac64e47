using Consumers.Core;
using Consumers.Host.Cli;
using Consumers.Host.DeadLetters;

namespace Consumers.Host.Api;

/// <summary>A filter as it stands in an address or, as an object, in a body. Every part is optional; all that are there must hold.</summary>
/// <param name="Reason"><c>permanent</c>, <c>exhausted</c>, <c>malformed</c>, <c>no-handler</c>, <c>crashed</c>, <c>too-large</c>, <c>broker</c> or <c>unknown</c>.</param>
/// <param name="Cause">The id of a cause.</param>
/// <param name="State"><c>dead</c>, <c>replayed</c> or <c>discarded</c>. An operation takes dead ones only.</param>
/// <param name="From">Dead-lettered then or later.</param>
/// <param name="To">Dead-lettered before.</param>
/// <param name="Text">Anywhere in the task's id, its key or the error, whatever the case.</param>
internal sealed record DeadLetterQuery(string? Module, string? Type, string? Reason, string? Cause, string? State, DateTimeOffset? From, DateTimeOffset? To, string? Text)
{
    private static readonly string[] Names = ["module", "type", "reason", "cause", "state", "from", "to", "text"];

    /// <summary>The filter, or what is wrong with it.</summary>
    public (DeadLetterFilter? Filter, IResult? Refusal) Read()
    {
        if (Or(Reason) is { } reason && !DeadReasons.All.Contains(reason))
        {
            return (null, NoSuch("reason", DeadReasons.All));
        }
        if (Or(State) is { } state && DeadLetterStateNames.FromWire(state) is null)
        {
            return (null, NoSuch("state", Enum.GetValues<DeadLetterState>().Select(known => known.ToWire())));
        }
        return (ToFilter(), null);
    }

    /// <summary>What is no reason and no state counts for nothing.</summary>
    public DeadLetterFilter ToFilter() => new(Or(Module), Or(Type), Or(Reason), Or(Cause), DeadLetterStateNames.FromWire(Or(State)), From, To, Or(Text));

    /// <summary>The address's query that is read as this filter, with more parameters; those that are null are left out.</summary>
    public static string ToQuery(DeadLetterFilter filter, params IEnumerable<(string Name, string? Value)> more) => QueryString.Create(
        new (string Name, string? Value)[]
        {
            ("module", filter.Module), ("type", filter.Type), ("reason", filter.Reason), ("cause", filter.Cause), ("state", filter.State?.ToWire()),
            ("from", filter.From is { } from ? TaskHeaders.Format(from) : null), ("to", filter.To is { } to ? TaskHeaders.Format(to) : null), ("text", filter.Text),
        }.Concat(more).Where(pair => pair.Value is not null).Select(pair => KeyValuePair.Create(pair.Name, pair.Value))).ToString();

    /// <summary>Refuses parameters that no endpoint knows: a filter with a misspelt part would let everything through.</summary>
    public static IResult? RefuseUnknown(HttpRequest request, params string[] more)
    {
        string[] known = [.. Names, .. more];
        var unknown = request.Query.Keys.FirstOrDefault(name => !known.Contains(name, StringComparer.OrdinalIgnoreCase));
        return unknown is null ? null
            : Problems.Of(StatusCodes.Status400BadRequest, "No such parameter", $"'{unknown}' is no parameter of this address.{NearestWord.Hint(unknown, known)} It has: {string.Join(", ", known)}.", "/" + unknown, "is not known");
    }

    private static IResult NoSuch(string name, IEnumerable<string> known) =>
        Problems.Of(StatusCodes.Status400BadRequest, $"No such {name}", $"{name} must be one of {string.Join(", ", known)}.", "/" + name, $"is no {name}");

    private static string? Or(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
