namespace Consumers.Host.Api;

internal static class RequestKind
{
    private static readonly PathString[] Prefixes = ["/api", "/health", "/metrics", "/openapi", "/assets"];

    /// <summary>True for paths whose errors are problem details; the others are pages for people.</summary>
    public static bool IsForPrograms(this HttpRequest request) => Array.Exists(Prefixes, prefix => request.Path.StartsWithSegments(prefix));
}
