namespace Consumers.Core;

/// <summary>The exception behind a failure. Where it came from is worked out only when the task is dead-lettered: most failures are retried.</summary>
internal sealed record Thrown(Exception Exception, Type Handler)
{
    public string? Place => ErrorPlace.Of(Exception, Handler);
}
