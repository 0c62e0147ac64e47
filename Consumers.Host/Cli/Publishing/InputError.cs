using System.Globalization;

namespace Consumers.Host.Cli.Publishing;

/// <summary>What is wrong with an input, where.</summary>
/// <param name="Line">From 1; null for what is no line of a file.</param>
/// <param name="Pointer">JSON pointer to the member; empty for the whole.</param>
/// <param name="Code">For programs: <c>unknown-member</c>, <c>malformed</c>, <c>too-large</c>, <c>not-confirmed</c>, <c>unreachable</c>.</param>
internal sealed record InputError(long? Line, string? Pointer, string Code, string Message)
{
    public override string ToString() =>
        Terminal.Clean(Line is { } line ? string.Create(CultureInfo.InvariantCulture, $"line {line}: {Message}") : Message);
}

/// <summary>The input is wrong, so nothing of it was sent.</summary>
internal sealed class BadInputException(IReadOnlyList<InputError> errors, bool areMore) : Exception(errors[0].Message)
{
    /// <summary>As many as are worth reading.</summary>
    public const int Most = 20;

    public IReadOnlyList<InputError> Errors { get; } = errors;

    public bool AreMore { get; } = areMore;
}
