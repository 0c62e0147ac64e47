using System.Diagnostics.CodeAnalysis;

namespace Consumers.Host.Monitoring;

/// <summary>A value that was read, or why it could not be: unknown is not zero.</summary>
internal sealed record Known<T>(T? Value, string? WhyUnknown) where T : class
{
    [MemberNotNullWhen(true, nameof(Value))]
    [MemberNotNullWhen(false, nameof(WhyUnknown))]
    public bool IsKnown => WhyUnknown is null;
}
