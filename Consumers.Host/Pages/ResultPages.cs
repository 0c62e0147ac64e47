namespace Consumers.Host.Pages;

/// <summary>The ways on from a page of a list. Looking for matches ends in time, so that one with none on it need not be the last.</summary>
/// <param name="Newest">The first page; null on it.</param>
/// <param name="Older">The next; null on the last.</param>
internal sealed record ResultPages(string? Newest, string? Older, bool IsEmpty);
