using System.Buffers;

namespace Consumers.Core;

/// <summary>The rule that ids and types share: 1–128 characters of <c>A-Za-z0-9._:-</c> (DESIGN §4). An allow-list, because both end up in routing keys, file names and pages.</summary>
public static class TaskName
{
    public const int MaxLength = 128;
    public const string Rule = "1 to 128 characters of A-Z a-z 0-9 . _ : -";

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-");

    public static bool IsValid(ReadOnlySpan<char> name) =>
        name.Length is > 0 and <= MaxLength && !name.ContainsAnyExcept(Allowed);
}
