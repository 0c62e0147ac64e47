using Consumers.Core;
using Microsoft.AspNetCore.Mvc;

namespace Consumers.Host.Pages.Tasks;

/// <summary>The filter of the tasks page as it stands in the address.</summary>
internal sealed class TaskSearch
{
    [FromQuery(Name = "id")]
    public string? Id { get; set; }

    [FromQuery(Name = "module")]
    public string? Module { get; set; }

    [FromQuery(Name = "status")]
    public string? Status { get; set; }

    [FromQuery(Name = "type")]
    public string? Type { get; set; }

    [FromQuery(Name = "key")]
    public string? Key { get; set; }

    [FromQuery(Name = "worker")]
    public string? Worker { get; set; }

    [FromQuery(Name = "after")]
    public string? After { get; set; }

    public bool IsEmpty => ToFilter() == new TaskFilter();

    public TaskFilter ToFilter() => new(Or(Module), TaskStateNames.FromWire(Status), Or(Type), Or(Key), Or(Worker));

    /// <summary>The query of another page of the same search.</summary>
    public string QueryFor(string? after) => QueryString.Create(new Dictionary<string, string?>
    {
        ["module"] = Or(Module),
        ["status"] = Or(Status),
        ["type"] = Or(Type),
        ["key"] = Or(Key),
        ["worker"] = Or(Worker),
        ["after"] = after,
    }.Where(pair => pair.Value is not null)).ToString();

    private static string? Or(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
